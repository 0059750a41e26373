# SPDX-License-Identifier: Apache-2.0
"""One foreign op being imported: typed attributes, inputs by slot, and nodes added in its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Union

import numpy as np

from lite import ops
from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers import _stored
from lite.importers.paddle.program import Operator, Program, SubBlock, VariableName
from lite.ir import Builder, DType, Extent, Graph, Value
from lite.ir.contents import Contents

Given = Union[Value, Sequence[Value], Mapping[str, Union[Value, Sequence[Value]]]]

# Paddle's element types as ours: every float is computed as f32.
_DTYPES = {
    0: DType.BOOL,
    1: DType.S16,
    2: DType.S32,
    3: DType.S64,
    4: DType.F32,
    5: DType.F32,
    6: DType.F32,
    20: DType.U8,
    21: DType.S8,
    22: DType.F32,
}
_NHWC_TO_NCHW, _NCHW_TO_NHWC = (0, 3, 1, 2), (0, 2, 3, 1)


def dtype_of(number: int | None) -> DType:
    """Our element type for Paddle's number of one.

    Raises
    ------
    UnsupportedOpError
    """
    if number not in _DTYPES:
        raise UnsupportedOpError(
            f"element type number {number} is not supported", hint="bool, integers and floats are"
        )
    return _DTYPES[number]


class Call:
    """What a rule sees of the op it imports.

    Parameters
    ----------
    program : Program
    operator : Operator
    graph : Graph
        Nodes are added at its end.
    values : dict of str to Value
        What Paddle's variables hold now.
    contents : Contents
        What is known of the contents of small tensors.
    """

    def __init__(
        self, program: Program, operator: Operator, graph: Graph, values: dict[str, Value], contents: Contents
    ) -> None:
        self.program = program
        self.operator = operator
        self.graph = graph
        self.values = values
        self.contents = contents
        self.builder = Builder(graph)
        self.name = operator.result

    # attributes

    def integer(self, name: str, default: int | None = None) -> int:
        """An int attribute; the default if absent (without one: it is required)."""
        found = self._attribute(name, default)
        if isinstance(found, VariableName):
            return self._static(self.extents_of(self._value(found)), name)[0]
        if not isinstance(found, int):
            raise self._wrong(name, found, "an int")
        return int(found)

    def integers(self, name: str, default: Sequence[int] | None = None) -> tuple[int, ...]:
        """Several ints; a single one counts as a sequence of one."""
        found = self._attribute(name, default)
        if isinstance(found, VariableName):
            return self._static(self.extents_of(self._value(found)), name)
        found = (found,) if isinstance(found, int) else found
        if not isinstance(found, Sequence) or not all(isinstance(item, int) for item in found):
            raise self._wrong(name, found, "ints")
        return tuple(int(item) for item in found)

    def number(self, name: str, default: float | None = None) -> float:
        """A float attribute."""
        found = self._attribute(name, default)
        if not isinstance(found, (int, float)):
            raise self._wrong(name, found, "a float")
        return float(found)

    def numbers(self, name: str, default: Sequence[float] | None = None) -> tuple[float, ...]:
        """Several floats; a single one counts as a sequence of one."""
        found = self._attribute(name, default)
        found = (found,) if isinstance(found, (int, float)) else found
        if not isinstance(found, Sequence) or not all(isinstance(item, (int, float)) for item in found):
            raise self._wrong(name, found, "floats")
        return tuple(float(item) for item in found)

    def flag(self, name: str, default: bool | None = None) -> bool:
        """A bool attribute."""
        found = self._attribute(name, default)
        if not isinstance(found, int):
            raise self._wrong(name, found, "a bool")
        return bool(found)

    def text(self, name: str, default: str | None = None) -> str:
        """A text attribute."""
        found = self._attribute(name, default)
        if not isinstance(found, str):
            raise self._wrong(name, found, "text")
        return found

    def dtype(self, name: str, default: int) -> DType:
        """An element type attribute; -1 counts as absent."""
        number = self.integer(name, default)
        return dtype_of(default if number == -1 else number)

    def _attribute(self, name: str, default: Any) -> Any:
        found = self.operator.attributes.get(name, default)
        if found is None:
            raise ModelFormatError(f"attribute {name!r} is missing; found {sorted(self.operator.attributes)}")
        return found

    def _wrong(self, name: str, found: Any, expected: str) -> ModelFormatError:
        shown = "a block" if isinstance(found, SubBlock) else repr(found)[:80]
        return ModelFormatError(f"attribute {name!r} is {shown}, expected {expected}")

    # inputs

    def input(self, slot: str) -> Value:
        """The only value of an input slot.

        Raises
        ------
        ModelFormatError
            If the slot is empty.
        """
        value = self.optional(slot)
        if value is None:
            filled = [name for name, names in self.operator.inputs.items() if names]
            raise ModelFormatError(f"input {slot!r} is missing; found {filled}")
        return value

    def optional(self, slot: str) -> Value | None:
        """The value of an input slot, None if it is empty."""
        names = self.operator.inputs.get(slot, ())
        if len(names) > 1:
            raise ModelFormatError(f"input {slot!r} has {len(names)} values, expected one")
        return self._value(names[0]) if names else None

    def inputs(self, slot: str) -> list[Value]:
        """All values of an input slot that takes several; perhaps none."""
        return [self._value(name) for name in self.operator.inputs.get(slot, ())]

    def input_at(self, slot: str, position: int) -> Value:
        """One of the values of an input slot, of which others may be missing."""
        names = self.operator.inputs.get(slot, ())
        if not 0 <= position < len(names):
            raise ModelFormatError(f"input {slot!r} has {len(names)} values, and {position} is wanted")
        return self._value(names[position])

    def _value(self, name: str) -> Value:
        if name in self.values:
            return self.values[name]
        for operator in self.program.operators[: self.operator.index]:
            if any(name in names for names in operator.outputs.values()):
                raise UnsupportedOpError(
                    f"it reads {name!r}, a by-product of {operator.type} that is not computed"
                )
        raise ModelFormatError(f"variable {name!r} is read before anything writes it")

    # what is known of the contents of tensors

    def extents_of(self, value: Value) -> tuple[Extent, ...]:
        """Contents of a small integer tensor, flat.

        Raises
        ------
        UnsupportedOpError
            If they depend on data.
        """
        found = self.contents.extents(value)
        if found is None:
            raise UnsupportedOpError(
                f"{value.name!r} decides a shape, and its contents are known only when running",
                hint="shapes must follow from the shapes of the inputs",
            )
        return found

    def extents(
        self, attribute: str, *, tensor: str = "", tensors: str = "", default: Sequence[int] | None = None
    ) -> tuple[Extent, ...]:
        """Extents from a list of one-element tensors, else from one tensor, else from an attribute."""
        several = self.inputs(tensors) if tensors else []
        if several:
            return tuple(extent for value in several for extent in self.extents_of(value))
        value = self.optional(tensor) if tensor else None
        return self.extents_of(value) if value is not None else self.integers(attribute, default)

    def array_of(self, value: Value) -> np.ndarray | None:
        """The tensor, if it is known when converting."""
        return self.contents.array(value)

    def static_extents(
        self, attribute: str, *, tensor: str = "", tensors: str = "", default: Sequence[int] | None = None
    ) -> tuple[int, ...]:
        """Like ``extents``, where a plain number is needed."""
        return self._static(
            self.extents(attribute, tensor=tensor, tensors=tensors, default=default), attribute
        )

    def static_extent(self, attribute: str, tensor: str, default: int | None = None) -> int:
        """One plain number from a tensor of one element, else from an attribute."""
        return self.static_extents(attribute, tensor=tensor, default=None if default is None else (default,))[
            0
        ]

    def _static(self, extents: Sequence[Extent], what: str) -> tuple[int, ...]:
        if not extents or not all(isinstance(extent, int) for extent in extents):
            raise UnsupportedOpError(
                f"{what!r} must be known when converting, found {list(extents)}",
                hint="fix the input's shape: --input_shape name:1,3,224,224",
            )
        return tuple(int(extent) for extent in extents if isinstance(extent, int))

    # what the op writes

    def written(self, slot: str) -> tuple[str, ...]:
        """Names of the variables of an output slot."""
        return self.operator.outputs.get(slot, ())

    def declared_rank(self, slot: str = "Out") -> int | None:
        """Rank that the program declares for an output: tells a 0-D result from Paddle's older [1]."""
        names = self.written(slot)
        variable = self.program.variables.get(names[0]) if names else None
        return None if variable is None or variable.dtype is None else len(variable.dims)

    # nodes

    def add(self, op: str, *inputs: Value | None, **attributes: Any) -> Value:
        """The only output of a new node of ours."""
        return self.builder.add(ops.get(op)(**attributes), *inputs, name=f"{self.name}/{op}")

    def add_all(self, op: str, *inputs: Value | None, **attributes: Any) -> tuple[Value, ...]:
        """All outputs of a new node of ours."""
        return self.builder.add_all(ops.get(op)(**attributes), *inputs, name=f"{self.name}/{op}")

    emit, emit_all = add, add_all  # what modules that importers share call them

    def constant(self, array: Any, dtype: Value | DType | None = None) -> Value:
        """A constant, with an element type or that of another value."""
        wanted = dtype.type.dtype if isinstance(dtype, Value) else dtype
        content = np.asarray(array)
        if wanted is not None:
            with np.errstate(invalid="raise"):  # NaN and infinity are no integers
                content = content.astype(wanted.numpy)
        return self.builder.constant(content, name=f"{self.name}/constant")

    def reshape(self, value: Value, shape: Sequence[Extent]) -> Value:
        """The value in another shape; the value itself if it has that shape; a constant stays one."""
        if tuple(shape) == value.type.shape:
            return value
        if value.array is not None and all(isinstance(extent, int) for extent in shape):
            return self.builder.constant(value.array.reshape(tuple(map(int, shape))), name=value.name)
        stored = _stored.reshaped(self.graph, value, shape) if _stored.is_stored(value) else None
        if stored is not None:
            return stored
        return self.add("reshape", value, shape=tuple(shape))

    def transpose(self, value: Value, perm: Sequence[int]) -> Value:
        """The value with its axes permuted; a constant stays one."""
        if value.array is not None:
            return self.builder.constant(np.ascontiguousarray(value.array.transpose(perm)), name=value.name)
        if _stored.is_stored(value):
            return _stored.transposed(self.graph, value, perm)
        return self.add("transpose", value, perm=tuple(perm))

    def cast(self, value: Value, dtype: DType) -> Value:
        """The value with another element type; the value itself if it has that; a constant stays one."""
        if value.type.dtype is dtype:
            return value
        if value.array is not None:
            return self.builder.constant(value.array, dtype.numpy, name=value.name)
        return self.add("cast", value, to=dtype)

    def times(self, value: Value, factor: float) -> Value:
        """The value multiplied by a number; the value itself if that is 1."""
        return value if factor == 1 else self.add("mul", value, self.constant(factor, value))

    def plus(self, value: Value, term: float) -> Value:
        """The value plus a number; the value itself if that is 0."""
        return value if term == 0 else self.add("add", value, self.constant(term, value))

    def is_channels_last(self, attribute: str = "data_format") -> bool:
        """True if the op's layout attribute says NHWC."""
        return self.text(attribute, "NCHW") in ("NHWC", "NDHWC", "NLC")

    def to_nchw(self, value: Value, attribute: str = "data_format") -> Value:
        """A 4-D input of an op with a layout attribute, in NCHW."""
        return self.transpose(value, _NHWC_TO_NCHW) if self.is_channels_last(attribute) else value

    def from_nchw(self, value: Value, attribute: str = "data_format") -> Value:
        """A 4-D result in NCHW, in the layout that the op's attribute says."""
        return self.transpose(value, _NCHW_TO_NHWC) if self.is_channels_last(attribute) else value
