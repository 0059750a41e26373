# SPDX-License-Identifier: Apache-2.0
"""square: y = x * x; integers wrap around."""

from __future__ import annotations

from lite.ir import Quant, Rename
from lite.ir.graph import Builder, Value
from lite.ops._broadcast import NUMBERS
from lite.ops._unary import Unary
from lite.ops.mul import Mul


class Square(Unary, name="square", quant=Quant.TABLE):
    imports = (Rename("paddle", "square"), Rename("tflite", "SQUARE"))
    dtypes = NUMBERS
    ulps = 0.5

    def function(self, x):
        return x * x

    def lower(self, builder: Builder, x: Value) -> Value:
        return builder.add(Mul(), x, x)
