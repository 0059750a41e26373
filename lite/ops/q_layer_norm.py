# SPDX-License-Identifier: Apache-2.0
"""q_layer_norm: layer_norm of a quantized tensor over the axes from ``axis`` on; gamma and beta are f32.

The sums of a row's n elements and of their squares are integers. In float32, in this order:

    unit    = x_scale / float(n)
    spread  = float(n * sum(x^2) - sum(x)^2) * unit * unit
    factor  = unit / sqrt(spread + epsilon)
    steps   = (float(n * x - sum(x)) * factor * gamma + beta) / y_scale

and y = clamp(rint(steps) + y_zero, lo, hi). What stands for 0 does not matter, as the mean is taken off.
"""

from __future__ import annotations

import math

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, TensorType
from lite.ir.quant import check_scale
from lite.ops._broadcast import check_axis
from lite.ops._quant import Placing, integers

MOST = 2**22  # elements of a row: n * x fits in 32 bits


class QLayerNorm(Placing, name="q_layer_norm"):
    axis: int = 1
    epsilon: float = 1e-5
    x_scale: float = 1.0
    y_scale: float = 1.0

    def infer(self, x: TensorType, gamma: TensorType, beta: TensorType) -> TensorType:
        self.check_placing("x", x)
        check_axis(self.axis, x.rank)
        for what in ("epsilon", "x_scale", "y_scale"):
            check_scale(getattr(self, what), what)
        row = x.shape[self.axis :]
        for role, found in (("gamma", gamma), ("beta", beta)):
            if found.dtype is not DType.F32 or found.shape != row:
                raise ShapeError(f"{role} is {found}, expected f32 {list(row)}")
        if all(isinstance(extent, int) for extent in row) and math.prod(map(int, row)) > MOST:
            raise ShapeError(f"a row of {list(row)} has more than 2^22 elements")
        return x

    def reference(self, x, gamma, beta):
        axes = tuple(range(self.axis, x.ndim))
        count = math.prod(x.shape[self.axis :])
        wide = x.astype(np.int64)
        sums, squares = (np.sum(array, axes, keepdims=True) for array in (wide, wide * wide))
        with np.errstate(all="ignore"):
            unit = np.float32(self.x_scale) / np.float32(count)
            spread = (count * squares - sums * sums).astype(np.float32) * unit * unit
            factors = unit / np.sqrt(spread + np.float32(self.epsilon))
            reals = (count * wide - sums).astype(np.float32) * factors * gamma + beta
            return self.placed(reals / np.float32(self.y_scale), x.dtype)

    @classmethod
    def samples(cls):
        random = np.random.default_rng(14)
        for shape, axis in (((5, 10), 1), ((2, 50, 192), 2), ((2, 3, 5, 7), 2), ((3, 70, 97), 1), ((9,), 0),
                            ((4, 1000), 1), ((0, 7), 1)):  # fmt: skip
            gamma, beta = random.standard_normal((2, *shape[axis:])).astype(np.float32)
            op = cls(axis=axis, x_scale=0.04, y_scale=0.03, y_zero=-5)
            yield op, [integers(random, shape), gamma, beta]
        ones = np.ones(64, np.float32)
        yield cls(y_scale=0.02, epsilon=1e-2, lo=-9, hi=90), [integers(random, (7, 64)), ones, ones]
        yield cls(y_scale=0.02), [np.full((2, 64), 9, np.int8), ones, ones]  # no spread at all
