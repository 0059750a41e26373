# SPDX-License-Identifier: Apache-2.0
"""A bar with the loss and the time left, on a terminal only; nothing stays of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Callable

Show = Callable[[int, float], None]  # the steps that are done, and the last loss


@contextmanager
def bar(steps: int | None, every: int) -> Iterator[Show]:
    """A function to call after each step; it shows each of so many."""
    if not sys.stderr.isatty():
        yield lambda step, loss: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("training"), BarColumn(), MofNCompleteColumn(),
               TextColumn("loss {task.fields[loss]}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("training", total=steps, loss="")

        def show(step: int, loss: float) -> None:
            if step % every == 0 or step == steps:
                shown.update(task, completed=step, loss=f"{loss:.4g}")

        yield show
