# SPDX-License-Identifier: Apache-2.0
"""trilu: the upper or lower triangle of each matrix (the last two axes); 0 elsewhere.

Diagonal k lies k columns right of the main one; the triangle includes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Op, TensorType


class Trilu(Op, name="trilu"):
    upper: bool = True
    k: int = 0

    def infer(self, x: TensorType) -> TensorType:
        if x.rank < 2:
            raise ShapeError(f"the input is {x}, expected at least 2 axes")
        return x

    def reference(self, x: np.ndarray) -> np.ndarray:
        return np.triu(x, self.k) if self.upper else np.tril(x, self.k)

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        yield cls(), [TensorType((4, 5))]
        yield cls(upper=False, k=-1), [TensorType((2, 3, 6, 4))]
        yield cls(k=-2), [TensorType((5, 3), DType.S64)]
        yield cls(upper=False, k=9), [TensorType((3, 4), DType.BOOL)]
