# SPDX-License-Identifier: Apache-2.0
"""channel_shuffle: channel (group, position) of an axis becomes (position, group)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Op, Quant, Rename, TensorType
from lite.ir.quant import ACTIVATIONS
from lite.ops._extents import check_axis


class ChannelShuffle(Op, name="channel_shuffle", quant=Quant.SAME):
    groups: int
    axis: int = 1
    imports = (Rename("paddle", "shuffle_channel", groups="group"),)

    def infer(self, x: TensorType) -> TensorType:
        check_axis(self.axis, x.rank)
        channels = x.shape[self.axis]
        if self.groups < 1 or (isinstance(channels, int) and channels % self.groups):
            raise ShapeError(f"{channels} channels do not divide into {self.groups} groups")
        return x

    def reference(self, x: np.ndarray) -> np.ndarray:
        before, after = x.shape[:self.axis], x.shape[self.axis + 1:]
        grouped = x.reshape((*before, self.groups, x.shape[self.axis] // self.groups, *after))
        return np.swapaxes(grouped, self.axis, self.axis + 1).reshape(x.shape)

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        yield cls(2), [TensorType((2, 6, 3, 4))]
        yield cls(2, axis=3), [TensorType((1, 5, 6, 58))]
        yield cls(3, axis=3), [TensorType((1, 3, 2, 12), DType.S8)]
        for dtype in ACTIVATIONS:
            yield cls(2, axis=3), [TensorType((1, 5, 6, 58), dtype)]
