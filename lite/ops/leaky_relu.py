# SPDX-License-Identifier: Apache-2.0
"""leaky_relu: y = x if x >= 0 else alpha * x."""

from __future__ import annotations

import numpy as np

from lite.ir import Op, Quant, Rename, TensorType


class LeakyRelu(Op, name="leaky_relu", quant=Quant.TABLE):
    alpha: float = 0.01
    imports = (Rename("onnx", "LeakyRelu", alpha="alpha"), Rename("paddle", "leaky_relu", alpha="alpha"))

    def infer(self, x: TensorType) -> TensorType:
        return x

    def reference(self, x):
        return np.where(x >= 0, x, x.dtype.type(self.alpha) * x)

    @classmethod
    def samples(cls):
        yield cls(alpha=0.1), [TensorType((1, 3, 5, 7))]
