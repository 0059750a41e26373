# SPDX-License-Identifier: Apache-2.0
"""Flatbuffers are read by their .fbs, and nothing in one leads outside it."""

from __future__ import annotations

import struct

import flatbuffers
import numpy as np
import pytest

from lite.errors import ModelFormatError
from lite.importers.proto import flat


def _model(build) -> bytes:
    """A Model whose fields ``build(builder)`` gives: (slot, offset) pairs."""
    builder = flatbuffers.Builder(64)
    fields = build(builder)
    builder.StartObject(5)
    for slot, offset in fields:
        builder.PrependUOffsetTRelativeSlot(slot, offset, 0)
    builder.Finish(builder.EndObject(), b"TFL3")
    return bytes(builder.Output())


def test_enums_unions_and_defaults_are_read_from_the_schema() -> None:
    schema = flat.schema("tflite")
    assert schema.root == "Model"
    assert schema.enums["BuiltinOperator"][126] == "BATCH_MATMUL"
    assert schema.unions["BuiltinOptions"][101] == "BatchMatMulOptions"
    assert schema.empty("Conv2DOptions").dilation_w_factor == 1
    assert schema.empty("Operator").builtin_options_type == 0


def test_absent_fields_have_their_defaults() -> None:
    record = flat.read("tflite", _model(lambda builder: []))
    assert record.version == 0
    assert record.description is None
    assert record.subgraphs == []


def test_texts_are_read_even_if_they_are_no_utf8() -> None:
    record = flat.read("tflite", _model(lambda builder: [(3, builder.CreateByteVector(b"a\xffb"))]))
    assert record.description == "a\N{REPLACEMENT CHARACTER}b"


@pytest.mark.parametrize("content", [b"", b"TFL3", b"\x08\x00\x00\x00TFLX" + bytes(16)])
def test_what_has_no_head_is_refused(content: bytes) -> None:
    with pytest.raises(ModelFormatError, match="expected"):
        flat.read("tflite", content)


@pytest.mark.parametrize("root", [0x7FFFFFFF, 0xFFFFFFFF, 9])
def test_a_root_outside_is_refused(root: int) -> None:
    with pytest.raises(ModelFormatError, match="byte"):
        flat.read("tflite", struct.pack("<I", root) + b"TFL3" + b"\xff" * 8)


def test_a_vector_longer_than_the_file_is_refused() -> None:
    content = bytearray(_model(lambda builder: [(3, builder.CreateString("abcd"))]))
    place = content.index(struct.pack("<I", 4) + b"abcd")
    content[place : place + 4] = struct.pack("<I", 1 << 30)
    with pytest.raises(ModelFormatError, match="has 1073741824 elements of 1 bytes, but the file has"):
        flat.read("tflite", bytes(content))


def test_tables_that_share_their_bytes_do_not_multiply() -> None:
    """Each of many subgraphs names one vector of as many tensors: they are read once."""

    def build(builder):
        builder.StartObject(1)
        tensor = builder.EndObject()
        builder.StartVector(4, 2000, 4)
        for _ in range(2000):
            builder.PrependUOffsetTRelative(tensor)
        tensors = builder.EndVector()
        builder.StartObject(1)
        builder.PrependUOffsetTRelativeSlot(0, tensors, 0)
        graph = builder.EndObject()
        builder.StartVector(4, 2000, 4)
        for _ in range(2000):
            builder.PrependUOffsetTRelative(graph)
        return [(2, builder.EndVector())]

    record = flat.read("tflite", _model(build))
    assert len(record.subgraphs) == len(record.subgraphs[7].tensors) == 2000
    assert len({id(tensor) for graph in record.subgraphs for tensor in graph.tensors}) == 1


def test_texts_that_overlap_are_refused() -> None:
    """Each of 200 op codes names a text of 1000 bytes that begins 4 bytes behind the one before."""
    body = bytearray(8192)
    model_rows, code_rows, vector, codes, texts = 64, 96, 256, 2048, 4096
    struct.pack_into("<iI", body, 0, -model_rows, vector - 4)
    struct.pack_into("<HHHH", body, model_rows, 8, 8, 0, 4)
    struct.pack_into("<HHHH", body, code_rows, 8, 8, 0, 4)
    struct.pack_into("<I", body, vector, 200)
    for row in range(200):
        place, code = vector + 4 + 4 * row, codes + 8 * row
        struct.pack_into("<I", body, place, code - place)
        struct.pack_into("<iI", body, code, code - code_rows, texts + 4 * row - code - 4)
        struct.pack_into("<I", body, texts + 4 * row, 1000)
    with pytest.raises(ModelFormatError, match="parts of the file overlap: a text takes more than there is"):
        flat.read("tflite", struct.pack("<I", 8) + b"TFL3" + bytes(body))


def test_scalar_vectors_are_views_of_the_file() -> None:
    content = _model(lambda builder: [(4, _buffers(builder))])
    data = flat.read("tflite", content).buffers[0].data
    assert data.tolist() == [1, 2, 3]
    assert np.shares_memory(data, np.frombuffer(content, np.uint8))


def _buffers(builder) -> int:
    data = builder.CreateByteVector(bytes([1, 2, 3]))
    builder.StartObject(3)
    builder.PrependUOffsetTRelativeSlot(0, data, 0)
    buffer = builder.EndObject()
    builder.StartVector(4, 1, 4)
    builder.PrependUOffsetTRelative(buffer)
    return int(builder.EndVector())
