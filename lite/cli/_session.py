# SPDX-License-Identifier: Apache-2.0
"""Flags that say how a session runs."""

from __future__ import annotations

import click

precision_option = click.option(
    "--precision", default="exact", show_default=True, type=click.Choice(["exact", "fast"]),
    help="fast: products of bf16 where the processor has them, less exact."
)  # fmt: skip
