# SPDX-License-Identifier: Apache-2.0
"""mod: remainder with the sign of b (fmod: with the sign of a); the remainder of integers by 0 is 0."""

from __future__ import annotations

import numpy as np

from lite.ir import Rename
from lite.ops._binary import Binary


class Mod(Binary, name="mod"):
    fmod: bool = False
    imports = (Rename("onnx", "Mod", fmod="fmod"), Rename("tflite", "FLOOR_MOD"))
    ulps = 1.0

    def function(self, a, b):
        return np.fmod(a, b) if self.fmod else np.mod(a, b)

    @classmethod
    def variants(cls):
        yield cls()
        yield cls(fmod=True)
