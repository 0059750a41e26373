# SPDX-License-Identifier: Apache-2.0
"""Activations and residuals behind convolutions and fully connected layers."""

from __future__ import annotations

import numpy as np
import pytest

from lite.ir import Dim
from lite.ops import get
from lite.passes.fuse_epilogue import FuseEpilogue

N = Dim.symbol("n")
IMAGE = (N, 4, 5, 6)

ACTIVATIONS = {
    "relu": ("relu", {}),
    "relu6": ("relu6", {}),
    "sigmoid": ("sigmoid", {}),
    "hard_swish": ("hard_swish", {}),
    "swish": ("swish", {}),
    "leaky_relu": ("leaky_relu", {"alpha": 0.2}),
    "hard_sigmoid": ("hard_sigmoid", {"alpha": 0.3, "beta": 0.4}),
    "clip": ("clip", {"lo": -0.5, "hi": 0.7}),
}


def constant(build, *shape):
    return build.constant(np.random.RandomState(len(shape)).standard_normal(shape), np.float32)


def layer(build, kind, x, *more):
    if kind == "fully_connected":
        return build.add(get(kind)(), x, constant(build, 6, 6), constant(build, 6), *more)
    return build.add(get(kind)(), x, constant(build, 4, 4, 1, 1), constant(build, 4), *more)


@pytest.mark.parametrize("kind", ["conv2d", "conv2d_transpose", "fully_connected"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_behind_every_layer(kind, activation, sketch, try_passes) -> None:
    name, attributes = ACTIVATIONS[activation]
    graph = sketch(lambda build, x: build.add(get(name)(**attributes), layer(build, kind, x)), IMAGE)
    tried = try_passes(graph, FuseEpilogue())
    assert tried.ops == [kind] and tried.graph.nodes[0].op.activation == activation


@pytest.mark.parametrize("kind", ["conv2d", "fully_connected"])
def test_numbers_behind_a_hard_swish(kind, sketch, try_passes) -> None:
    def body(build, x):
        y = build.add(get("hard_swish")(), layer(build, kind, x))
        y = build.add(get("mul")(), build.constant(0.7, np.float32), y)
        y = build.add(get("add")(), y, build.constant(np.full((1, 1), 0.2), np.float32))
        return build.add(get("mul")(), y, build.constant(-2.0, np.float32))

    tried = try_passes(sketch(body, IMAGE), FuseEpilogue())
    assert tried.ops == [kind] and tried.changes == {"fuse_activation": 1, "fuse_affine": 3}
    assert tried.graph.nodes[0].op.alpha == pytest.approx(-1.4)
    assert tried.graph.nodes[0].op.beta == pytest.approx(-0.4)


def test_numbers_that_stay(sketch, try_passes) -> None:
    def body(build, x):
        number = build.constant(0.7, np.float32)
        relu = build.add(get("relu")(), layer(build, "conv2d", x))
        read_twice = build.add(get("hard_swish")(), layer(build, "conv2d", build.add(get("exp")(), x)))
        return (build.add(get("add")(), relu, number), build.add(get("mul")(), read_twice, number),
                build.add(get("tanh")(), read_twice))

    tried = try_passes(sketch(body, IMAGE), FuseEpilogue())
    assert sorted(tried.ops) == ["add", "conv2d", "conv2d", "exp", "mul", "tanh"]


def test_named_clips(sketch, try_passes) -> None:
    def body(build, x):
        return tuple(build.add(get("clip")(lo=0.0, hi=hi), layer(build, "conv2d", x)) for hi in (6.0, np.inf))

    tried = try_passes(sketch(body, IMAGE), FuseEpilogue())
    assert [node.op.activation for node in tried.graph.nodes] == ["relu6", "relu"]


@pytest.mark.parametrize("kind", ["conv2d", "fully_connected"])
@pytest.mark.parametrize("swap", [False, True])
def test_a_residual_and_then_an_activation(kind, swap, sketch, try_passes) -> None:
    def body(build, x, residual):
        y = layer(build, kind, x)
        total = build.add(get("add")(), *((residual, y) if swap else (y, residual)))
        return build.add(get("relu")(), total)

    tried = try_passes(sketch(body, IMAGE, IMAGE), FuseEpilogue())
    assert tried.ops == [kind] and tried.changes == {"fuse_residual": 1, "fuse_activation": 1}


def test_of_two_layers_the_later_one_adds_the_other(sketch, try_passes) -> None:
    def body(build, x):
        first = layer(build, "conv2d", x)
        second = layer(build, "conv2d", build.add(get("exp")(), x))
        return build.add(get("add")(), second, first)

    tried = try_passes(sketch(body, IMAGE), FuseEpilogue())
    assert tried.ops == ["conv2d", "exp", "conv2d"]
    assert tried.graph.nodes[2].inputs[3] is tried.graph.nodes[0].output


def test_the_residual_may_be_made_after_the_layer(sketch, try_passes) -> None:
    def body(build, x):
        y = layer(build, "conv2d", x)
        return build.add(get("add")(), y, build.add(get("exp")(), x))

    assert try_passes(sketch(body, IMAGE), FuseEpilogue()).ops == ["exp", "conv2d"]


def test_an_activation_before_the_residual_keeps_its_place(sketch, try_passes) -> None:
    def body(build, x, residual):
        y = build.add(get("relu")(), layer(build, "conv2d", x))
        return build.add(get("add")(), y, residual)

    tried = try_passes(sketch(body, IMAGE, IMAGE), FuseEpilogue())
    assert tried.ops == ["conv2d", "add"] and tried.reasons == ["conv2d applies relu already"]


def test_refusals(sketch, try_passes) -> None:
    def body(build, x, residual, row):
        once = layer(build, "conv2d", x)
        twice = build.add(get("add")(), layer(build, "conv2d", x, residual), residual)
        doubled = layer(build, "conv2d", residual)
        return (build.add(get("relu")(), once), build.add(get("sigmoid")(), once), twice,
                build.add(get("add")(), layer(build, "conv2d", x), row),
                build.add(get("add")(), doubled, doubled),
                build.add(get("relu6")(), build.add(get("relu")(), layer(build, "conv2d", x))),
                build.add(get("swish")(beta=2.0), layer(build, "conv2d", x)))

    tried = try_passes(sketch(body, (2, 4, 5, 6), (2, 4, 5, 6), (6,)), FuseEpilogue())
    assert tried.changes == {"fuse_activation": 1}
    assert tried.reasons == [
        "conv2d adds a residual already", "'conv2d' is also read by sigmoid", "'conv2d' is also read by relu",
        "what is added to conv2d is broadcast", "add reads 'conv2d.2' 2 times",
        "conv2d applies relu already"]
