# SPDX-License-Identifier: Apache-2.0
"""resize: another height and width, by nearest, linear or cubic interpolation (no antialiasing).

Coordinates and nearest choices are those of ONNX Resize, in float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Extent, Op, TensorType
from lite.ir.quant import ACTIVATIONS
from lite.ops._extents import SPATIAL_AXES, check_choice, replaced, spatial_axes
from lite.ops._resize import COORDINATES, NEAREST, coordinates, cubic_taps, linear_taps, nearest_positions


class Resize(Op, name="resize"):
    size: tuple[Extent, ...]  # height, width
    mode: str = "nearest"  # nearest, linear, cubic
    coordinates: str = "half_pixel"
    nearest: str = "round_prefer_floor"
    scales: tuple[float, ...] = (0.0, 0.0)  # output per input, used for coordinates; 0: from the extents
    cubic_coeff_a: float = -0.75
    exclude_outside: bool = False
    layout: str = "nchw"

    def infer(self, x: TensorType) -> TensorType:
        check_choice("mode", self.mode, ("nearest", "linear", "cubic"))
        check_choice("coordinates", self.coordinates, COORDINATES)
        check_choice("nearest", self.nearest, NEAREST)
        axes = spatial_axes(x, self.layout)
        if self.mode != "nearest" and not x.dtype.is_float:
            raise ShapeError(f"{self.mode} resize of {x.dtype.value}, expected a float dtype")
        for extent in self.size:
            if isinstance(extent, int) and extent < 1:
                raise ShapeError(f"size is {list(self.size)}, expected extents >= 1")
        return x.with_shape(replaced(x.shape, dict(zip(axes, self.size))))

    def reference(self, x: np.ndarray) -> np.ndarray:
        y = x
        for side, axis in enumerate(SPATIAL_AXES[self.layout]):
            y = self._along(y, axis, int(self.size[side]), self.scales[side])
        return np.ascontiguousarray(y, x.dtype)

    def _along(self, x: np.ndarray, axis: int, count: int, scale: float) -> np.ndarray:
        extent = x.shape[axis]
        at = coordinates(self.coordinates, extent, count, scale)
        if self.mode == "nearest":
            return np.take(x, nearest_positions(at, self.nearest, extent), axis=axis)
        if self.mode == "linear":
            positions, weights = linear_taps(at, extent)
        else:
            positions, weights = cubic_taps(at, extent, self.cubic_coeff_a, self.exclude_outside)
        columns = (-1,) + (1,) * (x.ndim - axis - 1)
        taps = [np.take(x, positions[:, tap], axis=axis) * weights[:, tap].astype(x.dtype).reshape(columns)
                for tap in range(positions.shape[1])]
        return np.asarray(np.sum(taps, axis=0, dtype=x.dtype))

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        image, pixels = TensorType((2, 3, 5, 6)), TensorType((1, 5, 6, 3))
        yield cls((10, 12), coordinates="asymmetric", nearest="floor"), [TensorType((1, 16, 5, 6))]
        yield cls((7, 4)), [image]
        for rounding in NEAREST:
            yield cls((8, 9), coordinates="asymmetric", nearest=rounding, layout="nhwc"), [pixels]
        yield cls((3, 9), coordinates="align_corners", layout="nhwc"), [TensorType((1, 5, 6, 2), DType.S8)]
        yield cls((3, 9), coordinates="tf_half_pixel_for_nn"), [TensorType((1, 2, 5, 6), DType.S64)]
        yield cls((10, 12), mode="linear", layout="nhwc"), [TensorType((1, 5, 6, 33))]
        yield cls((1, 7), mode="linear", coordinates="pytorch_half_pixel"), [image]
        yield cls((9, 2), mode="linear", coordinates="align_corners", layout="nhwc"), [pixels]
        yield cls((9, 2), mode="linear", coordinates="asymmetric", scales=(1.9, 0.4)), [image]
        yield cls((8, 9), mode="linear", coordinates="half_pixel_symmetric", scales=(1.7, 1.6)), [image]
        yield cls((10, 12), mode="cubic", layout="nhwc"), [TensorType((1, 5, 6, 19))]
        yield cls((3, 4), mode="cubic", cubic_coeff_a=-0.5, exclude_outside=True), [image]
        for dtype in ACTIVATIONS:
            yield cls((10, 12), layout="nhwc"), [TensorType((1, 5, 6, 33), dtype)]
