# SPDX-License-Identifier: Apache-2.0
"""q_conv2d: conv2d of quantized images [n, h, w, c]; w s8 [out, in / groups, kh, kw]; padding is x_zero.

With a ``table``, each output of 8 bits is its entry in it: see lookup.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.ir import DType, Extent, Op, TensorType
from lite.ops._broadcast import check_dtype
from lite.ops._quant import Requantizing, integers, scales, symmetric
from lite.ops.conv2d import Conv2d
from lite.ops.lookup import Lookup


class QConv2d(Requantizing, name="q_conv2d"):
    strides: tuple[int, int] = (1, 1)
    pads: tuple[Extent, Extent, Extent, Extent] = (0, 0, 0, 0)  # top, left, bottom, right
    dilations: tuple[int, int] = (1, 1)
    groups: int = 1

    @property
    def unquantized(self) -> Conv2d:
        """The convolution that the sums are those of."""
        return Conv2d(strides=self.strides, pads=self.pads, dilations=self.dilations, groups=self.groups,
                      layout="nhwc")

    def infer(self, x: TensorType, w: TensorType, bias: TensorType, scale: TensorType,
              residual: TensorType | None = None, table: TensorType | None = None) -> TensorType:
        image = self.unquantized.infer(x.with_dtype(DType.F32), w.with_dtype(DType.F32))
        y = self.check(x, w, bias, scale, residual, image, int(w.shape[0]))
        if table is None:
            return y
        check_dtype("an output with a table", y, (DType.S8,))
        check_dtype("the table", table, (DType.S8,))
        return Lookup().infer(y, table)

    def reference(self, x, w, bias, scale, residual=None, table=None):
        sums = self.unquantized.reference(x.astype(np.float64) - self.x_zero, w.astype(np.float64))
        y = self.finish(sums, bias, scale, residual, x.dtype)
        return y if table is None else Lookup().reference(y, table)

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        for case in _CASES:
            yield _sample(cls, dict(case))


def _sample(cls: type[QConv2d], case: dict[str, Any]) -> tuple[Op, list[Any]]:
    n, height, width, c = case.pop("x")
    weights = case.pop("w")
    random = np.random.default_rng(sum(weights) + c)
    dtype = case.pop("dtype", DType.S8)
    residual, table = case.pop("residual", False), case.pop("table", False)
    zeros = {"x_zero": 3, "y_zero": -5} if dtype is DType.S8 else {"lo": -32768, "hi": 32767}
    op = cls(**{**zeros, **({"residual_scale": 0.5, "residual_zero": 7} if residual else {}), **case})
    scale = scales(random, weights[0], int(np.prod(weights[1:])))
    bias = random.integers(-20000, 20000, weights[0]).astype(np.int32)
    x = integers(random, (n, height, width, c), dtype)
    inputs: list[Any] = [x, symmetric(random, weights), bias, scale]
    if residual:
        y = op.unquantized.infer(TensorType((n, height, width, c)), TensorType(weights))
        inputs.append(integers(random, tuple(map(int, y.shape)), dtype))
    if table:
        inputs += [*([] if residual else [None]), integers(random, (256,))]
    return op, inputs


_CASES: tuple[dict[str, Any], ...] = (
    # 1x1
    dict(x=(1, 7, 7, 16), w=(24, 16, 1, 1)),
    dict(x=(2, 5, 6, 13), w=(50, 13, 1, 1), lo=-5, hi=100),
    dict(x=(1, 9, 1, 70), w=(70, 70, 1, 1), residual=True),
    dict(x=(1, 9, 9, 17), w=(65, 17, 1, 1), strides=(2, 2), x_zero=-128),
    dict(x=(1, 4, 4, 8), w=(5, 8, 1, 1), pads=(1, 0, 2, 1), x_zero=127),
    dict(x=(1, 1, 1, 96), w=(130, 96, 1, 1)),
    dict(x=(1, 3, 3, 515), w=(33, 515, 1, 1), residual=True, lo=0),
    # k x k
    dict(x=(1, 17, 18, 3), w=(32, 3, 3, 3), strides=(2, 2), pads=(0, 0, 1, 1)),
    dict(x=(1, 23, 20, 3), w=(20, 3, 7, 7), strides=(2, 2), pads=(3, 3, 3, 3), x_zero=-128),
    dict(x=(2, 6, 7, 40), w=(33, 40, 3, 3), pads=(1, 1, 1, 1), residual=True),
    dict(x=(1, 9, 8, 5), w=(6, 5, 3, 2), pads=(2, 0, 1, 1), strides=(1, 2)),
    dict(x=(1, 11, 10, 36), w=(18, 36, 3, 3), dilations=(2, 3), pads=(2, 3, 2, 3)),
    dict(x=(1, 1, 12, 6), w=(9, 6, 1, 5), pads=(0, 2, 0, 2)),
    # rows of outputs that fill tiles of matrix instructions
    dict(x=(1, 9, 14, 64), w=(40, 64, 3, 3), pads=(1, 1, 1, 1), residual=True),
    dict(x=(2, 7, 28, 8), w=(20, 8, 3, 3), strides=(2, 2), pads=(1, 1, 1, 1), x_zero=-128),
    dict(x=(1, 6, 33, 16), w=(24, 8, 3, 2), groups=2, pads=(3, 0, 1, 1)),
    dict(x=(1, 6, 28, 6), w=(9, 6, 3, 2), dilations=(1, 2), pads=(1, 1, 1, 1)),
    dict(x=(1, 9, 16, 12), w=(8, 12, 3, 3), dilations=(2, 3), pads=(2, 3, 2, 3)),
    dict(x=(1, 9, 28, 64), w=(70, 64, 1, 1), strides=(2, 2), residual=True),
    dict(x=(1, 5, 27, 32), w=(18, 16, 1, 1), strides=(2, 2), groups=2),
    dict(x=(1, 3, 3, 35), w=(3, 35, 3, 3)),
    # groups
    dict(x=(1, 7, 5, 12), w=(18, 4, 3, 3), groups=3, pads=(1, 1, 1, 1)),
    dict(x=(2, 5, 5, 64), w=(64, 32, 1, 1), groups=2),
    dict(x=(1, 6, 5, 6), w=(12, 1, 3, 3), groups=6, pads=(1, 1, 1, 1)),
    # depthwise
    dict(x=(1, 14, 14, 32), w=(32, 1, 3, 3), groups=32, pads=(1, 1, 1, 1), lo=-5),
    dict(x=(2, 9, 11, 19), w=(19, 1, 3, 3), groups=19, pads=(0, 1, 1, 0), x_zero=-128),
    dict(x=(1, 15, 16, 24), w=(24, 1, 3, 3), groups=24, strides=(2, 2), pads=(1, 1, 1, 1)),
    dict(x=(1, 9, 10, 144), w=(144, 1, 3, 3), groups=144, pads=(1, 1, 1, 1), residual=True),
    dict(x=(1, 7, 7, 40), w=(40, 1, 5, 5), groups=40, pads=(2, 2, 2, 2)),
    dict(x=(1, 14, 14, 64), w=(64, 1, 5, 5), groups=64, strides=(2, 2), pads=(1, 2, 2, 1)),
    dict(x=(1, 12, 9, 3), w=(3, 1, 5, 5), groups=3, strides=(2, 2), pads=(1, 2, 2, 1)),
    dict(x=(1, 9, 9, 18), w=(18, 1, 3, 3), groups=18, dilations=(2, 2), pads=(2, 2, 2, 2), residual=True),
    dict(x=(1, 8, 10, 5), w=(5, 1, 2, 4), groups=5, strides=(1, 3), pads=(1, 0, 0, 3)),
    dict(x=(1, 4, 40, 64), w=(64, 1, 1, 9), groups=64, pads=(0, 4, 0, 4)),
    # with a table behind it
    dict(x=(1, 7, 9, 20), w=(72, 20, 1, 1), table=True),
    dict(x=(1, 3, 3, 512), w=(200, 512, 1, 1), table=True, residual=True, lo=-50),
    dict(x=(2, 6, 5, 12), w=(18, 4, 3, 3), groups=3, pads=(1, 1, 1, 1), table=True),
    dict(x=(1, 14, 14, 80), w=(80, 1, 3, 3), groups=80, pads=(1, 1, 1, 1), table=True),
    dict(x=(2, 9, 9, 200), w=(200, 1, 5, 5), groups=200, strides=(2, 1), pads=(2, 2, 2, 2), table=True),
    dict(x=(1, 9, 10, 24), w=(24, 1, 3, 3), groups=24, pads=(1, 1, 1, 1), residual=True, table=True),
    # rounded twice
    dict(x=(1, 7, 9, 20), w=(72, 20, 1, 1), rounding="twice"),
    dict(x=(2, 6, 7, 40), w=(33, 40, 3, 3), pads=(1, 1, 1, 1), rounding="twice", table=True),
    dict(x=(1, 9, 14, 64), w=(40, 64, 3, 3), pads=(1, 1, 1, 1), rounding="twice", lo=-5),
    dict(x=(1, 14, 14, 72), w=(72, 1, 3, 3), groups=72, pads=(1, 1, 1, 1), rounding="twice"),
    dict(x=(1, 12, 9, 19), w=(19, 1, 2, 4), groups=19, pads=(1, 0, 0, 3), rounding="twice"),
    # 16-bit activations
    dict(x=(1, 7, 7, 16), w=(24, 16, 1, 1), dtype=DType.S16),
    dict(x=(1, 6, 7, 600), w=(17, 600, 3, 3), pads=(1, 1, 1, 1), dtype=DType.S16, residual=True),
    dict(x=(1, 9, 9, 18), w=(18, 1, 3, 3), groups=18, pads=(1, 1, 1, 1), dtype=DType.S16),
    # nothing to do
    dict(x=(0, 5, 5, 4), w=(8, 4, 3, 3)),
)  # fmt: skip
