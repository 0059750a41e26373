# SPDX-License-Identifier: Apache-2.0
"""Weights of imported models that are integers stay so, where their scales are those of output channels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lite.ir import DType, Op, TensorType
from lite.ops.conv2d import Conv2d
from lite.ops.conv2d_transpose import Conv2dTranspose
from lite.ops.dequantize import Dequantize
from lite.ops.fully_connected import FullyConnected
from lite.ops.gather import Gather
from lite.ops.matmul import Matmul
from lite.passes.keep_weights_quantized import KeepWeightsQuantized

LAYERS: list[tuple[Op, tuple[int, ...], tuple[int, ...], int]] = [  # op, input, weights, axis of scales
    (Conv2d(layout="nhwc"), (1, 5, 5, 4), (6, 4, 3, 3), 0),
    (Conv2dTranspose(groups=2), (1, 4, 3, 3), (4, 3, 2, 2), 1),
    (FullyConnected(), (2, 5), (5, 7), 1),
    (Matmul(), (3, 2, 5), (3, 5, 7), 2),
    (Matmul(transpose_b=True), (2, 5), (7, 5), 0),
]


def layer(op: Op, shape: tuple[int, ...], axis: int, dtype: DType = DType.S8, zero_point: int = 0,
          single: bool = False) -> Any:
    random = np.random.default_rng(3)
    limits = np.iinfo(dtype.numpy)
    q = random.integers(limits.min + 1, limits.max, shape).astype(dtype.numpy)
    scale = random.uniform(0.01, 0.1, () if single else (shape[axis],)).astype(np.float32)

    def body(build: Any, x: Any) -> Any:
        w = build.add(Dequantize(zero_point, axis), build.constant(q), build.constant(scale))
        return build.add(op, x, w)

    return body


@pytest.mark.parametrize(("op", "x", "w", "axis"), LAYERS)
@pytest.mark.parametrize(("dtype", "zero_point"), [(DType.S8, 0), (DType.S16, 0), (DType.U8, 128)])
@pytest.mark.parametrize("single", [False, True])
def test_integers_reach_the_layer(sketch: Any, try_passes: Any, op: Op, x: tuple[int, ...],
                                  w: tuple[int, ...], axis: int, dtype: DType, zero_point: int,
                                  single: bool) -> None:
    tried = try_passes(sketch(layer(op, w, axis, dtype, zero_point, single), x), KeepWeightsQuantized())
    assert tried.ops == [op.name]
    kept = DType.S16 if dtype is DType.S16 else DType.S8
    assert tried.node(op.name).inputs[1].type.dtype is kept


@pytest.mark.parametrize(("changes", "reason"), [
    ({"axis": 0}, "scales lie along axis 0, expected 1"),
    ({"zero_point": 3}, "zero point is 3, expected 0"),
    ({"dtype": DType.U8, "zero_point": 0}, "zero point is 0, expected 128"),
    ({"dtype": DType.S32}, "weights are s32"),
])  # fmt: skip
def test_what_does_not_fit_is_left(sketch: Any, try_passes: Any, changes: dict[str, Any],
                                   reason: str) -> None:
    graph = sketch(layer(FullyConnected(), (5, 7), **{"axis": 1, **changes}), (2, 5))
    tried = try_passes(graph, KeepWeightsQuantized())
    assert tried.ops == ["dequantize", "fully_connected"]
    assert reason in tried.reasons[0]


def test_an_embedding_may_have_one_scale(sketch: Any, try_passes: Any) -> None:
    def body(build: Any, indices: Any) -> Any:
        table = build.constant(np.arange(-12, 12, dtype=np.int8).reshape(6, 4))
        return build.add(Gather(0), build.add(Dequantize(), table, build.constant(np.float32(0.5))), indices)

    tried = try_passes(sketch(body, TensorType((3,), DType.S64)), KeepWeightsQuantized())
    assert tried.ops == ["gather"] and tried.node("gather").inputs[2].type.shape == ()
