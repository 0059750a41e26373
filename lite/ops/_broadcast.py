# SPDX-License-Identifier: Apache-2.0
"""numpy's broadcasting on extents, and the checks of element types that many ops share."""

from __future__ import annotations

from lite.errors import ShapeError
from lite.ir import DType, Extent, TensorType
from lite.ir.dim import maximum

SIGNED = (DType.S8, DType.S16, DType.S32, DType.S64)
UNSIGNED = (DType.U8, DType.U16, DType.U32, DType.U64)
INTEGERS = SIGNED + UNSIGNED
FLOATS = (DType.F32, DType.F16, DType.F64)
NUMBERS = FLOATS + INTEGERS
ANY = (*NUMBERS, DType.BOOL)


def broadcast(*shapes: tuple[Extent, ...]) -> tuple[Extent, ...]:
    """Shape that numpy's broadcasting gives.

    Two different formulas, of which one must turn out to be 1, give their maximum.

    Raises
    ------
    ShapeError
        If two known extents differ and neither is 1.
    """
    rank = max(map(len, shapes))
    padded = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    result = []
    for axis in range(rank):
        extent: Extent = 1
        for shape in padded:
            extent = _broadcast_extent(extent, shape[axis], shapes)
        result.append(extent)
    return tuple(result)


def _broadcast_extent(left: Extent, right: Extent, shapes: tuple[tuple[Extent, ...], ...]) -> Extent:
    if left == right or right == 1:
        return left
    if left == 1:
        return right
    if isinstance(left, int) and isinstance(right, int):
        words = " and ".join(str(list(shape)) for shape in shapes)
        raise ShapeError(f"shapes {words} do not broadcast: got extents {left} and {right}, "
                         "expected equal ones or 1")
    if isinstance(left, int):
        return left
    return right if isinstance(right, int) else maximum(left, right)


def check_dtype(role: str, found: TensorType, allowed: tuple[DType, ...]) -> None:
    """Refuse element types that an op has no meaning for."""
    if found.dtype not in allowed:
        words = ", ".join(dtype.value for dtype in allowed)
        raise ShapeError(f"{role} has element type {found.dtype.value}, expected one of {words}")


def check_same_dtype(left: TensorType, right: TensorType) -> None:
    """Refuse operands of different element types: nothing is converted silently."""
    if left.dtype is not right.dtype:
        words = f"{left.dtype.value} and {right.dtype.value}"
        raise ShapeError(f"operands have element types {words}, expected equal ones", hint="insert a cast")


def check_axis(axis: int, rank: int) -> None:
    """Refuse an axis outside [0, rank)."""
    if not 0 <= axis < rank:
        raise ShapeError(f"axis is {axis}, expected 0 <= axis < {rank}")
