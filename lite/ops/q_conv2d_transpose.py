# SPDX-License-Identifier: Apache-2.0
"""q_conv2d_transpose: conv2d_transpose of quantized images [n, h, w, c]; w s8 [in, out / groups, kh, kw]."""

from __future__ import annotations

from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Extent, TensorType
from lite.ops._broadcast import check_dtype
from lite.ops._extents import differ
from lite.ops._quant import EVEN, TWICE, Placing, check_rounding, integers, scales, symmetric
from lite.ops.conv2d_transpose import CASES, Conv2dTranspose


class QConv2dTranspose(Placing, name="q_conv2d_transpose"):
    """y = clamp(rint(float(sum((x - x_zero) * w) + bias) * scale[c]) + y_zero, lo, hi).

    Sums are int32, modulo 2^32; scale is that of x times that of the channel's weights, divided by that of y.
    """

    x_zero: int = 0
    strides: tuple[int, int] = (1, 1)
    pads: tuple[Extent, Extent, Extent, Extent] = (0, 0, 0, 0)  # top, left, bottom, right: cut off the output
    output_pads: tuple[Extent, Extent] = (0, 0)  # added to the output at the bottom and the right
    dilations: tuple[int, int] = (1, 1)
    groups: int = 1
    rounding: str = EVEN

    @property
    def unquantized(self) -> Conv2dTranspose:
        """The transposed convolution that the sums are those of."""
        return Conv2dTranspose(self.strides, self.pads, self.output_pads, self.dilations, self.groups,
                               layout="nhwc")

    def infer(self, x: TensorType, w: TensorType, bias: TensorType, scale: TensorType) -> TensorType:
        self.check_placing("x", x, x_zero=self.x_zero)
        check_rounding(self.rounding, x)
        check_dtype("w", w, (DType.S8,))
        y = self.unquantized.infer(x.with_dtype(DType.F32), w.with_dtype(DType.F32))
        for role, found, dtype in (("bias", bias, DType.S32), ("scale", scale, DType.F32)):
            if found.dtype is not dtype or found.rank != 1 or differ(found.shape[0], y.shape[3]):
                raise ShapeError(f"the {role} is {found}, expected {dtype.value}[{y.shape[3]}]")
        return y.with_dtype(x.dtype)

    def reference(self, x, w, bias, scale):
        sums = self.unquantized.reference(x.astype(np.float64) - self.x_zero, w.astype(np.float64))
        return self.requantized(sums.astype(np.int64) + bias, scale, x.dtype, self.rounding == TWICE)

    @classmethod
    def samples(cls):
        for case in CASES:
            yield _sample(cls, {name: case[name] for name in case if name in TAKEN})
        case = dict(x=(1, 40, 6, 7), w=(40, 24, 4, 4), strides=(2, 2), pads=(1, 1, 1, 1), lo=-20, hi=100)
        yield _sample(cls, {**case, "rounding": TWICE})
        yield _sample(cls, case)


TAKEN = ("x", "w", "strides", "pads", "output_pads", "dilations", "groups")  # of the cases of floats


def _sample(cls: type[QConv2dTranspose], case: dict[str, Any]) -> tuple[QConv2dTranspose, list[Any]]:
    n, c, height, width = case.pop("x")
    weights = case.pop("w")
    random = np.random.default_rng(sum(weights) + c)
    out = weights[1] * case.get("groups", 1)
    taps = weights[0] * weights[2] * weights[3] // (case.get("groups", 1) * np.prod(case.get("strides", 1)))
    bias = random.integers(-9000, 9000, out).astype(np.int32)
    inputs: list[Any] = [integers(random, (n, height, width, c)), symmetric(random, weights), bias]
    return cls(x_zero=-7, y_zero=11, **case), [*inputs, scales(random, out, int(taps))]
