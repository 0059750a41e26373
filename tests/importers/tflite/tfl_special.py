# SPDX-License-Identifier: Apache-2.0
"""Cases of sparse, packed and dynamically quantized weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from flatbuffers import flexbuffers
from tfl_case import Case, T, case, floats, integers
from tfl_math import held
from tfl_quant import made, q
from tfl_writer import TYPES

MOST_DETECTIONS = 8


def cases() -> Iterator[Case]:
    yield from _sparse()
    yield from _dynamic()
    yield from _detections()
    yield from _lstms()
    yield from _svdfs()


def _by_rows(dense: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """A matrix as rows, of which the second axis is compressed."""
    rows, columns = np.nonzero(dense)
    segments = np.searchsorted(rows, np.arange(len(dense) + 1))
    return dense[rows, columns], {
        "traversal_order": [0, 1], "dim_metadata": [
            {"dense_size": dense.shape[0]},
            {"format": 1, "array_segments": ("Int32Vector", {"values": segments}),
             "array_indices": ("Uint8Vector", {"values": columns})}],
    }  # fmt: skip


def _by_blocks(dense: np.ndarray, size: int) -> tuple[np.ndarray, dict[str, Any]]:
    """A matrix in blocks of 1 x size."""
    blocks = dense.reshape(len(dense), -1, size)
    rows, columns = np.nonzero(blocks.any(axis=2))
    segments = np.searchsorted(rows, np.arange(len(dense) + 1))
    return blocks[rows, columns].reshape(-1), {
        "traversal_order": [0, 1, 2], "block_map": [1], "dim_metadata": [
            {"dense_size": dense.shape[0]},
            {"format": 1, "array_segments": ("Uint16Vector", {"values": segments}),
             "array_indices": ("Uint16Vector", {"values": columns})},
            {"dense_size": size}],
    }  # fmt: skip


def _sparse() -> Iterator[Case]:
    dense = np.where(integers(1, 8, 12) % 3 == 0, floats(2, 8, 12), 0).astype(np.float32)
    for name, (stored, sparsity) in (("rows", _by_rows(dense)), ("blocks", _by_blocks(dense, 4))):
        tensors = {
            "x": T(floats(3, 2, 12)), "s": T(stored, True, more={"shape": dense.shape, "sparsity": sparsity}),
            "w": T(more={"shape": dense.shape}), "b": held(floats(4, 8)), "y": T(),
        }  # fmt: skip
        yield Case(f"DENSIFY_{name}", tensors, [
            ("DENSIFY", ["s"], ["w"], {}), ("FULLY_CONNECTED", ["x", "w", "b"], ["y"], {})])  # fmt: skip


def _dynamic() -> Iterator[Case]:
    """Float activations of which LiteRT makes integers as it runs, row by row; ours stay floats."""
    x, b = floats(1, 3, 40), held(floats(3, 9))
    w = T(integers(2, 9, 40, low=-127), True, 0.01, 0)
    yield case("FULLY_CONNECTED", "dynamic", x, w, b)
    scales = np.linspace(0.01, 0.02, 6).astype(np.float32)
    w = T(integers(2, 6, 3, 3, 5, low=-127), True, scales, 0, 0)
    yield case("CONV_2D", "dynamic", floats(1, 1, 6, 7, 5), w, held(floats(3, 6)),
               options={"stride_h": 1, "stride_w": 1})  # fmt: skip
    four = integers(2, 8, 30, low=-7, high=7)
    pairs = (four[:, 0::2] & 15 | four[:, 1::2] << 4).astype(np.int8)
    w = T(pairs, True, 0.05, 0, more={"shape": four.shape, "type": TYPES["INT4"]})
    bias = T(np.arange(8, dtype=np.int32) * 100, True, 0.0025, 0)
    yield case("FULLY_CONNECTED", "int4", q(1, 2, 30), w, bias, outputs=(made(scale=0.2),))


def _detections() -> Iterator[Case]:
    """Boxes around a grid of anchors, of three classes and what is none."""
    centres = np.stack(np.meshgrid(np.arange(5), np.arange(6), indexing="ij"), 2).reshape(-1, 2) / 5
    anchors = np.concatenate([centres, np.full((30, 2), 0.3)], 1).astype(np.float32)
    encodings = floats(1, 1, 30, 4)
    scores = floats(2, 1, 30, 4, low=0.0, high=1.0)
    for name, settings in (
        ("fast", {}), ("fast_classes", {"max_classes_per_detection": 2}),
        ("fast_few", {"nms_score_threshold": 0.97}),
        ("regular", {"use_regular_nms": True}),
        ("regular_few", {"use_regular_nms": True, "nms_score_threshold": 0.95, "detections_per_class": 5}),
    ):  # fmt: skip
        options = {"custom": _settings(**settings)}
        ends = [T() for _ in range(4)]
        yield case("TFLite_Detection_PostProcess", name, encodings, scores, held(anchors), options=options,
                   outputs=ends)  # fmt: skip


def _settings(**changes: Any) -> bytes:
    settings = {"max_detections": MOST_DETECTIONS, "max_classes_per_detection": 1, "num_classes": 3,
                "nms_score_threshold": 0.3, "nms_iou_threshold": 0.4, "y_scale": 10.0, "x_scale": 10.0,
                "h_scale": 5.0, "w_scale": 5.0, "use_regular_nms": False, **changes}  # fmt: skip
    builder = flexbuffers.Builder()
    with builder.Map():
        for name, value in settings.items():
            {bool: builder.Bool, int: builder.Int, float: builder.Float}[type(value)](name, value)
    return bytes(builder.Finish())


def lstm(name: str, *, units: int = 5, coupled: bool = False, time_major: bool = False, projected: int = 0,
         integers_: bool = False, **options: float) -> Case:  # fmt: skip
    """Three items of a batch in four steps of six numbers."""
    batch, out = 3, projected or units
    tensors = {"x": T(floats(1, 4, batch, 6) if time_major else floats(1, batch, 4, 6))}
    inputs = ["x"] + [""] * 23

    def put(position: int, tensor: T) -> None:
        inputs[position] = f"t{position}"
        tensors[inputs[position]] = tensor

    def weights(seed: int, rows: int, columns: int) -> T:
        if integers_:
            return T(integers(seed, rows, columns, low=-127), True, 0.004, 0)
        return held(floats(seed, rows, columns, low=-0.5, high=0.5))

    for gate in range(1 if coupled else 0, 4):
        put(1 + gate, weights(10 + gate, units, 6))
        put(5 + gate, weights(20 + gate, units, out))
        put(12 + gate, held(floats(30 + gate, units, low=-0.5, high=0.5)))
    if projected:
        put(16, weights(40, projected, units))
        put(17, held(floats(41, projected)))
    put(18, T(None, more={"shape": (batch, out), "is_variable": True}))
    put(19, T(None, more={"shape": (batch, units), "is_variable": True}))
    tensors["y"] = T()
    settings = {"fused_activation_function": 4, "time_major": time_major, **options}
    return Case(f"UNIDIRECTIONAL_SEQUENCE_LSTM_{name}", tensors, [
        ("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, ["y"], settings)])  # fmt: skip


def _lstms() -> Iterator[Case]:
    yield lstm("batch_major")
    yield lstm("time_major", time_major=True, cell_clip=0.5)
    yield lstm("coupled", coupled=True)
    yield lstm("projected", projected=2, proj_clip=0.4)
    yield lstm("dynamic", integers_=True)


def svdf(name: str, *, rank: int = 2, biased: bool = True, integers_: bool = False, **options: int) -> Case:
    """Two frames of a batch of seven numbers, for four units that remember five frames."""
    filters = 4 * rank

    def weights(seed: int, columns: int) -> T:
        if integers_:
            return T(integers(seed, filters, columns, low=-127), True, 0.01, 0)
        return held(floats(seed, filters, columns))

    bias = held(floats(4, 4)) if biased else None
    state = T(None, more={"shape": (2, 5 * filters), "is_variable": True})
    return case("SVDF", name, floats(1, 2, 7), weights(2, 7), weights(3, 5), bias, state,
                options={"rank": rank, **options})  # fmt: skip


def _svdfs() -> Iterator[Case]:
    yield svdf("rank_2")
    yield svdf("rank_1", rank=1, fused_activation_function=1)
    yield svdf("without_bias", rank=3, biased=False)
    yield svdf("dynamic", integers_=True)
    yield integer_svdf("int8")
    yield integer_svdf("int8_coarse", state_scale=0.05, zero_point=-30)


def integer_svdf(name: str, *, state_scale: float = 0.0005, zero_point: int = -128) -> Case:
    """Bytes all the way, but 16 bits for the filters over time and their memory."""
    x, features = q(1, 2, 7), T(integers(2, 8, 7, low=-127), True, 0.01, 0)
    times = T(integers(3, 8, 5, low=-32767, high=32767, dtype="int16"), True, 0.0001, 0)
    bias = T(np.rint(floats(4, 4) / (state_scale * 0.0001)).astype(np.int32), True, state_scale * 0.0001, 0)
    state = T(None, False, state_scale, 0, dtype="int16", more={"shape": (2, 40), "is_variable": True})
    return case("SVDF", name, x, features, times, bias, state, outputs=(made(zero_point=zero_point),),
                options={"rank": 2, "fused_activation_function": 1})  # fmt: skip
