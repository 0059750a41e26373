# SPDX-License-Identifier: Apache-2.0
""".nb -> Graph and golden vectors, for tools; running needs none of this."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Union

import numpy as np

from lite import ops
from lite.errors import FileError, LiteError, NbCorruptError, NbVersionError
from lite.ir import DType, Extent, Graph, Op, Preprocess, Symbol, TensorType, Value
from lite.ir.quant import Quantization
from lite.nb import attributes, pack, schema
from lite.nb.formula import decompile_formula
from lite.nb.golden import Case, Golden
from lite.nb.writer import FORMAT_VERSION, IDENTIFIER

Source = Union[str, "os.PathLike[str]", bytes]

_TRAILER = struct.Struct("<4sIQ")
_DTYPES = list(DType)
_PACKINGS = {number: word for word, number in vars(schema.Packing).items() if not word.startswith("_")}
_BROKEN = (struct.error, IndexError, KeyError, ValueError, TypeError, AttributeError, OverflowError,
           UnicodeDecodeError, MemoryError)


@dataclass(frozen=True)
class Header:
    """What a file says about itself.

    Attributes
    ----------
    format_version : int
    made_by, needs : str
        Version that wrote it, and the oldest that reads it.
    targets : tuple of str
    sections : dict
        Bytes by name.
    """

    format_version: int
    made_by: str
    needs: str
    targets: tuple[str, ...]
    sections: dict[str, int]


def read(source: Source) -> Graph:
    """The graph of a .nb file or of its bytes, with weights as they were before packing.

    Raises
    ------
    FileError, NbCorruptError, NbVersionError
    """
    with _file(source) as data:
        _, sections = _sections(data)
        if "graph" not in sections:
            raise NbCorruptError("there is no section 'graph'")
        root = schema.GraphT.InitFromPackedBuf(sections["graph"])
        return _GraphReader(root, sections.get("weights", b"")).graph()


def read_header(source: Source) -> Header:
    """What a file says about itself.

    Raises
    ------
    FileError, NbCorruptError, NbVersionError
    """
    with _file(source) as data:
        return _sections(data)[0]


def read_golden(source: Source) -> Golden | None:
    """The golden vectors of a file; None if it has none.

    Raises
    ------
    FileError, NbCorruptError, NbVersionError
    """
    with _file(source) as data:
        _, sections = _sections(data)
        if "golden" not in sections:
            return None
        root = schema.GoldenT.InitFromPackedBuf(sections["golden"])
        cases = [Case(dict(map(_array, case.inputs)), dict(map(_array, case.outputs))) for case in root.cases]
        return Golden(tuple(cases), float(root.tolerance))


@contextmanager
def _file(source: Source) -> Iterator[bytes]:
    """The bytes; errors within say which file, and broken structure becomes NbCorruptError."""
    where = None if isinstance(source, bytes) else os.fspath(source)
    try:
        yield source if isinstance(source, bytes) else Path(source).read_bytes()
    except OSError as error:
        if isinstance(error, LiteError):
            raise
        raise FileError(f"cannot read: {error.strerror or error}", where=where) from error
    except LiteError as error:
        error.where = error.where or where
        raise
    except _BROKEN as error:
        raise NbCorruptError(f"the file's structure is broken ({error})", where=where) from error


def _sections(data: bytes) -> tuple[Header, dict[str, bytes]]:
    if len(data) < _TRAILER.size + 8 or data[4:8] != IDENTIFIER:
        raise NbCorruptError("it is not an .nb file, or it is damaged")
    identifier, header_crc32, header_size = _TRAILER.unpack(data[-_TRAILER.size:])
    if identifier != IDENTIFIER or header_size > len(data) - _TRAILER.size:
        raise NbCorruptError("the file's end is missing: it is cut off or damaged")
    _check_crc32("the header", data[:header_size], header_crc32)
    header = schema.HeaderT.InitFromPackedBuf(data[:header_size])
    made_by, needs = header.madeBy.decode(), header.needs.decode()
    if header.formatVersion > FORMAT_VERSION:
        raise NbVersionError(f"the file has format version {header.formatVersion}, made by {made_by}; "
                             f"it needs {needs} or later")
    sections = {}
    for row in header.sections:
        name = row.name.decode()
        sections[name] = data[row.offset:row.offset + row.size]
        _check_crc32(f"section {name!r}", sections[name], row.crc32)
    sizes = {name: len(section) for name, section in sections.items()}
    targets = tuple(target.decode() for target in header.targets)
    return Header(header.formatVersion, made_by, needs, targets, sizes), sections


def _check_crc32(what: str, data: bytes, expected: int) -> None:
    if zlib.crc32(data) != expected:
        raise NbCorruptError(f"the checksum of {what} does not match: the file is damaged")


def _array(array: schema.ArrayT) -> tuple[str, np.ndarray]:
    dtype = _DTYPES[array.dtype].numpy.newbyteorder("<")
    elements = np.frombuffer(bytes(bytearray(array.data)), dtype)
    return array.name.decode(), elements.reshape([int(extent) for extent in array.shape])


class _GraphReader:
    def __init__(self, root: schema.GraphT, weights: bytes) -> None:
        self._root = root
        self._weights = weights
        self._symbols = [symbol.name.decode() for symbol in root.symbols]
        self._formulas = [decompile_formula(formula, self._symbols) for formula in root.formulas]
        self._values: dict[int, Value] = {}
        self._graph = Graph(root.name.decode())

    def graph(self) -> Graph:
        root, graph = self._root, self._graph
        for symbol in root.symbols:
            name = symbol.name.decode()
            graph.symbols[name] = Symbol(name, int(symbol.smallest), int(symbol.greatest))
        for index in root.inputs:
            self._values[int(index)] = graph.add_input(self._name(index), self._type(index))
            self._values[int(index)].quantization = self._quantization(index)
        for node in root.nodes:
            self._add(node)
        graph.outputs = [self._read(int(index)) for index in root.outputs]
        graph.preprocess = _preprocess(root.preprocess)
        return graph

    def _add(self, node: schema.NodeT) -> None:
        op = attributes.decode(ops.get(node.op.decode()), node.attributes, self._extent)
        inputs = [None if index < 0 else self._read(int(index), op) for index in node.inputs]
        name = node.name.decode()
        names = [self._name(index) for index in node.outputs]
        outputs = self._graph.add(op, inputs, name=name, outputs=names)
        expected = [self._type(index) for index in node.outputs]
        if [value.type for value in outputs] != expected:
            raise NbCorruptError(f"the outputs are {expected}, but {op.name} gives "
                                 f"{[value.type for value in outputs]}", where=name)
        for index, value in zip(map(int, node.outputs), outputs):
            self._values[index] = value
            value.quantization = self._quantization(index)

    def _read(self, index: int, reader: Op | None = None) -> Value:
        """A value by index; a constant is made at its first reader, whose attributes tell its packing."""
        if index not in self._values:
            row = self._root.values[index]
            if row.constant is None:
                raise NbCorruptError(f"value {self._name(index)!r} is read before it is written")
            self._values[index] = self._graph.constant(self._constant(row, reader), self._name(index))
        return self._values[index]

    def _constant(self, row: schema.ValueT, reader: Op | None) -> np.ndarray:
        constant = row.constant
        data = self._weights[constant.offset:constant.offset + constant.size]
        elements = np.frombuffer(data, _DTYPES[row.dtype].numpy.newbyteorder("<"))
        attributes_ = reader.attributes() if reader is not None else {}
        packing = pack.Packing(_PACKINGS[constant.packing], attributes_.get("groups", 1),
                               attributes_.get("transpose_b", False))
        return pack.unpack(elements, packing, tuple(int(extent.value) for extent in row.shape))

    def _name(self, index: int) -> str:
        return str(self._root.values[int(index)].name.decode())

    def _type(self, index: int) -> TensorType:
        row = self._root.values[int(index)]
        return TensorType(tuple(self._extent(extent) for extent in row.shape or ()), _DTYPES[row.dtype])

    def _quantization(self, index: int) -> Quantization | None:
        row = self._root.values[int(index)]
        return Quantization(float(row.scale), int(row.zeroPoint), _DTYPES[row.dtype]) if row.scale else None

    def _extent(self, extent: schema.ExtentT) -> Extent:
        return int(extent.value) if extent.formula < 0 else self._formulas[extent.formula]


def _preprocess(row: schema.PreprocessT | None) -> Preprocess | None:
    if row is None:
        return None
    return Preprocess(resize=int(row.resize), crop=int(row.crop), mean=tuple(map(float, row.mean)),
                      std=tuple(map(float, row.std)), format=row.format.decode())
