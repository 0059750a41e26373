# SPDX-License-Identifier: Apache-2.0
"""Every imported op against what LiteRT's reference kernels gave: the tiny models of zoo.json.xz."""

from __future__ import annotations

import base64
import json
import lzma
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lite.importers.tflite import load
from lite.importers.tflite.model import Model
from lite.importers.tflite.rules import names
from lite.ir.interpret import interpret
from lite.ir.verify import verify

ZOO: dict[str, Any] = json.loads(lzma.decompress(Path(__file__).with_name("zoo.json.xz").read_bytes()))

STEPS = {  # how far integers may be apart where LiteRT rounds more coarsely than its results are stored
    "RESIZE_BILINEAR_int16": 256, "SOFTMAX_int16": 4, "TANH_int16": 2,
}  # fmt: skip
DYNAMIC = 0.02  # of the range: what rounding activations to 8 bits costs, which we do not do
WITHOUT_A_CASE = {"Convolution2DTransposeBias"}  # a custom op that LiteRT itself lacks: test_custom.py


def _array(entry: dict[str, Any]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(entry["data"]), entry["dtype"]).reshape(entry["shape"])


def _case(case: str) -> tuple[bytes, dict[str, np.ndarray], list[np.ndarray]]:
    entry = ZOO[case]
    inputs = {name: _array(array) for name, array in entry["inputs"].items()}
    return base64.b64decode(entry["model"]), inputs, [_array(array) for array in entry["outputs"]]


def _compare(case: str, outputs: list[np.ndarray], expected: list[np.ndarray], tolerance: float) -> None:
    """Floats within a part of their range; integers that stand for reals within a step."""
    tolerance = DYNAMIC if case.endswith("_dynamic") else tolerance
    assert len(outputs) == len(expected)
    for output, wanted in zip(outputs, expected):
        assert output.shape == wanted.shape
        assert output.dtype == wanted.dtype
        if wanted.dtype.kind == "f":
            limit = tolerance * np.abs(wanted).max(initial=1e-30)
            np.testing.assert_allclose(output, wanted, rtol=0, atol=limit)
        elif wanted.dtype in (np.int8, np.uint8, np.int16):
            np.testing.assert_allclose(
                output.astype(np.int64), wanted.astype(np.int64), rtol=0, atol=STEPS.get(case, 1)
            )
        else:
            np.testing.assert_array_equal(output, wanted)


@pytest.mark.parametrize("case", sorted(ZOO))
def test_reference_gives_what_litert_gave(case: str) -> None:
    model, inputs, expected = _case(case)
    graph = load(model)
    verify(graph)
    _compare(case, list(interpret(graph, inputs).values()), expected, 1e-5)


@pytest.mark.parametrize("case", sorted(ZOO))
def test_kernels_give_what_litert_gave(case: str) -> None:
    pytest.importorskip("lite._native")
    from lite import Model, convert_to_bytes

    model, inputs, expected = _case(case)
    data, _ = convert_to_bytes(model, verify=True)
    _compare(case, Model(data).session(threads=2).run(None, inputs), expected, 2e-5)


def test_every_rule_has_a_case() -> None:
    models = (Model(base64.b64decode(entry["model"])) for entry in ZOO.values())
    used = {operator.op for model in models for operator in model.operators}
    assert set(names()) - used == WITHOUT_A_CASE
