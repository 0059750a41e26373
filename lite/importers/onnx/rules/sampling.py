# SPDX-License-Identifier: Apache-2.0
"""GridSample in any number of spatial axes, by gathering the neighbours of each point."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.onnx.call import Call
from lite.ir import DType, Value
from lite.ir.dim import product

MODES = {"nearest": "nearest", "bilinear": "linear", "linear": "linear", "bicubic": "cubic", "cubic": "cubic"}
PADDINGS = ("zeros", "border", "reflection")
KEYS = -0.75  # of cubic convolution (Keys 1981)


@dataclass
class Tap:
    """One neighbour along an axis, for every point: where it lies, and what it weighs (None: 1)."""

    index: Value
    weight: Value | None


class Sampler:
    """Emits the arithmetic of one axis; all tensors are [batch, points]."""

    def __init__(self, call: Call, extent: int) -> None:
        self.call = call
        self.extent = extent
        self.padding = call.text("padding_mode", "zeros")
        self.mode = MODES.get(call.text("mode", "linear"), "")
        self.aligned = bool(call.int("align_corners", 0))
        if self.padding not in PADDINGS or not self.mode:
            raise ModelFormatError(
                f"mode is {call.text('mode', 'linear')!r} and padding_mode {self.padding!r}"
            )

    def binary(self, op: str, a: Value, number: float) -> Value:
        return self.call.emit(op, a, self.call.like(number, a))

    def taps(self, grid: Value) -> list[Tap]:
        """Neighbours of points given in [-1, 1]."""
        place = self._place(grid)
        if self.mode == "nearest":
            place = self.call.emit("round", place)
        if self.mode != "cubic" and self.padding == "border":
            place = self._clipped(place)
        elif self.mode != "cubic" and self.padding == "reflection":
            place = self._reflected(place)
        if self.mode == "nearest":
            return [self._tap(place, None)]
        below = self.call.emit("floor", place)
        rest = self.call.emit("sub", place, below)
        if self.mode == "linear":
            weights, first = [self._one_minus(rest), rest], 0
        else:
            weights, first = self._cubic_weights(rest), -1
        return [self._tap(self.binary("add", below, first + number), weight)
                for number, weight in enumerate(weights)]  # fmt: skip

    def _place(self, grid: Value) -> Value:
        """Coordinates in elements of the axis."""
        shifted = self.binary("add", grid, 1.0)
        if self.aligned:
            return self.binary("mul", shifted, (self.extent - 1) / 2)
        return self.binary("sub", self.binary("mul", shifted, self.extent / 2), 0.5)

    def _clipped(self, place: Value) -> Value:
        return self.call.emit("clip", place, lo=0.0, hi=float(self.extent - 1))

    def _reflected(self, place: Value) -> Value:
        """Mirrored at the borders until inside: a triangle wave."""
        low, span = (0.0, self.extent - 1.0) if self.aligned else (-0.5, float(self.extent))
        if span == 0:
            return self.binary("mul", place, 0.0)
        away = self.call.emit("abs", self.binary("sub", place, low))
        phase = self.call.emit("mod", away, self.call.like(2 * span, away), fmod=True)
        fold = self.call.emit("abs", self.binary("sub", phase, span))
        return self.call.emit("sub", self.call.like(low + span, fold), fold)

    def _one_minus(self, rest: Value) -> Value:
        return self.call.emit("sub", self.call.like(1.0, rest), rest)

    def _cubic_weights(self, rest: Value) -> list[Value]:
        back = self._one_minus(rest)
        return [self._far(rest), self._near(rest), self._near(back), self._far(back)]

    def _near(self, d: Value) -> Value:
        """((a + 2) d - (a + 3)) d d + 1, for distances up to 1."""
        inner = self.binary("sub", self.binary("mul", d, KEYS + 2), KEYS + 3)
        return self.binary("add", self.call.emit("mul", inner, self.call.emit("mul", d, d)), 1.0)

    def _far(self, d: Value) -> Value:
        """a (((e - 5) e + 8) e - 4) with e = d + 1, for distances from 1 to 2."""
        e = self.binary("add", d, 1.0)
        inner = self.binary("add", self.call.emit("mul", self.binary("sub", e, 5.0), e), 8.0)
        return self.binary("mul", self.binary("sub", self.call.emit("mul", inner, e), 4.0), KEYS)

    def _tap(self, place: Value, weight: Value | None) -> Tap:
        """A neighbour brought inside; one outside weighs nothing if the padding is zeros."""
        inside = self._clipped(self._reflected(place) if self.padding == "reflection" else place)
        if self.padding == "zeros":
            there = self.call.emit("cast", self.call.emit("equal", inside, place), to=place.type.dtype)
            weight = there if weight is None else self.call.emit("mul", weight, there)
        return Tap(self.call.emit("cast", self.call.emit("round", inside), to=DType.S64), weight)


def grid_sample(call: Call) -> Value:
    x, grid = call.need(0), call.need(1)
    spatial = x.type.shape[2:]
    extents = [extent for extent in spatial if isinstance(extent, int)]
    if len(extents) < len(spatial):
        raise UnsupportedOpError("sampling from open extents is not supported",
                                 hint="fix them with input_shapes")  # fmt: skip
    if not extents or grid.type.rank != x.type.rank or grid.type.shape[-1] != len(extents) or 0 in extents:
        raise ModelFormatError(f"the grid is {grid.type} for an input of {x.type}")
    points = product(grid.type.shape[1:-1])
    rows = call.reshape(grid, (grid.type.shape[0], points, len(extents)))
    axes = []
    for axis, extent in enumerate(extents):  # the grid's last axis counts from the last axis of x
        column = call.emit("gather", rows, call.constant(len(extents) - 1 - axis, DType.S64), axis=2)
        axes.append(Sampler(call, extent).taps(column))
    result = _summed(call, x, axes, extents)
    return call.reshape(result, (*x.type.shape[:2], *grid.type.shape[1:-1]))


def _summed(call: Call, x: Value, axes: Sequence[Sequence[Tap]], extents: Sequence[int]) -> Value:
    """Sum over all combinations of neighbours of the element times the product of the weights."""
    flat = call.reshape(x, (*x.type.shape[:2], product(tuple(extents))))
    total: Value | None = None
    for taps in itertools.product(*axes):
        index, weight = taps[0].index, taps[0].weight
        for tap, extent in zip(taps[1:], extents[1:]):
            index = call.emit("add", call.emit("mul", index, call.like(extent, index)), tap.index)
            weight = (
                tap.weight if weight is None or tap.weight is None else call.emit("mul", weight, tap.weight)
            )
        picked = _picked(call, flat, index)
        if weight is not None:
            picked = call.emit("mul", picked, call.emit("unsqueeze", weight, axes=(1,)))
        total = picked if total is None else call.emit("add", total, picked)
    assert total is not None
    return total


def _picked(call: Call, flat: Value, index: Value) -> Value:
    """Elements [batch, channels, points] of [batch, channels, elements] at [batch, points]."""
    channels = flat.type.shape[1]
    index = call.emit("unsqueeze", index, axes=(1,))
    index = call.emit("expand", index, shape=(index.type.shape[0], channels, index.type.shape[2]))
    return call.emit("gather_elements", flat, index, axis=2)


RULES = {"GridSample": grid_sample}
