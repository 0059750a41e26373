# SPDX-License-Identifier: Apache-2.0
"""Flags that say how a session runs."""

from __future__ import annotations

import click

precision_option = click.option(
    "--precision", default="exact", show_default=True, type=click.Choice(["exact", "fast"]),
    help="fast: bf16 or halves where the processor computes faster in them, less exact."
)  # fmt: skip


power_mode_option = click.option(
    "--power-mode", default="no_bind", show_default=True,
    type=click.Choice(["no_bind", "high", "low", "full", "rand_high", "rand_low"]),
    help="Cores to run on: the fastest, the slowest, all, some by chance, or the system's choice.",
)  # fmt: skip


def checked_threads(threads: int) -> int:
    """A number of threads that the machine can run at once."""
    from lite.cli._machine import cpu_count

    usable = cpu_count()
    if not 1 <= threads <= usable:
        raise click.BadParameter(
            f"got {threads}, expected 1 to {usable}: this process may use {usable} processors, and more "
            "threads than that only wait for each other", param_hint="'--threads'",
        )
    return threads


def _checked(context: click.Context, option: click.Parameter, threads: int) -> int:
    return checked_threads(threads)


threads_option = click.option(
    "--threads", default=1, show_default=True, type=int, callback=_checked, help="At most one per processor."
)


def _shapes(
    context: click.Context, option: click.Parameter, texts: tuple[str, ...]
) -> dict[str, tuple[int, ...]]:
    shapes = {}
    for text in texts:
        name, colon, extents = text.rpartition(":")
        try:
            shapes[name] = tuple(int(extent) for extent in extents.split(","))
        except ValueError:
            colon = ""
        if not colon or not name or min(shapes[name]) < 1:
            raise click.BadParameter(f"got {text!r}, expected NAME:1,3,224,224")
    return shapes


shape_option = click.option(
    "--input-shape", "shapes", multiple=True, callback=_shapes, metavar="NAME:N,C,H,W",
    help="Fix the shape of an input; may be repeated.",
)  # fmt: skip
