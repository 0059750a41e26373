# SPDX-License-Identifier: Apache-2.0
"""channel_shuffle: channel (group, position) of an axis becomes (position, group); or a run of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Op, Quant, Rename, TensorType
from lite.ir.quant import ACTIVATIONS
from lite.ops._extents import check_axis, replaced


class ChannelShuffle(Op, name="channel_shuffle", quant=Quant.SAME):
    groups: int
    axis: int = 1
    begin: int = 0  # the first of the shuffled channels that is wanted, and how many; whole groups
    size: int = 0  # 0: all from the first on
    imports = (Rename("paddle", "shuffle_channel", groups="group"),)

    def infer(self, x: TensorType) -> TensorType:
        check_axis(self.axis, x.rank)
        channels = x.shape[self.axis]
        if self.groups < 1 or (isinstance(channels, int) and channels % self.groups):
            raise ShapeError(f"{channels} channels do not divide into {self.groups} groups")
        if self.begin < 0 or self.size < 0 or self.begin % self.groups or self.size % self.groups:
            raise ShapeError(f"{self.size} channels from {self.begin} on are no whole groups of "
                             f"{self.groups}")
        size = self.size or channels - self.begin
        if isinstance(channels, int) and not 0 <= self.begin <= self.begin + int(size) <= channels:
            raise ShapeError(f"{size} channels from {self.begin} on are wanted of {channels}")
        return x.with_shape(replaced(x.shape, {self.axis: size}))

    def reference(self, x: np.ndarray) -> np.ndarray:
        before, after = x.shape[:self.axis], x.shape[self.axis + 1:]
        grouped = x.reshape((*before, self.groups, x.shape[self.axis] // self.groups, *after))
        shuffled = np.swapaxes(grouped, self.axis, self.axis + 1).reshape(x.shape)
        wanted = slice(self.begin, self.begin + (self.size or x.shape[self.axis] - self.begin))
        return np.ascontiguousarray(shuffled[(slice(None),) * self.axis + (wanted,)])

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        yield cls(2), [TensorType((2, 6, 3, 4))]
        yield cls(2, axis=3), [TensorType((1, 5, 6, 58))]
        yield cls(3, axis=3), [TensorType((1, 3, 2, 12), DType.S8)]
        yield cls(2, begin=2, size=4), [TensorType((2, 8, 3, 4))]
        yield cls(3, axis=3, begin=6), [TensorType((1, 3, 2, 12), DType.S8)]
        for dtype in ACTIVATIONS:
            yield cls(2, axis=3, begin=58, size=58), [TensorType((1, 5, 6, 116), dtype)]
            yield cls(2, axis=3), [TensorType((1, 5, 6, 58), dtype)]
