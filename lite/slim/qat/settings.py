# SPDX-License-Identifier: Apache-2.0
"""How a model is quantized and trained so: QAT. Names and values are near PaddleSlim's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lite.errors import InputError, LiteError
from lite.quant import StaticPTQ
from lite.quant.roles import LAYERS

WEIGHT_TYPES = ("channel_wise_abs_max", "abs_max", "channel_wise_lsq")
ACTIVATION_TYPES = ("lsq", "pact", "moving_average_abs_max")
OP_TYPES = {"depthwise_conv2d": "conv2d", "mul": "fully_connected", "matmul_v2": "matmul",
            "elementwise_add": "add", "elementwise_mul": "mul"}  # Paddle's names of ours


@dataclass(frozen=True)
class QAT:
    """Quantization-aware training: calibrated as by StaticPTQ, then trained.

    Parameters
    ----------
    weight_quantize_type : {"channel_wise_abs_max", "abs_max", "channel_wise_lsq"}
        Scales of weights follow the greatest one of each output channel, or of all of a layer; or they are
        learned, one for each channel.
    activation_quantize_type : {"lsq", "pact", "moving_average_abs_max"}
        Scales of activations are learned, with LSQ's gradient; or with PACT's, to which only what is clipped
        contributes; or they follow what batches reach at most, on average.
    weight_bits : {8, 7}
        As of ``StaticPTQ``.
    activation_bits : {8, 16}
    not_quant_pattern : sequence of str
        Layers that stay float: names, or regular expressions that match whole names.
    quantize_op_types : sequence of str, optional
        Only these ops are quantized, by our names or Paddle's; left out, all that have an integer form.
    recipe : mapping of str to mapping
        Options of single layers, as of ``StaticPTQ``: bits, weight_bits, algo, exclude, ...
    moving_rate : float
        Weight of all earlier batches together, of moving_average_abs_max.
    pact_decay : float
        How much PACT's bounds are pulled to 0: L2, as in its article.
    scale_learning_rate : float, optional
        Of learned scales; left out, that of the weights.
    algo : str, optional
        How calibration chooses ranges to begin with, as of ``StaticPTQ``.
    num : int, optional
        Most samples that are used for it.
    bias_correction : bool
        Let biases make up for the mean error of the weights, before training.
    equalize : bool
        Scale channels between neighbouring layers before, so that they share one activation scale better.

    Raises
    ------
    InputError
        If a setting is not what it may be.
    """

    weight_quantize_type: str = "channel_wise_abs_max"
    activation_quantize_type: str = "lsq"
    weight_bits: int = 8
    activation_bits: int = 8
    not_quant_pattern: Sequence[str] = ()
    quantize_op_types: Sequence[str] | None = None
    recipe: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    moving_rate: float = 0.9
    pact_decay: float = 1e-4
    scale_learning_rate: float | None = None
    algo: str | None = None
    num: int | None = None
    bias_correction: bool = True
    equalize: bool = False

    def __post_init__(self) -> None:
        for name, known in (("weight_quantize_type", WEIGHT_TYPES),
                            ("activation_quantize_type", ACTIVATION_TYPES)):
            if getattr(self, name) not in known:
                raise _wrong(name, getattr(self, name), f"one of {', '.join(known)}")
        for name in ("not_quant_pattern", "quantize_op_types"):
            found = getattr(self, name)
            if not isinstance(found, (list, tuple)) and not (name == "quantize_op_types" and found is None):
                raise _wrong(name, found, "a list of names")
        for name in self.quantize_op_types or ():
            if OP_TYPES.get(name, name) not in LAYERS:
                raise _wrong("quantize_op_types", name, f"some of {', '.join(sorted({*LAYERS, *OP_TYPES}))}")
        if not _is_number(self.moving_rate) or not 0 <= self.moving_rate < 1:
            raise _wrong("moving_rate", self.moving_rate, "a number from 0 to below 1")
        if not _is_number(self.pact_decay) or not self.pact_decay >= 0:
            raise _wrong("pact_decay", self.pact_decay, "a number of 0 or more")
        rate = self.scale_learning_rate
        if rate is not None and (not _is_number(rate) or not rate >= 0):
            raise _wrong("scale_learning_rate", rate, "a number of 0 or more")
        try:
            self.calibration(None)
        except LiteError as error:
            raise InputError(error.message, where=f"QAT, {error.where}" if error.where else "QAT",
                             hint=error.hint) from error

    def calibration(self, samples: Any, exclude: Sequence[str] = ()) -> StaticPTQ:
        """The quantization that training begins with; ``exclude`` comes on top of ``not_quant_pattern``."""
        return StaticPTQ(samples, algo=self.algo, num=self.num, exclude=[*self.not_quant_pattern, *exclude],
                         recipe=self.recipe, bits=self.activation_bits, weight_bits=self.weight_bits,
                         bias_correction=self.bias_correction, equalize=self.equalize)

    @property
    def op_types(self) -> frozenset[str] | None:
        """Our names of the ops that are quantized; None if all are."""
        if self.quantize_op_types is None:
            return None
        return frozenset(OP_TYPES.get(name, name) for name in self.quantize_op_types)


def _is_number(found: object) -> bool:
    return isinstance(found, (int, float)) and not isinstance(found, bool)


def _wrong(name: str, found: object, expected: str) -> InputError:
    return InputError(f"{name} is {found!r}, expected {expected}", where="QAT")
