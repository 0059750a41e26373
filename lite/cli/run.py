# SPDX-License-Identifier: Apache-2.0
"""`lite run`: a model on given inputs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from lite.cli._app import PaddleCommand
from lite.cli._output import emit, json_option, table
from lite.cli._session import precision_option, threads_option
from lite.cli.opt import image_options, preprocess_of
from lite.errors import FileError, InputError

if TYPE_CHECKING:
    from lite.session import Precision


def _array_file(context: click.Context, option: click.Parameter, path: str | None) -> str | None:
    if path is not None and Path(path).suffix not in (".npy", ".npz"):
        raise click.BadParameter(f"got {path!r}, expected a name that ends with .npy or .npz")
    return path


@click.command("run", cls=PaddleCommand)
@click.argument("model", type=click.Path())
@click.option(
    "--input", "inputs", multiple=True, metavar="[NAME=]FILE", help=".npy, .npz or an image; may be repeated."
)
@click.option(
    "--output", type=click.Path(), callback=_array_file,
    help="Write the outputs to this .npz (or .npy, if there is one)."
)
@click.option("--topk", type=click.IntRange(1), help="Show the greatest values of each output's rows.")
@click.option("--labels", type=click.Path(), help="Names of classes, one a line, for --topk.")
@threads_option
@precision_option
@image_options
@json_option
def command(
    model: str, inputs: tuple[str, ...], output: str | None, topk: int | None, labels: str | None,
    threads: int, precision: Precision, as_json: bool, **flags: Any,
) -> None:  # fmt: skip
    """Run MODEL (.nb, or a source model) once.

    \b
    Examples:
      lite run model.nb --input x.npy --output y.npz
      lite run model.nb --input photo.jpg --topk 5 --labels classes.txt
    """
    from lite.cli._data import read_inputs, write_arrays
    from lite.session import Model

    preprocess_of(flags)  # refuses what cannot be, with or without an image
    loaded = Model(model)
    session = loaded.session(threads=threads, precision=precision)
    names = _read_labels(labels) if labels else None
    feeds = read_inputs(inputs, session.inputs, lambda: preprocess_of(flags, loaded.preprocess))
    arrays = session.run(feeds)
    if output:
        write_arrays(output, arrays)
    result = {
        "outputs": [
            _described(name, array, topk or (5 if labels else 0), names) for name, array in arrays.items()
        ]
    }
    emit(result, as_json, lambda: _text(result, output))


def _read_labels(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise FileError(f"cannot be read: {reason}", where=path) from error


def _described(name: str, array: np.ndarray, topk: int, labels: list[str] | None) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, "shape": list(array.shape), "dtype": str(array.dtype)}
    if array.size:
        numbers = array.astype(np.float64)
        row |= {"mean": numbers.mean(), "std": numbers.std(), "min": numbers.min(), "max": numbers.max()}
    if topk and array.size:
        classes = next((extent for extent in reversed(array.shape) if extent > 1), 1)  # behind 1 x 1 pixels
        rows = array.reshape(-1, classes)
        row["topk"] = [_greatest(values, topk, labels, name) for values in rows]
    return row


def _greatest(values: np.ndarray, topk: int, labels: list[str] | None, where: str) -> list[dict[str, Any]]:
    if labels is not None and len(labels) != len(values):
        raise InputError(
            f"{len(labels)} labels for {len(values)} classes", where=f"output {where!r}", hint="see --labels"
        )
    order = np.argsort(-values.astype(np.float64), kind="stable")[:topk]
    return [
        {"index": int(index), "value": values[index].item(), **({"label": labels[index]} if labels else {})}
        for index in order
    ]


def _text(result: dict[str, Any], output: str | None) -> str:
    parts = []
    for row in result["outputs"]:
        figures = "  ".join(
            f"{name} {row[name]:.6g}" for name in ("mean", "std", "min", "max") if name in row
        )
        parts.append(f"{row['name']}: {row['dtype']}{row['shape']}  {figures}")
        for greatest in row.get("topk", ()):
            cells = [
                (str(entry["index"]), f"{entry['value']:.6g}", entry.get("label", "")) for entry in greatest
            ]
            parts.append(table(("class", "value", "label"), cells))
    return "\n".join([*parts, *([f"written to {output}"] if output else [])])
