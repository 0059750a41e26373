# SPDX-License-Identifier: Apache-2.0
"""Pads before convolutions and pooling: folded where every output keeps its value."""

from __future__ import annotations

import numpy as np
import pytest

from lite.ir import Dim
from lite.ops import get
from lite.passes.fold_pad import FoldPad

N, H = Dim.symbol("n"), Dim.symbol("h")
BEFORE, AFTER = (0, 0, 1, 0), (0, 0, 2, 1)


def padded(build, x, value=0.0, before=BEFORE, after=AFTER, mode="constant"):
    return build.add(get("pad")(before, after, mode, value), x)


def conv(build, x, **attributes):
    w = build.constant(np.random.RandomState(3).standard_normal((5, 4, 3, 3)), np.float32)
    return build.add(get("conv2d")(**attributes), x, w)


def pool(build, x, kind, **attributes):
    return build.add(get("pool2d")(kind, (3, 3), **attributes), x)


def test_a_pad_becomes_the_padding_of_a_convolution(sketch, try_passes) -> None:
    graph = sketch(lambda build, x: conv(build, padded(build, x), pads=(1, 1, 0, 0)), (N, 4, H, 6))
    tried = try_passes(graph, FoldPad(), symbols={"h": 5})
    assert tried.ops == ["conv2d"] and tried.node("conv2d").op.pads == (2, 1, 2, 1)


def test_a_pad_of_nhwc(sketch, try_passes) -> None:
    def body(build, x):
        return conv(build, padded(build, x, before=(0, 1, 0, 0), after=(0, 2, 1, 0)), layout="nhwc")

    assert try_passes(sketch(body, (2, 6, 6, 4)), FoldPad()).node("conv2d").op.pads == (1, 0, 2, 1)


def test_two_convolutions_read_one_pad(sketch, try_passes) -> None:
    def body(build, x):
        y = padded(build, x)
        return conv(build, y), conv(build, y, strides=(2, 2))

    assert try_passes(sketch(body, (2, 4, 6, 6)), FoldPad()).ops == ["conv2d", "conv2d"]


@pytest.mark.parametrize("attributes", [{}, {"pads": (1, 1, 1, 1), "count_include_pad": True}])
def test_an_average_counts_what_was_padded(attributes, sketch, try_passes) -> None:
    graph = sketch(lambda build, x: pool(build, padded(build, x), "average", **attributes), (2, 4, 7, 6))
    tried = try_passes(graph, FoldPad())
    assert tried.ops == ["pool2d"] and tried.node("pool2d").op.count_include_pad


def test_a_maximum_over_minus_infinity_or_over_what_is_not_negative(sketch, try_passes) -> None:
    def body(build, x):
        return (pool(build, padded(build, x, -np.inf), "max", strides=(2, 2)),
                pool(build, padded(build, build.add(get("relu")(), x)), "max", pads=(0, 1, 0, 1)))

    assert try_passes(sketch(body, (2, 4, 7, 6)), FoldPad()).ops == ["pool2d", "relu", "pool2d"]


REFUSED = {
    "it pads with 1.0, a convolution with 0": lambda build, x: conv(build, padded(build, x, 1.0)),
    "it pads by edge, not with a constant": lambda build, x: conv(build, padded(build, x, mode="edge")),
    "it takes elements away, or may do so": lambda build, x: conv(
        build, padded(build, x, before=(0, 0, -1, 0))),
    "it pads other axes than height and width": lambda build, x: conv(build, padded(
        build, build.add(get("slice")((1,), (0,), (3,), (1,)), x), before=(0, 1, 0, 0))),
    "it pads with 2.0, an average with 0": lambda build, x: pool(build, padded(build, x, 2.0), "average"),
    "the average counts only a part of the padding": lambda build, x: pool(
        build, padded(build, x), "average", pads=(1, 1, 1, 1)),
    "a window that hangs over the end would start elsewhere": lambda build, x: pool(
        build, padded(build, x), "max", strides=(2, 2), ceil_mode=True),
    "it pads with 0.0, which may be greater than what it pads": lambda build, x: pool(
        build, padded(build, x), "max"),
    "a window may see nothing but the padding of 0.0": lambda build, x: pool(
        build, padded(build, build.add(get("relu")(), x), before=(0, 0, 4, 0)), "max"),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_refusals(reason, sketch, try_passes) -> None:
    tried = try_passes(sketch(REFUSED[reason], (2, 4, 7, 6)), FoldPad())
    assert "pad" in tried.ops and tried.reasons == [reason]


def test_a_pad_by_formulas_must_be_known_to_add(sketch, try_passes) -> None:
    def body(build, x):
        return (conv(build, padded(build, x, before=(0, 0, H - 1, 0)), pads=(1, 0, 0, 0)),
                conv(build, padded(build, x, before=(0, 0, H - 2, 0))))

    tried = try_passes(sketch(body, (1, 4, H, 6)), FoldPad())
    assert tried.ops == ["conv2d", "pad", "conv2d"]
    assert tried.graph.nodes[0].op.pads == (H, 0, 2, 1)
    assert tried.reasons == ["it takes elements away, or may do so"]
