# SPDX-License-Identifier: Apache-2.0
"""Writer: the nodes and initialisers of an ONNX graph in the making, and extents that are computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from onnx import NodeProto, TensorProto, defs, helper, numpy_helper

from lite.errors import UnsupportedOpError
from lite.importers.onnx.tensors import DTYPES
from lite.ir import Dim, DType, Extent, Graph, Node, Value
from lite.ir.dim import Atom

OPSET, WIDE_OPSET = 20, 21  # 16-bit integers can be quantized since the latter; of it runtimes know less
IR_VERSIONS = {OPSET: 9, WIDE_OPSET: 10}
ELEM_TYPES = {dtype: elem_type for elem_type, dtype in DTYPES.items()}
_WORDS = {
    DType.F32: "float", DType.F16: "float16", DType.F64: "double", DType.S8: "int8", DType.U8: "uint8",
    DType.S16: "int16", DType.U16: "uint16", DType.S32: "int32", DType.U32: "uint32", DType.S64: "int64",
    DType.U64: "uint64", DType.BOOL: "bool",
}  # fmt: skip
_SHARED = 256  # elements up to which equal constants are one


class Writer:
    """Builds one ONNX graph.

    Attributes
    ----------
    opset : int
    nodes : list of NodeProto
    tensors : list of TensorProto
    """

    def __init__(self, graph: Graph) -> None:
        self.opset = WIDE_OPSET if any(map(_is_wide, graph.nodes)) else OPSET
        self.nodes: list[NodeProto] = []
        self.tensors: list[TensorProto] = []
        self._names = {value.name for value in graph.values()}
        self._node_names: set[str] = set()
        self._types: dict[str, DType] = {value.name: value.type.dtype for value in graph.values()}
        self._held: set[str] = set()
        self._shared: dict[tuple[Any, ...], str] = {}
        self._sources: dict[str, tuple[Value, int]] = {}
        for value in graph.inputs:
            for axis, extent in enumerate(value.type.shape):
                if isinstance(extent, Dim) and extent.symbol_name is not None:
                    self._sources.setdefault(extent.symbol_name, (value, axis))
        self._computed: dict[tuple[Extent, ...], str] = {}  # extents that nodes compute already

    # Names ----------------------------------------------------------------------------------------

    def fresh(self, wish: str) -> str:
        """A name of a tensor that nothing has, as close to the wish as can be."""
        return _unique(wish, self._names)

    def value(self, value: Value) -> str:
        """The tensor that a value is; constants become initialisers when they are asked for."""
        if value.array is not None and value.name not in self._held:
            self._held.add(value.name)
            self._hold(value.array, value.name)
        return value.name

    def constant(self, array: Any, wish: str) -> str:
        """An initialiser; small ones that are equal are one."""
        array = np.asarray(array)
        key = (array.dtype.str, array.shape, array.tobytes() if array.size <= _SHARED else len(self.tensors))
        if key not in self._shared:
            self._shared[key] = name = self.fresh(wish)
            self._types[name] = DType.of(array)
            self._hold(array, name)
        return self._shared[key]

    def _hold(self, array: np.ndarray, name: str) -> None:
        whole = np.ascontiguousarray(array).reshape(array.shape)  # which makes one axis of none
        self.tensors.append(numpy_helper.from_array(whole, name))

    # Nodes ----------------------------------------------------------------------------------------

    def emit(self, op: str, inputs: Sequence[str | None], name: str, count: int = 1,
             dtype: DType | None = None, **attributes: Any) -> list[str]:
        """Add a node; names of its outputs, which are new.

        Raises
        ------
        UnsupportedOpError
            If ONNX's op does not take an input's element type.
        """
        self._check(op, inputs)
        outputs = [self.fresh(f"{name}/{op}") for _ in range(count)]
        given = {key: value for key, value in attributes.items() if value is not None}
        read = list(inputs)
        while read and read[-1] is None:
            read.pop()
        label = _unique(name, self._node_names)
        node = helper.make_node(op, [item or "" for item in read], outputs, name=label, **given)
        self.nodes.append(node)
        if dtype is not None:
            self._types[outputs[0]] = dtype
        return outputs

    def _check(self, op: str, inputs: Sequence[str | None]) -> None:
        schema = defs.get_schema(op, self.opset, "")
        formals = list(schema.inputs)
        for position, name in enumerate(inputs):
            formal = formals[min(position, len(formals) - 1)]
            dtype = self._types.get(name) if name is not None else None
            if dtype is not None and f"tensor({_WORDS[dtype]})" not in formal.types:
                raise UnsupportedOpError(f"ONNX's {op} takes no {_WORDS[dtype]} as {formal.name}")

    def rename(self, since: int, names: Mapping[str, str]) -> None:
        """Give outputs of the nodes from a position on other names."""
        for node in self.nodes[since:]:
            for field in (node.input, node.output):
                for position, name in enumerate(field):
                    field[position] = names.get(name, name)

    def made_since(self, since: int) -> set[str]:
        """Outputs of the nodes from a position on."""
        return {name for node in self.nodes[since:] for name in node.output}

    # Extents --------------------------------------------------------------------------------------

    def extents(self, extents: Sequence[Extent], wish: str) -> str:
        """Extents as a tensor int64[n], which is computed where it depends on the inputs."""
        if all(isinstance(extent, int) for extent in extents):
            return self.constant(np.array([int(extent) for extent in extents], np.int64), f"{wish}/extents")
        key = tuple(extents)
        if key not in self._computed:
            parts = [self._extent(extent, wish) for extent in extents]
            self._computed[key] = parts[0] if len(parts) == 1 else self.emit("Concat", parts, wish, axis=0)[0]
        return self._computed[key]

    def _extent(self, extent: Extent, wish: str) -> str:
        """An extent as a tensor int64[1]."""
        if isinstance(extent, int):
            return self.constant(np.array([extent], np.int64), f"{wish}/extent")
        if (extent,) not in self._computed:
            self._computed[(extent,)] = self._sum(extent, wish)
        return self._computed[(extent,)]

    def _sum(self, extent: Dim, wish: str) -> str:
        total = None
        for monomial, factor in extent.terms:
            parts = [self._atom(atom, wish) for atom in monomial]
            if factor != 1 or not parts:
                parts.append(self.constant(np.array([factor], np.int64), f"{wish}/extent"))
            term = parts[0]
            for part in parts[1:]:
                term = self.emit("Mul", [term, part], wish)[0]
            total = term if total is None else self.emit("Add", [total, term], wish)[0]
        assert total is not None
        return total

    def _atom(self, atom: Atom, wish: str) -> str:
        if atom.kind == "symbol":
            return self._symbol(atom.name, wish)
        left, right = (self._extent(operand, wish) for operand in atom.operands)
        if atom.kind != "floor_divide":
            return self.emit("Max" if atom.kind == "maximum" else "Min", [left, right], wish)[0]
        rest = self.emit("Mod", [left, right], wish)[0]  # has the sign of the divisor: Div alone truncates
        whole = self.emit("Sub", [left, rest], wish)[0]
        return self.emit("Div", [whole, right], wish)[0]

    def _symbol(self, name: str, wish: str) -> str:
        if name not in self._sources:
            raise UnsupportedOpError(f"no input's extent is {name}", hint="fix it with input_shape")
        value, axis = self._sources[name]
        return self.emit("Shape", [value.name], wish, start=axis, end=axis + 1)[0]


def _is_wide(node: Node) -> bool:
    """Whether a node goes from or to 16-bit integers that stand for reals."""
    q = node.output if node.op.name == "quantize" else node.input(0)
    return node.op.name in ("quantize", "dequantize") and q is not None and q.type.dtype is DType.S16


def _unique(wish: str, taken: set[str]) -> str:
    name, count = wish, 0
    while name in taken:
        count += 1
        name = f"{wish}_{count}"
    taken.add(name)
    return name
