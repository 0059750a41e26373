# SPDX-License-Identifier: Apache-2.0
"""Flags that say how a session runs."""

from __future__ import annotations

import click

precision_option = click.option(
    "--precision", default="exact", show_default=True, type=click.Choice(["exact", "fast"]),
    help="fast: products of bf16 where the processor has them, less exact."
)  # fmt: skip


def _checked(context: click.Context, option: click.Parameter, threads: int) -> int:
    from lite.cli._machine import cpu_count

    usable = cpu_count()
    if not 1 <= threads <= usable:
        raise click.BadParameter(
            f"got {threads}, expected 1 to {usable}: this process may use {usable} processors, and more "
            "threads than that only wait for each other"
        )
    return threads


threads_option = click.option(
    "--threads", default=1, show_default=True, type=int, callback=_checked, help="At most one per processor."
)
