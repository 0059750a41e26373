# SPDX-License-Identifier: Apache-2.0
"""Quantization: training that rounds as the integers will; the settings are ``qat.QAT``."""

from __future__ import annotations

from typing import Any

from lite.slim.qat.settings import QAT
from lite.slim.strategies._form import Form
from lite.slim.strategies.ptq import ALL_LAYERS, ONE_FORM

FOLLOWING = ("abs_max", "range_abs_max")  # of PaddleSlim: as moving_average_abs_max, but for what is averaged


def _adapted(options: dict[str, Any]) -> dict[str, Any]:
    given = dict(options)
    if given.get("activation_quantize_type") in FOLLOWING:
        given["activation_quantize_type"] = "moving_average_abs_max"
    pact = given.pop("use_pact", False)
    if not isinstance(pact, bool):
        raise ValueError(f"use_pact: it is {pact!r}, expected true or false")
    if pact:
        given["activation_quantize_type"] = "pact"
    patterns = given.get("not_quant_pattern")
    if isinstance(patterns, (str, list)):
        given["not_quant_pattern"] = [name for name in ([patterns] if isinstance(patterns, str) else patterns)
                                      if name != "skip_quant"]  # a scope that Paddle's programs may have
    return given


FORM = Form.around(
    QAT, "Quantization", "QuantAware", also={}, folded=("use_pact",), adapted=_adapted,
    unused={"is_full_quantize": ALL_LAYERS, "quant_post_first": "it is always so",
            "window_size": "ranges are averaged, not kept",
            "scale_trainable": "activation_quantize_type says it",
            **dict.fromkeys(("dtype", "for_tensorrt", "onnx_format", "deploy_backend"), ONE_FORM)})
