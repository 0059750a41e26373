# SPDX-License-Identifier: Apache-2.0
"""Scales and offsets beside every kind of linear layer."""

from __future__ import annotations

import numpy as np
import pytest

from lite.ir import Dim
from lite.ops import get
from lite.passes.fold_affine import FoldAffine
from lite.passes.fold_constants import FoldConstants
from lite.passes.lower_ops import LowerOps

N = Dim.symbol("n")


def conv(layout="nchw", groups=1, transposed=False, **attributes):
    name = "conv2d_transpose" if transposed else "conv2d"
    return get(name)(layout=layout, groups=groups, **attributes)


LAYERS = {  # op, shape of x, shape of w, input channels, output channels
    "conv": (conv(pads=(1, 1, 1, 1)), (N, 4, 5, 6), (6, 4, 3, 3), 4, 6),
    "grouped conv": (conv(groups=2), (N, 4, 5, 6), (6, 2, 3, 3), 4, 6),
    "depthwise conv": (conv(groups=4), (2, 4, 5, 6), (4, 1, 3, 3), 4, 4),
    "nhwc conv": (conv("nhwc", groups=2), (2, 5, 6, 4), (6, 2, 3, 3), 4, 6),
    "transposed conv": (conv(transposed=True, strides=(2, 2)), (2, 4, 3, 3), (4, 6, 3, 3), 4, 6),
    "grouped transposed conv": (conv(transposed=True, groups=2), (2, 4, 3, 3), (4, 3, 3, 3), 4, 6),
    "nhwc transposed conv": (conv("nhwc", transposed=True), (2, 3, 3, 4), (4, 6, 2, 2), 4, 6),
    "fully connected": (get("fully_connected")(), (N, 3, 4), (4, 6), 4, 6),
}  # fmt: skip


def channels(op, count, random, rank=4):
    numbers = random.uniform(0.5, 2, count).astype(np.float32)
    return numbers.reshape(count, 1, 1) if op.attributes().get("layout") == "nchw" else numbers


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("layer", LAYERS)
def test_scales_and_offsets_behind(layer, bias, sketch, try_passes, random) -> None:
    op, x, w, _, out = LAYERS[layer]

    def body(build, x):
        inputs = [build.constant(random.standard_normal(w), np.float32)]
        inputs += [build.constant(random.standard_normal(out), np.float32)] if bias else []
        y = build.add(op, x, *inputs)
        y = build.add(get("mul")(), y, build.constant(channels(op, out, random)))
        y = build.add(get("add")(), build.constant(channels(op, out, random)), y)
        y = build.add(get("div")(), y, build.constant(3, np.float32))
        return build.add(get("sub")(), build.constant(channels(op, out, random)), y)

    tried = try_passes(sketch(body, x), FoldAffine())
    assert tried.ops == [op.name] and tried.changes == {"affine_behind": 4}


@pytest.mark.parametrize("layer", LAYERS)
def test_scales_before(layer, sketch, try_passes, random) -> None:
    op, x, w, into, _ = LAYERS[layer]

    def body(build, x):
        x = build.add(get("mul")(), build.constant(channels(op, into, random)), x)
        x = build.add(get("div")(), x, build.constant(channels(op, into, random)))
        return build.add(op, x, build.constant(random.standard_normal(w), np.float32))

    tried = try_passes(sketch(body, x), FoldAffine())
    assert tried.ops == [op.name] and tried.changes == {"affine_before": 2}


@pytest.mark.parametrize("layer", ["grouped conv", "depthwise conv", "nhwc conv", "fully connected"])
def test_offsets_before(layer, sketch, try_passes, random) -> None:
    op, x, w, into, _ = LAYERS[layer]

    def body(build, x):
        x = build.add(get("sub")(), x, build.constant(channels(op, into, random)))
        return build.add(op, x, build.constant(random.standard_normal(w), np.float32))

    assert try_passes(sketch(body, x), FoldAffine()).ops == [op.name]


@pytest.mark.parametrize(("layer", "reason"), [
    ("conv", "the padding is 0 and not what the offset makes of 0"),
    ("transposed conv", "an offset does not reach every output of a transposed convolution equally"),
])
def test_offsets_before_what_they_do_not_pass(layer, reason, sketch, try_passes, random) -> None:
    op, x, w, into, _ = LAYERS[layer]

    def body(build, x):
        x = build.add(get("add")(), x, build.constant(channels(op, into, random)))
        return build.add(op, x, build.constant(random.standard_normal(w), np.float32))

    tried = try_passes(sketch(body, x), FoldAffine())
    assert tried.ops == ["add", op.name] and tried.reasons == [reason]


def test_a_scale_passes_an_offset_that_the_padding_stops(sketch, try_passes, random) -> None:
    op, x, w, into, _ = LAYERS["conv"]

    def body(build, x):
        x = build.add(get("mul")(), x, build.constant(3, np.float32))
        x = build.add(get("add")(), x, build.constant(channels(op, into, random)))
        return build.add(op, x, build.constant(random.standard_normal(w), np.float32))

    tried = try_passes(sketch(body, x), FoldAffine())
    assert tried.ops == ["add", op.name] and tried.changes == {"scale_through_offset": 1}


def test_batch_norms_on_both_sides_of_a_layer(sketch, try_passes, random) -> None:
    def norm(build, x, count):
        numbers = [build.constant(random.uniform(0.5, 2, count), np.float32) for _ in range(4)]
        return build.add(get("batch_norm")(epsilon=1e-3), x, *numbers)

    def body(build, x):
        w = build.constant(random.standard_normal((6, 4, 3, 3)), np.float32)
        return norm(build, build.add(conv(), norm(build, x, 4), w), 6)

    assert try_passes(sketch(body, (N, 4, 5, 6)), LowerOps(), FoldConstants(), FoldAffine()).ops == ["conv2d"]


def test_a_bias_written_as_reshape_and_add(sketch, try_passes, random) -> None:
    def body(build, x):
        y = build.add(conv(), x, build.constant(random.standard_normal((6, 4, 1, 1)), np.float32))
        bias = build.add(get("reshape")((1, 6, 1, 1)), build.constant(np.arange(6), np.float32))
        return build.add(get("add")(), y, bias)

    assert try_passes(sketch(body, (N, 4, 5, 6)), FoldConstants(), FoldAffine()).ops == ["conv2d"]


def test_refusals_behind(sketch, try_passes, random) -> None:
    def body(build, x, residual):
        w = build.constant(random.standard_normal((4, 4, 1, 1)), np.float32)
        two = build.constant(2, np.float32)
        active = build.add(conv(activation="relu"), x, w)
        added = build.add(conv(), x, w, None, residual)
        plain = build.add(conv(), x, w)
        wide = build.constant(random.standard_normal((5, 6)), np.float32)
        results = [build.add(get("mul")(), value, factor) for value, factor in (
            (active, two), (added, two), (plain, wide), (plain, two))]
        return (*results, plain)

    tried = try_passes(sketch(body, (2, 4, 5, 6), (2, 4, 5, 6)), FoldAffine())
    assert tried.changes == {} and tried.reasons == [
        "conv2d applies relu in between", "conv2d adds a residual in between",
        "the constant differs within a channel", "'y4' is an output of the graph"]


def test_what_is_no_affine_step_is_not_spoken_of(sketch, try_passes, random) -> None:
    def body(build, x, w):
        two = build.constant(2, np.float32)
        constant_w = build.constant(random.standard_normal((4, 4, 1, 1)), np.float32)
        quotient = build.add(get("div")(), two, build.add(conv(), x, constant_w))
        zero = build.add(get("div")(), build.add(conv(), x, constant_w), build.constant(0, np.float32))
        given = build.add(get("mul")(), build.add(conv(), x, w), two)
        spread = build.add(get("mul")(), build.add(conv(), x, constant_w),
                           build.constant(np.ones((3, 1, 1, 1, 1)), np.float32))
        return quotient, zero, given, spread

    graph = sketch(body, (2, 4, 5, 6), (4, 4, 1, 1))
    from lite.passes import pipeline

    (log,) = pipeline.run(graph, [FoldAffine()], verify=True)
    assert log.count == 0 and log.refusals == []
