# SPDX-License-Identifier: Apache-2.0
"""What commands print: text or JSON on stdout, progress on stderr, files written whole or not at all."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from lite.convert import megabytes as megabytes

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def emit(data: Any, as_json: bool, text: Callable[[], str]) -> None:
    """Print a result in the form asked for."""
    click.echo(json.dumps(_plain(data), indent=2, ensure_ascii=False) if as_json else text())


def _plain(data: Any) -> Any:
    """JSON's types only: numpy's scalars as numbers, what JSON cannot say (NaN, infinity) as text."""
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_plain(value) for value in data]
    if hasattr(data, "item"):
        data = data.item()
    if isinstance(data, float) and not math.isfinite(data):
        return str(data)
    return data if data is None or isinstance(data, (bool, int, float, str)) else str(data)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns aligned with spaces: words to the left, figures to the right."""
    cells = [list(head), *(list(row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    right = [bool(rows) and all(_is_figure(row[column]) for row in rows) for column in range(len(head))]
    lines = [
        "  ".join(
            cell.rjust(width) if on_right else cell.ljust(width)
            for cell, width, on_right in zip(row, widths, right)
        ).rstrip()
        for row in cells
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def _is_figure(cell: str) -> bool:
    return not cell or cell.lstrip("-+")[:1].isdigit() or cell in ("inf", "nan", "-inf")


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A function that shows what is done now, on a terminal only; nothing stays of it."""
    if not sys.stderr.isatty():
        yield lambda message: None
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        yield status.update
