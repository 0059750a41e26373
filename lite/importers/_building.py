# SPDX-License-Identifier: Apache-2.0
"""What importers share: shapes, windows and pads from foreign conventions to ours."""

from __future__ import annotations

from collections.abc import Sequence

from lite.errors import ModelFormatError
from lite.ir import Dim, Extent
from lite.ir.dim import ceil_div, floor_div, maximum, minimum, product


def axis_of(axis: int, rank: int, *, last: int | None = None) -> int:
    """A foreign axis (negative counts from the end) as ours.

    Parameters
    ----------
    axis, rank : int
    last : int, optional
        Greatest axis allowed; rank - 1 if left out.

    Raises
    ------
    ModelFormatError
    """
    last = rank - 1 if last is None else last
    found = axis + rank if axis < 0 else axis
    if not 0 <= found <= last:
        raise ModelFormatError(f"axis {axis} is out of range for rank {rank}")
    return found


def axes_of(axes: Sequence[int], rank: int) -> tuple[int, ...]:
    """Foreign axes as ours, in the order given.

    Raises
    ------
    ModelFormatError
        If one is out of range or named twice.
    """
    found = tuple(axis_of(int(axis), rank) for axis in axes)
    if len(set(found)) != len(found):
        raise ModelFormatError(f"axes {tuple(axes)} name one axis twice")
    return found


def new_shape(
    wanted: Sequence[Extent], shape: Sequence[Extent], *, zero_copies: bool = True
) -> tuple[Extent, ...]:
    """The shape a foreign reshape asks for: 0 copies the input's extent (if it does), one -1 is computed.

    Raises
    ------
    ModelFormatError
    """
    extents: list[Extent] = []
    for position, extent in enumerate(wanted):
        if isinstance(extent, int) and extent == 0 and zero_copies:
            if position >= len(shape):
                raise ModelFormatError(
                    f"shape {list(wanted)} copies extent {position}, but the input has rank {len(shape)}"
                )
            extent = shape[position]
        extents.append(extent)
    unknown = [position for position, extent in enumerate(extents) if isinstance(extent, int) and extent < 0]
    if len(unknown) > 1 or any(extents[position] != -1 for position in unknown):
        raise ModelFormatError(f"shape {list(wanted)} is not one: at most one -1 may stand in it")
    if unknown:
        known = [extent for position, extent in enumerate(extents) if position != unknown[0]]
        if 0 in known:
            raise ModelFormatError(f"shape {list(wanted)} leaves -1 undecided: another extent is 0")
        extents[unknown[0]] = _quotient(list(shape), known)
    return tuple(extents)


def _quotient(numerator: list[Extent], denominator: list[Extent]) -> Extent:
    """Quotient of the products; factors on both sides cancel before dividing."""
    rest: list[Extent] = []
    for extent in denominator:
        if isinstance(extent, Dim) and extent in numerator:
            numerator.remove(extent)
        else:
            rest.append(extent)
    return floor_div(product(tuple(numerator)), product(tuple(rest)))


def slice_window(extent: Extent, start: Extent, end: Extent, step: int) -> tuple[Extent, Extent]:
    """Normalised start (>= 0) and number of elements of a Python-like slice of an axis.

    Parameters
    ----------
    extent : Extent
        Of the axis.
    start, end : Extent
        Negative ints count from the end; beyond the axis is clamped; formulas are taken as >= 0.
    step : int
        Not 0.
    """
    if isinstance(extent, int) and isinstance(start, int) and isinstance(end, int):
        indices = range(extent)[start:end:step]
        return (indices.start if len(indices) else 0), len(indices)
    if step > 0:
        first = _clamped(start, extent, 0, extent)
        last = _clamped(end, extent, 0, extent)
        size = ceil_div(last - first, step)
    else:
        first = _clamped(start, extent, -1, extent - 1)
        last = _clamped(end, extent, -1, extent - 1)
        size = ceil_div(first - last, -step)
    ordered = isinstance(start, int) and isinstance(end, int) and (start < 0) == (end < 0)
    if first == 0 or (ordered and (end - start) * step >= 0):
        return first, size  # which cannot be negative
    return first, maximum(size, 0)


FAR = 1 << 31  # exporters write INT32_MAX, INT64_MAX or their negatives for "to the end"


def _clamped(position: Extent, extent: Extent, low: Extent, high: Extent) -> Extent:
    if isinstance(position, int):
        if position >= FAR - 1:
            return high
        if position <= 1 - FAR:
            return low
        if position == 0 and low == 0:
            return 0
        if position < 0:
            return maximum(extent + position, low)
    if position == extent:
        return high
    return minimum(position, high)


def same_pads(
    extent: Extent, kernel: int, stride: int, dilation: int = 1, *, lower: bool = False
) -> tuple[Extent, Extent]:
    """Pads (before, after) of an axis for which output = ceil(input / stride).

    Parameters
    ----------
    lower : bool
        Where an odd total puts its greater half: before if true, else after.
    """
    reach = (kernel - 1) * dilation + 1
    total = maximum((ceil_div(extent, stride) - 1) * stride + reach - extent, 0)
    small = floor_div(total, 2)
    return (total - small, small) if lower else (small, total - small)
