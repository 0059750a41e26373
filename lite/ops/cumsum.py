# SPDX-License-Identifier: Apache-2.0
"""cumsum: running sum along an axis; exclusive leaves each element out of its own sum."""

from __future__ import annotations

import numpy as np

from lite.ir import Op, TensorType
from lite.ops._broadcast import NUMBERS, check_axis, check_dtype


class Cumsum(Op, name="cumsum"):
    """Integers wrap around. ``reverse`` sums from the end."""

    axis: int = 0
    exclusive: bool = False
    reverse: bool = False

    def infer(self, x: TensorType) -> TensorType:
        check_dtype("x", x, NUMBERS)
        check_axis(self.axis, x.rank)
        return x

    def reference(self, x):
        wide = x.astype(np.float64) if x.dtype.kind == "f" else x
        wide = np.moveaxis(np.flip(wide, self.axis) if self.reverse else wide, self.axis, 0)
        if self.exclusive:
            wide = np.concatenate([np.zeros_like(wide[:1]), wide[:-1]])
        total = np.moveaxis(np.cumsum(wide, 0, wide.dtype), 0, self.axis)
        return (np.flip(total, self.axis) if self.reverse else total).astype(x.dtype)

    @classmethod
    def samples(cls):
        for exclusive in (False, True):
            for reverse in (False, True):
                yield cls(1, exclusive, reverse), [TensorType((3, 17, 5))]
                yield cls(0, exclusive, reverse), [TensorType((9,))]
        yield cls(2), [TensorType((40, 3, 500))]
        yield cls(0), [TensorType((0, 3))]
        for dtype in NUMBERS[1:]:
            yield cls(1), [np.arange(1, 13).reshape(2, 6).astype(dtype.numpy)]
