# SPDX-License-Identifier: Apache-2.0
"""erf: error function."""

from __future__ import annotations

from lite.ir import Quant, Rename
from lite.ops._special import erf
from lite.ops._unary import Unary


class Erf(Unary, name="erf", quant=Quant.TABLE):
    imports = (Rename("onnx", "Erf"), Rename("paddle", "erf"))
    sweep = (-5.0, 5.0)

    def function(self, x):
        return erf(x)
