# SPDX-License-Identifier: Apache-2.0
"""shape: the extents of the input, as s64."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.ir import DType, Op, TensorType


class Shape(Op, name="shape"):
    def infer(self, x: TensorType) -> TensorType:
        return TensorType((x.rank,), DType.S64)

    def reference(self, x: np.ndarray) -> np.ndarray:
        return np.array(x.shape, np.int64)

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        yield cls(), [TensorType((2, 3, 4))]
        yield cls(), [TensorType((), DType.S8)]
