# SPDX-License-Identifier: Apache-2.0
"""elu: y = x if x > 0 else alpha * (exp(x) - 1)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lite.ir import Op, Quant, Rename
from lite.ops._unary import Unary


class Elu(Unary, name="elu", quant=Quant.TABLE):
    alpha: float = 1.0
    imports = (Rename("onnx", "Elu", alpha="alpha"), Rename("paddle", "elu", alpha="alpha"))

    def function(self, x: np.ndarray) -> np.ndarray:
        return np.where(x > 0, x, np.float32(self.alpha) * np.expm1(x))

    @classmethod
    def variants(cls) -> Iterator[Op]:
        yield cls()
        yield cls(alpha=0.5)
