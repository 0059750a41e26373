# SPDX-License-Identifier: Apache-2.0
"""softsign: y = x / (1 + |x|)."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ir.graph import Builder, Value
from lite.ops._unary import Unary
from lite.ops.abs import Abs
from lite.ops.add import Add
from lite.ops.div import Div


class Softsign(Unary, name="softsign", quant=Quant.TABLE):
    imports = (Rename("onnx", "Softsign"), Rename("paddle", "softsign"))
    ulps = 4.0

    def function(self, x):
        return x / (1 + np.abs(x))

    def lower(self, builder: Builder, x: Value) -> Value:
        one = builder.constant(1, x.type.dtype.numpy)
        return builder.add(Div(), x, builder.add(Add(), builder.add(Abs(), x), one))
