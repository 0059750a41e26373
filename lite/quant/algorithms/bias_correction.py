# SPDX-License-Identifier: Apache-2.0
"""bias_correction: rounded weights shift a layer's mean output; its bias takes the shift back.

Observes the mean of each channel that a layer reads; applies one new bias per layer. Nagel et al., Data-Free
Quantization Through Weight Equalization and Bias Correction, 2019, with means that were measured.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lite.quant.calibrate import Watch
from lite.quant.layers import Layer


class BiasCorrection:
    """Means of the values that layers read, and what follows from them."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._layers = [layer for layer in layers if layer.may_change_bias]
        self._means = {layer.x.name: _Mean() for layer in self._layers}

    def watches(self) -> dict[str, Watch]:
        """What has to be seen, by name of the value."""
        return {name: mean.see for name, mean in self._means.items()}

    def bias(self, layer: Layer, rounded: np.ndarray) -> np.ndarray | None:
        """The bias of a layer whose weights become ``rounded``."""
        mean = self._means.get(layer.x.name)
        if mean is None or not layer.may_change_bias or not mean.rows:
            return layer.bias
        shift = layer.effect_on(mean.value, rounded - layer.w)
        old = np.zeros(layer.columns) if layer.bias is None else layer.bias
        return np.asarray(old - shift, np.float32)


class _Mean:
    """Mean of each channel, the last axis."""

    def __init__(self) -> None:
        self.rows = 0
        self._sums: np.ndarray | float = 0.0

    def see(self, array: np.ndarray) -> None:
        rows = array.reshape(-1, array.shape[-1])
        self.rows += len(rows)
        self._sums = self._sums + rows.sum(axis=0, dtype=np.float64)

    @property
    def value(self) -> np.ndarray:
        return np.asarray(self._sums / self.rows)
