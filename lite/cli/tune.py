# SPDX-License-Identifier: Apache-2.0
"""`lite tune`: which kernel each layer is fastest with on this machine, for sessions to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lite.cli._app import PaddleCommand
from lite.cli._data import planned_shapes
from lite.cli._output import emit, json_option, progress, table
from lite.cli._session import checked_threads, precision_option, shape_option

if TYPE_CHECKING:
    from lite.session import Precision


def _counts(context: click.Context, option: click.Parameter, text: str) -> tuple[int, ...]:
    try:
        counts = tuple(int(word) for word in text.split(","))
    except ValueError:
        raise click.BadParameter(f"got {text!r}, expected numbers of threads such as 1,2") from None
    return tuple(map(checked_threads, counts))


threads_option = click.option(
    "--threads", default="1", show_default=True, callback=_counts, metavar="N,N",
    help="Numbers of threads to measure with.",
)  # fmt: skip
cache_option = click.option(
    "--cache", type=click.Path(dir_okay=False),
    help="The file to write, beside what is in it; otherwise the one that sessions read by themselves.",
)  # fmt: skip


@click.command("tune", cls=PaddleCommand)
@click.argument("model", type=click.Path())
@threads_option
@shape_option
@precision_option
@cache_option
@click.option("--table", "rows", type=click.Path(), help="Write a latency table in PaddleSlim's format.")
@json_option
def command(
    model: str, threads: tuple[int, ...], shapes: dict[str, tuple[int, ...]], precision: Precision,
    cache: str | None, rows: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Measure what the layers of MODEL (.nb, or a source model) could run with on this machine.

    Sessions then take the fastest; docs/tuning.md says how.

    Example: lite tune model.nb --threads 1,2
    """
    result = tuned(model, threads, shapes, precision, cache, rows)
    emit(result, as_json, lambda: text_of(result))


def tuned(
    model: str, threads: Sequence[int], shapes: Mapping[str, Sequence[int]], precision: Precision,
    cache: str | None, rows: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Tune a model, write the cache (and a latency table), and say what was found."""
    from lite.session import Model
    from lite.tuning.kernels import tune, write_cache

    with progress() as tell:
        tell("loading")
        loaded = Model(model)
        planned = planned_shapes(loaded.inputs, shapes)
        found = tune(loaded, planned, threads, precision=precision, tell=tell)
        path = write_cache(found.table, cache)
        if rows is not None:
            tell("timing all layers")
            _write_rows(rows, model, planned, threads[0], str(path))
    return {"model": model, "cache": str(path), "table": rows,
            "layers": [layer.to_dict() for layer in found.layers]}  # fmt: skip


def _write_rows(path: str, model: str, shapes: Mapping[str, Sequence[int]], threads: int, cache: str) -> None:
    from lite.convert import convert_to_bytes
    from lite.nb.reader import read
    from lite.nb.writer import write_atomically
    from lite.tuning.paddle_table import measured
    from lite.tuning.stopwatch import Net

    source = Path(model)
    nb = source.read_bytes() if source.suffix == ".nb" else convert_to_bytes(source)[0]
    net = Net(nb, read(nb), shapes, threads, cache)
    write_atomically(Path(path), measured(net).to_text().encode())


def text_of(result: dict[str, Any]) -> str:
    """What was found, as a table, and where it lies."""
    layers = result["layers"]
    lines = []
    if layers:
        head = ["us now", "us best", "gain", "x", "threads", "now", "best", "layer"]
        lines += [table(head, [_row(layer) for layer in layers]), ""]
    for threads in dict.fromkeys(layer["threads"] for layer in layers):
        lines.append(_total(threads, [layer for layer in layers if layer["threads"] == threads]))
    if not layers:
        lines.append("no layer of this model has a choice of kernels")
    return "\n".join([*lines, f"written to {result['cache']}"])


def _row(layer: dict[str, Any]) -> list[str]:
    gain = 1 - layer["best_us"] / max(layer["usual_us"], 1e-9)
    return [f"{layer['usual_us']:.1f}", f"{layer['best_us']:.1f}", f"{gain:.1%}", str(layer["nodes"]),
            str(layer["threads"]), layer["usual"] or "-", layer["best"] or "-", layer["name"]]  # fmt: skip


def _total(threads: int, layers: Sequence[dict[str, Any]]) -> str:
    usual, best = (sum(layer["nodes"] * layer[side] for layer in layers) for side in ("usual_us", "best_us"))
    changed = sum(layer["nodes"] for layer in layers if layer["best"] != layer["usual"])
    return (f"{threads} thread{'s' if threads > 1 else ''}: {changed} of {sum(x['nodes'] for x in layers)} "
            f"layers with a choice change, {usual:.0f} us of them become {best:.0f} us")
