# SPDX-License-Identifier: Apache-2.0
"""Weights that are mostly zeros: their bytes, and what damage does to them."""

from __future__ import annotations

import numpy as np
import pytest

from lite import Model, convert_to_bytes
from lite.errors import InputError, LiteError, NbCorruptError
from lite.ir import DType, Graph, TensorType
from lite.nb import pack, reader, schema, sparse, writer
from lite.ops.conv2d import Conv2d

RANDOM = np.random.default_rng(5)


def weights(n: int, k: int, zeros: float, rows: int = 1) -> np.ndarray:
    """[n, k, 1, 1], of which a part is zero, the same columns for some rows each."""
    kept = np.repeat(RANDOM.random((-(-n // rows), k)) >= zeros, rows, axis=0)[:n]
    return (RANDOM.standard_normal((n, k)) * kept).astype(np.float32).reshape(n, k, 1, 1)


def layer(w: np.ndarray, **attributes: object) -> Graph:
    """One convolution of an image of 5 x 7, NHWC."""
    graph = Graph("layer")
    x = graph.add_input("x", TensorType((1, 5, 7, w.shape[1] * attributes.get("groups", 1)), DType.F32))
    layer = Conv2d(layout="nhwc", **attributes)
    graph.outputs = list(graph.add(layer, [x, graph.constant(w, "w")], name="y"))
    return graph


def packing(w: np.ndarray, threshold: float | None, **attributes: object) -> str:
    return pack.packing_of(layer(w, **attributes).nodes[0], 1, threshold).word


@pytest.mark.parametrize("rows", [1, 2, 4])
@pytest.mark.parametrize(("n", "k"), [(1, 2), (3, 5), (16, 40), (33, 17), (64, 64)])
@pytest.mark.parametrize("zeros", [0.0, 0.7, 0.95, 1.0])
def test_what_is_stored_is_read(n, k, rows, zeros):
    w = weights(n, k, zeros, rows)
    data = sparse.encode(w).tobytes()
    np.testing.assert_array_equal(sparse.decode(data, w.shape), w)


def test_rows_that_share_columns_are_stored_together():
    for rows in (1, 2, 4):
        data = sparse.encode(weights(64, 64, 0.8, rows)).tobytes()
        assert np.frombuffer(data, "<u4", 4)[2] == rows


def test_bytes_are_fewer():
    w = weights(128, 256, 0.8)
    assert len(sparse.encode(w).tobytes()) < 0.33 * w.nbytes


def test_who_is_sparse():
    assert packing(weights(32, 32, 0.8), 0.6) == "sparse"
    assert packing(weights(32, 32, 0.8), None) == "p16"
    assert packing(weights(32, 32, 0.4), 0.6) == "p16"
    assert packing(weights(32, 32, 0.8), 0.6, strides=(2, 2)) == "p16"
    assert packing(weights(32, 32, 0.8), 0.6, pads=(1, 1, 1, 1)) == "p16"
    assert packing(weights(32, 32, 0.8), 0.6, groups=2) == "p16"
    assert packing(np.zeros((8, 8, 3, 3), np.float32), 0.6) == "p16"
    assert packing(np.zeros((8, 1, 1, 1), np.float32), 0.6, groups=8) == "depthwise"


def test_a_file_keeps_weights():
    w = weights(40, 24, 0.75)
    data = writer.to_bytes(layer(w), sparse_from=0.6)
    assert len(data) < len(writer.to_bytes(layer(w)))
    np.testing.assert_array_equal(reader.read(data).nodes[0].input(1).array, w)


def test_damage_is_refused():
    """No byte of the weights makes the loader, or a run, fail otherwise than in words."""
    w = weights(24, 20, 0.7)
    stored = sparse.encode(w).tobytes()
    refused = 0
    for place in range(0, len(stored) - 4 * 8, 3):
        for value in (0, 1, 0x7F, 0xFF):
            damaged = bytearray(stored)
            damaged[place] = value
            refused += is_refused(bytes(damaged), w)
    assert refused > 100


def is_refused(stored: bytes, w: np.ndarray) -> bool:
    try:
        model = Model(with_weights(layer(w), stored))
    except NbCorruptError:
        return True
    y = model.session().run(None, {"x": np.ones((1, 5, 7, w.shape[1]), np.float32)})[0]
    assert y.shape == (1, 5, 7, len(w))
    return False


def with_weights(graph: Graph, stored: bytes, **attributes: list[int]) -> bytes:
    """A .nb whose sparse weights are some bytes, whose node says what it likes, and whose checksums fit."""
    _, sections = reader._sections(writer.to_bytes(graph, sparse_from=0.0))
    root = schema.GraphT.InitFromPackedBuf(sections["graph"])
    next(value.constant for value in root.values if value.constant is not None).size = len(stored)
    for attribute in root.nodes[0].attributes:
        numbers = attributes.get(attribute.name.decode())
        if numbers is not None:
            attribute.integers = [schema.ExtentT(value=number, formula=-1) for number in numbers]
    parts = {**sections, "graph": writer._finish(root), "weights": stored}
    return b"".join(writer._assemble({name: [data] for name, data in parts.items()}, ["x86"]))


def test_weights_of_another_layer_are_refused():
    w = weights(24, 20, 0.7)
    other = sparse.encode(weights(24, 21, 0.7)).tobytes()
    with pytest.raises(NbCorruptError, match="sparse weights are 24 by 21, expected 24 by 20"):
        Model(with_weights(layer(w), other))
    with pytest.raises(ValueError, match=r"expected \[24, 20\]"):
        sparse.decode(other, w.shape)


def test_a_layer_that_moves_pixels_has_no_sparse_weights():
    w = weights(8, 8, 0.7)
    data = with_weights(layer(w), sparse.encode(w).tobytes(), pads=[1, 1, -1, -1])
    with pytest.raises(LiteError):
        Model(data).session()


def test_the_report_says_what_is_sparse():
    graph = layer(weights(32, 32, 0.8))
    report = convert_to_bytes(graph, sparse_threshold=0.6)[1]
    assert list(report.sparse["layers"]) == ["y"] and "sparse 1 layer" in str(report)
    assert "no layer" in str(convert_to_bytes(graph, sparse_threshold=1.0)[1])
    assert convert_to_bytes(graph)[1].sparse == {}


@pytest.mark.parametrize("threshold", [-0.1, 1.5])
def test_a_threshold_is_a_part(threshold):
    with pytest.raises(InputError, match="0 to 1"):
        convert_to_bytes(layer(weights(8, 8, 0.5)), sparse_threshold=threshold)
