# SPDX-License-Identifier: Apache-2.0
"""q_resize: linear or cubic interpolation of a quantized image [n, h, w, c].

Each line of the output is first blended from the input's rows, then its pixels from the line's, in float32:
line = sum of float(x - x_zero) * weight over the rows, then steps = (sum of line * weight over the pixels)
* scale, where sums begin with the first tap and add one after the other; y = clamp(rint(steps) + y_zero, lo,
hi). scale is that of x, divided by that of y. Positions and weights are those of resize.
"""

from __future__ import annotations

import numpy as np

from lite.ir import DType, Extent, TensorType
from lite.ir.quant import check_scale
from lite.ops._extents import check_choice
from lite.ops._quant import Placing, integers
from lite.ops._resize import coordinates, cubic_taps, linear_taps
from lite.ops.resize import Resize


class QResize(Placing, name="q_resize"):
    size: tuple[Extent, ...] = ()  # height, width
    mode: str = "linear"  # linear, cubic
    coordinates: str = "half_pixel"
    scales: tuple[float, ...] = (0.0, 0.0)  # output per input, used for coordinates; 0: from the extents
    cubic_coeff_a: float = -0.75
    exclude_outside: bool = False
    scale: float = 1.0
    x_zero: int = 0

    @property
    def unquantized(self) -> Resize:
        """The same on reals."""
        return Resize(self.size, self.mode, self.coordinates, scales=self.scales,
                      cubic_coeff_a=self.cubic_coeff_a, exclude_outside=self.exclude_outside, layout="nhwc")

    def infer(self, x: TensorType) -> TensorType:
        self.check_placing("x", x, x_zero=self.x_zero)
        check_choice("mode", self.mode, ("linear", "cubic"))
        check_scale(self.scale, "scale")
        return self.unquantized.infer(x.with_dtype(DType.F32)).with_dtype(x.dtype)

    def reference(self, x):
        line = self._along((x.astype(np.int32) - self.x_zero).astype(np.float32), 1)
        return self.placed(self._along(line, 2) * np.float32(self.scale), x.dtype)

    def _along(self, x: np.ndarray, axis: int) -> np.ndarray:
        extent, count = x.shape[axis], int(self.size[axis - 1])
        at = coordinates(self.coordinates, extent, count, self.scales[axis - 1])
        positions, weights = (linear_taps(at, extent) if self.mode == "linear" else
                              cubic_taps(at, extent, self.cubic_coeff_a, self.exclude_outside))  # fmt: skip
        columns = (-1,) + (1,) * (x.ndim - axis - 1)
        taps = [np.take(x, positions[:, tap], axis=axis) * weights[:, tap].astype(np.float32).reshape(columns)
                for tap in range(positions.shape[1])]
        total = taps[0]
        for tap in taps[1:]:
            total = total + tap
        return np.asarray(total)

    @classmethod
    def samples(cls):
        random = np.random.default_rng(12)
        for shape, op in (
            ((1, 5, 6, 33), cls(size=(10, 12))),
            ((2, 5, 6, 3), cls(size=(1, 7), coordinates="pytorch_half_pixel")),
            ((1, 5, 6, 3), cls(size=(9, 2), coordinates="align_corners")),
            ((1, 5, 6, 70), cls(size=(9, 2), coordinates="asymmetric", scales=(1.9, 0.4))),
            ((1, 5, 6, 16), cls(size=(8, 9), coordinates="half_pixel_symmetric", scales=(1.7, 1.6), lo=0)),
            ((1, 5, 6, 19), cls(size=(10, 12), mode="cubic")),
            ((1, 5, 6, 2), cls(size=(3, 4), mode="cubic", cubic_coeff_a=-0.5, exclude_outside=True)),
        ):  # fmt: skip
            yield op.replace(x_zero=-11, y_zero=6, scale=1.2), [integers(random, shape)]
        yield cls(size=(2, 2)), [integers(random, (0, 3, 3, 2))]
