# SPDX-License-Identifier: Apache-2.0
"""Checks and rules on extents that several ops share; they pass what only running can decide."""

from __future__ import annotations

from lite.errors import ShapeError
from lite.ir.dim import Extent, ceil_div, floor_div, minimum
from lite.ir.types import TensorType

SPATIAL_AXES = {"nchw": (2, 3), "nhwc": (1, 2)}


def differ(left: Extent, right: Extent) -> bool:
    """True if two extents are known to differ."""
    return isinstance(left, int) and isinstance(right, int) and left != right


def check_axis(axis: int, rank: int, what: str = "axis") -> None:
    """Refuse an axis outside of [0, rank)."""
    if not 0 <= axis < rank:
        raise ShapeError(f"{what} is {axis}, expected 0 <= {what} < {rank}")


def check_choice(what: str, found: str, allowed: tuple[str, ...]) -> None:
    """Refuse an attribute that is none of the allowed words."""
    if found not in allowed:
        raise ShapeError(f"{what} is {found!r}, expected one of {', '.join(allowed)}")


def spatial_axes(x: TensorType, layout: str) -> tuple[int, int]:
    """Axes of height and width of a 4-D tensor."""
    check_choice("layout", layout, tuple(SPATIAL_AXES))
    if x.rank != 4:
        raise ShapeError(f"the input is {x}, expected 4 axes ({layout})")
    return SPATIAL_AXES[layout]


def channel_axis(layout: str) -> int:
    """Axis of the channels of a 4-D tensor."""
    return 1 if layout == "nchw" else 3


def replaced(shape: tuple[Extent, ...], changes: dict[int, Extent]) -> tuple[Extent, ...]:
    """The shape with the extents of some axes changed."""
    return tuple(changes.get(axis, extent) for axis, extent in enumerate(shape))


def window_count(extent: Extent, window: int, stride: int, before: Extent, after: Extent,
                 ceil_mode: bool) -> Extent:
    """How many windows fit along an axis.

    With ``ceil_mode`` the last window may hang over the end, but it starts inside the input or the
    padding before it.
    """
    room = extent + before + after - window
    if not ceil_mode:
        return floor_div(room, stride) + 1
    return minimum(ceil_div(room, stride), floor_div(extent + before - 1, stride)) + 1
