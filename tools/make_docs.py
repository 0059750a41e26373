#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/ops.md from the ops themselves; a test holds it current.

python tools/make_docs.py
"""

from __future__ import annotations

import dataclasses
import importlib
import re
import sys
from pathlib import Path
from typing import Any

from lite import importers, ops
from lite.ir import Op

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "ops.md"
HEAD = """# Ops

Written by `python tools/make_docs.py` from `lite/ops` and `csrc/ops`; do not edit.

An op **runs by** a kernel of its own (`csrc/ops/<op>.cc`), by lowering to other ops (`lower` in
`lite/ops/<op>.py`), or by either, as its attributes demand. **Integers** says how it can run on 8-bit
integers: `table` (any function of one element, through 256 entries), `same` (it moves elements), `kernel`, or
`none`.

"""


def page() -> str:
    """The whole of docs/ops.md."""
    rows = ["| op | meaning | inputs | attributes | runs by | integers |", "|---|---|---|---|---|---|"]
    rows += [_row(op) for op in ops.all_ops()]
    return HEAD + "\n".join(rows) + "\n\n" + _foreign()


def _row(op: type[Op]) -> str:
    inputs = ", ".join(op.input_names())
    attributes = ", ".join(f"{field.name}={_default(field)}" for field in dataclasses.fields(op))
    cells = (f"`{op.name}`", _meaning(op), inputs, attributes, _runs_by(op), op.quant.value)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _meaning(op: type[Op]) -> str:
    """The first sentence of the module, without the op's name."""
    text = importlib.import_module(f"lite.ops.{op.name}").__doc__ or ""
    paragraph = " ".join(text.split("\n\n")[0].split())
    return re.sub(rf"^{op.name}[^:]*: ", "", paragraph).rstrip(".")


def _default(field: dataclasses.Field[Any]) -> str:
    return (
        "required"
        if field.default is dataclasses.MISSING
        else getattr(field.default, "value", repr(field.default))
    )


def _runs_by(op: type[Op]) -> str:
    kernel = (ROOT / "csrc" / "ops" / f"{op.name}.cc").exists()
    ways = [way for way, is_so in (("kernel", kernel), ("lowering", op.lowers())) if is_so]
    return ", ".join(ways) or "nothing yet"


def _foreign() -> str:
    parts = ["## What is imported\n"]
    for row in importers.FORMATS:
        names = importers.known_ops(row.name)
        parts.append(f"### {row.name}: {len(names)} ops\n\n{', '.join(f'`{name}`' for name in names)}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
    print(f"{TARGET.relative_to(ROOT)}: {len(ops.names())} ops", file=sys.stderr)
