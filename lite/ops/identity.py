# SPDX-License-Identifier: Apache-2.0
"""identity: the input."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.ir import DType, Op, Quant, Rename, TensorType


class Identity(Op, name="identity", quant=Quant.SAME):
    imports = (Rename("onnx", "Identity"), Rename("paddle", "assign"))

    def infer(self, x: TensorType) -> TensorType:
        return x

    def reference(self, x: np.ndarray) -> np.ndarray:
        return x

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        yield cls(), [TensorType((2, 3))]
        yield cls(), [TensorType((), DType.S64)]
