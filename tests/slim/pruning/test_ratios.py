# SPDX-License-Identifier: Apache-2.0
"""Ratios from sensitivities, against those that PaddleSlim gives for its own example."""

from __future__ import annotations

import json

import pytest

from lite.errors import InputError

pytest.importorskip("torch")
from lite.slim import get_ratios_by_loss

SENSITIVITIES = {
    "conv2_1": {0.1: 0.0033160544, 0.2: 0.0034197175, 0.3: 0.0070466385},
    "conv2_2": {0.1: 0.0004145299, 0.2: 0.006321242, 0.3: 0.009015563},
    "conv3_1": {0.1: -0.0007253965, 0.2: 0.0072539034, 0.3: 0.034715},
    "conv3_2": {0.1: 0.0025906577, 0.2: 0.016580332, 0.3: 0.05564765},
    "conv4_1": {0.1: 0.00093266147, 0.2: 0.011813486, 0.3: 0.032331605},
}
RATIOS = {"conv2_1": 0.3, "conv2_2": 0.3, "conv3_1": 0.20999995, "conv3_2": 0.15296294, "conv4_1": 0.18333319}


def test_ratios_are_those_of_paddleslim() -> None:
    assert get_ratios_by_loss(SENSITIVITIES, 0.01) == pytest.approx(RATIOS, abs=2e-7)


def test_a_store_in_json_gives_the_same() -> None:
    stored = json.loads(json.dumps(SENSITIVITIES))
    assert get_ratios_by_loss(stored, 0.01) == get_ratios_by_loss(SENSITIVITIES, 0.01)


def test_the_order_of_ratios_is_of_no_account() -> None:
    turned = {layer: dict(reversed(losses.items())) for layer, losses in SENSITIVITIES.items()}
    assert get_ratios_by_loss(turned, 0.01) == get_ratios_by_loss(SENSITIVITIES, 0.01)


def test_layers_that_always_lose_more_are_left_out() -> None:
    assert list(get_ratios_by_loss(SENSITIVITIES, 0.0005)) == ["conv2_2", "conv3_1"]
    assert get_ratios_by_loss({"empty": {}}, 1.0) == {}


@pytest.mark.parametrize(("losses", "words"), [
    ({0.1: float("nan")}, "loss of ratio 0.1 is nan"), ({1.5: 0.1}, "ratio between 0 and 1"),
    ({"much": 0.1}, "expected a loss for each ratio"), ({0.1: None}, "expected a loss"),
    ([0.1], "expected a loss"),
])  # fmt: skip
def test_what_is_no_sensitivity_is_refused(losses, words: str) -> None:
    with pytest.raises(InputError, match=f"layer 'conv': .*{words}"):
        get_ratios_by_loss({"conv": losses}, 0.01)


def test_the_loss_is_a_number() -> None:
    with pytest.raises(InputError, match="loss: it is NaN"):
        get_ratios_by_loss(SENSITIVITIES, float("nan"))
