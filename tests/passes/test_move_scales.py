# SPDX-License-Identifier: Apache-2.0
"""Scales move past what moves elements; float passes let quantized weights and values be."""

from __future__ import annotations

import numpy as np
import pytest

from lite.ir import DType, TensorType
from lite.ops import get
from lite.passes import pipeline
from lite.passes.axes import NHWC
from lite.passes.fold_constants import FoldConstants
from lite.passes.fuse_epilogue import FuseEpilogue
from lite.passes.move_scales import MoveScales
from lite.passes.to_nhwc import ToNhwc

IMAGE = (2, 4, 6, 8)
SCALE = 0.05


MOVES = {
    "reshape": {"shape": (8, 48)},
    "transpose": {"perm": NHWC},
    "slice": {"axes": (1,), "starts": (1,), "sizes": (2,), "steps": (2,)},
    "tile": {"repeats": (1, 2, 1, 1)},
    "expand": {"shape": (3, 2, 4, 6, 8)},
    "pad": {"before": (0, 0, 1, 0), "after": (0, 0, 0, 2), "value": 5 * SCALE},
    "depth_to_space": {"block": 2},
    "space_to_depth": {"block": 2},
    "channel_shuffle": {"groups": 2, "axis": 1},
    "reduce_max": {"axes": (2, 3)},
    "pool2d": {"kind": "max", "kernel": (3, 3), "strides": (2, 2), "pads": (1, 1, 1, 1)},
    "resize": {"size": (12, 5)},
}


@pytest.mark.parametrize("name", MOVES)
def test_moves_run_on_integers(name, sketch, try_passes, scaling) -> None:
    def sinking(build, x):
        return build.add(get("abs")(), build.add(get(name)(**MOVES[name]), scaling(build).pair(x)))

    def rising(build, x):
        return scaling(build).quantize(build.add(get(name)(**MOVES[name]), build.add(get("abs")(), x)))

    assert try_passes(sketch(sinking, IMAGE), MoveScales(), tolerance=0).ops == [
        "quantize", name, "dequantize", "abs"]
    assert try_passes(sketch(rising, IMAGE), MoveScales(), tolerance=0).ops == ["abs", "quantize", name]


def test_a_clamp_of_what_comes_in_is_a_table(sketch, try_passes, scaling) -> None:
    def body(build, x):
        net = scaling(build)
        return net.pair(net.clip(net.transpose(x, perm=NHWC), lo=-1.0, hi=2.0))

    tried = try_passes(sketch(body, IMAGE), MoveScales(), tolerance=0)
    assert tried.ops == ["quantize", "transpose", "lookup", "dequantize"]


def test_scales_meet_in_a_concat(sketch, try_passes, scaling) -> None:
    def body(build, x, y):
        both = build.add(get("concat")(1), scaling(build).pair(x, scale=0.1), scaling(build).pair(y))
        return scaling(build).pair(both)

    tried = try_passes(sketch(body, IMAGE, IMAGE), MoveScales(), tolerance=0)
    assert tried.ops.count("concat") == 1 and tried.ops[-2:] == ["concat", "dequantize"]


def test_every_part_of_a_split_gets_its_scale(sketch, try_passes, scaling) -> None:
    def body(build, x):
        return build.add_all(get("split")(1, (1, 3)), scaling(build).pair(x))

    tried = try_passes(sketch(body, IMAGE), MoveScales(), tolerance=0)
    assert tried.ops == ["quantize", "split", "dequantize", "dequantize"]


def test_refusals_say_why(sketch, try_passes, scaling) -> None:
    def pads(build, x):
        return build.add(get("pad")((0, 0, 1, 0), (0, 0, 0, 0), value=0.03), scaling(build).pair(x))

    def joins(build, x, y):
        return build.add(get("concat")(1), scaling(build).pair(x, scale=0.1), scaling(build).pair(y))

    def shared(build, x):
        y = build.add(get("transpose")(NHWC), build.add(get("abs")(), x))
        return scaling(build).quantize(y), build.add(get("neg")(), y)

    assert try_passes(sketch(pads, IMAGE), MoveScales()).reasons == [
        "it pads with 0.03, for which no integer stands"]
    assert try_passes(sketch(joins, IMAGE, IMAGE), MoveScales()).reasons == [
        "its inputs have different scales"]
    assert "is also read by neg" in try_passes(sketch(shared, IMAGE), MoveScales()).reasons[0]


def test_weights_come_to_their_layer_as_integers(sketch, try_passes, scaling) -> None:
    def body(build, x):
        flat = build.add(get("reshape")((5, 12)), scaling(build).weights(5, 3, 4, 1, axis=0))
        return build.add(get("matmul")(), x, build.add(get("transpose")((1, 0)), flat))

    tried = try_passes(sketch(body, (7, 12)), *pipeline.standard())
    assert tried.ops == ["dequantize", "fully_connected"]
    w = tried.node("dequantize")
    assert w.inputs[0].type == TensorType((12, 5), DType.S8) and w.op.axis == 1


def test_a_right_side_of_integers_is_turned(sketch, try_passes, scaling) -> None:
    def body(build, x):
        return build.add(get("matmul")(transpose_b=True), x, scaling(build).weights(5, 12, axis=0))

    tried = try_passes(sketch(body, (7, 12)), *pipeline.standard())
    assert tried.ops == ["dequantize", "fully_connected"] and tried.node("dequantize").op.axis == 1


def test_layers_keep_their_integers(sketch, try_passes, scaling) -> None:
    def body(build, x):
        y = build.add(get("conv2d")(), scaling(build).pair(x), scaling(build).weights(4, 4, 1, 1))
        factor = build.constant(np.linspace(1, 2, 4).reshape(4, 1, 1), np.float32)
        return build.add(get("mul")(), y, factor)

    tried = try_passes(sketch(body, IMAGE), *pipeline.standard(quantized=True))
    assert sorted(tried.ops) == ["conv2d", "dequantize", "dequantize", "quantize", "transpose", "transpose"]
    scaled = tried.node("conv2d").inputs[1].producer
    assert scaled.inputs[0].type.dtype is DType.S8
    expected = np.linspace(0.01, 0.02, 4) * np.linspace(1, 2, 4)
    np.testing.assert_allclose(scaled.inputs[1].array, expected, 1e-6)


def test_dequantized_constants_fold_only_when_told(sketch, try_passes, scaling) -> None:
    def body(build, x):
        return build.add(get("add")(), x, scaling(build).weights(8))

    assert try_passes(sketch(body, IMAGE), FoldConstants()).ops == ["dequantize", "add"]
    assert try_passes(sketch(body, IMAGE), FoldConstants(dequantize=True), tolerance=0).ops == ["add"]


def test_only_bounds_are_fused_before_a_scale(sketch, try_passes, scaling) -> None:
    def body(build, x):
        y = build.add(get("conv2d")(), x, scaling(build).weights(4, 4, 1, 1))
        z = build.add(get("conv2d")(), build.add(get("relu6")(), y), scaling(build).weights(4, 4, 1, 1))
        return build.add(get("hard_swish")(), z)

    tried = try_passes(sketch(body, IMAGE), FuseEpilogue(bounds_only=True))
    assert tried.ops.count("hard_swish") == 1 and "relu6" not in tried.ops


def test_transposes_pass_scales_of_an_axis(sketch, try_passes, scaling) -> None:
    def body(build, x):
        channels = np.linspace(0.01, 0.02, 4)
        y = build.add(get("conv2d")(), x, scaling(build).weights(4, 4, 1, 1))
        y = scaling(build).dequantize(scaling(build).quantize(y, channels, 0, axis=1), channels, 0, axis=1)
        return build.add(get("conv2d")(), y, scaling(build).weights(4, 4, 1, 1))

    tried = try_passes(sketch(body, IMAGE), ToNhwc(), tolerance=1e-2)
    assert tried.ops.count("transpose") == 2 and tried.node("quantize").op.axis == 3
