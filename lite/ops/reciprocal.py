# SPDX-License-Identifier: Apache-2.0
"""reciprocal: y = 1 / x."""

from __future__ import annotations

from lite.ir import Quant, Rename
from lite.ir.graph import Builder, Value
from lite.ops._unary import Unary
from lite.ops.div import Div


class Reciprocal(Unary, name="reciprocal", quant=Quant.TABLE):
    imports = (Rename("onnx", "Reciprocal"), Rename("paddle", "reciprocal"))
    ulps = 0.5

    def function(self, x):
        return 1 / x

    def lower(self, builder: Builder, x: Value) -> Value:
        return builder.add(Div(), builder.constant(1, x.type.dtype.numpy), x)
