# SPDX-License-Identifier: Apache-2.0
"""`lite demo`: real trained models, converted and quantized, run on a real image."""

from __future__ import annotations

import importlib.resources
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from lite.cli._app import PaddleCommand
from lite.cli._output import emit, json_option, progress, table
from lite.cli._session import threads_option

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

    from lite.demo.models import Converted
    from lite.demo.reader import Reading, TextReader
    from lite.session import Model

STAGES = ("detection", "direction", "recognition")
KINDS = ("fp32", "int8")
FORMATS = {"paddle": "Paddle", "onnx": "ONNX"}


@click.command("demo", cls=PaddleCommand)
@click.argument("image", required=False, type=click.Path(exists=True, dir_okay=False))
@threads_option
@click.option(
    "--repeats",
    default=3,
    show_default=True,
    type=click.IntRange(1),
    help="Readings of the image, in turns; the fastest are shown.",
)
@click.option(
    "--model-format",
    "format",
    default="paddle",
    show_default=True,
    type=click.Choice(tuple(FORMATS)),
    help="Of the models that are converted.",
)
@json_option
def command(image: str | None, threads: int, repeats: int, format: str, as_json: bool) -> None:
    """Convert PP-OCRv4 (three models), also to int8, and read the text of IMAGE with both.

    Without IMAGE: one that comes with lite. The int8 models are calibrated on that one, and keep float what
    it takes to read it alike, and what is slower as integers on this machine.

    Example: lite demo photo.jpg --threads 2
    """
    from lite.images import open_image

    with importlib.resources.as_file(importlib.resources.files("lite.demo") / "image.png") as own:
        ours = open_image(own)
        picture = open_image(image) if image else ours
    from lite.demo.models import characters

    with progress() as tell:
        known = characters(format)
        models = _models(ours, format, known, tell)
        readers, load_ms = _load(models, known, threads)
        tell("reading the image")
        rounds = [{kind: readers[kind].read(picture) for kind in KINDS} for _ in range(repeats)]
    best = {kind: min((found[kind] for found in rounds), key=_whole_ms) for kind in KINDS}
    result = _as_dict(models, best, load_ms)
    result["format"] = format
    emit(result, as_json, lambda: _text(image or "the image that comes with lite", result))


def _models(
    picture: Image, format: str, known: list[str], tell: Callable[[str], None]
) -> dict[str, list[Converted]]:
    """Each stage in float, and on integers: calibrated on what the float ones are given for a picture.

    Of recognition as few layers stay float as it takes to read the picture alike.
    """
    from lite.demo.models import converted_model

    floats = []
    for stage in STAGES:
        tell(f"converting {stage}")
        floats.append(converted_model(stage, format))
    seen, lines = _seen_and_read(floats, known, picture)
    integers: list[Converted] = []
    for stage in STAGES:
        tell(f"quantizing {stage}")
        alike = _lines_alike(integers, known, picture, lines) if stage == "recognition" else None
        integers.append(converted_model(stage, format, seen[stage], alike))
    return {"fp32": floats, "int8": integers}


def _seen_and_read(
    models: list[Converted], known: list[str], picture: Image
) -> tuple[dict[str, list[np.ndarray]], list[str]]:
    """What each stage is given while a picture is read, and the lines."""
    from lite.session import Model

    seen: dict[str, list[np.ndarray]] = {stage: [] for stage in STAGES}

    def noting(stage: str, session: Callable[[np.ndarray], Any]) -> Callable[[np.ndarray], Any]:
        def run(pixels: np.ndarray) -> Any:
            seen[stage].append(pixels)
            return session(pixels)

        return run

    networks = [noting(stage, Model(model.nb).session()) for stage, model in zip(STAGES, models)]
    reader = _reader(networks, known)
    return seen, [line.text for line in reader.read(picture).lines]


def _lines_alike(
    models: list[Converted], known: list[str], picture: Image, expected: list[str]
) -> Callable[[Model], float]:
    """A score of recognition behind the other two: how many lines read as expected."""
    from lite.session import Model

    before = [Model(model.nb).session() for model in models]

    def score(recognition: Model) -> float:
        reader = _reader([*before, recognition.session()], known)
        found = [line.text for line in reader.read(picture).lines]
        return sum(left == right for left, right in zip(found, expected)) - abs(len(found) - len(expected))

    return score


def _reader(networks: Sequence[Callable[[np.ndarray], Any]], known: list[str]) -> TextReader:
    from lite.demo.reader import TextReader

    detection, direction, recognition = networks
    return TextReader(detection, direction, recognition, known)


def _load(
    models: Mapping[str, list[Converted]], known: list[str], threads: int
) -> tuple[dict[str, TextReader], dict[str, float]]:
    from lite.session import Model

    readers, load_ms = {}, {}
    for kind, stages in models.items():
        begin = time.perf_counter()
        networks = [Model(model.nb).session(threads=threads) for model in stages]
        load_ms[kind] = (time.perf_counter() - begin) * 1e3
        readers[kind] = _reader(networks, known)
    return readers, load_ms


def _whole_ms(reading: Reading) -> float:
    return sum(reading.times_ms.values())


def _as_dict(
    models: Mapping[str, list[Converted]], best: Mapping[str, Reading], load_ms: Mapping[str, float]
) -> dict[str, Any]:
    return {
        "models": [
            {
                "name": float_.name,
                "source_bytes": float_.source_bytes,
                "nb_bytes": len(float_.nb),
                "int8_bytes": len(integer.nb),
                "nodes_before": float_.nodes_before,
                "nodes_after": float_.nodes_after,
                "int8_kept_float": integer.kept_float,
                "convert_s": round(float_.time_s, 3),
                "quantize_s": round(integer.time_s, 3),
            }
            for float_, integer in zip(*(models[kind] for kind in KINDS))
        ],
        **{kind: _reading(best[kind], load_ms[kind]) for kind in KINDS},
    }


def _reading(reading: Reading, load_ms: float) -> dict[str, Any]:
    return {
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
    source = FORMATS[result["format"]]
    models = table(
        ("model", source, "fp32 .nb", "int8 .nb", "nodes", "converted in", "quantized in", "float in int8"),
        [
            (
                row["name"],
                f"{row['source_bytes'] / 1e6:.2f} MB",
                f"{row['nb_bytes'] / 1e6:.2f} MB",
                f"{row['int8_bytes'] / 1e6:.2f} MB",
                f"{row['nodes_before']} -> {row['nodes_after']}",
                f"{row['convert_s']:.2f} s",
                f"{row['quantize_s']:.2f} s",
                f"{row['int8_kept_float']} nodes",
            )
            for row in result["models"]
        ],
    )
    return f"{models}\n\nRead in {image}:\n{_lines(result)}\n\n{_times(result)}"


def _lines(result: dict[str, Any]) -> str:
    """What both read, line by line; where they found different lines, one below the other."""
    fp32, int8 = (result[kind]["lines"] for kind in KINDS)
    rows = []
    for place in range(max(len(fp32), len(int8))):
        cells = []
        for lines in (fp32, int8):
            line = lines[place] if place < len(lines) else None
            cells += [line["text"], f"{line['score']:.2f}"] if line else ["", ""]
        turned = any(lines[place]["turned"] for lines in (fp32, int8) if place < len(lines))
        rows.append((*cells, "was upside down" if turned else ""))
    same = [line["text"] for line in fp32] == [line["text"] for line in int8]
    said = "int8 reads the same" if same else "int8 does not read the same"
    found = table(("fp32", "score", "int8", "score", ""), rows) if rows else "no text found"
    return f"{found}\n{said}"


def _times(result: dict[str, Any]) -> str:
    fp32, int8 = (result[kind]["times_ms"] for kind in KINDS)
    rows = [(stage, fp32.get(stage, 0.0), int8.get(stage, 0.0)) for stage in {**fp32, **int8}]
    models = [sum(times.get(stage, 0.0) for stage in STAGES) for times in (fp32, int8)]
    rows += [("the three models", *models), ("all", sum(fp32.values()), sum(int8.values()))]
    cells = [(stage, f"{left:.1f}", f"{right:.1f}", f"{left / right:.2f}" if right else "")
             for stage, left, right in rows]  # fmt: skip
    return table(("stage", "fp32 ms", "int8 ms", "times as fast"), cells)
