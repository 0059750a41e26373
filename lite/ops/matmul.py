# SPDX-License-Identifier: Apache-2.0
"""matmul: numpy's batched matrix product, of either side's transpose if asked.

b may be s8 or s16 with w_scale f32[n], one number a column: then it stands for float(b) * w_scale.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Extent, Op, Rename, TensorType
from lite.ops._broadcast import NUMBERS, broadcast, check_dtype, check_same_dtype
from lite.ops._extents import differ
from lite.ops._weights import Place, as_floats, checked, integer_weights


class Matmul(Op, name="matmul"):
    transpose_a: bool = False  # of the last two axes; means nothing for one axis
    transpose_b: bool = False
    imports = (
        Rename("onnx", "MatMul"),
        Rename("paddle", "matmul_v2", inputs=("X", "Y"), transpose_a="trans_x", transpose_b="trans_y"),
    )

    def infer(self, a: TensorType, b: TensorType, w_scale: TensorType | None = None) -> TensorType:
        if a.rank < 1 or b.rank < 1:
            raise ShapeError(f"the sides are {a} and {b}, expected rank 1 or more")
        check_dtype("a", a, NUMBERS)
        rows, depth = _matrix(a.shape, self.transpose_a, left=True)
        other_depth, columns = _matrix(b.shape, self.transpose_b, left=False)
        check_same_dtype(a, checked(b, w_scale, columns))
        if w_scale is not None and b.rank < 2:
            raise ShapeError(f"the right side is {b} and has scales, expected matrices")
        if differ(depth, other_depth):
            raise ShapeError(f"the inner extents of {a} and {b} are {depth} and {other_depth}")
        batch = broadcast(a.shape[:-2], b.shape[:-2])
        return a.with_shape((*batch, *((rows,) if a.rank > 1 else ()), *((columns,) if b.rank > 1 else ())))

    def reference(self, a, b, w_scale=None):
        b = as_floats(self, b, w_scale)
        a = a.swapaxes(-1, -2) if self.transpose_a and a.ndim > 1 else a
        b = b.swapaxes(-1, -2) if self.transpose_b and b.ndim > 1 else b
        return np.asarray(np.matmul(a, b), a.dtype)

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        for a, b, attributes in CASES:
            yield cls(**attributes), [TensorType(a), TensorType(b)]
        for dtype in (DType.S32, DType.S64):
            yield cls(transpose_b=True), [TensorType((2, 5, 7), dtype), TensorType((4, 7), dtype)]
        random = np.random.default_rng(3)
        w = random.standard_normal((24, 37)).astype(np.float32)
        yield cls(), [TensorType((2, 3, 24)), w]
        yield cls(transpose_b=True), [TensorType((2, 3, 37)), w]
        for transposed, dtype in ((False, DType.S8), (True, DType.S16)):
            op = cls(transpose_b=transposed)
            for right in (w, np.stack([w, -w])):
                place = Place(1, right.ndim - 1 - transposed)
                yield op, [TensorType((2, 9, w.shape[transposed])),
                           *integer_weights(random, right, place, dtype)]


def _matrix(shape: tuple[Extent, ...], transposed: bool, left: bool) -> tuple[Extent, Extent]:
    """Rows and columns of a side's matrices, seen after its transposition."""
    if len(shape) == 1:
        return (1, shape[0]) if left else (shape[0], 1)
    return (shape[-1], shape[-2]) if transposed else (shape[-2], shape[-1])


CASES: tuple[tuple[tuple[int, ...], tuple[int, ...], dict[str, bool]], ...] = (
    ((5, 7), (7, 9), {}),
    ((33, 40), (40, 50), {}),
    ((40, 33), (40, 50), {"transpose_a": True}),
    ((7, 40), (17, 40), {"transpose_b": True}),
    ((6, 5), (9, 6), {"transpose_a": True, "transpose_b": True}),
    ((2, 3, 10, 16), (2, 3, 16, 10), {}),
    ((2, 1, 4, 8), (3, 8, 5), {}),
    ((3, 4, 8), (2, 1, 5, 8), {"transpose_b": True}),
    ((4, 8), (3, 8, 5), {}),
    ((7,), (7,), {}),
    ((7,), (7, 3), {}),
    ((7,), (2, 7, 3), {"transpose_a": True}),
    ((2, 3, 7), (7,), {"transpose_b": True}),
    ((2, 0, 4), (4, 3), {}),
    ((3, 0), (0, 4), {}),
)
