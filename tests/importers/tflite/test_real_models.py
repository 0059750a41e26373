# SPDX-License-Identifier: Apache-2.0
"""Real models against what LiteRT's reference kernels made of them (real.npz, by make_real.py)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import real

from lite.importers import load
from lite.ir.verify import verify

pytestmark = pytest.mark.skipif("LITE_TEST_DATA" not in os.environ, reason="LITE_TEST_DATA is not set")
GOLDEN = np.load(Path(__file__).with_name("real.npz"))
FLOAT = 1e-4  # of the range
DYNAMIC = 0.02  # LiteRT rounds activations to 8 bits there, we do not
# Of 255. A mean that LiteRT rounds otherwise may make a step of a logit, and softmax several of that.
STEPS = {"mobilenet_uint8": 1, "resnet8_int8": 16, "wake_words_int8": 1, "keywords_int8": 1}
ALIKE = 0.99  # answers that are the same
POINTS = 0.01  # by which the accuracy may differ


def _session(name: str) -> Callable[[np.ndarray], list[np.ndarray]]:
    pytest.importorskip("lite._native")
    from lite import Model, convert_to_bytes

    session = Model(convert_to_bytes(real.path(name), verify=True)[0]).session(threads=2)
    return lambda x: list(session.run(None, {session.inputs[0].name: x}))


@pytest.mark.parametrize("name", real.MODELS)
def test_outputs_are_litert_s(name: str) -> None:
    run = _session(name)
    for number, x in enumerate(real.samples(name)):
        for position, output in enumerate(run(x)):
            expected = GOLDEN[f"{name}.{position}"][number]
            given = real.kept(output)
            assert given.dtype == expected.dtype
            if expected.dtype.kind == "f":
                limit = (DYNAMIC if name.endswith("dynamic") else FLOAT) * np.ptp(
                    GOLDEN[f"{name}.{position}"]
                )
            else:
                given, expected, limit = given.astype(int), expected.astype(int), STEPS[name]
            assert np.abs(given - expected).max() <= limit


@pytest.mark.parametrize("name", real.MODELS)
def test_no_transpose_is_left_and_ends_keep_their_layout(name: str) -> None:
    pytest.importorskip("lite._native")
    from lite import convert_to_bytes

    graph = load(real.path(name))
    verify(graph)
    _, shape, dtype = real.MODELS[name]
    assert graph.inputs[0].type.shape[1:] == shape
    assert graph.inputs[0].type.dtype.numpy == dtype
    _, report = convert_to_bytes(real.path(name))
    assert "transpose" not in report.ops_after


@pytest.mark.parametrize("name", STEPS)
def test_quantized_models_stay_integers(name: str) -> None:
    pytest.importorskip("lite._native")
    from lite import convert_to_bytes

    _, report = convert_to_bytes(real.path(name))
    assert report.float_left == []
    assert not {"quantize", "dequantize", "conv2d", "fully_connected"} & report.ops_after.keys()


@pytest.mark.parametrize("name", [*real.PHOTOS, *real.THUMBNAILS])
def test_answers_are_litert_s(name: str) -> None:
    pytest.importorskip("PIL")
    run = _session(name)
    images, labels = (real.photos if name in real.PHOTOS else real.thumbnails)(name)
    expected = GOLDEN[f"{name}.answers"]
    answers = np.array([int(run(x[None])[0].argmax()) for x in images])
    assert np.mean(answers == expected) >= ALIKE
    assert abs(np.mean(answers == labels) - np.mean(expected == labels)) <= POINTS
