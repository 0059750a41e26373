# SPDX-License-Identifier: Apache-2.0
"""mod: remainder with the sign of b (fmod: with the sign of a); the remainder of integers by 0 is 0."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lite.ir import Op, Rename
from lite.ops._binary import Binary


class Mod(Binary, name="mod"):
    fmod: bool = False
    imports = (Rename("onnx", "Mod", fmod="fmod"),)
    ulps = 1.0

    def function(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.fmod(a, b) if self.fmod else np.mod(a, b)

    @classmethod
    def variants(cls) -> Iterator[Op]:
        yield cls()
        yield cls(fmod=True)
