# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest

from lite.ir import Dim, Graph, Preprocess, Symbol, TensorType
from lite.nb import schema
from lite.ops.add import Add
from lite.ops.concat import Concat
from lite.ops.leaky_relu import LeakyRelu
from lite.ops.relu import Relu
from lite.ops.reshape import Reshape


@pytest.fixture
def graph() -> Graph:
    """Free batch and width, constants (two of them equal), an alias, a value that lives long."""
    graph = Graph("small")
    batch, width = Dim.symbol("batch"), Dim.symbol("width")
    graph.symbols = {"batch": Symbol("batch", 1, 8), "width": Symbol("width", 2, 64)}
    graph.preprocess = Preprocess(256, 224, mean=(1.0, 2.0, 3.0), std=(0.5, 0.5, 0.5), format="BGR")
    x = graph.add_input("x", TensorType((batch, 4, width)))
    ones = np.full((4, 1), 1.5, np.float32)
    first = graph.constant(ones, "first")
    second = graph.constant(ones.copy(), "second")
    (shifted,) = graph.add(Add(), [x, first], name="shift")
    (bent,) = graph.add(LeakyRelu(alpha=0.25), [shifted], name="bend")
    (again,) = graph.add(Add(), [bent, second], name="shift_again")
    (flat,) = graph.add(Reshape(shape=(batch, 4 * width)), [again], name="flatten")
    (positive,) = graph.add(Relu(), [flat], name="positive")
    (both,) = graph.add(Concat(axis=1), [positive, flat], name="both", outputs=["y"])
    graph.outputs = [both]
    return graph


@pytest.fixture
def feeds() -> dict[str, np.ndarray]:
    return {"x": np.random.default_rng(1).standard_normal((2, 4, 5)).astype(np.float32)}


@pytest.fixture
def mutated() -> Callable[[bytes, random.Random], bytes]:
    """Changes a few bytes of the header or a section, and makes the checksums right again."""
    return _mutated


def _mutated(data: bytes, source: random.Random) -> bytes:
    changed = bytearray(data)
    header_size = struct.unpack("<Q", data[-8:])[0]
    rows = [(row.offset, row.size) for row in schema.HeaderT.InitFromPackedBuf(data).sections]
    begin, size = source.choice([(0, header_size), rows[0], rows[0], rows[0], *rows])
    for _ in range(source.choice([1, 1, 1, 2, 3])):
        place = begin + source.randrange(size)
        changed[place] = source.choice([0, 1, 2, 0x7F, 0x80, 0xFF, source.randrange(256), changed[place] ^ 1])
    return _with_right_checksums(changed, rows, header_size)


def _with_right_checksums(data: bytearray, rows: list[tuple[int, int]], header_size: int) -> bytes:
    """Checksums are found in the header by their old values' places: each follows from the schema."""
    table = schema.Header.GetRootAs(bytes(data), 0)
    try:
        for position, (offset, size) in enumerate(rows):
            section = table.Sections(position)
            place = section._tab.Pos + section._tab.Offset(10)
            struct.pack_into("<I", data, place, zlib.crc32(data[offset:offset + size]))
    except (struct.error, IndexError, AttributeError, TypeError):
        pass  # the header itself is what was broken
    struct.pack_into("<I", data, len(data) - 12, zlib.crc32(data[:header_size]))
    return bytes(data)
