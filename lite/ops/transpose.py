# SPDX-License-Identifier: Apache-2.0
"""transpose: axis i of the output is axis perm[i] of the input."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Op, Quant, Rename, TensorType
from lite.ir.quant import ACTIVATIONS


class Transpose(Op, name="transpose", quant=Quant.SAME):
    perm: tuple[int, ...]
    imports = (Rename("paddle", "transpose2", perm="axis"), Rename("paddle", "transpose", perm="axis"))

    def infer(self, x: TensorType) -> TensorType:
        if sorted(self.perm) != list(range(x.rank)):
            raise ShapeError(f"perm is {list(self.perm)}, expected each of the {x.rank} axes once")
        return x.with_shape(tuple(x.shape[axis] for axis in self.perm))

    def reference(self, x: np.ndarray) -> np.ndarray:
        return np.transpose(x, self.perm).copy()

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        yield cls((0, 2, 3, 1)), [TensorType((2, 19, 7, 9))]
        yield cls((0, 3, 1, 2)), [TensorType((1, 8, 6, 35))]
        yield cls((0, 3, 1, 2)), [TensorType((1, 33, 31, 3))]
        yield cls((1, 0)), [TensorType((17, 40), DType.S8)]
        yield cls((0, 2, 1, 3)), [TensorType((2, 5, 3, 4), DType.F16)]
        yield cls((2, 0, 1)), [TensorType((5, 1, 6), DType.S64)]
        yield cls((3, 2, 1, 0)), [TensorType((2, 3, 4, 5), DType.BOOL)]
        yield cls((4, 1, 2, 0, 3)), [TensorType((2, 3, 4, 2, 5))]
        yield cls((0, 1, 2)), [TensorType((2, 3, 4))]
        yield cls(()), [TensorType(())]
        for dtype in ACTIVATIONS:
            yield cls((0, 3, 1, 2)), [TensorType((2, 7, 9, 35), dtype)]
