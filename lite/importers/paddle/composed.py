# SPDX-License-Identifier: Apache-2.0
"""Paddle's ops that are a few of ours each."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._building import axis_of, slice_window
from lite.importers._call import BaseCall
from lite.importers._einsum import einsum
from lite.importers._emitter import Emitter
from lite.importers.paddle.call import Call
from lite.importers.paddle.elementwise import aligned
from lite.importers.paddle.movement import sliced
from lite.importers.paddle.shaping import expanded
from lite.ir import DType, Extent, Value

_VALUES = ("values", "fp32_values", "fp64_values", "int32_values", "int64_values", "bool_values")
_REDUCTIONS = {"assign": "none", "add": "add", "mul": "mul", "multiply": "mul", "amax": "max", "amin": "min"}
MOST_PLACES = 256  # of a window that is unfolded


# Of one element -----------------------------------------------------------------------------------


def _celu(call: Call) -> Value:
    alpha = call.number("alpha", 1.0)
    return call.times(call.add("elu", call.times(call.input("X"), 1 / alpha), alpha=1.0), alpha)


def _expm1(call: Call) -> Value:
    """Near 0 from below as exact as elu."""
    x = call.input("X")
    above = call.add("greater", x, call.constant(0.0, x))
    return call.add("where", above, call.plus(call.add("exp", x), -1.0), call.add("elu", x, alpha=1.0))


def _hard_shrink(call: Call) -> Value:
    x, threshold = call.input("X"), call.number("threshold", 0.5)
    outside = call.add("greater", call.add("abs", x), call.constant(threshold, x))
    return call.add("where", outside, x, call.constant(0.0, x))


def _soft_shrink(call: Call) -> Value:
    x, threshold = call.input("X"), call.number("lambda", 0.5)
    return call.add("sub", x, call.add("clip", x, lo=-threshold, hi=threshold))


def _is_finite(call: Call) -> Value:
    x = call.input("X")
    strange = call.add("logical_or", call.add("is_nan", x), call.add("is_inf", x))
    return call.add("logical_not", strange)


def _bitwise_not(call: Call) -> Value:
    x = call.input("X")
    return call.add("logical_not" if x.type.dtype is DType.BOOL else "bitwise_not", x)


# Of two, and products -----------------------------------------------------------------------------


def _but_nan(name: str, call: Call) -> Value:
    """The greater or lesser; of a number and a NaN, the number."""
    x, y = aligned(call)
    chosen = call.add(name, x, y)
    if not x.type.dtype.is_float:
        return chosen
    chosen = call.add("where", call.add("is_nan", y), x, chosen)
    return call.add("where", call.add("is_nan", x), y, chosen)


def _lerp(call: Call) -> Value:
    x, y = aligned(call)
    weight = call.cast(call.input("Weight"), x.type.dtype)
    return call.add("add", x, call.add("mul", weight, call.add("sub", y, x)))


def _addmm(call: Call) -> Value:
    product = call.add("matmul", call.input("X"), call.input("Y"))
    given = call.times(call.input("Input"), call.number("Beta", 1.0))
    return call.add("add", given, call.times(product, call.number("Alpha", 1.0)))


def _mv(call: Call) -> Value:
    return call.add("matmul", call.input("X"), call.input("Vec"))


def _dot(call: Call) -> Value:
    x, y = aligned(call)
    last = x.type.rank - 1
    total = call.add("reduce_sum", call.add("mul", x, y), axes=(last,), keepdims=False)
    return total if call.declared_rank() != x.type.rank else call.add("unsqueeze", total, axes=(last,))


def _einsum(call: Call) -> Value:
    values: list[Value | None] = [*call.inputs("Operands")]
    return einsum(BaseCall(Emitter(call.graph), call.name, values), call.text("equation"))


def _masked_fill(call: Call) -> Value:
    x = call.input("X")
    return call.add("where", call.input("Mask"), call.cast(call.input("Value"), x.type.dtype), x)


# Of places ----------------------------------------------------------------------------------------


def _maxout(call: Call) -> Value:
    """The greatest of each group of channels that follow each other."""
    x, groups = call.input("X"), call.integer("groups")
    axis = axis_of(call.integer("axis", 1), x.type.rank)
    extent = x.type.shape[axis]
    if groups < 1 or not isinstance(extent, int) or extent % groups:
        raise ModelFormatError(f"{extent} channels cannot be cut into groups of {groups}")
    shape = (*x.type.shape[:axis], extent // groups, groups, *x.type.shape[axis + 1 :])
    return call.add("reduce_max", call.reshape(x, shape), axes=(axis + 1,), keepdims=False)


def _index_sample(call: Call) -> Value:
    return call.add("gather_elements", call.input("X"), call.input("Index"), axis=1)


def _put_along_axis(call: Call) -> Value:
    x, index, reduction = call.input("Input"), call.input("Index"), call.text("Reduce", "assign")
    if reduction not in _REDUCTIONS or not call.flag("Include_self", True):
        raise UnsupportedOpError(f"putting values by {reduction!r} is not supported")
    values = expanded(call, call.cast(call.input("Value"), x.type.dtype), index.type.shape)
    axis = axis_of(call.integer("Axis", 0), x.type.rank)
    return call.add("scatter_elements", x, index, values, axis=axis, reduction=_REDUCTIONS[reduction])


def _repeat_interleave(call: Call) -> Value:
    x, repeats = call.input("X"), call.integer("Repeats")
    axis = axis_of(call.integer("dim", 0), x.type.rank)
    if repeats < 1:
        raise ModelFormatError(f"it repeats {repeats} times, expected at least 1")
    before, extent, after = x.type.shape[:axis], x.type.shape[axis], x.type.shape[axis + 1 :]
    columns = call.add("unsqueeze", x, axes=(axis + 1,))
    wide = call.add("expand", columns, shape=(*before, extent, repeats, *after))
    return call.reshape(wide, (*before, extent * repeats, *after))


def _crop(call: Call) -> Value:
    x = call.input("X")
    starts = call.extents("offsets", tensor="Offsets", tensors="OffsetsTensor", default=(0,) * x.type.rank)
    sizes = call.extents("shape", tensor="Shape", tensors="ShapeTensor", default=(-1,) * x.type.rank)
    if len(starts) != x.type.rank or len(sizes) != x.type.rank:
        raise ModelFormatError(f"offsets {list(starts)} and shape {list(sizes)} do not fit {x.type}")
    ends = [
        extent if size == -1 else start + size for extent, start, size in zip(x.type.shape, starts, sizes)
    ]
    axes = range(x.type.rank)
    return sliced(call, x, axes, starts, ends, (1,) * x.type.rank)


def _unfold(call: Call) -> Value:
    """Windows as columns: [images, channels * places of a window, windows]."""
    x = call.input("X")
    kernel, strides, dilations = (call.integers(name) for name in ("kernel_sizes", "strides", "dilations"))
    pads = call.integers("paddings")
    if x.type.rank != 4 or not len(kernel) == len(strides) == len(dilations) == 2 or len(pads) != 4:
        raise UnsupportedOpError(f"windows {kernel} with pads {pads} of {x.type} are not supported")
    if min(*kernel, *strides, *dilations) < 1 or kernel[0] * kernel[1] > MOST_PLACES:
        raise UnsupportedOpError(f"windows {kernel} with strides {strides} and dilations {dilations}")
    if any(pads):
        x = call.add("pad", x, before=(0, 0, *pads[:2]), after=(0, 0, *pads[2:]), mode="constant", value=0.0)
    images, channels = x.type.shape[:2]
    spans = [(kernel[at] - 1) * dilations[at] for at in (0, 1)]
    sizes = tuple((x.type.shape[2 + at] - spans[at] - 1) // strides[at] + 1 for at in (0, 1))
    parts = []
    for row, column in np.ndindex(*kernel):
        starts = (row * dilations[0], column * dilations[1])
        part = call.add("slice", x, axes=(2, 3), starts=starts, sizes=sizes, steps=tuple(strides))
        parts.append(call.reshape(part, (images, channels, 1, sizes[0] * sizes[1])))
    columns = call.add("concat", *parts, axis=2) if len(parts) > 1 else parts[0]
    return call.reshape(columns, (images, channels * len(parts), sizes[0] * sizes[1]))


def _select_input(call: Call) -> Value:
    """What the branch wrote that was entered."""
    chosen = call.array_of(call.input("Mask"))
    if chosen is None or chosen.size != 1:
        raise UnsupportedOpError("which branch it takes from is known only when running")
    return call.input_at("X", int(chosen.reshape(())))


# What is written into a part ----------------------------------------------------------------------


def _set_value(call: Call) -> Value:
    """x[window] = value, by a mask of the window."""
    x = call.input("Input")
    axes = [axis_of(axis, x.type.rank) for axis in call.integers("axes")]
    starts, ends, steps = (
        call.static_extents(name, tensors=f"{name.capitalize()}TensorList") if axes else ()
        for name in ("starts", "ends", "steps")
    )
    extents = [x.type.shape[axis] for axis in axes]
    fits = len(axes) == len(starts) == len(ends) == len(steps)
    if not fits or 0 in steps or call.integers("none_axes", ()):
        raise UnsupportedOpError(f"the window {starts} to {ends} by {steps} of axes {axes} is not supported")
    if not all(isinstance(extent, int) for extent in extents):
        raise UnsupportedOpError(f"extents {extents} of the window's axes are known only when running")
    mask = np.ones((1,) * x.type.rank, bool)
    for axis, extent, start, end, step in zip(axes, extents, starts, ends, steps):
        inside = np.zeros(int(extent), bool)
        first, count = slice_window(int(extent), start, end, step)
        inside[int(first) + step * np.arange(int(count))] = True
        mask = mask & inside.reshape([-1 if at == axis else 1 for at in range(x.type.rank)])
    value = _value(call, x)
    if value.type.rank:
        value = _placed(call, x, value, axes, starts, ends, steps)
    return call.add("where", call.constant(mask), value, x)


def _value(call: Call, x: Value) -> Value:
    """What is written; of one number, of rank 0."""
    given = call.optional("ValueTensor")
    if given is None:
        found = next((call.numbers(name) for name in _VALUES if call.operator.attributes.get(name)), ())
        shape = call.integers("shape", (1,))
        if not found or int(np.prod(shape, dtype=object)) != len(found):
            raise ModelFormatError(f"it writes {len(found)} values of shape {list(shape)}")
        given = call.constant(np.array(found).reshape(shape), x)
    given = call.cast(given, x.type.dtype)
    return call.reshape(given, ()) if given.type.count == 1 else given


def _placed(
    call: Call, x: Value, value: Value, axes: Sequence[int], starts: Sequence[int], ends: Sequence[int],
    steps: Sequence[int],
) -> Value:  # fmt: skip
    """The value with the extents of x: where its window is, and 0 around that."""
    if set(steps) - {1}:
        raise UnsupportedOpError("values that differ can be written without steps only")
    for axis in sorted(axis_of(axis, x.type.rank) for axis in call.integers("decrease_axes", ())):
        if value.type.rank < x.type.rank:
            value = call.add("unsqueeze", value, axes=(max(axis - x.type.rank + value.type.rank + 1, 0),))
    window: list[Extent] = list(x.type.shape)
    before, after = [0] * x.type.rank, [0] * x.type.rank
    for axis, start, end in zip(axes, starts, ends):
        extent = int(x.type.shape[axis])
        first, size = slice_window(extent, start, end, 1)
        window[axis], before[axis], after[axis] = size, int(first), extent - int(first) - int(size)
    value = expanded(call, value, window)
    if not any(before) and not any(after):
        return value
    return call.add("pad", value, before=tuple(before), after=tuple(after), mode="constant", value=0.0)


RULES = {
    "addmm": _addmm, "bitwise_not": _bitwise_not, "celu": _celu, "crop_tensor": _crop, "dot": _dot,
    "einsum": _einsum, "elementwise_fmax": functools.partial(_but_nan, "max"),
    "elementwise_fmin": functools.partial(_but_nan, "min"), "expm1": _expm1, "hard_shrink": _hard_shrink,
    "index_sample": _index_sample, "isfinite_v2": _is_finite, "lerp": _lerp, "masked_fill": _masked_fill,
    "maxout": _maxout, "mv": _mv, "put_along_axis": _put_along_axis,
    "repeat_interleave": _repeat_interleave, "select_input": _select_input,
    "set_value": _set_value, "softshrink": _soft_shrink,
    "unfold": _unfold,
}  # fmt: skip
