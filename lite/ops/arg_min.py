# SPDX-License-Identifier: Apache-2.0
"""arg_min: position of the least element along an axis; a NaN counts as the least."""

from __future__ import annotations

import numpy as np

from lite.ops._arg import ArgReduce


class ArgMin(ArgReduce, name="arg_min"):
    def position(self, x):
        return np.argmin(x, self.axis, keepdims=self.keepdims)
