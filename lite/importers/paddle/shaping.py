# SPDX-License-Identifier: Apache-2.0
"""Paddle's ops that give the same elements another shape or type, or repeat them."""

from __future__ import annotations

from collections.abc import Sequence

from lite.errors import ModelFormatError
from lite.importers._building import axes_of, axis_of, new_shape
from lite.importers.paddle.call import Call
from lite.ir import DType, Extent, Value
from lite.ir.dim import product


def _reshape(call: Call) -> Value:
    x = call.input("X")
    wanted = call.extents("shape", tensor="Shape", tensors="ShapeTensor", default=())
    return call.reshape(x, new_shape(wanted, x.type.shape))


def _flatten(call: Call) -> Value:
    """flatten and flatten2: to a matrix."""
    x = call.input("X")
    axis = axis_of(call.integer("axis", 1), x.type.rank, last=x.type.rank)
    return call.reshape(x, (product(x.type.shape[:axis]), product(x.type.shape[axis:])))


def _flatten_range(call: Call) -> Value:
    x = call.input("X")
    if x.type.rank == 0:
        return call.reshape(x, (1,))
    start, stop = (
        axis_of(call.integer(name, default), x.type.rank)
        for name, default in (("start_axis", 1), ("stop_axis", 1))
    )
    if stop < start:
        raise ModelFormatError(f"start_axis {start} lies behind stop_axis {stop}")
    shape = x.type.shape
    return call.reshape(x, (*shape[:start], product(shape[start : stop + 1]), *shape[stop + 1 :]))


def _squeeze(call: Call) -> Value:
    x = call.input("X")
    shape = x.type.shape
    wanted = call.integers("axes", ())
    axes = axes_of(wanted, x.type.rank) if wanted else range(x.type.rank)
    return call.reshape(x, [extent for axis, extent in enumerate(shape) if axis not in axes or extent != 1])


def _unsqueeze(call: Call) -> Value:
    x = call.input("X")
    axes = call.static_extents("axes", tensor="AxesTensor", tensors="AxesTensorList")
    shape: list[Extent] = list(x.type.shape)
    for axis in axes:  # one after the other, as Paddle does
        shape.insert(axis_of(axis, len(shape) + 1), 1)
    return call.reshape(x, shape)


def _expand(call: Call) -> Value:
    x = call.input("X")
    wanted = call.extents("shape", tensor="Shape", tensors="expand_shapes_tensor", default=())
    return expanded(call, x, wanted)


def _expand_as(call: Call) -> Value:
    like = call.optional("Y") or call.optional("target_tensor")
    return expanded(call, call.input("X"), like.type.shape if like else call.integers("target_shape"))


def expanded(call: Call, x: Value, wanted: Sequence[Extent]) -> Value:
    """The value broadcast to a shape in which -1 keeps an extent."""
    added = len(wanted) - x.type.rank
    if added < 0:
        raise ModelFormatError(f"shape {list(wanted)} has fewer axes than {x.type}")
    keep = (*(None,) * added, *x.type.shape)
    shape = [kept if isinstance(want, int) and want == -1 else want for want, kept in zip(wanted, keep)]
    if None in shape:
        raise ModelFormatError(f"shape {list(wanted)} keeps an extent that {x.type} does not have")
    return x if tuple(shape) == x.type.shape else call.add("expand", x, shape=tuple(shape))


def _tile(call: Call) -> Value:
    return _tiled(
        call, call.extents("repeat_times", tensor="RepeatTimes", tensors="repeat_times_tensor", default=())
    )


def _expand_times(call: Call) -> Value:
    """expand of fluid 1.x: what is called tile today."""
    return _tiled(
        call, call.extents("expand_times", tensor="ExpandTimes", tensors="expand_times_tensor", default=())
    )


def _tiled(call: Call, repeats: Sequence[Extent]) -> Value:
    x = call.input("X")
    rank = max(x.type.rank, len(repeats))
    x = call.reshape(x, (*(1,) * (rank - x.type.rank), *x.type.shape))
    times = (*(1,) * (rank - len(repeats)), *repeats)
    return x if set(times) <= {1} else call.add("tile", x, repeats=times)


def _cast(call: Call) -> Value:
    return call.cast(call.input("X"), call.dtype("out_dtype", 5))


def _shape(call: Call) -> Value:
    """Paddle's shapes are int32, ours int64."""
    return call.cast(call.add("shape", call.input("Input")), DType.S32)


def _shape64(call: Call) -> Value:
    return call.add("shape", call.input("Input"))


def _size(call: Call) -> Value:
    x = call.input("Input")
    count = x.type.count
    if isinstance(count, int):
        return call.constant(count, DType.S64)
    return call.add("reduce_prod", call.add("shape", x), axes=(0,), keepdims=False)


def _same(slot: str) -> object:
    return lambda call: call.input(slot)


def _dropout(call: Call) -> Value:
    x = call.input("X")
    if call.text("dropout_implementation", "downgrade_in_infer") == "upscale_in_train":
        return x
    return call.times(x, 1 - call.number("dropout_prob", 0.5))


RULES = {
    "assign": _same("X"), "cast": _cast, "dropout": _dropout, "expand": _expand_times,
    "expand_as_v2": _expand_as, "expand_v2": _expand, "flatten": _flatten, "flatten2": _flatten,
    "flatten_contiguous_range": _flatten_range, "memcpy": _same("X"), "print": _same("In"),
    "reshape": _reshape, "reshape2": _reshape, "shape": _shape, "shape64": _shape64, "share_data": _same("X"),
    "size": _size, "squeeze": _squeeze, "squeeze2": _squeeze, "tile": _tile, "unsqueeze": _unsqueeze,
    "unsqueeze2": _unsqueeze,
}  # fmt: skip
