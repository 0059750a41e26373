# SPDX-License-Identifier: Apache-2.0
"""reduce_prod: product along axes; 1 of none."""

from __future__ import annotations

import numpy as np

from lite.ops._reduce import Reduce


class ReduceProd(Reduce, name="reduce_prod"):
    def function(self, x):
        return np.prod(x, self.axes, x.dtype, keepdims=self.keepdims)
