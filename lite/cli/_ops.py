# SPDX-License-Identifier: Apache-2.0
"""What `lite opt --print_*_ops` prints: all ops, what is converted to them, those of one model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lite.cli._output import emit, progress, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lite.ir import Op

NODES_SHOWN = 5


@dataclass(frozen=True)
class Source:
    """Which model: its path, and its parameter file if that was named."""

    path: str
    options: dict[str, Any]


def print_all(as_json: bool, markdown: bool = False) -> int:
    """Every op: inputs, attributes, how it runs, what it is called in source formats."""
    from lite import ops

    rows = [_row(op) for op in ops.all_ops()]
    cells = [
        (
            row["op"],
            row["runs"],
            ", ".join(row["inputs"]),
            ", ".join(f"{name} {foreign}" for name, names in row["imports"].items() for foreign in names),
        )
        for row in rows
    ]
    draw = _markdown if markdown else table
    emit({"ops": rows}, as_json, lambda: draw(("op", "runs by", "inputs", "known elsewhere as"), cells))
    return 0


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([f"`{row[0]}`", *row[1:]] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _row(op: type[Op]) -> dict[str, Any]:
    import dataclasses

    from lite import _native

    imports: dict[str, list[str]] = {}
    for rename in op.imports:
        imports.setdefault(rename.framework, []).append(rename.foreign)
    runs = "kernel" if op.name in _native.ops() else "lowering" if op.lowers() else "nothing yet"
    return {
        "op": op.name,
        "runs": runs,
        "inputs": list(op.input_names()),
        "attributes": [field.name for field in dataclasses.fields(op)],
        "imports": imports,
    }


def print_supported(as_json: bool) -> int:
    """The ops of each source format that the importers know."""
    from lite import importers

    known = {row.name: importers.known_ops(row.name) for row in importers.FORMATS}
    emit(
        {"formats": known},
        as_json,
        lambda: "\n\n".join(f"{name}: {len(names)} ops\n{_wrapped(names)}" for name, names in known.items()),
    )
    return 0


def _wrapped(names: Sequence[str]) -> str:
    import textwrap

    return textwrap.fill(
        " ".join(names), width=100, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
    )


def print_of_model(source: Source, targets: Sequence[str], as_json: bool) -> int:
    """The ops of a model; exit code 1 and every unsupported one, if any is."""
    from lite.convert import convert_to_bytes
    from lite.errors import UnsupportedOpError

    try:
        with progress() as tell:
            _, report = convert_to_bytes(source.path, targets=targets, progress=tell, **source.options)
    except UnsupportedOpError as error:
        if not error.ops:
            raise
        unsupported = [
            {
                "op": row.op,
                "count": len(row.nodes),
                "nodes": row.nodes[:NODES_SHOWN],
                "why": row.why,
                "todo": row.todo,
            }
            for row in error.ops
        ]
        emit(
            {"supported": False, "unsupported": unsupported},
            as_json,
            lambda: _refusal(source.path, unsupported),
        )
        return 1
    counts = sorted(report.ops_before.items(), key=lambda row: (-row[1], row[0]))
    result = {"supported": True, "ops": report.ops_before, "targets": list(targets)}
    text = table(
        ("op", "count", *targets), [(op, str(count), *("Y" for _ in targets)) for op, count in counts]
    )
    emit(result, as_json, lambda: f"{text}\n\n{source.path} is supported on {', '.join(targets)}.")
    return 0


def _refusal(path: str, unsupported: list[dict[str, Any]]) -> str:
    lines = [f"{path} is not supported: {len(unsupported)} kinds of nodes cannot be converted."]
    for row in unsupported:
        more = ", ..." if row["count"] > len(row["nodes"]) else ""
        lines += [
            f"{row['op']} x{row['count']}",
            f"  nodes: {', '.join(row['nodes'])}{more}",
            f"  why: {row['why']}",
        ]
        lines += [f"  what to do: {row['todo']}"] if row["todo"] else []
    return "\n".join(lines)
