# SPDX-License-Identifier: Apache-2.0
"""Resize and Upsample, of any axes, by resizing height and width."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._building import axes_of
from lite.importers.onnx.call import Call
from lite.importers.onnx.rules.resize_matrices import Axis, Settings, resize_by_matrices
from lite.ir import Extent, Value
from lite.ir.dim import floor_div, is_static, product


@dataclass
class Target:
    """What one axis becomes: its extent, and output per input (0: from the extents)."""

    extent: Extent
    scale: float = 0.0


Interpolation = dict[str, Any]  # attributes of our resize but size, scales and layout


def upsample(call: Call) -> Value:
    x = call.need(0)
    scales = call.floats("scales") if call.opset < 9 else call.fixed(1, "scales").reshape(-1)
    mode = call.text("mode", "nearest")
    interpolation = {
        "mode": "linear" if mode == "bilinear" else mode,
        "coordinates": "asymmetric",
        "nearest": "floor",
    }
    return _resized(call, x, _by_scales(x, tuple(range(x.type.rank)), scales), interpolation)


def resize(call: Call) -> Value:
    x = call.need(0)
    axes = axes_of(call.many("axes", None) or range(x.type.rank), x.type.rank)
    if call.opset < 11:
        targets = _by_scales(x, axes, call.fixed(1, "scales").reshape(-1))
        return _resized(
            call,
            x,
            targets,
            {"mode": call.text("mode", "nearest"), "nearest": "floor", "coordinates": "asymmetric"},
        )
    interpolation = _interpolation(call)
    if call.input(3) is not None and call.input(3).type.count != 0:  # type: ignore[union-attr]
        targets = _by_sizes(call, x, axes)
    else:
        targets = _by_scales(x, axes, call.fixed(2, "scales").reshape(-1))
    crops = _crops(call, axes) if interpolation["coordinates"] == "tf_crop_and_resize" else {}
    antialias = bool(call.int("antialias", 0)) and interpolation["mode"] != "nearest"
    if crops or (antialias and any(_shrinks(x, axis, target) for axis, target in targets.items())):
        return _by_matrices(call, x, targets, crops, interpolation)
    return _resized(call, x, targets, interpolation)


Crop = tuple[float, float]


def _crops(call: Call, axes: tuple[int, ...]) -> dict[int, Crop]:
    """Which part of each axis is taken, in [0, 1]."""
    roi = call.fixed(1, "roi").reshape(-1)
    if len(roi) != 2 * len(axes):
        raise ModelFormatError(f"roi {roi.tolist()} does not fit {len(axes)} axes")
    return {axis: (float(start), float(end)) for axis, start, end in zip(axes, roi, roi[len(axes) :])}


def _by_matrices(
    call: Call, x: Value, targets: dict[int, Target], crops: dict[int, Crop], interpolation: Interpolation
) -> Value:
    """Antialiasing and crops; they need fixed extents."""
    settings = Settings(
        interpolation["mode"], interpolation["coordinates"], interpolation["nearest"],
        bool(call.int("antialias", 0)), interpolation["cubic_coeff_a"], interpolation["exclude_outside"],
        call.float("extrapolation_value", 0.0),
    )  # fmt: skip
    axes = []
    for position, extent in enumerate(x.type.shape):
        start, end = crops.get(position, (0.0, 1.0))
        target = targets.get(position, Target(extent, 1.0))
        if position not in targets and (start, end) == (0.0, 1.0):
            continue
        if not isinstance(extent, int) or not isinstance(target.extent, int):
            raise UnsupportedOpError(
                "antialias and tf_crop_and_resize need fixed extents", hint="fix them with input_shapes"
            )
        count = target.extent
        if crops and target.scale:
            count = int(np.floor(extent * (end - start) * target.scale))
        axes.append(Axis(position, extent, count, target.scale or count / max(extent, 1), start, end))
    return resize_by_matrices(call, x, axes, settings)


def _interpolation(call: Call) -> Interpolation:
    return {
        "mode": call.text("mode", "nearest"),
        "coordinates": call.text("coordinate_transformation_mode", "half_pixel"),
        "nearest": call.text("nearest_mode", "round_prefer_floor"),
        "cubic_coeff_a": call.float("cubic_coeff_a", -0.75),
        "exclude_outside": bool(call.int("exclude_outside", 0)),
    }  # fmt: skip


def _by_scales(x: Value, axes: tuple[int, ...], scales: Any) -> dict[int, Target]:
    if len(scales) != len(axes) or not all(0 < float(scale) < 1 << 20 for scale in scales):
        raise ModelFormatError(f"scales {list(map(float, scales))} do not fit {len(axes)} axes")
    return {
        axis: Target(_scaled(x.type.shape[axis], scale), float(scale))
        for axis, scale in zip(axes, scales)
        if float(scale) != 1
    }


def _scaled(extent: Extent, scale: Any) -> Extent:
    """floor(extent * scale) in the precision of the scale."""
    if isinstance(extent, int):
        return int(np.floor(np.float32(extent) * np.float32(scale)))
    ratio = Fraction(float(scale)).limit_denominator(4096)
    if abs(float(ratio) - float(scale)) > 1e-6 * float(scale):
        raise UnsupportedOpError(
            f"scaling open extents by {float(scale)} is not supported",
            hint="fix the extents with input_shapes",
        )
    return floor_div(extent * ratio.numerator, ratio.denominator)


def _by_sizes(call: Call, x: Value, axes: tuple[int, ...]) -> dict[int, Target]:
    sizes = call.extents(3, "sizes")
    policy = call.text("keep_aspect_ratio_policy", "stretch")
    if len(sizes) != len(axes):
        raise ModelFormatError(f"sizes {list(sizes)} do not fit {len(axes)} axes")
    if policy == "stretch":
        return {axis: Target(size) for axis, size in zip(axes, sizes) if size != x.type.shape[axis]}
    extents = tuple(x.type.shape[axis] for axis in axes)
    if policy not in ("not_larger", "not_smaller") or not is_static(extents) or not is_static(sizes):
        raise UnsupportedOpError(
            f"keep_aspect_ratio_policy {policy!r} needs fixed extents", hint="fix them with input_shapes"
        )
    ratios = [int(size) / int(extent) for size, extent in zip(sizes, extents)]
    scale = min(ratios) if policy == "not_larger" else max(ratios)
    return {
        axis: Target(int(np.floor(scale * int(extent) + 0.5)), scale) for axis, extent in zip(axes, extents)
    }


def _shrinks(x: Value, axis: int, target: Target) -> bool:
    extent = x.type.shape[axis]
    if target.scale:
        return target.scale < 1
    return not (isinstance(extent, int) and isinstance(target.extent, int)) or target.extent < extent


def _resized(call: Call, x: Value, targets: dict[int, Target], interpolation: Interpolation) -> Value:
    """Resize two axes at a time: interpolation along an axis does not depend on the others."""
    if not targets:
        return x
    if x.type.rank == 4 and set(targets) <= {2, 3}:
        return _height_width(call, x, targets.get(2), targets.get(3), interpolation)
    axes = sorted(targets)
    for first in range(0, len(axes), 2):
        pair = axes[first : first + 2]
        x = _pair(call, x, pair, [targets[axis] for axis in pair], interpolation)
    return x


def _pair(
    call: Call, x: Value, axes: list[int], targets: list[Target], interpolation: Interpolation
) -> Value:
    """One or two axes of a tensor of any rank, moved to the end and seen as an image."""
    others = [axis for axis in range(x.type.rank) if axis not in axes]
    perm = (*others, *axes)
    moved = x if perm == tuple(range(x.type.rank)) else call.emit("transpose", x, perm=perm)
    kept = moved.type.shape[: len(others)]
    spatial = moved.type.shape[len(others) :]
    image = call.reshape(moved, (1, product(kept), *((1,) * (2 - len(axes))), *spatial))
    height = targets[0] if len(axes) == 2 else None
    image = _height_width(call, image, height, targets[-1], interpolation)
    result = call.reshape(image, (*kept, *image.type.shape[4 - len(axes) :]))
    if moved is x:
        return result
    return call.emit("transpose", result, perm=tuple(perm.index(axis) for axis in range(x.type.rank)))


def _height_width(
    call: Call, x: Value, height: Target | None, width: Target | None, interpolation: Interpolation
) -> Value:
    sides = [target or Target(extent, 1.0) for target, extent in zip((height, width), x.type.shape[2:])]
    return call.emit(
        "resize",
        x,
        size=tuple(side.extent for side in sides),
        scales=tuple(side.scale for side in sides),
        **interpolation,
    )


RULES = {
    "Resize": resize,
    "Upsample": upsample,
}
