# SPDX-License-Identifier: Apache-2.0
"""`lite inspect`: what is in a model, a .nb or a source model."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from lite.cli._app import PaddleCommand
from lite.cli._output import emit, json_option, megabytes, table
from lite.cli._session import shape_option
from lite.errors import ShapeError

if TYPE_CHECKING:
    from lite.ir import Graph, Node, Value

MOST_NAMED = 4  # float values, among integers


@click.command("inspect", cls=PaddleCommand)
@click.argument("model", type=click.Path())
@shape_option
@click.option("--values", is_flag=True, help="Statistics of each constant.")
@click.option(
    "--text", "as_text", is_flag=True, help="Print the graph in lite's own text form and nothing else."
)
@json_option
def command(
    model: str, shapes: dict[str, tuple[int, ...]], values: bool, as_text: bool, as_json: bool
) -> None:
    """Show MODEL (.nb, or a source model as it is before any pass): ops, shapes, sizes, memory plan.

    Example: lite inspect model.nb --values
    """
    from lite.cli._graphs import load_graph
    from lite.convert import size_bytes
    from lite.ir.text import to_text

    graph = load_graph(model, shapes)
    if as_text:
        click.echo(to_text(graph), nl=False)
        return
    result: dict[str, Any] = {
        "model": model,
        "file_bytes": size_bytes(model),
        "inputs": [_value(value) for value in graph.inputs],
        "outputs": [_value(value) for value in graph.outputs],
        "preprocess": dataclasses.asdict(graph.preprocess) if graph.preprocess else None,
        "ops": _counts(graph),
        "values": _dtypes(graph),
        "weights_bytes": sum(value.array.nbytes for value in graph.constants() if value.array is not None),
        "nodes": [_node(node) for node in graph.nodes],
        **_engine_facts(model, shapes),
    }
    if values:
        result["constants"] = [_statistics(value) for value in graph.constants()]
    emit(result, as_json, lambda: _text(result))


def _value(value: Value) -> dict[str, Any]:
    shape = [extent if isinstance(extent, int) else str(extent) for extent in value.type.shape]
    row = {"name": value.name, "shape": shape, "dtype": value.type.dtype.value}
    scaled = value.quantization
    return row if scaled is None else {**row, "scale": scaled.scale, "zero_point": scaled.zero_point}


def _dtypes(graph: Graph) -> dict[str, Any]:
    """How many values, constants aside, have which element type; the floats' names."""
    values = [*graph.inputs, *(value for node in graph.nodes for value in node.outputs)]
    counts: dict[str, int] = {}
    for value in values:
        counts[value.type.dtype.value] = counts.get(value.type.dtype.value, 0) + 1
    floats = [value.name for value in values if value.type.dtype.is_float]
    return {"count": len(values), "by_dtype": counts, "float": len(floats), "floats": floats}


def _counts(graph: Graph) -> dict[str, int]:
    counts: dict[str, int] = {}
    for node in graph.nodes:
        counts[node.op.name] = counts.get(node.op.name, 0) + 1
    return dict(sorted(counts.items(), key=lambda row: (-row[1], row[0])))


def _node(node: Node) -> dict[str, Any]:
    defaults = {field.name: field.default for field in dataclasses.fields(node.op)}
    attributes = {name: str(value) for name, value in node.op.attributes().items() if value != defaults[name]}
    constants = [value.array.nbytes for value in node.inputs if value is not None and value.array is not None]
    return {"name": node.name, "op": node.op.name, "attributes": attributes, "weights_bytes": sum(constants),
            "outputs": [_value(value) for value in node.outputs]}  # fmt: skip


def _engine_facts(model: str, shapes: dict[str, tuple[int, ...]]) -> dict[str, Any]:
    """What only the engine knows of a .nb: who made it, and its memory plan for given or fixed shapes."""
    from lite.cli._data import planned_shapes
    from lite.cli._graphs import is_nb
    from lite.session import Model

    if not is_nb(model):
        return {}
    loaded = Model(model)
    session = loaded.session()
    planned = planned_shapes(session.inputs, shapes)
    facts: dict[str, Any] = {"made_by": loaded.made_by}
    try:
        session.resize(planned)
    except ShapeError:
        if shapes:
            raise
        return facts  # the guess was bad: the plan is shown for shapes that are given
    assert session.memory is not None
    return {**facts, "memory": {"for": planned, **dataclasses.asdict(session.memory)}}


def _statistics(value: Value) -> dict[str, Any]:
    array = np.asarray(value.array)
    row = {**_value(value), "bytes": array.nbytes}
    if array.size and array.dtype.kind in "fiu":
        numbers = array.astype(np.float64)
        row |= {name: getattr(numbers, name)() for name in ("min", "max", "mean", "std")}
        row |= {"zeros": float((numbers == 0).mean()), "not_finite": int((~np.isfinite(numbers)).sum())}
    return row


def _text(result: dict[str, Any]) -> str:
    made_by = f", made by {result['made_by']}" if "made_by" in result else ""
    weights = megabytes(result["weights_bytes"])
    lines = [f"{result['model']}: {megabytes(result['file_bytes'])}{made_by}, weights {weights}"]
    lines += [f"input   {_typed(value)}" for value in result["inputs"]]
    lines += [f"output  {_typed(value)}" for value in result["outputs"]]
    if result["preprocess"]:
        lines.append(
            "image   " + ", ".join(f"{name} {value}" for name, value in result["preprocess"].items())
        )
    lines += _value_counts(result["values"])
    lines += _memory(result.get("memory"))
    lines += [
        "",
        f"{len(result['nodes'])} nodes: " + ", ".join(f"{n} {op}" for op, n in result["ops"].items()),
        "",
    ]
    lines.append(
        table(("node", "op", "output", "weights", "attributes"), [_cells(node) for node in result["nodes"]])
    )
    if "constants" in result:
        lines += ["", _constants(result["constants"])]
    return "\n".join(lines)


def _value_counts(values: dict[str, Any]) -> list[str]:
    """Told of models in which not all values are floats."""
    from lite.ir import DType

    if values["float"] == values["count"]:
        return []
    named = f" ({', '.join(values['floats'])})" if 0 < values["float"] <= MOST_NAMED else ""
    others = [f"{n} {dtype}" for dtype, n in values["by_dtype"].items() if not DType(dtype).is_float]
    return [f"values  {values['float']} float{named}, {', '.join(others)}"]


def _typed(value: dict[str, Any]) -> str:
    return f"{value['name']}: {_type(value)}"


def _type(value: dict[str, Any]) -> str:
    plain = f"{value['dtype']}[{', '.join(map(str, value['shape']))}]"
    if "scale" not in value:
        return plain
    zero = value["zero_point"]
    q = "q" if zero == 0 else f"(q {'-' if zero > 0 else '+'} {abs(zero)})"
    return f"{plain} = {q} * {value['scale']:.6g}"


def _memory(memory: dict[str, Any] | None) -> list[str]:
    if memory is None:
        return []
    shapes = ", ".join(f"{name}{list(shape)}" for name, shape in memory["for"].items())
    return [f"memory  for {shapes}: arena {megabytes(memory['arena_bytes'])} (no layout needs less than "
            f"{megabytes(memory['lower_bound_bytes'])}), of it scratch {megabytes(memory['scratch_bytes'])}; "
            f"weights {megabytes(memory['weights_bytes'])}, mapped"]  # fmt: skip


def _cells(node: dict[str, Any]) -> tuple[str, ...]:
    shapes = " ".join(map(_type, node["outputs"]))
    weights = megabytes(node["weights_bytes"]) if node["weights_bytes"] else ""
    attributes = " ".join(f"{name}={value}" for name, value in node["attributes"].items())
    return node["name"], node["op"], shapes, weights, attributes


def _constants(rows: list[dict[str, Any]]) -> str:
    def figure(row: dict[str, Any], name: str) -> str:
        return f"{row[name]:.4g}" if name in row else ""

    names = ("min", "max", "mean", "std", "zeros", "not_finite")
    cells = [(_typed(row), *(figure(row, name) for name in names)) for row in rows]
    return table(("constant", *names), cells)
