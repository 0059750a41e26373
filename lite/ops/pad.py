# SPDX-License-Identifier: Apache-2.0
"""pad: elements put before and after each axis: a value, the edge, or the input mirrored or repeated.

A negative number of elements takes that many away.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Extent, Op, TensorType
from lite.ir.quant import ACTIVATIONS
from lite.ops._extents import check_choice

MODES = ("constant", "edge", "reflect", "wrap")


class Pad(Op, name="pad"):
    before: tuple[Extent, ...]
    after: tuple[Extent, ...]
    mode: str = "constant"
    value: float = 0.0

    def infer(self, x: TensorType) -> TensorType:
        check_choice("mode", self.mode, MODES)
        if not len(self.before) == len(self.after) == x.rank:
            raise ShapeError(f"before is {list(self.before)}, after {list(self.after)}, "
                             f"expected one number for each axis of {x}")
        shape = tuple(b + extent + a for b, extent, a in zip(self.before, x.shape, self.after))
        for axis, (extent, padded) in enumerate(zip(x.shape, shape)):
            if isinstance(padded, int) and padded < 0:
                raise ShapeError(f"axis {axis} of {x} would get the extent {padded}")
            if extent == 0 and padded != 0 and self.mode != "constant":
                raise ShapeError(f"axis {axis} of {x} has no element for mode {self.mode}")
        return x.with_shape(shape)

    def reference(self, x: np.ndarray) -> np.ndarray:
        y = x
        for axis, (before, after) in enumerate(zip(self.before, self.after)):
            places = np.arange(-int(before), x.shape[axis] + int(after))
            y = self._along(y, axis, places)
        return y

    def _along(self, y: np.ndarray, axis: int, places: np.ndarray) -> np.ndarray:
        extent = y.shape[axis]
        if self.mode == "constant":
            shape = (-1,) + (1,) * (y.ndim - axis - 1)
            inside = ((places >= 0) & (places < extent)).reshape(shape)
            if not inside.any():
                return np.full((*y.shape[:axis], len(places), *y.shape[axis + 1:]), self.value, y.dtype)
            taken = np.take(y, np.clip(places, 0, extent - 1), axis=axis)
            return np.where(inside, taken, np.asarray(self.value).astype(y.dtype))
        if self.mode == "edge":
            places = np.clip(places, 0, extent - 1)
        elif self.mode == "wrap":
            places = places % extent
        else:
            period = max(2 * (extent - 1), 1)
            places = extent - 1 - np.abs(places % period - (extent - 1))
        return np.take(y, places, axis=axis)

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        image = TensorType((1, 4, 5, 24))
        yield cls((0, 1, 2, 0), (0, 2, 1, 0)), [image]
        yield cls((0, 1, 0, 3), (0, 0, 0, 2), value=-1.5), [image]
        for mode in MODES[1:]:
            yield cls((0, 1, 2, 0), (0, 2, 1, 0), mode=mode), [image]
            yield cls((1, 0, 3), (0, 2, 2), mode=mode), [TensorType((2, 3, 4))]
        yield cls((7,), (9,), mode="reflect"), [TensorType((3,), DType.S64)]
        yield cls((2,), (1,), mode="reflect"), [TensorType((1,))]
        yield cls((-1, 2), (1, -1), value=3.0), [TensorType((3, 4), DType.S8)]
        yield cls((1, 0), (0, 0), value=1.0), [TensorType((0, 2), DType.BOOL)]
        yield cls((), ()), [TensorType(())]
        for dtype in ACTIVATIONS:
            yield cls((0, 1, 2, 0), (0, 2, 1, 0), value=7.0), [TensorType((2, 3, 4, 21), dtype)]
