# SPDX-License-Identifier: Apache-2.0
"""Reader for the .nb files of Paddle Lite itself (meta version 2): a program and its parameters in one file.

The file is: u16 2, 16 bytes of the optimiser's version, u64 size of the program, the program (a flatbuffer),
u16 0, u16 size of what precedes the header, u16 size of the header, u16 count of parameters, u32 size of the
largest one; then for each parameter u32 size of what follows, u32 offset of the flatbuffer from there on.
"""

from __future__ import annotations

import math
import struct
from dataclasses import replace
from typing import Any

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers import begins_paddle_lite
from lite.importers.paddle.nb_ops import unfolded
from lite.importers.paddle.parameters import ELEMENTS, elements
from lite.importers.paddle.program import (
    KINDS_WITHOUT_DATA,
    LOD_TENSOR,
    SEVERAL,
    SINGLE,
    Attribute,
    Operator,
    Program,
    SubBlock,
    Variable,
)
from lite.importers.proto import flat

_PROGRAM_AT = 26
_HINT = "the file is damaged; convert the source model again, with `lite opt`"


def read_nb(data: bytes, where: str) -> tuple[Program, dict[str, np.ndarray]]:
    """The program, with what Paddle Lite's optimiser fused taken apart, and its parameters by name.

    Raises
    ------
    ModelFormatError, UnsupportedOpError
    """
    if not begins_paddle_lite(data):
        raise ModelFormatError(
            f"it begins with {data[:8].hex(' ') or 'nothing'}, expected 02 00 and Paddle Lite's version",
            where=where,
            hint="a .nb of Paddle Lite before 2.6 is of another form: convert the source model",
        )
    try:
        size = _numbers("<Q", data, _PROGRAM_AT - 8)[0]
        _check_inside(data, _PROGRAM_AT, size, "the program")
        program = _program(flat.read("lite_program", data[_PROGRAM_AT : _PROGRAM_AT + size]))
        arrays = _parameters(data, _PROGRAM_AT + size)
    except (ModelFormatError, UnsupportedOpError) as error:
        error.where = where if error.where is None else f"{where}: {error.where}"
        error.hint = error.hint or _HINT
        raise
    _declare(program, arrays, where)
    program.operators = unfolded(program.operators)
    return program, arrays


def _numbers(layout: str, data: bytes, at: int) -> tuple[int, ...]:
    size = struct.calcsize(layout)
    _check_inside(data, at, size, "a number")
    return struct.unpack_from(layout, data, at)


def _check_inside(data: bytes, at: int, size: int, what: str) -> None:
    if at + size > len(data):
        raise ModelFormatError(f"{what} takes bytes {at} to {at + size}, but the file has {len(data)}")


# The program --------------------------------------------------------------------------------------


def _program(root: flat.Record) -> Program:
    if not root.blocks:
        raise ModelFormatError("found no block, expected a program")
    program = Program(version=root.version.version if root.version else 0)
    block = root.blocks[0]
    for index, variable in enumerate(block.vars):
        found = _variable(variable, index)
        program.variables[found.name] = found
    program.operators = [_operator(op, index) for index, op in enumerate(block.ops)]
    return program


def _text(text: Any, what: str) -> str:
    if not isinstance(text, str):
        raise ModelFormatError(f"{what} is missing")
    if not text.isprintable():
        raise ModelFormatError(f"{what} is {text!r:.60}, expected a name")
    return text


def _variable(record: flat.Record, index: int) -> Variable:
    name = _text(record.name, f"the name of variable {index}")
    if record.type is None:
        raise ModelFormatError(f"variable {name!r} has no type")
    tensor = record.type.lod_tensor and record.type.lod_tensor.tensor
    return Variable(
        name=name,
        kind=record.type.type,
        dtype=tensor.data_type if tensor else None,
        dims=tuple(tensor.dims.tolist()) if tensor else (),
        lod_level=record.type.lod_tensor.lod_level if tensor else 0,
        persistable=bool(record.persistable),
    )


def _operator(record: flat.Record, index: int) -> Operator:
    type = _text(record.type, f"the type of op #{index}")
    inputs, outputs = (
        {_text(slot.parameter, f"a slot of op #{index} {type}"): tuple(slot.arguments) for slot in slots}
        for slots in (record.inputs, record.outputs)
    )
    what = f"an attribute of op #{index} {type}"
    attributes = {_text(attr.name, what): _attribute(attr, type) for attr in record.attrs}
    return Operator(type, inputs, outputs, attributes, index)


def _attribute(attr: flat.Record, op_type: str) -> Attribute:
    if attr.type == 2:
        return attr.s or ""
    if attr.type == 5:
        return tuple(attr.strings)
    if attr.type in SINGLE:
        return getattr(attr, SINGLE[attr.type])  # type: ignore[no-any-return]
    if attr.type in SEVERAL:
        return tuple(getattr(attr, SEVERAL[attr.type]).tolist())
    if attr.type == 8:
        return SubBlock((attr.block_idx,))
    if attr.type == 10:
        return SubBlock(tuple(attr.blocks_idx.tolist()))
    raise ModelFormatError(f"attribute {attr.name!r} of {op_type} has type {attr.type}, expected 0 to 12")


# The parameters -----------------------------------------------------------------------------------


def _parameters(data: bytes, at: int) -> dict[str, np.ndarray]:
    version, before, header, count = _numbers("<HHHH", data, at)
    if version != 0:
        raise ModelFormatError(f"found version {version} of the parameters, expected 0")
    place = at + 6 + before + header
    arrays: dict[str, np.ndarray] = {}
    for index in range(count):
        size, offset = _numbers("<II", data, place)
        _check_inside(data, place + 4, size, f"parameter {index} of {count}")
        if not 4 <= offset <= size:
            raise ModelFormatError(f"parameter {index} begins at {offset} of its {size} bytes")
        name, array = _parameter(data[place + 4 + offset : place + 4 + size], index)
        if name in arrays:
            raise ModelFormatError(f"there are two parameters {name!r}")
        arrays[name] = array
        place += 4 + size
    if place != len(data):
        raise ModelFormatError(f"found {len(data)} bytes, expected {place}: {len(data) - place} are left")
    return arrays


def _parameter(data: bytes, index: int) -> tuple[str, np.ndarray]:
    record = flat.read("lite_param", data)
    name, tensor = _text(record.name, f"the name of parameter {index}"), record.variable
    if tensor is None:
        raise UnsupportedOpError(
            f"parameter {name!r} is no dense tensor", hint="only dense ones are supported"
        )
    dims = tuple(tensor.dim.tolist())
    element = ELEMENTS.get(tensor.data_type)
    if element is None or min(dims, default=0) < 0:
        raise ModelFormatError(f"parameter {name!r} has element type {tensor.data_type}, shape {list(dims)}")
    wanted, found = math.prod(dims) * np.dtype(element).itemsize, len(tensor.data)
    if found != wanted:
        raise ModelFormatError(f"parameter {name!r} has {found} bytes, expected {wanted} of {list(dims)}")
    return name, elements(tensor.data.tobytes(), tensor.data_type, dims)


def _declare(program: Program, arrays: dict[str, np.ndarray], where: str) -> None:
    """Every parameter is there, and its variable has a type: of integers that stand for reals, theirs."""
    held = {variable.name for variable in program.variables.values()
            if variable.persistable and variable.kind not in KINDS_WITHOUT_DATA}  # fmt: skip
    if held - arrays.keys():
        raise ModelFormatError(f"there is no content of parameter {min(held - arrays.keys())!r}", where=where)
    numbers = {np.dtype(element): number for number, element in ELEMENTS.items()}
    for name, array in arrays.items():
        declared = program.variables.get(name, Variable(name, LOD_TENSOR, None, (), 0, True))
        dtype = declared.dtype if declared.dtype in ELEMENTS else numbers[array.dtype]
        program.variables[name] = replace(declared, dtype=dtype, dims=array.shape)
