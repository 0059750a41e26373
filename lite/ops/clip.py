# SPDX-License-Identifier: Apache-2.0
"""clip: y = x clamped to [lo, hi]; NaN stays NaN."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant
from lite.ops._broadcast import NUMBERS
from lite.ops._unary import Unary


class Clip(Unary, name="clip", quant=Quant.TABLE):
    lo: float = -np.inf
    hi: float = np.inf
    dtypes = NUMBERS
    ulps = 0.0

    def function(self, x):
        if x.dtype.kind == "f":
            return np.minimum(np.maximum(x, np.float32(self.lo)), np.float32(self.hi))
        bounds = np.iinfo(x.dtype)
        lo, hi = (int(min(max(float(bound), bounds.min), bounds.max))
                  for bound in (np.ceil(np.float32(self.lo)), np.floor(np.float32(self.hi))))
        return np.minimum(np.maximum(x, x.dtype.type(lo)), x.dtype.type(hi))

    @classmethod
    def variants(cls):
        yield cls()
        yield cls(lo=0.0)
        yield cls(lo=-1.0, hi=2.5)
        yield cls(lo=3.0, hi=1.0)
