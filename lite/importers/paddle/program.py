# SPDX-License-Identifier: Apache-2.0
"""A Paddle program as plain data, and its reader for the protobuf form (fluid 1.x to 3.x)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Union

from lite.errors import ModelFormatError
from lite.importers.proto import messages

LOD_TENSOR, SELECTED_ROWS, FEED_MINIBATCH, FETCH_LIST, READER, RAW = 7, 8, 9, 10, 15, 17
KINDS_WITHOUT_DATA = (FEED_MINIBATCH, FETCH_LIST, READER, RAW)

Attribute = Union[bool, int, float, str, tuple[Any, ...], "SubBlock"]


class VariableName(str):
    """Attribute whose content is in the variable of this name."""


@dataclass(frozen=True)
class SubBlock:
    """Attribute that names blocks of the program: the op is control flow."""

    indices: tuple[int, ...]


@dataclass(frozen=True)
class Variable:
    """A declared variable; ``dims`` may hold -1, ``dtype`` is Paddle's number (None: not a tensor)."""

    name: str
    kind: int
    dtype: int | None
    dims: tuple[int, ...]
    lod_level: int
    persistable: bool


@dataclass(frozen=True)
class Operator:
    """One op of block 0: names of variables by slot, attributes by name, position in the block."""

    type: str
    inputs: dict[str, tuple[str, ...]]
    outputs: dict[str, tuple[str, ...]]
    attributes: dict[str, Attribute]
    index: int

    @property
    def reads(self) -> set[str]:
        """Names of all variables that the op needs, those that hold attributes included."""
        names = {name for slot in self.inputs.values() for name in slot}
        for attribute in self.attributes.values():
            several = attribute if isinstance(attribute, tuple) else (attribute,)
            names.update(str(name) for name in several if isinstance(name, VariableName))
        return names

    @property
    def main_slot(self) -> str:
        """The output slot that holds the result; others hold by-products."""
        return next((slot for slot in _RESULT_SLOTS if self.outputs.get(slot)), _RESULT_SLOTS[0])

    @property
    def result(self) -> str:
        """Name of the first variable that the op writes its result to."""
        return next(iter(self.outputs.get(self.main_slot, ())), self.type)

    @property
    def title(self) -> str:
        """How errors name the op: its type, position and result."""
        return f"op #{self.index} {self.type} -> {self.result}"


_RESULT_SLOTS = ("Out", "Output", "Y", "Result", "Boxes", "OutputBox")


@dataclass
class Program:
    """Block 0 of a program, and the ops of the others, which are bodies of its branches and loops."""

    version: int
    variables: dict[str, Variable] = field(default_factory=dict)
    operators: list[Operator] = field(default_factory=list)
    bodies: dict[int, list[Operator]] = field(default_factory=dict)

    def parameters(self) -> list[Variable]:
        """Variables that the parameter file holds, in its order: by name, byte by byte."""
        held = [
            variable
            for variable in self.variables.values()
            if variable.persistable and variable.kind not in KINDS_WITHOUT_DATA
        ]
        return sorted(held, key=lambda variable: variable.name.encode())


def read_program(data: bytes, where: str) -> Program:
    """Parse a serialized ``ProgramDesc``.

    Raises
    ------
    ModelFormatError
        If the bytes are not a program.
    """
    from google.protobuf.message import DecodeError

    message = messages("framework")["ProgramDesc"]()
    try:
        message.ParseFromString(data)
        if not message.blocks:
            raise ModelFormatError("found no block, expected a Paddle program", where=where, hint=_HINT)
        return _program(message)
    except (DecodeError, UnicodeDecodeError) as error:
        raise ModelFormatError(
            f"found bytes that are no Paddle program ({error})", where=where, hint=_HINT
        ) from error
    except ModelFormatError as error:
        error.where = error.where or where
        raise


_HINT = "give the .pdmodel or __model__ file; the parameters lie in another file"


def _text(text: str | bytes) -> str:
    """A text field; protobuf hands out bytes where they are no UTF-8."""
    if isinstance(text, bytes):
        raise ModelFormatError(f"found the text {text[:40]!r}, which is not UTF-8", hint=_HINT)
    return text


def _program(message: Any) -> Program:
    block = message.blocks[0]
    program = Program(version=message.version.version)
    for variable in block.vars:
        program.variables[_text(variable.name)] = _variable(variable)
    program.operators = [_operator(op, index) for index, op in enumerate(block.ops)]
    for number, body in enumerate(message.blocks[1:], 1):
        program.bodies[number] = [_operator(op, index) for index, op in enumerate(body.ops)]
    return program


def _variable(message: Any) -> Variable:
    tensor = message.type.lod_tensor.tensor
    is_tensor = message.type.HasField("lod_tensor")
    return Variable(
        name=message.name,
        kind=message.type.type,
        dtype=tensor.data_type if is_tensor else None,
        dims=tuple(tensor.dims),
        lod_level=message.type.lod_tensor.lod_level,
        persistable=message.persistable,
    )


def _operator(message: Any, index: int) -> Operator:
    if not message.type:
        raise ModelFormatError(f"op #{index} has no type")
    return Operator(
        type=_text(message.type),
        inputs=_slots(message.inputs),
        outputs=_slots(message.outputs),
        attributes={_text(attr.name): _attribute(attr, message.type) for attr in message.attrs},
        index=index,
    )


def _slots(slots: Iterable[Any]) -> dict[str, tuple[str, ...]]:
    return {_text(slot.parameter): tuple(map(_text, slot.arguments)) for slot in slots}


# Attribute types by their number in the format: the field that holds the value.
SINGLE = {0: "i", 1: "f", 6: "b", 9: "l", 15: "float64"}
SEVERAL = {3: "ints", 4: "floats", 7: "bools", 11: "longs", 12: "float64s"}
_SCALAR_FIELDS = {1: "b", 2: "i", 3: "r"}


def _attribute(attr: Any, op_type: str) -> Attribute:
    if attr.type == 2:
        return _text(attr.s)
    if attr.type == 5:
        return tuple(map(_text, attr.strings))
    if attr.type in SINGLE:
        return getattr(attr, SINGLE[attr.type])  # type: ignore[no-any-return]
    if attr.type in SEVERAL:
        return tuple(getattr(attr, SEVERAL[attr.type]))
    if attr.type == 8:
        return SubBlock((attr.block_idx,))
    if attr.type == 10:
        return SubBlock(tuple(attr.blocks_idx))
    if attr.type == 13:
        return VariableName(_text(attr.var_name))
    if attr.type == 14:
        return tuple(VariableName(_text(name)) for name in attr.vars_name)
    if attr.type == 16:
        return _scalar(attr.scalar)
    if attr.type == 17:
        return tuple(_scalar(scalar) for scalar in attr.scalars)
    raise ModelFormatError(f"attribute {attr.name!r} of {op_type} has type {attr.type}, expected 0 to 17")


def _scalar(scalar: Any) -> Attribute:
    if scalar.type not in _SCALAR_FIELDS:
        raise ModelFormatError(
            f"scalar attribute has type {scalar.type}, expected 1 (bool), 2 (int) or 3 (float)"
        )
    return getattr(scalar, _SCALAR_FIELDS[scalar.type])  # type: ignore[no-any-return]
