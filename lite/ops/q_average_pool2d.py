# SPDX-License-Identifier: Apache-2.0
"""q_average_pool2d: the mean of each window of a quantized image [n, h, w, c]; padding counts as 0.

y = clamp(rint(float(sum(x - x_zero)) * (scale / float(count))) + y_zero, lo, hi), where scale is that of x,
divided by that of y, and count the elements that pool2d divides by. A window without any gives y_zero.
"""

from __future__ import annotations

import numpy as np

from lite.ir import DType, Extent, TensorType
from lite.ir.quant import check_scale
from lite.ops._quant import QUANTIZED, Placing, integers
from lite.ops.pool2d import Pool2d


class QAveragePool2d(Placing, name="q_average_pool2d"):
    kernel: tuple[int, ...] = (1, 1)
    strides: tuple[int, ...] = (1, 1)
    pads: tuple[Extent, ...] = (0, 0, 0, 0)  # top, left, bottom, right
    dilations: tuple[int, ...] = (1, 1)
    ceil_mode: bool = False
    count_include_pad: bool = False
    scale: float = 1.0
    x_zero: int = 0
    dtypes = QUANTIZED

    @property
    def unquantized(self) -> Pool2d:
        """The pooling that the sums are those of."""
        return Pool2d("average", self.kernel, self.strides, self.pads, self.dilations, self.ceil_mode,
                      self.count_include_pad, "nhwc")

    def infer(self, x: TensorType) -> TensorType:
        self.check_placing("x", x, x_zero=self.x_zero)
        check_scale(self.scale, "scale")
        return self.unquantized.infer(x.with_dtype(DType.F32)).with_dtype(x.dtype)

    def reference(self, x):
        sums, counts = self.unquantized.window_sums(x.astype(np.int64) - self.x_zero)
        scales = np.float32(self.scale) / counts.astype(np.float32)
        return self.requantized(sums, scales[:, :, None], x.dtype)

    @classmethod
    def samples(cls):
        random = np.random.default_rng(9)
        for shape, op in (
            ((1, 8, 8, 16), cls(kernel=(2, 2), strides=(2, 2))),
            ((2, 9, 11, 5), cls(kernel=(3, 3), pads=(1, 1, 1, 1))),
            ((1, 9, 11, 70), cls(kernel=(3, 2), pads=(1, 1, 1, 1), count_include_pad=True)),
            ((2, 10, 8, 33), cls(kernel=(3, 3), strides=(2, 2), pads=(1, 0, 0, 1), ceil_mode=True)),
            ((1, 10, 8, 9), cls(kernel=(3, 3), strides=(2, 2), pads=(1, 0, 0, 1), ceil_mode=True,
                                count_include_pad=True, lo=0, hi=90)),
            ((1, 9, 9, 17), cls(kernel=(2, 2), dilations=(3, 2))),
            ((1, 2, 2, 5), cls(kernel=(2, 2), pads=(3, 3, 3, 3))),
            ((1, 7, 7, 64), cls(kernel=(7, 7))),
            ((1, 40, 40, 3), cls(kernel=(40, 40))),
            ((0, 4, 4, 2), cls(kernel=(2, 2))),
        ):  # fmt: skip
            yield op.replace(x_zero=-11, y_zero=6, scale=2.7), [integers(random, shape)]
        wide = cls(kernel=(3, 3), pads=(1, 1, 1, 1), scale=1.3, x_zero=-300, lo=-32768, hi=32767)
        yield wide, [integers(random, (1, 6, 7, 18), DType.S16)]
