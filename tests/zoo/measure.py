# SPDX-License-Identifier: Apache-2.0
"""What comes out of a model of the catalogue, and how far it is from what was expected."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import catalogue
import numpy as np
from catalogue import ZooModel

from lite import Model, Report, StaticPTQ, convert_to_bytes

CALIBRATION = 4  # samples of noise


@dataclass(frozen=True)
class Measured:
    """A converted model.

    Attributes
    ----------
    data : bytes
        The .nb.
    report : Report
    feed : ndarray
    samples : int
        In the feed.
    outputs : list of ndarray
    difference : float
        From what is expected: the greatest, as a part of the range.
    changed : int
        Answers that differ, if outputs are scores; else 0.
    """

    data: bytes
    report: Report
    feed: np.ndarray
    samples: int
    outputs: list[np.ndarray]
    difference: float
    changed: int


@dataclass(frozen=True)
class OnIntegers:
    """The model, quantized here: its .nb, and the least cosine of an output with that of floats."""

    data: bytes
    cosine: float


@cache
def measured(model: ZooModel) -> Measured:
    """Converts a model, runs it by the kernels, and compares."""
    data, report = convert_to_bytes(model.file)
    session = Model(data).session(threads=2)
    (given,) = session.inputs
    x = catalogue.feed(model, np.dtype(given.dtype))
    outputs = [np.asarray(y) for y in session.run(None, {given.name: x})]
    wanted = catalogue.expected(model, x)
    shown = [y if y.shape == z.shape else catalogue.kept(y) for y, z in zip(outputs, wanted, strict=True)]
    difference = max(catalogue.difference(y, z) for y, z in zip(shown, wanted))
    changed = catalogue.changed_answers(shown[0], wanted[0]) if model.changed >= 0 else 0
    return Measured(data, report, x, len(x), outputs, difference, changed)


@cache
def on_integers(model: ZooModel) -> OnIntegers:
    """Quantizes a float model with samples like the one it is fed."""
    found = measured(model)
    random = np.random.RandomState(11)
    name = Model(found.data).session().inputs[0].name
    samples = [{name: found.feed[:1]}]
    samples += [
        {name: random.permutation(found.feed[:1].reshape(-1)).reshape(found.feed[:1].shape)}
        for _ in range(CALIBRATION - 1)
    ]
    data, _ = convert_to_bytes(model.file, quantize=StaticPTQ(samples))
    outputs = Model(data).session(threads=2).run(None, {name: found.feed})
    cosines = [_cosine(np.asarray(y), z) for y, z in zip(outputs, found.outputs)]
    return OnIntegers(data, min(cosines))


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a.astype(np.float64).reshape(-1), b.astype(np.float64).reshape(-1)
    return float(a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-30))
