# SPDX-License-Identifier: Apache-2.0
"""conv2d_transpose: the adjoint of conv2d, plus bias and activation; w is [in, out / groups, kh, kw].

w may be s8 or s16 with w_scale f32[out]: then it stands for float(w) * w_scale[out].
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Extent, Op, TensorType
from lite.ops._conv import activate, check_at_least, check_operands, check_weights, from_nchw, to_nchw
from lite.ops._extents import channel_axis, differ, replaced, spatial_axes
from lite.ops._weights import Place, as_floats, checked, integer_weights


class Conv2dTranspose(Op, name="conv2d_transpose"):
    strides: tuple[int, int] = (1, 1)
    pads: tuple[Extent, Extent, Extent, Extent] = (0, 0, 0, 0)  # top, left, bottom, right: cut off the output
    output_pads: tuple[Extent, Extent] = (0, 0)  # added to the output at the bottom and the right
    dilations: tuple[int, int] = (1, 1)
    groups: int = 1
    activation: str = "none"
    alpha: float = 0.0
    beta: float = 0.0
    layout: str = "nchw"

    def infer(self, x: TensorType, w: TensorType, bias: TensorType | None = None,
              w_scale: TensorType | None = None) -> TensorType:
        check_at_least(1, strides=self.strides, dilations=self.dilations, groups=(self.groups,))
        check_at_least(0, pads=self.pads, output_pads=self.output_pads)
        axes, channels = spatial_axes(x, self.layout), channel_axis(self.layout)
        into, per_group, *kernel = check_weights(w, "[in, out / groups, kh, kw]")
        floats = checked(w, w_scale, per_group * self.groups)
        check_operands(self.activation, x, floats, bias, per_group * self.groups)
        if into % self.groups or differ(x.shape[channels], into):
            raise ShapeError(f"input {x} ({self.layout}) and weights {w} do not fit {self.groups} groups")
        extents = [self._extent(x.shape[axis], kernel[side], side) for side, axis in enumerate(axes)]
        return x.with_shape(replaced(x.shape, {axes[0]: extents[0], axes[1]: extents[1],
                                               channels: per_group * self.groups}))

    def _extent(self, extent: Extent, kernel: int, axis: int) -> Extent:
        span = self.dilations[axis] * (kernel - 1) + 1
        pads = self.pads[axis] + self.pads[axis + 2]
        result = (extent - 1) * self.strides[axis] + span - pads + self.output_pads[axis]
        if isinstance(result, int) and result < 1:
            raise ShapeError(f"pads {self.pads} cut more off than there is: extent {extent} gives {result}")
        return result

    def reference(self, x, w, bias=None, w_scale=None):
        x, w = to_nchw(x, self.layout), as_floats(self, w, w_scale)
        n, c, height, width = x.shape
        groups, (kh, kw) = self.groups, w.shape[2:]
        oh, ow = self._extent(height, kh, 0), self._extent(width, kw, 1)
        top, left = self.pads[:2]
        rows, columns = ((extent - 1) * self.strides[axis] + self.dilations[axis] * (kernel - 1) + 1
                         for axis, (extent, kernel) in enumerate(((height, kh), (width, kw))))
        full = np.zeros((n, w.shape[1] * groups, max(rows, top + oh), max(columns, left + ow)), x.dtype)
        parts = np.einsum("ngchw,gcokl->ngoklhw", x.reshape(n, groups, c // groups, height, width),
                          w.reshape(groups, c // groups, w.shape[1], kh, kw), optimize=True)
        parts = parts.reshape(n, w.shape[1] * groups, kh, kw, height, width)
        for ky in range(kh ):
            for kx in range(kw):
                y0, x0 = ky * self.dilations[0], kx * self.dilations[1]
                full[:, :, y0:y0 + (height - 1) * self.strides[0] + 1:self.strides[0],
                     x0:x0 + (width - 1) * self.strides[1] + 1:self.strides[1]] += parts[:, :, ky, kx]
        y = full[:, :, top:top + oh, left:left + ow]
        if bias is not None:
            y = y + bias[:, None, None]
        return activate(from_nchw(y, self.layout), self.activation, self.alpha, self.beta)

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        for case in CASES:
            for layout in ("nhwc", "nchw"):
                yield _sample(cls, dict(case), layout)


def _sample(cls: type[Conv2dTranspose], case: dict[str, Any], layout: str) -> tuple[Op, list[Any]]:
    n, c, height, width = case.pop("x")
    weights = case.pop("w")
    random = np.random.default_rng(sum(weights) + c)
    w: Any = (random.standard_normal(weights) / np.sqrt(weights[0])).astype(np.float32)
    if case.pop("constant", True) is False:
        w = TensorType.of(w)
    out = weights[1] * case.get("groups", 1)
    bias = [random.standard_normal(out).astype(np.float32)] if case.pop("bias", True) else []
    shape = (n, c, height, width) if layout == "nchw" else (n, height, width, c)
    dtype = case.pop("weights", None)
    if dtype is not None:
        w, scale = integer_weights(random, w, Place(1, 1, case.get("groups", 1)), dtype)
        bias = [*(bias or [None]), scale]
    return cls(layout=layout, **case), [TensorType(shape), w, *bias]


CASES: tuple[dict[str, Any], ...] = (
    dict(x=(1, 24, 5, 6), w=(24, 10, 2, 2), strides=(2, 2), activation="relu"),
    dict(x=(2, 7, 4, 5), w=(7, 20, 3, 3), strides=(2, 2), pads=(1, 1, 1, 1), output_pads=(1, 1)),
    dict(x=(1, 16, 6, 3), w=(16, 33, 4, 4), strides=(2, 2), pads=(1, 1, 1, 1), activation="hard_swish"),
    dict(x=(1, 6, 5, 5), w=(6, 4, 3, 3), activation="clip", alpha=-0.5, beta=0.5, bias=False),
    dict(x=(1, 12, 4, 3), w=(12, 3, 3, 2), groups=3, strides=(3, 1), pads=(1, 0, 0, 1)),
    dict(x=(1, 8, 5, 4), w=(8, 1, 4, 4), groups=8, strides=(2, 2), pads=(1, 1, 1, 1), bias=False),
    dict(x=(1, 5, 4, 4), w=(5, 6, 3, 3), dilations=(2, 1), strides=(1, 2), pads=(2, 1, 2, 1)),
    dict(x=(1, 9, 3, 4), w=(9, 17, 2, 3), strides=(3, 4), output_pads=(2, 3), activation="sigmoid"),
    dict(x=(1, 9, 1, 1), w=(9, 5, 3, 3), constant=False),
    dict(x=(2, 9, 5, 6), w=(9, 1, 2, 2), strides=(2, 2), activation="sigmoid"),
    dict(x=(1, 7, 4, 5), w=(7, 3, 3, 2), strides=(2, 2), pads=(1, 0, 0, 0), constant=False),
    dict(x=(1, 24, 5, 6), w=(24, 10, 2, 2), strides=(2, 2), weights=DType.S8, activation="relu"),
    dict(x=(2, 7, 4, 5), w=(7, 20, 3, 3), strides=(2, 2), pads=(1, 1, 1, 1), weights=DType.S16),
    dict(x=(1, 12, 4, 3), w=(12, 3, 3, 2), groups=3, strides=(3, 1), weights=DType.S8, bias=False),
    dict(x=(0, 3, 2, 2), w=(3, 4, 2, 2), strides=(2, 2)),
)  # fmt: skip
