# SPDX-License-Identifier: Apache-2.0
"""`lite compare`: two models on the same inputs, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lite.cli._app import FAILURE, PaddleCommand
from lite.cli._output import emit, json_option, progress, table
from lite.cli._session import shape_option
from lite.cli.opt import image_options, preprocess_of

if TYPE_CHECKING:
    from lite.cli._data import Arrays
    from lite.compare import Comparison, Row, Side
    from lite.ir import Graph, Preprocess


@click.command("compare", cls=PaddleCommand)
@click.argument("a", type=click.Path())
@click.argument("b", type=click.Path())
@click.option(
    "--data", multiple=True, metavar="[NAME=]PATH",
    help=".npy, .npz, an image, or a folder of them; random numbers if left out.",
)  # fmt: skip
@click.option(
    "--num", default=8, show_default=True, type=click.IntRange(1), help="Most samples of --data to run."
)
@click.option("--seed", default=0, show_default=True, help="Of the random numbers.")
@image_options
@shape_option
@click.option(
    "--tolerance", type=float, help="Exit with 1 if an output is off by more than this part of its range."
)
@click.option("--html", type=click.Path(), help="Also write a page with charts, which opens offline.")
@json_option
def command(
    a: str, b: str, data: tuple[str, ...], num: int, seed: int, shapes: dict[str, tuple[int, ...]],
    tolerance: float | None, html: str | None, as_json: bool, **image: Any,
) -> int:  # fmt: skip
    """Compare model B with model A, value by value of the same name: SQNR, cosine, greatest error.

    Cumulative: both run from the same inputs. Isolated: each layer of B reads A's values (quantized, if B
    reads integers), so that only its own error shows. A .nb runs in the engine; a source model, which nothing
    has optimised yet, by the numpy reference.

    \b
    Examples:
      lite compare model.onnx model.nb
      lite compare float.nb int8.nb --data photos --num 20 --html compare.html
      lite compare old.nb new.nb --data x.npy --tolerance 1e-4
    """
    from lite.compare import compare

    with progress() as tell:
        tell("reading")
        left, right = (_side(path, shapes) for path in (a, b))
        rules = preprocess_of(image, _stored(left.graph, right.graph))
        samples = _samples(left.graph, data, num, seed, shapes, rules)
        result = compare(left, right, samples, histograms=html is not None, progress=tell)
    if html is not None:
        from lite.compare.page import page
        from lite.nb.writer import write_atomically

        write_atomically(Path(html), page(result, tolerance).encode())
    within = tolerance is None or result.worst_output <= tolerance
    facts = {**result.to_dict(), "tolerance": tolerance, "within_tolerance": within}
    emit(facts, as_json, lambda: _text(result, tolerance))
    return 0 if within else FAILURE


def _side(path: str, shapes: dict[str, tuple[int, ...]]) -> Side:
    from lite import _native
    from lite.cli._graphs import is_nb, load_graph
    from lite.compare import Side
    from lite.executor import preparer

    graph = load_graph(path, shapes)
    runs = is_nb(path) and {node.op.name for node in graph.nodes} <= set(_native.ops())
    engine = "native" if runs else "reference"
    return Side(graph, path, preparer(engine), engine)


def _stored(*graphs: Graph) -> dict[str, Any] | None:
    """How an image becomes an input, as the first model says that says so."""
    return next((dict(vars(graph.preprocess)) for graph in graphs if graph.preprocess is not None), None)


def _samples(
    graph: Graph, data: tuple[str, ...], num: int, seed: int, shapes: dict[str, tuple[int, ...]],
    rules: Preprocess | None,
) -> Iterator[Arrays]:  # fmt: skip
    from lite.cli._data import random_inputs, read_samples
    from lite.session import TensorInfo

    inputs = [TensorInfo(value.name, tuple(extent if isinstance(extent, int) else str(extent)
                                           for extent in value.type.shape), value.type.dtype.numpy)
              for value in graph.inputs]  # fmt: skip
    if data:
        return read_samples(data, inputs, lambda: rules, num)
    return iter([random_inputs(inputs, shapes, seed)])


def _text(result: Comparison, tolerance: float | None) -> str:
    head = ("value", "op in A", "in B", "shape", "isolated dB", "SQNR dB", "cosine", "max error", "of range")
    notes = []
    if result.not_in_b:
        count = len(result.not_in_b)
        notes.append(f"{count} values of A are not in B: passes fused or folded what made them")
    if all(row.isolated is None for row in result.rows):
        notes.append("no layer of B could be fed with values of A, so none is judged in isolation")
    rows = table(head, [_cells(row) for row in result.rows])
    return "\n".join([rows, "", *notes, result.verdict(tolerance)])


def _cells(row: Row) -> tuple[str, ...]:
    figures = row.cumulative
    isolated = f"{row.isolated.sqnr_db:.1f}" if row.isolated is not None else ""
    return (row.name, row.op, row.stored, "x".join(map(str, row.shape)), isolated, f"{figures.sqnr_db:.1f}",
            f"{figures.cosine:.8f}", f"{figures.max_error:.2e}", f"{figures.error_ratio:.1e}")  # fmt: skip
