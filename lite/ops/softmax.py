# SPDX-License-Identifier: Apache-2.0
"""softmax: exp(x) / sum(exp(x)) along an axis."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant
from lite.ops._softmax import SoftmaxBase


class Softmax(SoftmaxBase, name="softmax", quant=Quant.KERNEL):
    def reference(self, x):
        powers = np.exp(self.shifted(x))
        return (powers / np.sum(powers, self.axis, keepdims=True)).astype(x.dtype)
