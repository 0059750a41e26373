# SPDX-License-Identifier: Apache-2.0
"""thresholded_relu: y = x if x > alpha else 0."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ir.graph import Builder, Value
from lite.ops._unary import Unary
from lite.ops.greater import Greater
from lite.ops.where import Where


class ThresholdedRelu(Unary, name="thresholded_relu", quant=Quant.TABLE):
    alpha: float = 1.0
    imports = (Rename("onnx", "ThresholdedRelu", alpha="alpha"),)
    ulps = 0.0

    def function(self, x):
        return np.where(x > np.float32(self.alpha), x, 0)

    def lower(self, builder: Builder, x: Value) -> Value:
        alpha, zero = (builder.constant(value, x.type.dtype.numpy) for value in (np.float32(self.alpha), 0))
        return builder.add(Where(), builder.add(Greater(), x, alpha), x, zero)

    @classmethod
    def variants(cls):
        yield cls()
        yield cls(alpha=0.25)
