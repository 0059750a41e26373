# SPDX-License-Identifier: Apache-2.0
"""Graph -> .nb. The same graph and options give the same bytes on every machine."""

from __future__ import annotations

import contextlib
import functools
import os
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import flatbuffers
import numpy as np

from lite.errors import FileError, LiteError
from lite.ir import Dim, DType, Extent, Graph, Node, Preprocess, Symbol, Value
from lite.nb import attributes, pack, schema
from lite.nb.formula import compile_formula
from lite.nb.golden import Arrays, Golden

FORMAT_VERSION = 1
MADE_BY = "lite 0.1.0"
NEEDS = "lite 0.1.0"
TARGETS = ("arm", "x86")
IDENTIFIER = b"LTNB"
ALIGNMENT = 64
MAX_RANK = 8
_DTYPES = {dtype: position for position, dtype in enumerate(DType)}


def write(graph: Graph, path: str | os.PathLike[str], *, targets: Sequence[str] = TARGETS,
          golden: Golden | None = None) -> int:
    """Write a .nb file: whole or not at all. Returns its size in bytes.

    Raises
    ------
    FileError
        If the file cannot be written; an older file of that name is then untouched.
    """
    parts = to_parts(graph, targets=targets, golden=golden)
    write_atomically(Path(path), parts)
    return sum(map(len, parts))


def write_atomically(path: Path, data: bytes | Sequence[bytes]) -> None:
    """Write through a temporary file in the same folder, so that nothing half-written is ever seen.

    Several parts are written one behind the other. A link stays a link: the file that it names is written.
    What is no file (a device, a pipe) is written to.

    Raises
    ------
    FileError
    """
    temporary = None
    target = Path(os.path.realpath(path))
    parts = [data] if isinstance(data, bytes) else data
    try:
        if target.exists() and not target.is_file():
            with target.open("wb") as file:
                file.writelines(parts)
            return
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(parts)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, target)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise FileError(f"cannot write: {error.strerror or error}", where=str(path),
                        hint="check that the folder exists, may be written and has room") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def to_bytes(graph: Graph, *, targets: Sequence[str] = TARGETS, golden: Golden | None = None,
             sparse_from: float | None = None) -> bytes:
    """The bytes of a .nb file.

    Parameters
    ----------
    graph : Graph
        Every op of it needs a kernel; formulas may only use symbols that are extents of inputs.
    targets : sequence of {"arm", "x86"}
        Where the file may run.
    golden : Golden, optional
        Input/output pairs for ``lite verify``.
    sparse_from : float, optional
        Weights of 1 x 1 convolutions of which this part or more is zero are stored sparse.

    Raises
    ------
    LiteError
        If the graph holds what a .nb cannot.
    """
    return b"".join(to_parts(graph, targets=targets, golden=golden, sparse_from=sparse_from))


def to_parts(graph: Graph, *, targets: Sequence[str] = TARGETS, golden: Golden | None = None,
             sparse_from: float | None = None) -> list[bytes]:
    """The bytes of a .nb file in parts that are to be written one behind the other, as of ``to_bytes``.

    Weights are most of a file: where it is only written, nobody needs them a second time in one piece.
    """
    weights = _Weights()
    root = _GraphWriter(graph, weights, sparse_from).root()
    sections = {"graph": [_finish(root)]}
    if weights.size:
        sections["weights"] = weights.parts
    if golden is not None:
        sections["golden"] = [_finish(_golden(golden))]
    return _assemble(sections, sorted(set(targets)))


class _Builder(flatbuffers.Builder):  # type: ignore[misc]  # it has no types
    """Writes equal texts once: names of attributes are most of a graph's section otherwise."""

    def __init__(self) -> None:
        super().__init__(1 << 16)
        self._texts: dict[str | bytes, int] = {}

    def CreateString(self, s: str | bytes, encoding: str = "utf-8", errors: str = "strict") -> int:
        if s not in self._texts:
            self._texts[s] = super().CreateString(s, encoding, errors)
        return self._texts[s]


def _finish(root: schema.GraphT | schema.GoldenT | schema.HeaderT, identifier: bytes | None = None) -> bytes:
    builder = _Builder()
    builder.ForceDefaults(identifier is not None)  # a header's size must not depend on its numbers
    builder.Finish(root.Pack(builder), file_identifier=identifier)
    return bytes(builder.Output())


def _assemble(sections: Mapping[str, Sequence[bytes]], targets: list[str]) -> list[bytes]:
    rows = [schema.SectionT(name=name, offset=0, size=sum(map(len, parts)), crc32=_crc32(parts))
            for name, parts in sections.items()]
    header = schema.HeaderT(formatVersion=FORMAT_VERSION, madeBy=MADE_BY, needs=NEEDS, targets=targets,
                            sections=rows)
    offset = header_size = len(_finish(header, IDENTIFIER))
    for row in rows:
        row.offset = _aligned(offset)
        offset = row.offset + row.size
    head = _finish(header, IDENTIFIER)
    if len(head) != header_size:
        raise LiteError("the header's size depends on its numbers")
    parts, end = [head], header_size
    for row, section in zip(rows, sections.values()):
        parts += [bytes(row.offset - end), *section]
        end = row.offset + row.size
    trailer = IDENTIFIER + zlib.crc32(head).to_bytes(4, "little") + header_size.to_bytes(8, "little")
    return [*parts, trailer]


def _crc32(parts: Sequence[bytes]) -> int:
    return functools.reduce(lambda sum, part: zlib.crc32(part, sum), parts, 0)


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT


class _Weights:
    """The weights section: 64-byte aligned blobs, equal ones stored once."""

    def __init__(self) -> None:
        self.size = 0
        self.parts: list[bytes] = []
        self._places: dict[bytes, int] = {}

    def add(self, data: bytes) -> int:
        """Offset of the bytes in the section."""
        if data not in self._places:
            offset = _aligned(self.size)
            self.parts += [bytes(offset - self.size), data]
            self._places[data] = offset
            self.size = offset + len(data)
        return self._places[data]


class _GraphWriter:
    def __init__(self, graph: Graph, weights: _Weights, sparse_from: float | None) -> None:
        self._graph = graph
        self._sparse_from = sparse_from
        self._weights = weights
        self._symbols = {name: position for position, name in enumerate(_symbol_names(graph))}
        self._formulas: dict[Dim, int] = {}
        self._programs: list[schema.FormulaT] = []
        self._indices: dict[tuple[Value, pack.Packing], int] = {}  # by value and packing
        self._values: list[schema.ValueT] = []

    def root(self) -> schema.GraphT:
        graph = self._graph
        for value in graph.inputs:
            self._add(value)
        nodes = [self._node(node) for node in graph.nodes]
        outputs = [self._index(value, "the graph's outputs") for value in graph.outputs]
        return schema.GraphT(
            name=graph.name, values=self._values, nodes=nodes, outputs=outputs,
            inputs=[self._index(value, "the graph's inputs") for value in graph.inputs],
            symbols=[self._symbol(name) for name in self._symbols], formulas=self._programs,
            preprocess=_preprocess(graph.preprocess))

    def _node(self, node: Node) -> schema.NodeT:
        where = f"node {node.name!r} ({node.op.name})"
        inputs = [-1 if value is None
                  else self._index(value, where, pack.packing_of(node, position, self._sparse_from))
                  for position, value in enumerate(node.inputs)]
        outputs = [self._add(value) for value in node.outputs]
        try:
            encoded = attributes.encode(node.op, self._extent)
        except LiteError as error:
            error.where = error.where or where
            raise
        return schema.NodeT(op=node.op.name, name=node.name, inputs=inputs, outputs=outputs,
                            attributes=encoded)

    def _index(self, value: Value, reader: str, packing: pack.Packing = pack.PLAIN) -> int:
        """Index of a value that something reads; a constant is added at its first reader."""
        if (value, packing) in self._indices:
            return self._indices[value, packing]
        if not value.is_constant:
            raise LiteError(f"value {value.name!r} is read before it is written", where=reader)
        return self._add(value, packing)

    def _add(self, value: Value, packing: pack.Packing = pack.PLAIN) -> int:
        shape = value.type.shape
        if len(shape) > MAX_RANK:
            raise LiteError(f"value {value.name!r} has rank {len(shape)}, expected at most {MAX_RANK}")
        self._values.append(schema.ValueT(
            name=value.name, dtype=_DTYPES[value.type.dtype],
            shape=[self._extent(extent) for extent in shape],
            constant=self._constant(value, packing) if value.is_constant else None))
        if value.quantization is not None:
            self._values[-1].scale = value.quantization.scale
            self._values[-1].zeroPoint = value.quantization.zero_point
        self._indices[value, packing] = len(self._values) - 1
        return len(self._values) - 1

    def _constant(self, value: Value, packing: pack.Packing) -> schema.ConstantT:
        assert value.array is not None
        data = little_endian(pack.pack(value.array, packing))
        return schema.ConstantT(offset=self._weights.add(data), size=len(data),
                                packing=getattr(schema.Packing, packing.word))

    def _extent(self, extent: Extent) -> schema.ExtentT:
        if not isinstance(extent, Dim):
            return schema.ExtentT(value=int(extent), formula=-1)
        if extent not in self._formulas:
            unknown = sorted(extent.symbols() - set(self._symbols))
            if unknown:
                raise LiteError(f"extent {extent} depends on {unknown}, which no input has as an extent")
            self._formulas[extent] = len(self._programs)
            self._programs.append(compile_formula(extent, self._symbols))
        return schema.ExtentT(value=0, formula=self._formulas[extent])

    def _symbol(self, name: str) -> schema.SymbolT:
        limits = self._graph.symbols.get(name, Symbol(name))
        position, axis = next((position, axis) for position, value in enumerate(self._graph.inputs)
                              for axis, extent in enumerate(value.type.shape) if str(extent) == name)
        return schema.SymbolT(name=name, input=position, axis=axis,
                              smallest=limits.smallest, greatest=limits.greatest)


def _symbol_names(graph: Graph) -> list[str]:
    """Symbols that are an extent of an input by themselves, in order of appearance."""
    return list(dict.fromkeys(str(extent) for value in graph.inputs for extent in value.type.shape
                              if isinstance(extent, Dim) and extent.symbols() == {str(extent)}))


def little_endian(array: np.ndarray) -> bytes:
    """The array's bytes, row-major, least significant first, whatever the machine."""
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()


def _preprocess(preprocess: Preprocess | None) -> schema.PreprocessT | None:
    if preprocess is None:
        return None
    return schema.PreprocessT(resize=preprocess.resize, crop=preprocess.crop, mean=list(preprocess.mean),
                              std=list(preprocess.std), format=preprocess.format)


def _golden(golden: Golden) -> schema.GoldenT:
    cases = [schema.CaseT(inputs=_arrays(case.inputs), outputs=_arrays(case.outputs))
             for case in golden.cases]
    return schema.GoldenT(tolerance=golden.tolerance, cases=cases)


def _arrays(arrays: Arrays) -> list[schema.ArrayT]:
    return [schema.ArrayT(name=name, dtype=_DTYPES[DType.of(array)], shape=list(array.shape),
                          data=np.frombuffer(little_endian(array), np.uint8))
            for name, array in sorted(arrays.items())]
