# SPDX-License-Identifier: Apache-2.0
"""log_softmax: x - log(sum(exp(x))) along an axis."""

from __future__ import annotations

import numpy as np

from lite.ops._softmax import SoftmaxBase


class LogSoftmax(SoftmaxBase, name="log_softmax"):
    def reference(self, x):
        shifted = self.shifted(x)
        total = np.sum(np.exp(shifted), self.axis, keepdims=True)
        with np.errstate(all="ignore"):
            return (shifted - np.log(total)).astype(x.dtype)
