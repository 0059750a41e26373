# SPDX-License-Identifier: Apache-2.0
"""`lite compare`: two models on the same inputs, layer by layer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from lite.cli._app import FAILURE, PaddleCommand
from lite.cli._output import emit, json_option, progress, table
from lite.cli.opt import shape_option
from lite.errors import InputError

if TYPE_CHECKING:
    from lite.cli._data import Arrays
    from lite.ir import Graph, Value

# What the pass to_nhwc calls x with its axes in another order.
REORDERED = re.compile(r"(?P<name>.+):(?P<order>[0-7]+)", re.DOTALL)


@click.command("compare", cls=PaddleCommand)
@click.argument("a", type=click.Path())
@click.argument("b", type=click.Path())
@click.option(
    "--data", multiple=True, metavar="[NAME=]FILE", help=".npy or .npz; random numbers if left out."
)
@click.option("--seed", default=0, show_default=True, help="Of the random numbers.")
@shape_option
@click.option(
    "--tolerance", type=float, help="Exit with 1 if an output is off by more than this part of its range."
)
@json_option
def command(
    a: str, b: str, data: tuple[str, ...], seed: int, shapes: dict[str, tuple[int, ...]],
    tolerance: float | None, as_json: bool,
) -> int:  # fmt: skip
    """Compare model B with model A, value by value of the same name: SQNR, cosine, greatest error.

    A .nb runs in the engine; a source model, which nothing has optimised yet, by the numpy reference.

    \b
    Examples:
      lite compare model.onnx model.nb
      lite compare old.nb new.nb --data x.npy --tolerance 1e-4
    """
    from lite.cli._graphs import load_graph

    with progress() as tell:
        tell("reading")
        graphs = [load_graph(path, shapes) for path in (a, b)]
        feeds = _feeds(graphs[0], data, seed, shapes)
        tell(f"running {a}")
        expected = _values(a, graphs[0], feeds)
        tell(f"running {b}")
        found = _values(b, graphs[1], feeds)
    rows = _rows(graphs[0], expected, found)
    if not rows:
        raise InputError("the two models have no value of the same name and size", where=f"{a}, {b}")
    outputs = {value.name for value in graphs[0].outputs}
    worst = max((row["error_ratio"] for row in rows if row["name"] in outputs), default=float("inf"))
    result = {
        "a": a,
        "b": b,
        "values": rows,
        "not_in_b": sorted(set(expected) - set(found)),
        "worst_output": worst,
    }
    emit(result, as_json, lambda: _text(result))
    return FAILURE if tolerance is not None and not worst <= tolerance else 0


def _feeds(graph: Graph, data: tuple[str, ...], seed: int, shapes: dict[str, tuple[int, ...]]) -> Arrays:
    from lite.cli._data import random_inputs, read_inputs
    from lite.session import TensorInfo

    inputs = [TensorInfo(value.name, tuple(extent if isinstance(extent, int) else str(extent)
                                           for extent in value.type.shape), value.type.dtype.numpy)
              for value in graph.inputs]  # fmt: skip
    return read_inputs(data, inputs, lambda: None) if data else random_inputs(inputs, shapes, seed)


def _values(path: str, graph: Graph, feeds: Arrays) -> Arrays:
    """All that the nodes make, by name, with the axes in the order that the source model has."""
    from lite import executor
    from lite.cli._graphs import is_nb

    names = [value.name for node in graph.nodes for value in node.outputs]
    engine = "native" if is_nb(path) else "reference"
    with np.errstate(all="ignore"):
        found = executor.run(graph, feeds, names, engine=engine)
    return dict(_as_written(name, array) for name, array in found.items())


def _as_written(name: str, array: np.ndarray) -> tuple[str, np.ndarray]:
    match = REORDERED.fullmatch(name)
    order = [int(digit) for digit in match["order"]] if match else []
    if match is None or sorted(order) != list(range(array.ndim)):
        return name, array
    return match["name"], array.transpose(np.argsort(order))


def _rows(graph: Graph, expected: Arrays, found: Arrays) -> list[dict[str, Any]]:
    ops = {_plain_name(value): node.op.name for node in graph.nodes for value in node.outputs}
    both = [name for name in expected if name in found and expected[name].shape == found[name].shape]
    return [
        {"name": name, "op": ops.get(name, ""), "shape": list(expected[name].shape),
         **distances(expected[name], found[name])}
        for name in both
    ]  # fmt: skip


def _plain_name(value: Value) -> str:
    return _as_written(value.name, np.empty((0,) * value.type.rank))[0]


def distances(expected: np.ndarray, found: np.ndarray) -> dict[str, float]:
    """How far an array is from the expected one.

    Returns
    -------
    dict
        ``sqnr_db`` (infinite if equal), ``cosine``, ``max_error``, and ``error_ratio``: the greatest error
        over the range of the expected values. Where one side alone is NaN the error is infinite.
    """
    left, right = expected.astype(np.float64).ravel(), found.astype(np.float64).ravel()
    same = (left == right) | (np.isnan(left) & np.isnan(right))
    error = np.where(same, 0.0, np.nan_to_num(np.abs(left - right), nan=np.inf))
    signal, power = float(np.square(left[np.isfinite(left)]).sum()), float(np.square(error).sum())
    norms = float(np.linalg.norm(left) * np.linalg.norm(right))
    worst = float(error.max(initial=0.0))
    span = float(np.ptp(left)) if left.size else 0.0
    return {
        "sqnr_db": 10 * float(np.log10(signal / power)) if power and signal else (0.0 if power else np.inf),
        "cosine": float(left @ right) / norms if norms else float(same.all()),
        "max_error": worst,
        "error_ratio": worst / (span or max(float(np.abs(left).max(initial=0.0)), 1.0)),
    }


def _text(result: dict[str, Any]) -> str:
    cells = [
        (row["name"], row["op"], "x".join(map(str, row["shape"])), f"{row['sqnr_db']:.1f}",
         f"{row['cosine']:.8f}", f"{row['max_error']:.2e}", f"{row['error_ratio']:.1e}")
        for row in result["values"]
    ]  # fmt: skip
    absent = len(result["not_in_b"])
    notes = [f"{absent} values of A are not in B: passes fused or folded what made them"] if absent else []
    head = ("value", "op in A", "shape", "SQNR dB", "cosine", "max error", "of range")
    worst = f"worst output: off by {result['worst_output']:.1e} of its range"
    return "\n".join([table(head, cells), "", *notes, worst])
