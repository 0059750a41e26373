# SPDX-License-Identifier: Apache-2.0
"""QAT: training that rounds as the integers will."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from lite.slim.strategies._rule import setting
from lite.slim.strategies._strategy import Strategy

ACTIVATIONS = ("moving_average_abs_max", "range_abs_max", "abs_max")
WEIGHTS = ("channel_wise_abs_max", "abs_max")
ALL_LAYERS = "every layer that has an integer form is quantized; not_quant_pattern names exceptions"
ONE_FORM = "an .nb file has one form for integers, which all processors run"


@dataclass(frozen=True)
class QAT(Strategy):
    """Quantization-aware training; integers are always the last step.

    Attributes
    ----------
    weight_bits : {8, 7}
        7 multiply faster on x86 processors without VNNI.
    activation_bits : {8, 16}
    pact : bool
        Learn where activations are clipped.
    exclude : tuple of str
        Layers that stay float: parts of their names.
    """

    weight_bits: int = setting("whole", 8, least=7, most=8)
    activation_bits: int = setting("whole", 8, least=8, most=16)
    pact: bool = setting("flag", False, keys="use_pact")
    exclude: tuple[str, ...] = setting("words", (), keys="not_quant_pattern")

    sections = ("Quantization", "QuantAware")
    unused: ClassVar[Mapping[str, str]] = {
        "quantize_op_types": ALL_LAYERS, "is_full_quantize": ALL_LAYERS, "quant_post_first": "it is always",
        "activation_quantize_type": "scales of activations are trained",
        "weight_quantize_type": "weights have one scale per output channel",
        "window_size": "scales are trained", "moving_rate": "scales are trained",
        "scale_trainable": "scales are trained",
        **dict.fromkeys(("dtype", "for_tensorrt", "onnx_format", "deploy_backend"), ONE_FORM)}

    def contradiction(self) -> str | None:
        if self.activation_bits not in (8, 16):
            return f"activation_bits is {self.activation_bits}, expected 8 or 16"
        return None
