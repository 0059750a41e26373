# SPDX-License-Identifier: Apache-2.0
"""BaseCall: a foreign op as a rule sees it, and what is known of its inputs; Answers: how a rule answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers import _stored
from lite.importers._emitter import Emitter
from lite.ir import DType, Extent, Value


class Answers:
    """How a rule answers: new nodes of ours, and values in other forms.

    Attributes
    ----------
    emitter : Emitter
    name : str
        Of the nodes that are made.
    """

    def __init__(self, emitter: Emitter, name: str) -> None:
        self.emitter = emitter
        self.name = name

    def emit(self, op: str, *inputs: Value | None, **attributes: Any) -> Value:
        """The only output of a new node of ours."""
        return self.emitter.emit(op, *inputs, name=self.name, **attributes)

    def emit_all(self, op: str, *inputs: Value | None, **attributes: Any) -> tuple[Value, ...]:
        """All outputs of a new node of ours."""
        return self.emitter.emit_all(op, inputs, name=self.name, **attributes)

    def emit_single(self, op: str, *inputs: Value | None, **attributes: Any) -> Value:
        """``emit`` for products and convolutions: what comes in 64-bit floats is computed in 32 bits."""
        if inputs[0] is None or inputs[0].type.dtype is not DType.F64:
            return self.emit(op, *inputs, **attributes)
        narrow = [None if value is None else self.emit("cast", value, to=DType.F32) for value in inputs]
        return self.emit("cast", self.emit(op, *narrow, **attributes), to=DType.F64)

    def constant(self, array: Any, dtype: DType | None = None) -> Value:
        """A new constant."""
        return self.emitter.constant(array, None if dtype is None else dtype.numpy, self.name)

    def like(self, number: Any, value: Value) -> Value:
        """A constant of rank 0 of the type of a value."""
        return self.constant(number, value.type.dtype)

    def reshape(self, value: Value, shape: Sequence[Extent]) -> Value:
        """The value in another shape; itself if it has that shape."""
        if value.type.shape == tuple(shape):
            return value
        stored = _stored.reshaped(self.emitter.graph, value, shape) if _stored.is_stored(value) else None
        return self.emit("reshape", value, shape=tuple(shape)) if stored is None else stored

    def transpose(self, value: Value, perm: Sequence[Any]) -> Value:
        """The value with its axes permuted; weights stored as integers stay so."""
        if _stored.is_stored(value):
            return _stored.transposed(self.emitter.graph, value, perm)
        return self.emit("transpose", value, perm=tuple(perm))

    def cast(self, value: Value, dtype: DType) -> Value:
        """The value in another element type; itself if it has that."""
        return value if value.type.dtype is dtype else self.emit("cast", value, to=dtype)


class KnownInputs(Answers):
    """What is known of a foreign op's inputs before it runs.

    Attributes
    ----------
    shape_shown : str
        Of an input, in hints: as the format lays out images.
    """

    shape_shown = "1,3,224,224"

    def stored(self, position: int) -> Value:
        """An input that must be there, as the file has it."""
        raise NotImplementedError

    def array(self, position: int) -> np.ndarray | None:
        """Content of an input if it is known at import, else None."""
        raise NotImplementedError

    def fixed(self, position: int, what: str) -> np.ndarray:
        """Content of an input that must be known at import."""
        array = self.array(position)
        if array is None:
            raise self.depends_on_data(position, what)
        return array

    def extents(self, position: int, what: str) -> tuple[Extent, ...]:
        """Content of an input as ints and formulas over the extents of the model's inputs."""
        found = self.emitter.contents.extents(self.stored(position))
        if found is None:
            raise self.depends_on_data(position, what)
        return found

    def ints(self, position: int, what: str) -> tuple[int, ...]:
        """Content of an input as plain ints."""
        found = self.extents(position, what)
        if not all(isinstance(extent, int) for extent in found):
            raise UnsupportedOpError(
                f"its {what} depends on extents of the model's inputs",
                hint=f"fix them with input_shapes (--input_shape name:{self.shape_shown})",
            )
        return tuple(int(extent) for extent in found)

    def single(self, position: int, what: str) -> int:
        """Content of an input that is one plain int."""
        found = self.ints(position, what)
        if len(found) != 1:
            raise ModelFormatError(f"its {what} has {len(found)} elements, expected 1")
        return found[0]

    def extent(self, position: int, what: str) -> Extent:
        """Content of an input that holds one int or formula."""
        found = self.extents(position, what)
        if len(found) != 1:
            raise ModelFormatError(f"its {what} has {len(found)} elements, expected 1")
        return found[0]

    def number(self, position: int, what: str) -> Any:
        """Content of an input that holds one number and must be known at import."""
        found = self.fixed(position, what)
        if found.size != 1:
            raise ModelFormatError(f"its {what} has {found.size} elements, expected 1")
        return found.reshape(-1)[0]

    def depends_on_data(self, position: int, what: str) -> UnsupportedOpError:
        """The refusal of a node whose shapes would depend on the content of an input."""
        value = self.stored(position)
        hint = (
            f"give its content: freeze_inputs={{{value.name!r}: array}}"
            if value in self.emitter.graph.inputs
            else "replace the computation of it by a constant"
        )
        return UnsupportedOpError(f"its {what} is computed from data and known only when running", hint=hint)


class BaseCall(KnownInputs):
    """A foreign op being imported.

    Attributes
    ----------
    inputs : list of Value or None
        None: left out.
    """

    def __init__(self, emitter: Emitter, name: str, inputs: list[Value | None]) -> None:
        super().__init__(emitter, name)
        self.inputs = inputs

    def input(self, position: int) -> Value | None:
        """An input, or None if it is left out."""
        return self.inputs[position] if position < len(self.inputs) else None

    def need(self, position: int) -> Value:
        """An input that must be there."""
        value = self.input(position)
        if value is None:
            raise ModelFormatError(f"input {position} is missing")
        return value

    def array(self, position: int) -> np.ndarray | None:
        """Content of an input if it is known at import, else None."""
        value = self.input(position)
        return None if value is None else self.emitter.contents.array(value)

    def stored(self, position: int) -> Value:
        return self.need(position)
