# SPDX-License-Identifier: Apache-2.0
"""conv2d: y = activation(convolution(x, w) + bias + residual); w is [out, in / groups, kh, kw].

w may be s8 or s16 with w_scale f32[out]: then it stands for float(w) * w_scale[out].
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Extent, Op, TensorType
from lite.ops._conv import (
    activate,
    check_at_least,
    check_operands,
    check_residual,
    check_weights,
    from_nchw,
    to_nchw,
)
from lite.ops._extents import channel_axis, differ, replaced, spatial_axes, window_count
from lite.ops._weights import Place, as_floats, checked, integer_weights


class Conv2d(Op, name="conv2d"):
    strides: tuple[int, int] = (1, 1)
    pads: tuple[Extent, Extent, Extent, Extent] = (0, 0, 0, 0)  # top, left, bottom, right
    dilations: tuple[int, int] = (1, 1)
    groups: int = 1
    activation: str = "none"
    alpha: float = 0.0
    beta: float = 0.0
    layout: str = "nchw"

    def infer(self, x: TensorType, w: TensorType, bias: TensorType | None = None,
              residual: TensorType | None = None, w_scale: TensorType | None = None) -> TensorType:
        check_at_least(1, strides=self.strides, dilations=self.dilations, groups=(self.groups,))
        check_at_least(0, pads=self.pads)
        axes, channels = spatial_axes(x, self.layout), channel_axis(self.layout)
        out, per_group, *kernel = check_weights(w, "[out, in / groups, kh, kw]")
        check_operands(self.activation, x, checked(w, w_scale, out), bias, out)
        if out % self.groups or differ(x.shape[channels], per_group * self.groups):
            raise ShapeError(f"input {x} ({self.layout}) and weights {w} do not fit {self.groups} groups")
        counts = [self._windows(x.shape[axis], kernel[side], side) for side, axis in enumerate(axes)]
        y = x.with_shape(replaced(x.shape, {axes[0]: counts[0], axes[1]: counts[1], channels: out}))
        check_residual(residual, y)
        return y

    def _windows(self, extent: Extent, kernel: int, side: int) -> Extent:
        before, after = self.pads[side], self.pads[side + 2]
        window = (kernel - 1) * self.dilations[side] + 1
        count = window_count(extent, window, self.strides[side], before, after, ceil_mode=False)
        if isinstance(count, int) and count < 1:
            raise ShapeError(f"a window of {window} does not fit in an extent of {extent} with pads "
                             f"{before} and {after}")
        return count

    def reference(self, x, w, bias=None, residual=None, w_scale=None):
        w = as_floats(self, w, w_scale)
        top, left, bottom, right = map(int, self.pads)
        padded = np.pad(to_nchw(x, self.layout), ((0, 0), (0, 0), (top, bottom), (left, right)))
        view = _windows(padded, w.shape[2:], self.strides, self.dilations)
        n, c, oh, ow, kh, kw = view.shape
        groups = self.groups
        columns = view.transpose(1, 4, 5, 0, 2, 3).reshape(groups, c // groups * kh * kw, n * oh * ow)
        y = np.matmul(w.reshape(groups, w.shape[0] // groups, c // groups * kh * kw), columns)
        y = y.reshape(w.shape[0], n, oh, ow).transpose(1, 0, 2, 3)
        if bias is not None:
            y = y + bias[:, None, None]
        y = from_nchw(y, self.layout)
        return activate(y if residual is None else y + residual, self.activation, self.alpha, self.beta)

    def exactness(self) -> tuple[float, float]:
        """Windows of 3 x 3 may go by tiles, whose error is up to 2e-5 of the greatest sum."""
        steps = (*self.strides, *self.dilations, self.groups)
        return 0.0, 168.0 if set(steps) == {1} else self.range_ulps

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        for case in _CASES:
            for layout in ("nhwc", "nchw"):
                yield _sample(cls, dict(case), layout)


def _windows(x: np.ndarray, kernel: tuple[int, int], strides: tuple[int, int],
             dilations: tuple[int, int]) -> np.ndarray:
    """View [n, c, oh, ow, kh, kw] of the windows of a padded array [n, c, h, w]."""
    spans = tuple(dilation * (extent - 1) + 1 for extent, dilation in zip(kernel, dilations))
    view = np.lib.stride_tricks.sliding_window_view(x, spans, axis=(2, 3))
    return view[:, :, ::strides[0], ::strides[1], ::dilations[0], ::dilations[1]]


def _sample(cls: type[Conv2d], case: dict[str, Any], layout: str) -> tuple[Op, list[Any]]:
    n, c, height, width = case.pop("x")
    weights = case.pop("w")
    random = np.random.default_rng(sum(weights) + c)
    scale = np.sqrt(1.0 / max(1, np.prod(weights[1:])))
    w: Any = (random.standard_normal(weights) * scale).astype(np.float32)
    bias: Any = random.standard_normal(weights[0]).astype(np.float32) if case.pop("bias", True) else None
    if case.pop("constant", True) is False:
        w = TensorType.of(w)
        bias = None if bias is None else TensorType.of(bias)
    residual, dtype = case.pop("residual", False), case.pop("weights", None)
    scales = case.pop("scales", np.float32)
    op = cls(layout=layout, **case)
    shape = (n, c, height, width) if layout == "nchw" else (n, height, width, c)
    inputs: list[Any] = [TensorType(shape), w, bias]
    if residual:
        inputs.append(op.infer(inputs[0], TensorType.of(w) if isinstance(w, np.ndarray) else w))
    if dtype is not None:
        inputs[1], scale = integer_weights(random, w, Place(1, 0), dtype)
        inputs += [None] * (4 - len(inputs)) + [scale.astype(scales)]
    while inputs[-1] is None:
        inputs.pop()
    return op, inputs


_CASES: tuple[dict[str, Any], ...] = (
    # 1x1
    dict(x=(1, 16, 7, 7), w=(24, 16, 1, 1)),
    dict(x=(2, 13, 5, 6), w=(50, 13, 1, 1), activation="relu6", bias=False),
    dict(x=(1, 70, 9, 1), w=(70, 70, 1, 1), activation="relu", residual=True),
    dict(x=(1, 17, 9, 9), w=(65, 17, 1, 1), strides=(2, 2), activation="clip", alpha=-0.5, beta=0.75),
    dict(x=(1, 8, 4, 4), w=(5, 8, 1, 1), pads=(1, 0, 2, 1)),
    dict(x=(1, 96, 1, 1), w=(130, 96, 1, 1), activation="swish"),
    dict(x=(3, 20, 1, 1), w=(7, 20, 1, 1), activation="hard_sigmoid", alpha=0.2, beta=0.5),
    # k x k
    dict(x=(1, 3, 17, 18), w=(32, 3, 3, 3), strides=(2, 2), pads=(0, 0, 1, 1), activation="relu6"),
    dict(x=(1, 3, 23, 20), w=(20, 3, 7, 7), strides=(2, 2), pads=(3, 3, 3, 3), activation="relu"),
    dict(x=(2, 40, 6, 7), w=(33, 40, 3, 3), pads=(1, 1, 1, 1), activation="hard_swish"),
    dict(x=(1, 5, 9, 8), w=(6, 5, 3, 2), pads=(2, 0, 1, 1), strides=(1, 2), activation="leaky_relu",
         alpha=0.1),
    dict(x=(1, 36, 11, 10), w=(18, 36, 3, 3), dilations=(2, 3), pads=(2, 3, 2, 3), activation="sigmoid"),
    dict(x=(1, 4, 9, 9), w=(4, 4, 3, 3), dilations=(4, 2), residual=True, pads=(4, 2, 4, 2)),
    dict(x=(1, 6, 1, 12), w=(9, 6, 1, 5), pads=(0, 2, 0, 2)),
    dict(x=(1, 6, 12, 1), w=(9, 6, 5, 1), pads=(4, 0, 4, 0)),
    dict(x=(1, 35, 3, 3), w=(3, 35, 3, 3)),
    dict(x=(1, 8, 6, 6), w=(16, 8, 3, 3), pads=(1, 1, 1, 1), constant=False),
    # 3 x 3 with steps of 1: large enough to be worth tiles of 6 x 6, 4 x 4 and 2 x 2 outputs
    dict(x=(1, 24, 29, 30), w=(24, 24, 3, 3), pads=(0, 1, 1, 1), activation="hard_swish"),
    dict(x=(1, 24, 18, 17), w=(19, 24, 3, 3), pads=(1, 1, 1, 1), activation="affine_hard_swish", alpha=0.7,
         beta=-0.3),
    dict(x=(1, 40, 19, 17), w=(33, 40, 3, 3), pads=(1, 0, 2, 1), activation="relu", residual=True),
    dict(x=(2, 33, 21, 22), w=(70, 33, 3, 3), bias=False, residual=True),
    dict(x=(1, 96, 8, 8), w=(96, 96, 3, 3), pads=(1, 1, 1, 1), activation="clip", alpha=-1.0, beta=2.0),
    # groups
    dict(x=(1, 12, 7, 5), w=(18, 4, 3, 3), groups=3, pads=(1, 1, 1, 1), activation="relu"),
    dict(x=(2, 64, 5, 5), w=(64, 32, 1, 1), groups=2),
    dict(x=(1, 6, 6, 5), w=(12, 1, 3, 3), groups=6, pads=(1, 1, 1, 1)),
    dict(x=(1, 8, 6, 6), w=(8, 4, 2, 2), groups=2, constant=False, bias=False),
    # depthwise
    dict(x=(1, 32, 14, 14), w=(32, 1, 3, 3), groups=32, pads=(1, 1, 1, 1), activation="relu6"),
    dict(x=(2, 19, 9, 11), w=(19, 1, 3, 3), groups=19, pads=(0, 1, 1, 0), activation="relu"),
    dict(x=(1, 24, 15, 16), w=(24, 1, 3, 3), groups=24, strides=(2, 2), pads=(1, 1, 1, 1)),
    dict(x=(1, 40, 7, 7), w=(40, 1, 5, 5), groups=40, pads=(2, 2, 2, 2), activation="hard_swish"),
    dict(x=(1, 40, 7, 7), w=(40, 1, 3, 3), groups=40, strides=(2, 1), activation="affine_hard_swish",
         alpha=-1.5, beta=0.25),
    dict(x=(1, 3, 12, 9), w=(3, 1, 5, 5), groups=3, strides=(2, 2), pads=(1, 2, 2, 1), activation="relu6"),
    dict(x=(1, 18, 9, 9), w=(18, 1, 3, 3), groups=18, dilations=(2, 2), pads=(2, 2, 2, 2), residual=True),
    dict(x=(1, 5, 8, 10), w=(5, 1, 2, 4), groups=5, strides=(1, 3), pads=(1, 0, 0, 3), activation="clip",
         alpha=-1.0, beta=1.0),
    dict(x=(1, 16, 6, 6), w=(16, 1, 3, 3), groups=16, constant=False),
    dict(x=(1, 64, 4, 40), w=(64, 1, 1, 9), groups=64, pads=(0, 4, 0, 4), bias=False),
    # integer weights
    dict(x=(1, 16, 7, 7), w=(24, 16, 1, 1), weights=DType.S8, activation="relu"),
    dict(x=(2, 70, 9, 9), w=(130, 70, 1, 1), weights=DType.S16, residual=True),
    dict(x=(1, 13, 1, 2), w=(50, 13, 1, 1), weights=DType.S8, bias=False, scales=np.float16),
    dict(x=(1, 3, 17, 18), w=(32, 3, 3, 3), weights=DType.S8, strides=(2, 2), pads=(0, 0, 1, 1)),
    dict(x=(1, 40, 9, 7), w=(33, 40, 3, 3), weights=DType.S16, pads=(1, 1, 1, 1), activation="swish"),
    dict(x=(1, 12, 7, 5), w=(18, 4, 3, 3), weights=DType.S8, groups=3, pads=(1, 1, 1, 1)),
    dict(x=(1, 35, 14, 14), w=(35, 1, 3, 3), weights=DType.S8, scales=np.float16, groups=35,
         pads=(1, 1, 1, 1), activation="relu6"),
    dict(x=(1, 40, 7, 7), w=(40, 1, 5, 5), weights=DType.S16, groups=40, pads=(2, 2, 2, 2), residual=True),
    # nothing to do
    dict(x=(0, 4, 5, 5), w=(8, 4, 3, 3)),
)  # fmt: skip
