# SPDX-License-Identifier: Apache-2.0
"""logical_not: true where x is false."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.ir import DType, Op, Rename, TensorType
from lite.ops._unary import Unary


class LogicalNot(Unary, name="logical_not"):
    imports = (Rename("onnx", "Not"), Rename("paddle", "logical_not"))
    dtypes = (DType.BOOL,)

    def reference(self, x: np.ndarray) -> np.ndarray:
        return ~x

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        for shape in ((3, 37), (), (0, 2), (5, 7001)):
            yield cls(), [TensorType(shape, DType.BOOL)]
