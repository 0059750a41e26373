# SPDX-License-Identifier: Apache-2.0
"""A TFLite file as tensors and operators, each index in it checked."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers import Source, describe, read_bytes
from lite.importers.proto import flat
from lite.ir import DType

VERSION = 3
GREATEST_BYTE_CODE = 127  # ops beyond it have a placeholder in the older field
ABSENT = -1  # the index of an input that is left out
_DTYPES = {
    "FLOAT32": DType.F32, "FLOAT16": DType.F16, "FLOAT64": DType.F64, "INT8": DType.S8, "UINT8": DType.U8,
    "INT16": DType.S16, "UINT16": DType.U16, "INT32": DType.S32, "UINT32": DType.U32, "INT64": DType.S64,
    "UINT64": DType.U64, "BOOL": DType.BOOL, "INT4": DType.S8,
}  # fmt: skip
OPTIONS = {  # ops whose options are called otherwise than they are
    "ADD": "AddOptions", "ARG_MAX": "ArgMaxOptions", "ARG_MIN": "ArgMinOptions",
    "AVERAGE_POOL_2D": "Pool2DOptions", "BATCH_MATMUL": "BatchMatMulOptions", "CAST": "CastOptions",
    "CONCATENATION": "ConcatenationOptions", "CONV_2D": "Conv2DOptions", "CUMSUM": "CumsumOptions",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions", "DEPTH_TO_SPACE": "DepthToSpaceOptions",
    "DIV": "DivOptions", "FAKE_QUANT": "FakeQuantOptions", "FULLY_CONNECTED": "FullyConnectedOptions",
    "GATHER": "GatherOptions", "GELU": "GeluOptions", "IF": "IfOptions", "L2_NORMALIZATION": "L2NormOptions",
    "L2_POOL_2D": "Pool2DOptions", "LEAKY_RELU": "LeakyReluOptions",
    "LOCAL_RESPONSE_NORMALIZATION": "LocalResponseNormalizationOptions", "MAX_POOL_2D": "Pool2DOptions",
    "MEAN": "ReducerOptions", "MIRROR_PAD": "MirrorPadOptions", "MUL": "MulOptions",
    "ONE_HOT": "OneHotOptions", "PACK": "PackOptions", "REDUCE_ALL": "ReducerOptions",
    "REDUCE_ANY": "ReducerOptions", "REDUCE_MAX": "ReducerOptions", "REDUCE_MIN": "ReducerOptions",
    "REDUCE_PROD": "ReducerOptions", "RESHAPE": "ReshapeOptions", "RESIZE_BILINEAR": "ResizeBilinearOptions",
    "RESIZE_NEAREST_NEIGHBOR": "ResizeNearestNeighborOptions", "REVERSE_SEQUENCE": "ReverseSequenceOptions",
    "SHAPE": "ShapeOptions", "SOFTMAX": "SoftmaxOptions", "SPACE_TO_DEPTH": "SpaceToDepthOptions",
    "SPLIT": "SplitOptions", "SPLIT_V": "SplitVOptions", "SQUEEZE": "SqueezeOptions",
    "STRIDED_SLICE": "StridedSliceOptions", "SUB": "SubOptions", "SUM": "ReducerOptions",
    "SVDF": "SVDFOptions", "TRANSPOSE_CONV": "TransposeConvOptions",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "UnidirectionalSequenceLSTMOptions", "UNPACK": "UnpackOptions",
    "WHILE": "WhileOptions",
}  # fmt: skip


@dataclass(frozen=True)
class Quantized:
    """How the integers of a tensor stand for reals.

    Attributes
    ----------
    scales : ndarray of float32
        One, or one for each index of ``axis``.
    zero_points : ndarray of int64
        As many, or one.
    axis : int
    """

    scales: np.ndarray
    zero_points: np.ndarray
    axis: int

    def same(self, other: Quantized | None) -> bool:
        """Whether integers mean the same by both."""
        return other is not None and np.array_equal(self.scales, other.scales) and (
            np.array_equal(self.zero_points, other.zero_points) and self.axis == other.axis)


@dataclass(frozen=True)
class Tensor:
    """A tensor of the model.

    Attributes
    ----------
    index : int
    name : str
        Its index in words if the file gives none.
    word : str
        The file's element type.
    shape : tuple of int
        As declared; -1: any extent.
    quantized : Quantized or None
    content : memoryview or ndarray or None
        Bytes of a constant.
    """

    index: int
    name: str
    word: str
    shape: tuple[int, ...]
    quantized: Quantized | None
    record: flat.Record
    content: np.ndarray | None

    @property
    def dtype(self) -> DType:
        """Element type that we compute with.

        Raises
        ------
        UnsupportedOpError
        """
        if self.word not in _DTYPES:
            raise UnsupportedOpError(f"tensors of {self.word} are not supported, as {self.name!r}")
        return _DTYPES[self.word]


@dataclass(frozen=True)
class Operator:
    """An operator: its name, or that of a custom op; the tensors that it reads (-1: left out) and writes."""

    index: int
    op: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Any
    custom: bytes


class Model:
    """The first subgraph of a file; ``subgraph`` gives the others.

    Raises
    ------
    FileError, ModelFormatError, UnsupportedOpError
    """

    def __init__(self, source: Source) -> None:
        self.where = describe(source)
        self._data = read_bytes(source)
        self._root = flat.read("tflite", self._data)
        if self._root.version != VERSION:
            raise ModelFormatError(
                f"the model is of version {self._root.version}, expected {VERSION}", where=self.where
            )
        if not self._root.subgraphs:
            raise ModelFormatError("the model has no subgraph", where=self.where)
        self._take(0)

    def subgraph(self, number: int) -> Model:
        """Another subgraph of the file, which a loop or a branch runs."""
        count = len(self._root.subgraphs)
        if not 0 <= number < count:
            raise ModelFormatError(f"it runs subgraph {number}, but there are {count}")
        other = copy.copy(self)
        other.where = f"subgraph {number}"
        other._take(number)
        return other

    def _take(self, number: int) -> None:
        self.number, graph = number, self._root.subgraphs[number]
        self.name = graph.name or self._root.description or "model"
        self.tensors = [self._tensor(index, record) for index, record in enumerate(graph.tensors)]
        self.inputs = self._indices(graph.inputs, "an input of the model")
        self.outputs = self._indices(graph.outputs, "an output of the model")
        self.operators = [self._operator(index, record) for index, record in enumerate(graph.operators)]

    def _indices(self, found: Sequence[int], what: str, *, optional: bool = False) -> tuple[int, ...]:
        """Indices of tensors."""
        least = ABSENT if optional else 0
        for index in map(int, found):
            if not least <= index < len(self.tensors):
                raise ModelFormatError(f"{what} is tensor {index}, but there are {len(self.tensors)}")
        return tuple(map(int, found))

    # Operators ------------------------------------------------------------------------------------

    def _operator(self, index: int, record: flat.Record) -> Operator:
        op = self._op(record.opcode_index, index)
        inputs = self._indices(record.inputs, f"an input of operator {index} ({op})", optional=True)
        outputs = self._indices(record.outputs, f"an output of operator {index} ({op})")
        return Operator(index, op, inputs, outputs, _options(op, record, index), self._custom(record, index))

    def _op(self, code_index: int, index: int) -> str:
        codes = self._root.operator_codes
        if code_index >= len(codes):
            raise ModelFormatError(f"operator {index} has code {code_index}, but there are {len(codes)}")
        code = codes[code_index]
        number = max(code.builtin_code, code.deprecated_builtin_code)
        name = flat.schema("tflite").enums["BuiltinOperator"].get(number)
        if name is None:
            raise UnsupportedOpError(
                f"operator {index} is builtin op {number}, which this version does not know"
            )
        if name != "CUSTOM":
            return name
        if not code.custom_code:
            raise ModelFormatError(f"operator {index} is a custom op without a name")
        return str(code.custom_code)

    def _custom(self, record: flat.Record, index: int) -> bytes:
        if record.large_custom_options_size:
            begin, size = record.large_custom_options_offset, record.large_custom_options_size
            return self._behind(begin, size, f"the options of operator {index}").tobytes()
        return bytes(record.custom_options)

    # Tensors --------------------------------------------------------------------------------------

    def _tensor(self, index: int, record: flat.Record) -> Tensor:
        word = flat.schema("tflite").enums["TensorType"].get(record.type, f"type number {record.type}")
        name = record.name or f"tensor_{index}"
        signature = record.shape_signature if len(record.shape_signature) else record.shape
        if len(signature) != len(record.shape) or any(extent < -1 for extent in map(int, signature)):
            raise ModelFormatError(
                f"tensor {index} ({name!r}) has shape {record.shape.tolist()} and signature "
                f"{signature.tolist()}, expected extents from 0 on, or -1 for any"
            )
        content = self._content(index, name, record)
        shape = tuple(int(extent) for extent in (record.shape if content is not None else signature))
        if content is not None and any(extent < 0 for extent in shape):
            raise ModelFormatError(f"constant tensor {index} ({name!r}) has shape {list(shape)}")
        return Tensor(index, name, word, shape, _quantized(record, index, name), record, content)

    def _content(self, index: int, name: str, record: flat.Record) -> np.ndarray | None:
        """Bytes of a constant; None of what is computed."""
        buffers = self._root.buffers
        if record.external_buffer:
            raise UnsupportedOpError(
                f"tensor {index} ({name!r}) lies in another file", hint="convert the model to a single file"
            )
        if record.buffer >= max(len(buffers), 1):
            raise ModelFormatError(
                f"tensor {index} ({name!r}) has buffer {record.buffer}, but there are {len(buffers)}"
            )
        buffer = buffers[record.buffer] if buffers else flat.schema("tflite").empty("Buffer")
        if buffer.offset > 1:  # 1 stands for nothing, too
            return self._behind(buffer.offset, buffer.size, f"the buffer of tensor {index} ({name!r})")
        if len(buffer.data):
            return np.asarray(buffer.data)
        empty = record.buffer > 0 and math.prod(map(int, record.shape)) == 0 and len(record.shape) > 0
        return np.empty(0, np.uint8) if empty and not record.is_variable else None

    def _behind(self, offset: int, size: int, what: str) -> np.ndarray:
        """Bytes of the file outside of its flatbuffer."""
        if offset + size > len(self._data):
            raise ModelFormatError(
                f"{what} lies at bytes {offset} to {offset + size}, but the file has {len(self._data)}"
            )
        return np.frombuffer(self._data, np.uint8, int(size), int(offset))


def _options(op: str, record: flat.Record, index: int) -> Any:
    """The options of an op; those of which the file says nothing have their defaults."""
    wanted = OPTIONS.get(op)
    if wanted is None:
        return None
    unions = flat.schema("tflite").unions["BuiltinOptions"]
    found = unions.get(record.builtin_options_type)
    if record.builtin_options is None:
        return flat.schema("tflite").empty(wanted)
    if found != wanted:
        raise ModelFormatError(f"operator {index} ({op}) has {found}, expected {wanted}")
    return record.builtin_options


def _quantized(record: flat.Record, index: int, name: str) -> Quantized | None:
    """None of floats, of integers without scales and of those with scales of 0."""
    found = record.quantization
    if found is None or not len(found.scale) or not np.any(found.scale):
        return None
    if found.details_type:
        raise UnsupportedOpError(
            f"tensor {index} ({name!r}) is quantized in blocks or in another way of its own",
            hint="quantize per tensor or per channel",
        )
    zero_points = found.zero_point if len(found.zero_point) else np.zeros(1, np.int64)
    axis = int(found.quantized_dimension)
    if len(found.scale) > 1 and not 0 <= axis < len(record.shape):
        rank = len(record.shape)
        raise ModelFormatError(f"tensor {index} ({name!r}) has scales along axis {axis} of {rank} axes")
    return Quantized(np.asarray(found.scale), np.asarray(zero_points), axis)
