# SPDX-License-Identifier: Apache-2.0
"""div: a / b; integers are truncated towards zero, and x / 0 = 0."""

from __future__ import annotations

import numpy as np

from lite.ir import Rename
from lite.ops._binary import Binary
from lite.ops._integers import truncated_quotient


class Div(Binary, name="div"):
    imports = (Rename("onnx", "Div"),)

    def function(self, a, b):
        return np.divide(a, b) if a.dtype.kind == "f" else truncated_quotient(a, b)
