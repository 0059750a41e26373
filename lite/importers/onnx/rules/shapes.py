# SPDX-License-Identifier: Apache-2.0
"""Ops that move elements: reshapes, transposes, joins, cuts, pads and tiles."""

from __future__ import annotations

from typing import Any

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._building import axes_of, axis_of, new_shape, slice_window
from lite.importers.onnx.call import Call
from lite.ir import Extent, Value
from lite.ir.dim import is_static

MOST_EXACT = 1 << 24


def reshape(call: Call) -> Value:
    x = call.need(0)
    wanted = call.extents(1, "shape")
    copies = not call.int("allowzero", 0)
    return call.emit("reshape", x, shape=new_shape(wanted, x.type.shape, zero_copies=copies))


def flatten(call: Call) -> Value:
    x = call.need(0)
    return call.emit("flatten", x, axis=axis_of(call.int("axis", 1), x.type.rank, last=x.type.rank))


def _axes(call: Call, position: int, since: int) -> tuple[int, ...] | None:
    """Axes as an attribute, or from an opset on as an input; None if left out."""
    axes: tuple[int, ...] | None = None
    if call.opset < since:
        axes = call.many("axes", None)
    elif call.input(position) is not None:
        axes = call.ints(position, "axes")
    return axes


def squeeze(call: Call) -> Value:
    x = call.need(0)
    axes = _axes(call, 1, 13)
    if axes is None:
        found = tuple(axis for axis, extent in enumerate(x.type.shape) if extent == 1)
    else:
        found = tuple(sorted(axes_of(axes, x.type.rank)))
    return call.emit("squeeze", x, axes=found)


def unsqueeze(call: Call) -> Value:
    x = call.need(0)
    axes = _axes(call, 1, 13)
    if axes is None:
        raise ModelFormatError("axes are missing")
    return call.emit("unsqueeze", x, axes=tuple(sorted(axes_of(axes, x.type.rank + len(axes)))))


def transpose(call: Call) -> Value:
    x = call.need(0)
    perm = call.many("perm", None)
    return call.emit("transpose", x, perm=tuple(reversed(range(x.type.rank))) if perm is None else perm)


def concat(call: Call) -> Value:
    values = [call.need(position) for position in range(max(len(call.inputs), 1))]
    axis = call.int("axis", ... if call.opset >= 4 else 1)
    return call.emit("concat", *values, axis=axis_of(axis, values[0].type.rank))


def split(call: Call) -> tuple[Value, ...]:
    x = call.need(0)
    axis = axis_of(call.int("axis", 0), x.type.rank)
    sizes: tuple[Extent, ...]
    if call.opset < 13 and call.has("split"):
        sizes = call.many("split")
    elif call.opset >= 13 and call.input(1) is not None:
        sizes = call.extents(1, "split")
    elif call.int("num_outputs", call.outputs) == call.outputs:
        sizes = _equal_parts(x.type.shape[axis], call.outputs)
    else:
        raise ModelFormatError(
            f"num_outputs is {call.int('num_outputs')}, but there are {call.outputs} outputs"
        )
    if len(sizes) != call.outputs:
        raise ModelFormatError(f"{len(sizes)} parts for {call.outputs} outputs")
    return call.emit_all("split", x, axis=axis, sizes=sizes)


def _equal_parts(extent: Extent, count: int) -> tuple[Extent, ...]:
    """Sizes of parts of which only the last one may be smaller."""
    part = -((extent * -1) // count)
    return (part,) * (count - 1) + (extent - part * (count - 1),)


def cut(call: Call) -> Value:
    """Slice."""
    x = call.need(0)
    if call.opset < 10:
        starts, ends = call.many("starts"), call.many("ends")
        axes, steps = call.many("axes", None), None
    else:
        starts, ends = call.extents(1, "starts"), call.extents(2, "ends")
        axes = None if call.input(3) is None else call.ints(3, "axes")
        steps = None if call.input(4) is None else call.ints(4, "steps")
    axes = axes_of(tuple(range(len(starts))) if axes is None else axes, x.type.rank)
    steps = (1,) * len(starts) if steps is None else steps
    if not len(starts) == len(ends) == len(axes) == len(steps) or 0 in steps:
        raise ModelFormatError(
            f"starts {list(starts)}, ends {list(ends)}, axes {list(axes)} and steps "
            f"{list(steps)} must be equally many, no step 0"
        )
    windows = [
        slice_window(x.type.shape[axis], start, end, step)
        for axis, start, end, step in zip(axes, starts, ends, steps)
    ]
    return call.emit(
        "slice",
        x,
        axes=axes,
        starts=tuple(start for start, _ in windows),
        sizes=tuple(size for _, size in windows),
        steps=steps,
    )


def expand(call: Call) -> Value:
    return call.emit("expand", call.need(0), shape=call.extents(1, "shape"))


def tile(call: Call) -> Value:
    return call.emit("tile", call.need(0), repeats=call.extents(1, "repeats"))


def pad(call: Call) -> Value:
    x = call.need(0)
    rank = x.type.rank
    if call.opset < 11:
        pads: tuple[Extent, ...] = call.many("pads")
        value: Any = call.float("value", 0.0)
        axes: Any = None
    else:
        pads = call.extents(1, "pads")
        value = 0 if call.input(2) is None else call.number(2, "constant value")
        axes = None if call.input(3) is None else call.ints(3, "axes")
    axes = axes_of(range(rank) if axes is None else axes, rank)
    if len(pads) != 2 * len(axes):
        raise ModelFormatError(f"pads {list(pads)} are for other than {len(axes)} axes")
    before, after = dict(zip(axes, pads)), dict(zip(axes, pads[len(axes) :]))
    return call.emit(
        "pad",
        x,
        before=tuple(before.get(axis, 0) for axis in range(rank)),
        after=tuple(after.get(axis, 0) for axis in range(rank)),
        mode=call.text("mode", "constant"),
        value=_pad_value(value, x),
    )


def _pad_value(value: Any, x: Value) -> float:
    if not x.type.dtype.is_float and abs(int(value)) > MOST_EXACT:
        raise UnsupportedOpError(
            f"pads of {value} in {x.type.dtype.value} are not supported",
            hint=f"pad with a number within +-{MOST_EXACT}",
        )
    return float(np.float32(value))


def center_crop_pad(call: Call) -> Value:
    """Cut or pad each axis to an extent, as evenly as can be."""
    x = call.need(0)
    rank = x.type.rank
    axes = axes_of(call.many("axes", None) or range(rank), rank)
    wanted = call.ints(1, "shape")
    if len(wanted) != len(axes) or not is_static(tuple(x.type.shape[axis] for axis in axes)):
        raise UnsupportedOpError(
            "it needs fixed extents, one for each axis", hint="fix them with input_shapes"
        )
    before, after = [0] * rank, [0] * rank
    for axis, extent in zip(axes, wanted):
        missing = extent - int(x.type.shape[axis])
        before[axis] = missing // 2 if missing > 0 else -(-missing // 2)
        after[axis] = missing - before[axis]
    return call.emit("pad", x, before=tuple(before), after=tuple(after))


RULES = {
    "CenterCropPad": center_crop_pad,
    "Concat": concat,
    "Expand": expand,
    "Flatten": flatten,
    "Pad": pad,
    "Reshape": reshape,
    "Slice": cut,
    "Split": split,
    "Squeeze": squeeze,
    "Tile": tile,
    "Transpose": transpose,
    "Unsqueeze": unsqueeze,
}
