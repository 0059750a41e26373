# SPDX-License-Identifier: Apache-2.0
"""PTQ: integers by ranges that calibration data shows, without training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lite.slim.strategies._rule import setting
from lite.slim.strategies._strategy import Strategy

ALL_LAYERS = "every layer that has an integer form is quantized; name the exceptions"
ONE_FORM = "an .nb file has one form for integers, which all processors run"
ALGORITHMS = {"hist": "percentile", "KL": "kl", "avg": "moving_average", "mse": "mse", "emd": "emd",
              "abs_max": "minmax", "min_max": "minmax"}  # PaddleSlim's name: ours
_OURS = ("percentile", "kl", "moving_average", "minmax")


@dataclass(frozen=True)
class PTQ(Strategy):
    """Post-training quantization with given settings.

    Attributes
    ----------
    algo : str, optional
        hist, KL, avg, mse, emd, abs_max (or lite's names); none: what lite.StaticPTQ usually does.
    hist_percent : float
        Part of the elements within reach, of hist.
    bias_correction : bool
    adaround : bool
        Learn whether each weight is rounded up or down.
    batch_size, batch_nums : int, optional
        How much of the data is used: their product; all of it if ``batch_nums`` is left out.
    weight_bits : {8, 7}
    activation_bits : {8, 16}
    exclude : tuple of str
        Layers that stay float: names or regular expressions.
    """

    algo: str | None = setting("word", choices=(*ALGORITHMS, *_OURS))
    hist_percent: float = setting("number", 0.99995, least=0.9, most=1)
    bias_correction: bool = setting("flag", True, keys="bias_correction bias_correct")
    adaround: bool = setting("flag", False)
    batch_size: int = setting("whole", 32, least=1, most=1 << 20)
    batch_nums: int | None = setting("whole", keys="batch_nums batch_num", least=1, most=1 << 20)
    weight_bits: int = setting("whole", 8, least=7, most=8)
    activation_bits: int = setting("whole", 8, least=8, most=16)
    exclude: tuple[str, ...] = setting("words", (), keys="skip_tensor_list")

    sections = ("QuantPost",)
    folded = ("round_type", "recon_level", "regions", "region_weights_names", "simulate_activation_quant")
    unused: ClassVar[Mapping[str, str]] = {
        "quantizable_op_type": ALL_LAYERS, "quantize_op_types": ALL_LAYERS, "is_full_quantize": ALL_LAYERS,
        "activation_quantize_type": "activations have a scale and a zero point each",
        "weight_quantize_type": "weights have one scale per output channel",
        **dict.fromkeys(("epochs", "lr", "limit", "drop_prob", "is_use_cache_file"),
        "rounding is learned until it is settled"),
        **dict.fromkeys(("onnx_format", "deploy_backend", "dtype", "optimize_model"), ONE_FORM)}

    @classmethod
    def adapted(cls, options: dict[str, Any]) -> dict[str, Any]:
        given = dict(options)
        rounding, level = given.pop("round_type", None), given.pop("recon_level", None)
        if rounding not in (None, "round", "adaround"):
            raise ValueError(f"round_type: it is {rounding!r}, expected round or adaround")
        if level not in (None, "layer-wise", "None"):
            raise ValueError(f"recon_level: it is {level!r}, expected layer-wise: so are roundings learned")
        for key in ("regions", "region_weights_names"):
            if given.pop(key, None):
                raise ValueError(f"{key}: regions are for recon_level region-wise, which does not exist here")
        if given.pop("simulate_activation_quant", False):
            raise ValueError("simulate_activation_quant: it does not exist here; Quantization trains so")
        if rounding == "adaround" or level == "layer-wise":
            given["adaround"] = True
        return given

    @property
    def observer(self) -> str | None:
        """The algorithm by lite's name."""
        return ALGORITHMS.get(self.algo, self.algo) if self.algo is not None else None

    def contradiction(self) -> str | None:
        if self.activation_bits not in (8, 16):
            return f"activation_bits is {self.activation_bits}, expected 8 or 16"
        if self.hist_percent != 0.99995 and self.observer not in (None, "percentile"):
            return f"hist_percent is for the algorithm hist, and algo is {self.algo}"
        return None
