# SPDX-License-Identifier: Apache-2.0
"""Samples between elements, in any number of spatial axes, by gathering the neighbours of each point."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._moves import Maker
from lite.ir import DType, Extent, Value
from lite.ir.dim import product

MODES = ("nearest", "linear", "cubic")
PADDINGS = ("zeros", "border", "reflection")
KEYS = -0.75  # of cubic convolution (Keys 1981)


@dataclass
class Tap:
    """One neighbour along an axis, for every point: where it lies, and what it weighs (None: 1)."""

    index: Value
    weight: Value | None


class Sampler:
    """Emits the arithmetic of one axis; all tensors are [batch, points].

    Parameters
    ----------
    make : Maker
    extent : int
        Of the axis.
    mode : {"nearest", "linear", "cubic"}
    padding : {"zeros", "border", "reflection"}
        What lies outside.
    aligned : bool
        Whether -1 and 1 are the centres of the first and last element, or their outer edges.

    Raises
    ------
    ModelFormatError
        If mode or padding is another one.
    """

    def __init__(self, make: Maker, extent: int, mode: str, padding: str, aligned: bool) -> None:
        if padding not in PADDINGS or mode not in MODES:
            raise ModelFormatError(f"the mode is {mode!r} and what lies outside {padding!r}, expected one of "
                                   f"{', '.join(MODES)} and of {', '.join(PADDINGS)}")  # fmt: skip
        self.make = make
        self.extent = extent
        self.padding = padding
        self.mode = mode
        self.aligned = aligned

    def like(self, number: float, value: Value) -> Value:
        return self.make.constant(np.array(number), value.type.dtype)

    def binary(self, op: str, a: Value, number: float) -> Value:
        return self.make.emit(op, a, self.like(number, a))

    def place(self, grid: Value) -> Value:
        """Points given in [-1, 1] in elements of the axis."""
        shifted = self.binary("add", grid, 1.0)
        if self.aligned:
            return self.binary("mul", shifted, (self.extent - 1) / 2)
        return self.binary("sub", self.binary("mul", shifted, self.extent / 2), 0.5)

    def taps(self, place: Value) -> list[Tap]:
        """Neighbours of points given in elements of the axis."""
        if self.mode == "nearest":
            place = self.make.emit("round", place)
        if self.mode != "cubic" and self.padding == "border":
            place = self._clipped(place)
        elif self.mode != "cubic" and self.padding == "reflection":
            place = self._reflected(place)
        if self.mode == "nearest":
            return [self._tap(place, None)]
        below = self.make.emit("floor", place)
        rest = self.make.emit("sub", place, below)
        if self.mode == "linear":
            weights, first = [self._one_minus(rest), rest], 0
        else:
            weights, first = self._cubic_weights(rest), -1
        return [self._tap(self.binary("add", below, first + number), weight)
                for number, weight in enumerate(weights)]  # fmt: skip

    def _clipped(self, place: Value) -> Value:
        return self.make.emit("clip", place, lo=0.0, hi=float(self.extent - 1))

    def _reflected(self, place: Value) -> Value:
        """Mirrored at the borders until inside: a triangle wave."""
        low, span = (0.0, self.extent - 1.0) if self.aligned else (-0.5, float(self.extent))
        if span == 0:
            return self.binary("mul", place, 0.0)
        away = self.make.emit("abs", self.binary("sub", place, low))
        phase = self.make.emit("mod", away, self.like(2 * span, away), fmod=True)
        fold = self.make.emit("abs", self.binary("sub", phase, span))
        return self.make.emit("sub", self.like(low + span, fold), fold)

    def _one_minus(self, rest: Value) -> Value:
        return self.make.emit("sub", self.like(1.0, rest), rest)

    def _cubic_weights(self, rest: Value) -> list[Value]:
        back = self._one_minus(rest)
        return [self._far(rest), self._near(rest), self._near(back), self._far(back)]

    def _near(self, d: Value) -> Value:
        """((a + 2) d - (a + 3)) d d + 1, for distances up to 1."""
        inner = self.binary("sub", self.binary("mul", d, KEYS + 2), KEYS + 3)
        return self.binary("add", self.make.emit("mul", inner, self.make.emit("mul", d, d)), 1.0)

    def _far(self, d: Value) -> Value:
        """a (((e - 5) e + 8) e - 4) with e = d + 1, for distances from 1 to 2."""
        e = self.binary("add", d, 1.0)
        inner = self.binary("add", self.make.emit("mul", self.binary("sub", e, 5.0), e), 8.0)
        return self.binary("mul", self.binary("sub", self.make.emit("mul", inner, e), 4.0), KEYS)

    def _tap(self, place: Value, weight: Value | None) -> Tap:
        """A neighbour brought inside; one outside weighs nothing if the padding is zeros."""
        inside = self._clipped(self._reflected(place) if self.padding == "reflection" else place)
        if self.padding == "zeros":
            there = self.make.emit("cast", self.make.emit("equal", inside, place), to=place.type.dtype)
            weight = there if weight is None else self.make.emit("mul", weight, there)
        return Tap(self.make.emit("cast", self.make.emit("round", inside), to=DType.S64), weight)


def grid_sample(make: Maker, x: Value, grid: Value, mode: str, padding: str, *, aligned: bool) -> Value:
    """Samples of x [batch, channels, spatial...] at the points of a grid [batch, ..., spatial axes]."""
    extents = known_extents(x)
    if not extents or grid.type.rank != x.type.rank or grid.type.shape[-1] != len(extents) or 0 in extents:
        raise ModelFormatError(f"the grid is {grid.type} for an input of {x.type}")
    points = product(grid.type.shape[1:-1])
    rows = make.reshape(grid, (grid.type.shape[0], points, len(extents)))
    axes = []
    for axis, extent in enumerate(extents):  # the grid's last axis counts from the last axis of x
        from_last = make.constant(np.array(len(extents) - 1 - axis), DType.S64)
        column = make.emit("gather", rows, from_last, axis=2)
        sampler = Sampler(make, extent, mode, padding, aligned)
        axes.append(sampler.taps(sampler.place(column)))
    return make.reshape(summed(make, x, axes), (*x.type.shape[:2], *grid.type.shape[1:-1]))


def known_extents(x: Value) -> tuple[int, ...]:
    """Extents of the spatial axes of an input that is sampled."""
    spatial = x.type.shape[2:]
    extents = tuple(extent for extent in spatial if isinstance(extent, int))
    if len(extents) < len(spatial):
        raise UnsupportedOpError("sampling from open extents is not supported",
                                 hint="fix them with input_shapes")  # fmt: skip
    return extents


def summed(make: Maker, x: Value, axes: Sequence[Sequence[Tap]]) -> Value:
    """Sum over all combinations of neighbours of the element times the weights: [batch, channels, points]."""
    extents: tuple[Extent, ...] = x.type.shape[2:]
    flat = make.reshape(x, (*x.type.shape[:2], product(extents)))
    total: Value | None = None
    for taps in itertools.product(*axes):
        index, weight = taps[0].index, taps[0].weight
        for tap, extent in zip(taps[1:], extents[1:]):
            scaled = make.emit("mul", index, make.constant(np.array(extent), DType.S64))
            index = make.emit("add", scaled, tap.index)
            weight = (
                tap.weight if weight is None or tap.weight is None else make.emit("mul", weight, tap.weight)
            )
        picked = _picked(make, flat, index)
        if weight is not None:
            picked = make.emit("mul", picked, make.emit("unsqueeze", weight, axes=(1,)))
        total = picked if total is None else make.emit("add", total, picked)
    assert total is not None
    return total


def _picked(make: Maker, flat: Value, index: Value) -> Value:
    """Elements [batch, channels, points] of [batch, channels, elements] at [batch, points]."""
    channels = flat.type.shape[1]
    index = make.emit("unsqueeze", index, axes=(1,))
    index = make.emit("expand", index, shape=(index.type.shape[0], channels, index.type.shape[2]))
    return make.emit("gather_elements", flat, index, axis=2)

