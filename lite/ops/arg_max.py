# SPDX-License-Identifier: Apache-2.0
"""arg_max: position of the greatest element along an axis; a NaN counts as the greatest."""

from __future__ import annotations

import numpy as np

from lite.ops._arg import ArgReduce


class ArgMax(ArgReduce, name="arg_max"):
    def position(self, x):
        return np.argmax(x, self.axis, keepdims=self.keepdims)
