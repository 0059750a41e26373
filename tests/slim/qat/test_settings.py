# SPDX-License-Identifier: Apache-2.0
"""Settings of QAT that mean nothing are refused, with what was expected."""

from __future__ import annotations

from typing import Any

import pytest

from lite.errors import InputError

pytest.importorskip("torch", reason="PyTorch is not installed: nothing trains")

from lite.slim import QAT


@pytest.mark.parametrize(("settings", "message"), [
    ({"weight_quantize_type": "range_abs_max"}, "expected one of channel_wise_abs_max, abs_max"),
    ({"activation_quantize_type": "lsqplus"}, "expected one of lsq, pact, moving_average_abs_max"),
    ({"weight_bits": 4}, "weight_bits is 4, expected one of 8, 7"),
    ({"activation_bits": 4}, "bits is 4, expected one of 8, 16"),
    ({"not_quant_pattern": "conv1"}, "not_quant_pattern is 'conv1', expected a list of names"),
    ({"quantize_op_types": ["conv9"]}, "'conv9', expected some of adaptive_pool2d, add, conv2d"),
    ({"moving_rate": 1.0}, "moving_rate is 1.0, expected a number from 0 to below 1"),
    ({"pact_decay": -1}, "pact_decay is -1"),
    ({"scale_learning_rate": "fast"}, "scale_learning_rate is 'fast'"),
    ({"algo": "mxe"}, "there is no algorithm 'mxe'"),
    ({"recipe": {"conv1": {"alog": "kl"}}}, "unknown key 'alog'"),
])
def test_wrong_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        QAT(**settings)


def test_paddles_names_of_ops_are_known() -> None:
    types = QAT(quantize_op_types=["depthwise_conv2d", "mul", "softmax"]).op_types
    assert types == {"conv2d", "fully_connected", "softmax"}
