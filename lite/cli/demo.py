# SPDX-License-Identifier: Apache-2.0
"""`lite demo`: real trained models, converted and run on a real image."""

from __future__ import annotations

import importlib.resources
import time
from typing import TYPE_CHECKING, Any

import click

from lite.cli._app import PaddleCommand
from lite.cli._output import emit, json_option, progress, table

if TYPE_CHECKING:
    from lite.demo.models import Converted
    from lite.demo.reader import Reading, TextReader


@click.command("demo", cls=PaddleCommand)
@click.argument("image", required=False, type=click.Path(exists=True, dir_okay=False))
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1, 256))
@click.option(
    "--repeats",
    default=3,
    show_default=True,
    type=click.IntRange(1),
    help="Readings of the image; the fastest is shown.",
)
@json_option
def command(image: str | None, threads: int, repeats: int, as_json: bool) -> None:
    """Convert PP-OCRv4 (three Paddle models) and read the text of IMAGE, by default one that comes with lite.

    Example: lite demo photo.jpg --threads 2
    """
    from lite.demo.models import converted_model
    from lite.images import open_image

    with importlib.resources.as_file(importlib.resources.files("lite.demo") / "image.png") as own:
        picture = open_image(image or own)
    with progress() as tell:
        models = []
        for stage in ("detection", "direction", "recognition"):
            tell(f"converting {stage}")
            models.append(converted_model(stage))
        tell("reading the image")
        reader, load_ms = _load(models, threads)
        readings = [reader.read(picture) for _ in range(repeats)]
    best = min(readings, key=lambda reading: sum(reading.times_ms.values()))
    result = _as_dict(models, best, load_ms)
    emit(result, as_json, lambda: _text(image or "the image that comes with lite", result))


def _load(models: list[Converted], threads: int) -> tuple[TextReader, float]:
    from lite.demo.models import characters
    from lite.demo.reader import TextReader
    from lite.session import Model

    begin = time.perf_counter()
    detection, direction, recognition = (Model(model.nb).session(threads=threads) for model in models)
    load_ms = (time.perf_counter() - begin) * 1e3
    return TextReader(detection, direction, recognition, characters()), load_ms


def _as_dict(models: list[Converted], reading: Reading, load_ms: float) -> dict[str, Any]:
    return {
        "models": [
            {
                "name": model.name,
                "source_bytes": model.source_bytes,
                "nb_bytes": len(model.nb),
                "nodes_before": model.nodes_before,
                "nodes_after": model.nodes_after,
                "convert_s": round(model.time_s, 3),
            }
            for model in models
        ],
        "load_ms": round(load_ms, 2),
        "lines": [
            {
                "text": line.text,
                "score": round(line.score, 4),
                "turned": line.turned,
                "corners": line.corners.round(1).tolist(),
            }
            for line in reading.lines
        ],
        "times_ms": {stage: round(time_ms, 2) for stage, time_ms in reading.times_ms.items()},
    }


def _text(image: str, result: dict[str, Any]) -> str:
    models = table(
        ("model", "Paddle", ".nb", "nodes", "converted in"),
        [
            (
                row["name"],
                f"{row['source_bytes'] / 1e6:.2f} MB",
                f"{row['nb_bytes'] / 1e6:.2f} MB",
                f"{row['nodes_before']} -> {row['nodes_after']}",
                f"{row['convert_s']:.2f} s",
            )
            for row in result["models"]
        ],
    )
    lines = table(
        ("text", "score", ""),
        [
            (row["text"], f"{row['score']:.2f}", "was upside down" if row["turned"] else "")
            for row in result["lines"]
        ],
    )
    total = sum(result["times_ms"].values())
    times = table(
        ("stage", "ms"),
        [(stage, f"{time_ms:.1f}") for stage, time_ms in [*result["times_ms"].items(), ("all", total)]],
    )
    found = lines if result["lines"] else "no text found"
    return f"{models}\n\nRead in {image}:\n{found}\n\n{times}"
