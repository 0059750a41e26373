# SPDX-License-Identifier: Apache-2.0
"""fully_connected: y = activation(x @ w + bias + residual); x is [..., k], w is [k, n].

w may be s8 or s16 with w_scale f32[n]: then it stands for float(w) * w_scale.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Op, TensorType
from lite.ops._conv import activate, check_operands, check_residual
from lite.ops._extents import differ
from lite.ops._weights import Place, as_floats, checked, integer_weights


class FullyConnected(Op, name="fully_connected"):
    activation: str = "none"
    alpha: float = 0.0
    beta: float = 0.0

    def infer(self, x: TensorType, w: TensorType, bias: TensorType | None = None,
              residual: TensorType | None = None, w_scale: TensorType | None = None) -> TensorType:
        if x.rank < 1 or w.rank != 2:
            raise ShapeError(f"the input is {x} and the weights are {w}, expected [..., k] and [k, n]")
        if differ(x.shape[-1], w.shape[0]):
            raise ShapeError(f"the last extent of the input {x} is not the first of the weights {w}")
        check_operands(self.activation, x, checked(w, w_scale, w.shape[1]), bias, w.shape[1])
        y = x.with_shape((*x.shape[:-1], w.shape[1]))
        check_residual(residual, y)
        return y

    def reference(self, x, w, bias=None, residual=None, w_scale=None):
        y = np.matmul(x, as_floats(self, w, w_scale))
        y = y if bias is None else y + bias
        return activate(y if residual is None else y + residual, self.activation, self.alpha, self.beta)

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        random = np.random.default_rng(7)
        for shape, columns, attributes in _CASES:
            w = (random.standard_normal((shape[-1], columns)) / np.sqrt(max(1, shape[-1]))).astype(np.float32)
            bias = random.standard_normal(columns).astype(np.float32)
            yield cls(**attributes), [TensorType(shape), w, bias]
        yield cls(), [TensorType((3, 20)), TensorType((20, 30))]
        yield cls(activation="relu"), [TensorType((2, 20)), TensorType((20, 31)), TensorType((31,)),
                                       TensorType((2, 31))]
        w = random.standard_normal((33, 10)).astype(np.float32)
        yield cls(), [TensorType((9, 33)), w, None, TensorType((9, 10))]
        for rows, dtype in ((1, DType.S8), (3, DType.S16), (6, DType.S8), (40, DType.S16)):
            q, scale = integer_weights(random, np.tile(w, (1, 7)), Place(1, 1), dtype)
            bias = random.standard_normal(70).astype(np.float32)
            yield cls(activation="relu"), [TensorType((rows, 33)), q, bias, TensorType((rows, 70)), scale]


_CASES: tuple[tuple[tuple[int, ...], int, dict[str, Any]], ...] = (
    ((1, 128), 10, {}),
    ((1, 67), 1000, {"activation": "relu"}),
    ((5, 40), 17, {"activation": "sigmoid"}),
    ((2, 3, 24), 48, {"activation": "swish"}),
    ((50, 16), 130, {"activation": "leaky_relu", "alpha": 0.2}),
    ((12,), 7, {"activation": "clip", "alpha": 0.0, "beta": 0.5}),
    ((2, 1, 1, 9), 1, {"activation": "hard_swish"}),
    ((3, 20), 35, {"activation": "affine_hard_swish", "alpha": 0.7, "beta": -0.3}),
    ((0, 9), 4, {}),
    ((3, 0), 4, {}),
)
