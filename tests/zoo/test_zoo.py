# SPDX-License-Identifier: Apache-2.0
"""Every real model, from its file to the kernels, against its own framework; and on integers."""

from __future__ import annotations

import catalogue
import pytest
from catalogue import ZooModel

pytest.importorskip("lite._native")
pytest.importorskip("onnxruntime")
from measure import Measured, measured, on_integers

MODELS = catalogue.zoo()
pytestmark = pytest.mark.skipif(not MODELS, reason="LITE_TEST_DATA is not set: no real models")
LEAST_COSINE = 0.85  # of int8, calibrated on noise, with float; some have random weights


def _name(model: ZooModel) -> str:
    return f"{model.format.replace(', ', '_')}-{model.name}".replace("/", "_").lower()


@pytest.mark.parametrize("model", MODELS, ids=_name)
def test_gives_what_its_framework_gives(model: ZooModel) -> None:
    found: Measured = measured(model)
    if model.changed >= 0:
        assert found.changed <= model.changed, f"{found.changed} of {found.samples} answers differ"
    else:
        assert found.difference <= model.limit


@pytest.mark.slow
@pytest.mark.parametrize("model", [model for model in MODELS if not model.is_quantized], ids=_name)
def test_integers_give_nearly_the_same(model: ZooModel) -> None:
    assert on_integers(model).cosine >= LEAST_COSINE


@pytest.mark.parametrize("name", ["mobilenet_v2", "ultraface"])
def test_twins_become_the_same_convolutions(name: str) -> None:
    twins = [model for model in MODELS if model.name == name]
    found = {model.format: measured(model).report.ops_after["conv2d"] for model in twins}
    assert len(found) > 1
    assert len(set(found.values())) == 1, found
