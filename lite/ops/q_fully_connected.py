# SPDX-License-Identifier: Apache-2.0
"""q_fully_connected: fully_connected of quantized rows; x is [..., k], w is s8 [k, n]."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.ir import DType, Op, TensorType
from lite.ops._quant import Requantizing, integers, scales, symmetric
from lite.ops.fully_connected import FullyConnected


class QFullyConnected(Requantizing, name="q_fully_connected"):
    def infer(self, x: TensorType, w: TensorType, bias: TensorType, scale: TensorType,
              residual: TensorType | None = None) -> TensorType:
        y = FullyConnected().infer(x.with_dtype(DType.F32), w.with_dtype(DType.F32))
        return self.check(x, w, bias, scale, residual, y, int(w.shape[1]))

    def reference(self, x, w, bias, scale, residual=None):
        sums = np.matmul(x.astype(np.float64) - self.x_zero, w.astype(np.float64))
        return self.finish(sums, bias, scale, residual, x.dtype)

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        random = np.random.default_rng(7)
        for shape, columns, attributes in _CASES:
            yield cls(x_zero=-9, y_zero=4, **attributes), _inputs(random, shape, columns)
        yield cls(residual_scale=0.25, residual_zero=-3), [*_inputs(random, (9, 33), 10),
                                                           integers(random, (9, 10))]
        yield cls(lo=-32768, hi=32767), _inputs(random, (3, 700), 20, DType.S16)


def _inputs(random: np.random.Generator, shape: tuple[int, ...], columns: int,
            dtype: DType = DType.S8) -> list[Any]:
    bias = random.integers(-20000, 20000, columns).astype(np.int32)
    return [integers(random, shape, dtype), symmetric(random, (shape[-1], columns)), bias,
            scales(random, columns, shape[-1])]


_CASES: tuple[tuple[tuple[int, ...], int, dict[str, Any]], ...] = (
    ((1, 128), 10, {}),
    ((1, 67), 1000, {"lo": 4}),
    ((5, 40), 17, {"lo": -100, "hi": 90}),
    ((2, 3, 24), 48, {}),
    ((50, 16), 130, {}),
    ((7, 200), 40, {"rounding": "twice"}),
    ((12,), 7, {}),
    ((2, 1, 1, 9), 1, {}),
    ((0, 9), 4, {}),
)
