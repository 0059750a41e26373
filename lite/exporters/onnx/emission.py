# SPDX-License-Identifier: Apache-2.0
"""Emission: one node of ours as a rule sees it that writes it in ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lite.errors import UnsupportedOpError
from lite.exporters.onnx.writer import Writer
from lite.ir import DType, Extent, Node, TensorType, Value
from lite.ops._weights import place_of, scale_position

FIX = "fix them with input_shape (--input_shape name:1,3,224,224)"


class Emission:
    """A node being written.

    Attributes
    ----------
    node : Node
    op : Any
        The node's op, whose attributes a rule reads.
    """

    def __init__(self, writer: Writer, node: Node) -> None:
        self.writer = writer
        self.node = node
        self.op: Any = node.op

    # What is read ---------------------------------------------------------------------------------

    def need(self, position: int) -> Value:
        """An input that is there."""
        value = self.node.input(position)
        if value is None:
            raise UnsupportedOpError(f"input {position} is left out")
        return value

    def type(self, position: int = 0) -> TensorType:
        return self.need(position).type

    def input(self, position: int) -> str | None:
        """The tensor of an input, or None if it is left out."""
        value = self.node.input(position)
        return None if value is None else self.writer.value(value)

    def inputs(self) -> list[str | None]:
        return [self.input(position) for position in range(len(self.node.inputs))]

    def weights(self, position: int) -> str:
        """Weights as floats: integers with scales of their own go through DequantizeLinear."""
        w = self.need(position)
        at = scale_position(self.op)
        scale = self.node.input(at)
        if scale is None:
            return self.writer.value(w)
        place = place_of(self.op, w.type.rank)
        assert place is not None
        if scale.array is None or (place.groups > 1 and w.array is None):
            raise UnsupportedOpError("the scales of its weights are computed")
        scales = scale.array.astype(np.float32)
        if place.groups > 1 and w.array is not None:  # no axis of the weights has these scales
            return self.constant(w.array * place.spread(scales, w.array.shape))
        axis = place.axis if scales.ndim else None
        return self.emit("DequantizeLinear", self.writer.value(w), self.constant(scales), axis=axis)

    # What is written ------------------------------------------------------------------------------

    def emit(self, op: str, *inputs: str | None, dtype: DType | None = None, **attributes: Any) -> str:
        """The only output of a new ONNX node; ``dtype`` says its type to the nodes that read it."""
        return self.writer.emit(op, inputs, self.node.name, dtype=dtype, **attributes)[0]

    def emit_all(self, op: str, count: int, *inputs: str | None, **attributes: Any) -> list[str]:
        return self.writer.emit(op, inputs, self.node.name, count, **attributes)

    def constant(self, array: Any, dtype: DType | None = None) -> str:
        array = np.asarray(array, None if dtype is None else dtype.numpy)
        return self.writer.constant(array, f"{self.node.name}/constant")

    def like(self, number: Any, position: int = 0) -> str:
        """A number of the type of an input."""
        return self.constant(number, self.type(position).dtype)

    def extents(self, extents: Sequence[Extent]) -> str:
        """Extents as int64[n]."""
        return self.writer.extents(extents, self.node.name)

    def ints(self, extents: Sequence[Extent], what: str) -> list[int]:
        """Extents for an attribute, which cannot be computed.

        Raises
        ------
        UnsupportedOpError
            If they depend on the inputs' extents.
        """
        if not all(isinstance(extent, int) for extent in extents):
            raise UnsupportedOpError(f"its {what} depend on the inputs' extents", hint=FIX)
        return [int(extent) for extent in extents]

    def reshape(self, x: str, shape: Sequence[Extent], given: Sequence[Extent] = ()) -> str:
        """A tensor in another shape; ``given`` is the shape that it has."""
        return self.emit("Reshape", x, self._reshaped(shape, given))

    def _reshaped(self, shape: Sequence[Extent], given: Sequence[Extent]) -> str:
        """The shape, with 0 for open extents that stay in place and -1 for the one that is left."""
        if 0 not in shape:
            words = list(shape)
            for axis, (extent, there) in enumerate(zip(shape, given)):
                if not isinstance(extent, int) and extent == there:
                    words[axis] = 0
            open_axes = [axis for axis, extent in enumerate(words) if not isinstance(extent, int)]
            if len(open_axes) == 1:
                words[open_axes[0]] = -1
            if len(open_axes) <= 1:
                return self.extents(words)
        return self.extents(shape)

    def with_axis(self, x: str, rank: int, axis: int, wanted: int) -> tuple[str, list[int]]:
        """A tensor with an axis moved to where an ONNX op wants it, and the transpose that undoes it."""
        perm = [other for other in range(rank) if other != axis]
        perm.insert(wanted, axis)
        if perm == list(range(rank)):
            return x, perm
        return self.emit("Transpose", x, perm=perm), [perm.index(other) for other in range(rank)]

    def back(self, y: str, perm: list[int]) -> str:
        return y if perm == sorted(perm) else self.emit("Transpose", y, perm=perm)
