# SPDX-License-Identifier: Apache-2.0
"""Moves of elements that TensorFlow's formats share: slices with masks, mirrored pads, blocks and batches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._building import axes_of, slice_window
from lite.ir import DType, Extent, Value
from lite.ir.dim import ceil_div, floor_div, maximum

FAR = 1 << 31  # an end of a slice that lies beyond every extent


class Maker(Protocol):
    """What adds nodes in the name of a foreign op."""

    def emit(self, op: str, *inputs: Value | None, **attributes: Any) -> Value: ...

    def emit_all(self, op: str, *inputs: Value | None, **attributes: Any) -> tuple[Value, ...]: ...

    def constant(self, array: Any, dtype: DType | None = None) -> Value: ...

    def reshape(self, value: Value, shape: Sequence[Extent]) -> Value: ...


class Masks(NamedTuple):
    """Bits of a strided slice, one for each element of its begin: what it is not, or means instead."""

    begin: int = 0
    end: int = 0
    ellipsis: int = 0
    new_axis: int = 0
    shrink_axis: int = 0


def sliced(
    make: Maker, x: Value, starts: Sequence[Extent], sizes: Sequence[Extent], steps: Sequence[int]
) -> Value:
    """A slice of all axes; the value itself if that is all of it."""
    axes = [
        axis
        for axis, extent in enumerate(x.type.shape)
        if steps[axis] != 1 or starts[axis] != 0 or sizes[axis] != extent
    ]
    if not axes:
        return x
    return make.emit(
        "slice",
        x,
        axes=tuple(axes),
        starts=tuple(starts[axis] for axis in axes),
        sizes=tuple(sizes[axis] for axis in axes),
        steps=tuple(steps[axis] for axis in axes),
    )


def sized_slice(make: Maker, x: Value, begin: Sequence[Extent], sizes: Sequence[Extent]) -> Value:
    """From begin, so many elements of each axis; -1: all that are left.

    Raises
    ------
    ModelFormatError
    """
    if not len(begin) == len(sizes) == x.type.rank:
        raise ModelFormatError(f"begin is {list(begin)} and size {list(sizes)} for {x.type}")
    kept = tuple(
        extent - first if size == -1 else size for extent, first, size in zip(x.type.shape, begin, sizes)
    )
    return sliced(make, x, begin, kept, (1,) * x.type.rank)


def strided_slice(
    make: Maker,
    x: Value,
    begin: Sequence[Extent],
    end: Sequence[Extent],
    strides: Sequence[int],
    masks: Masks,
) -> Value:
    """Begins, ends and strides of the first axes, with masks of those that are not meant.

    Raises
    ------
    ModelFormatError
    """
    if not len(begin) == len(end) == len(strides):
        raise ModelFormatError(f"begin is {list(begin)}, end {list(end)} and strides {list(strides)}")
    starts: list[Extent] = [0] * x.type.rank
    sizes, steps, shape = list(x.type.shape), [1] * x.type.rank, []
    axis = 0
    for spec in range(len(begin)):
        if masks.ellipsis >> spec & 1:
            after = sum(not masks.new_axis >> later & 1 for later in range(spec + 1, len(begin)))
            while axis < x.type.rank - after:
                shape.append(x.type.shape[axis])
                axis += 1
        elif masks.new_axis >> spec & 1:
            shape.append(1)
        elif axis >= x.type.rank:
            raise ModelFormatError(f"begin has {len(begin)} elements for {x.type}")
        else:
            starts[axis], sizes[axis], steps[axis] = _window(
                masks, spec, x.type.shape[axis], begin[spec], end[spec], strides[spec]
            )
            shape += [] if masks.shrink_axis >> spec & 1 else [sizes[axis]]
            axis += 1
    return make.reshape(sliced(make, x, starts, sizes, steps), (*shape, *x.type.shape[axis:]))


def _window(
    masks: Masks, spec: int, extent: Extent, begin: Extent, end: Extent, stride: int
) -> tuple[Extent, Extent, int]:
    """Start, size and step along one axis."""
    if stride == 0:
        raise ModelFormatError("a stride is 0")
    from_start, to_end = masks.begin >> spec & 1, masks.end >> spec & 1
    if masks.shrink_axis >> spec & 1:
        begin = 0 if from_start else begin
        start = extent + begin if isinstance(begin, int) and begin < 0 else begin
        if isinstance(start, int) and isinstance(extent, int) and not 0 <= start < extent:
            raise ModelFormatError(f"index {begin} is not in an extent of {extent}")
        return start, 1, 1
    begin = (0 if stride > 0 else FAR) if from_start else begin
    end = (FAR if stride > 0 else -FAR) if to_end else end
    return (*slice_window(extent, begin, end, stride), stride)


def part_sizes(extent: Extent, sizes: Sequence[int]) -> list[Extent]:
    """Sizes of the parts of an axis; one may be -1: what is left.

    Raises
    ------
    ModelFormatError
    """
    if list(sizes).count(-1) > 1 or min(sizes, default=-2) < -1:
        raise ModelFormatError(f"the sizes are {list(sizes)}, expected numbers >= 0 and at most one -1")
    rest = extent - sum(size for size in sizes if size >= 0)
    return [rest if size == -1 else size for size in sizes]


def without_ones(shape: Sequence[Extent], axes: Sequence[int]) -> list[Extent]:
    """A shape without the given axes, whose extents are 1; without all such if none is given.

    Raises
    ------
    ModelFormatError
    """
    gone = axes_of(axes, len(shape)) or tuple(axis for axis, extent in enumerate(shape) if extent == 1)
    wrong = [axis for axis in gone if isinstance(shape[axis], int) and shape[axis] != 1]
    if wrong:
        raise ModelFormatError(f"axis {wrong[0]} of {list(shape)} has not the extent 1")
    return [extent for axis, extent in enumerate(shape) if axis not in gone]


def symmetric_pad(make: Maker, x: Value, before: Sequence[Extent], after: Sequence[Extent]) -> Value:
    """Mirrored behind the outermost elements, so that these come twice.

    Raises
    ------
    UnsupportedOpError
        If an extent is open.
    ModelFormatError
        If there are not as many elements as are to be mirrored.
    """
    for axis, sides in enumerate(zip(before, after)):
        if sides != (0, 0):
            x = _mirrored(make, x, axis, *sides)
    return x


def _mirrored(make: Maker, x: Value, axis: int, before: Extent, after: Extent) -> Value:
    extent = x.type.shape[axis]
    if not isinstance(extent, int) or not isinstance(before, int) or not isinstance(after, int):
        raise UnsupportedOpError(
            "symmetric padding of an open extent is not supported", hint="fix it with input_shapes"
        )
    if not (0 <= before <= extent and 0 <= after <= extent):
        raise ModelFormatError(
            f"it mirrors {before} and {after} elements at the ends of axis {axis}, which has {extent}"
        )
    places = np.arange(-before, extent + after) % (2 * extent)
    mirrored = np.where(places < extent, places, 2 * extent - 1 - places)
    return make.emit("gather", x, make.constant(mirrored, DType.S64), axis=axis)


def reversed_along(make: Maker, x: Value, axes: Sequence[int]) -> Value:
    """The elements of some axes backwards."""
    extents = tuple(x.type.shape[axis] for axis in axes)
    starts = tuple(extent - 1 for extent in extents)
    return make.emit("slice", x, axes=tuple(axes), starts=starts, sizes=extents, steps=(-1,) * len(extents))


def check_blocks(x: Value, blocks: Sequence[int], sides: Sequence[Extent], what: str) -> None:
    """Refuse blocks and paddings or crops that do not fit a tensor or each other."""
    if not 0 < len(blocks) < x.type.rank or len(sides) != 2 * len(blocks) or min(blocks) < 1:
        raise ModelFormatError(
            f"the block shape is {list(blocks)} and its {what} are {list(sides)} for {x.type}"
        )


def space_to_batch(make: Maker, x: Value, blocks: Sequence[int], paddings: Sequence[Extent]) -> Value:
    """Each place in a block becomes an image of its own, in front of those of the batch.

    Parameters
    ----------
    make : Maker
    x : Value
        [batch, axes of the blocks, others].
    blocks : sequence of int
        Extents of a block.
    paddings : sequence of Extent
        Before and after each of these axes, flat.

    Raises
    ------
    ModelFormatError
    """
    check_blocks(x, blocks, paddings, "paddings")
    before, after = paddings[::2], paddings[1::2]
    rest = x.type.shape[1 + len(blocks) :]
    if any(extent != 0 for extent in paddings):
        none: list[Extent] = [0] * len(rest)
        x = make.emit("pad", x, before=(0, *before, *none), after=(0, *after, *none))
    batch, *spatial = x.type.shape[: 1 + len(blocks)]
    if any(isinstance(extent, int) and extent % block for extent, block in zip(spatial, blocks)):
        raise ModelFormatError(f"blocks of {list(blocks)} do not divide the padded {x.type}")
    counts = [floor_div(extent, block) for extent, block in zip(spatial, blocks)]
    pairs = [item for pair in zip(counts, blocks) for item in pair]
    split = make.reshape(x, (batch, *pairs, *rest))
    inner = range(2, 2 + 2 * len(blocks), 2)
    outer = range(1, 1 + 2 * len(blocks), 2)
    moved = make.emit("transpose", split, perm=(*inner, 0, *outer, *_behind(split, len(blocks))))
    return make.reshape(moved, (batch * math.prod(blocks), *counts, *rest))


def batch_to_space(make: Maker, x: Value, blocks: Sequence[int], crops: Sequence[Extent]) -> Value:
    """The inverse of ``space_to_batch``, with crops in place of paddings.

    Raises
    ------
    ModelFormatError
    """
    check_blocks(x, blocks, crops, "crops")
    before, after = crops[::2], crops[1::2]
    batch, *spatial = x.type.shape[: 1 + len(blocks)]
    rest = x.type.shape[1 + len(blocks) :]
    images, count = floor_div(batch, math.prod(blocks)), len(blocks)
    split = make.reshape(x, (*blocks, images, *spatial, *rest))
    pairs = [axis for place in range(count) for axis in (count + 1 + place, place)]
    moved = make.emit("transpose", split, perm=(count, *pairs, *_behind(split, count)))
    whole = (images, *(extent * block for extent, block in zip(spatial, blocks)), *rest)
    y = make.reshape(moved, whole)
    none: list[Extent] = [0] * len(rest)
    sizes = [extent - first - last for extent, first, last in zip(whole[1:], before, after)]
    return sliced(make, y, (0, *before, *none), (images, *sizes, *rest), (1,) * y.type.rank)


def _behind(split: Value, blocks: int) -> range:
    """Axes behind those that blocks divide."""
    return range(1 + 2 * blocks, split.type.rank)


def transposed_side(
    extent: Extent, kernel: int, stride: int, wanted: Extent, *, same: bool
) -> tuple[Extent, Extent, Extent]:
    """What a transposed convolution cuts off before and after a side, and adds behind it, to be of an extent.

    Parameters
    ----------
    extent, wanted : Extent
        Of the input and of the output.
    kernel, stride : int
    same : bool
        Whether the convolution that it inverts pads so that its output is ceil(input / stride).
    """
    total: Extent = 0
    if same:
        total = maximum((ceil_div(wanted, stride) - 1) * stride + kernel - wanted, 0)
    before = floor_div(total, 2)
    missing = wanted - ((extent - 1) * stride + kernel - total)
    return before, total - before + maximum(missing * -1, 0), maximum(missing, 0)
