# SPDX-License-Identifier: Apache-2.0
"""Ops that models spell out in pieces, in the spellings of the exporters."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lite.ir import Builder, Dim, Value
from lite.ops import get
from lite.passes.eliminate_dead import EliminateDead
from lite.passes.fold_constants import FoldConstants
from lite.passes.lower_ops import LowerOps
from lite.passes.make_fully_connected import MakeFullyConnected
from lite.passes.recognize_activations import RecognizeActivations
from lite.passes.recognize_moves import RecognizeMoves
from lite.passes.recognize_normalizations import RecognizeNormalizations
from lite.passes.recognize_pooling import RecognizePooling

N, H, W = Dim.symbol("n"), Dim.symbol("h"), Dim.symbol("w")
IMAGE = (N, 6, 4, 8)


class Pieces:
    """Short words for a builder."""

    def __init__(self, build: Builder) -> None:
        self.build = build

    def __getattr__(self, name: str):
        op = get(name)
        return lambda *inputs, **attributes: self.build.add(op(**attributes), *map(self._value, inputs))

    def _value(self, given) -> Value:
        return given if isinstance(given, Value) else self.build.constant(given, np.float32)


ACTIVATIONS = {
    "swish": [
        lambda p, x: p.mul(x, p.sigmoid(x)),
        lambda p, x: p.mul(p.sigmoid(x), x),
        lambda p, x: p.div(x, p.add(1, p.exp(p.neg(x)))),
        lambda p, x: p.mul(x, p.div(1, p.add(p.exp(p.mul(x, -1)), 1))),
        lambda p, x: p.mul(x, p.sigmoid(p.mul(1.702, x))),
    ],
    "sigmoid": [lambda p, x: p.div(1, p.add(1, p.exp(p.neg(x))))],
    "hard_sigmoid": [
        lambda p, x: p.div(p.relu6(p.add(x, 3)), 6),
        lambda p, x: p.mul(p.clip(p.add(3, x), lo=0.0, hi=6.0), 1 / 6),
        lambda p, x: p.clip(p.add(p.mul(x, 0.2), 0.5), lo=0.0, hi=1.0),
        lambda p, x: p.min(p.max(p.add(p.div(x, 6), 0.5), 0), 1),
    ],
    "hard_swish": [
        lambda p, x: p.mul(x, p.hard_sigmoid(x, alpha=1 / 6)),
        lambda p, x: p.mul(x, p.div(p.relu6(p.add(x, 3)), 6)),
        lambda p, x: p.div(p.mul(x, p.relu6(p.add(x, 3))), 6),
        lambda p, x: p.mul(p.mul(x, 1 / 6), p.min(p.max(p.add(3, x), 0), 6)),
        lambda p, x: p.mul(p.mul(p.clip(p.add(x, 3), lo=0.0, hi=6.0), x), 0.16666667),
    ],
    "gelu": [
        lambda p, x: p.mul(p.mul(x, 0.5), p.add(p.erf(p.div(x, math.sqrt(2))), 1)),
        lambda p, x: p.mul(p.mul(x, p.add(1, p.erf(p.mul(x, math.sqrt(0.5))))), 0.5),
        lambda p, x: p.mul(x, p.mul(0.5, p.add(1, p.erf(p.div(x, 1.4142135))))),
        lambda p, x: p.mul(p.mul(0.5, x), p.add(1, p.tanh(p.mul(
            0.7978846, p.add(x, p.mul(0.044715, p.pow(x, 3))))))),
        lambda p, x: p.mul(0.5, p.mul(x, p.add(1, p.tanh(p.mul(
            math.sqrt(2 / math.pi), p.add(p.mul(p.mul(x, p.mul(x, x)), 0.044715), x)))))),
        lambda p, x: p.mul(p.mul(0.5, x), p.add(1, p.tanh(p.mul(
            p.mul(0.79788456, x), p.add(1, p.mul(p.mul(x, x), 0.044715)))))),
    ],
    "mish": [lambda p, x: p.mul(x, p.tanh(p.softplus(x)))],
    "leaky_relu": [
        lambda p, x: p.prelu(x, np.full((6, 1, 1), 0.25)),
        lambda p, x: p.max(x, p.mul(x, 0.1)),
    ],
    "relu": [lambda p, x: p.max(x, 0), lambda p, x: p.max(np.zeros((1, 1)), p.relu(x)),
             lambda p, x: p.clip(x, lo=0.0)],
    "relu6": [lambda p, x: p.min(p.relu(x), 6), lambda p, x: p.clip(x, lo=0.0, hi=6.0)],
    "clip": [lambda p, x: p.min(p.max(x, -1), 2), lambda p, x: p.clip(p.relu(x), hi=1.5),
             lambda p, x: p.clip(p.clip(x, lo=0.5, hi=3.0), lo=-1.0, hi=0.25)],
}  # fmt: skip


@pytest.mark.parametrize(("name", "spelling"), [(name, position) for name, spellings in ACTIVATIONS.items()
                                                for position in range(len(spellings))])
def test_spelled_activations(name, spelling, sketch, try_passes) -> None:
    graph = sketch(lambda build, x: ACTIVATIONS[name][spelling](Pieces(build), x), IMAGE)
    assert try_passes(graph, RecognizeActivations(), EliminateDead(), tolerance=2e-4).ops == [name]


OTHERS = {
    "another gate": lambda p, x: p.mul(x, p.sigmoid(p.exp(x))),
    "a scaled gate": lambda p, x: p.mul(p.mul(x, 2), p.sigmoid(x)),
    "another line": lambda p, x: p.mul(x, p.hard_sigmoid(x, alpha=0.2)),
    "another sixth": lambda p, x: p.div(p.mul(x, p.relu6(p.add(x, 3))), 5),
    "another three": lambda p, x: p.mul(x, p.div(p.relu6(p.add(x, 2)), 6)),
    "erf of a half": lambda p, x: p.mul(p.mul(x, 0.5), p.add(p.erf(p.div(x, 2)), 1)),
    "tanh of another cubic": lambda p, x: p.mul(p.mul(0.5, x), p.add(1, p.tanh(p.mul(
        0.7978846, p.add(x, p.mul(0.05, p.pow(x, 3))))))),
    "a steep slope": lambda p, x: p.max(x, p.mul(x, 1.5)),
    "slopes": lambda p, x: p.prelu(x, np.arange(6).reshape(6, 1, 1)),
    "a gate that broadcasts": lambda p, x: p.mul(x, p.sigmoid(p.reduce_mean(x, axes=(2, 3), keepdims=True))),
    "a wider maximum": lambda p, x: p.max(p.reduce_mean(x, axes=(2, 3), keepdims=True), np.zeros((4, 8))),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_spelled_otherwise_stays(name, sketch, try_passes) -> None:
    graph = sketch(lambda build, x: OTHERS[name](Pieces(build), x), IMAGE)
    before = {node.op.name for node in graph.nodes}
    tried = try_passes(graph, RecognizeActivations(), EliminateDead())
    assert set(tried.ops) <= before | {"hard_sigmoid", "relu6", "relu", "clip"}
    assert not {"swish", "hard_swish", "gelu", "leaky_relu"} & set(tried.ops)


def centred(p, x, axes):
    return p.sub(x, p.reduce_mean(x, axes=axes, keepdims=True))


def variance(p, x, axes, square=lambda p, d: p.mul(d, d), epsilon=1e-5):
    return p.add(p.reduce_mean(square(p, centred(p, x, axes)), axes=axes, keepdims=True), epsilon)


NORMS = {
    "divided": lambda p, x, axes: p.div(centred(p, x, axes), p.sqrt(variance(p, x, axes))),
    "powers": lambda p, x, axes: p.div(centred(p, x, axes), p.sqrt(
        variance(p, x, axes, lambda p, d: p.pow(d, 2)))),
    "inverse root": lambda p, x, axes: p.mul(p.rsqrt(variance(p, x, axes)), centred(p, x, axes)),
    "one over root": lambda p, x, axes: p.mul(centred(p, x, axes), p.reciprocal(
        p.sqrt(variance(p, x, axes, lambda p, d: p.square(d))))),
}  # fmt: skip


def tidy():
    from lite.passes.merge_duplicates import MergeDuplicates

    return [LowerOps(), FoldConstants(), MergeDuplicates(), RecognizeNormalizations(), EliminateDead()]


@pytest.mark.parametrize("spelling", NORMS)
@pytest.mark.parametrize(("axes", "scale"), [((2,), (10,)), ((1, 2), (7, 10)), ((2,), (1, 1))])
def test_layer_norm(spelling, axes, scale, sketch, try_passes, random) -> None:
    def body(build, x):
        p = Pieces(build)
        y = NORMS[spelling](p, x, axes)
        return p.add(random.standard_normal(scale), p.mul(y, random.standard_normal(scale)))

    tried = try_passes(sketch(body, (N, 7, 10)), *tidy())
    assert tried.ops == ["layer_norm"] and tried.node("layer_norm").op.axis == axes[0]


def _expanded(p: Pieces, x: Value, scale, offset, axes=(2,), mean_axes=(2,)) -> Value:
    """x * s + (offset - mean * s), with s = scale / deviation."""
    mean = p.reduce_mean(x, axes=mean_axes, keepdims=True)
    centred = p.sub(x, p.reduce_mean(x, axes=axes, keepdims=True))
    factor = p.rsqrt(p.add(p.reduce_mean(p.mul(centred, centred), axes=axes, keepdims=True), 0.001))
    factor = factor if scale is None else p.mul(factor, scale)
    rest = p.mul(p.neg(mean), factor)
    return p.add(p.mul(x, factor), rest if offset is None else p.add(rest, offset))


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("shifted", [False, True])
def test_layer_norm_multiplied_out(scaled, shifted, sketch, try_passes, random) -> None:
    def body(build, x):
        scale, offset = (random.standard_normal((1, 1, 10)) if there else None for there in (scaled, shifted))
        return _expanded(Pieces(build), x, scale, offset)

    tried = try_passes(sketch(body, (N, 7, 10)), *tidy())
    assert tried.ops == ["layer_norm"]


def test_what_is_multiplied_out_otherwise_stays(sketch, try_passes) -> None:
    inner = sketch(lambda build, x: _expanded(Pieces(build), x, 2, 3, (1,), (1,)), (N, 7, 10))
    tried = try_passes(inner, *tidy())
    assert "layer_norm" not in tried.ops and "axes [1] of 3 are not the last ones" in tried.reasons
    other = sketch(lambda build, x: _expanded(Pieces(build), x, 2, 3, (2,), (1, 2)), (N, 7, 10))
    assert "layer_norm" not in try_passes(other, *tidy()).ops


def test_an_offset_without_a_scale_and_a_scale_after_it(sketch, try_passes) -> None:
    def body(build, x):
        p = Pieces(build)
        return p.mul(p.add(p.layer_norm(x, axis=1), np.arange(10)), np.arange(10))

    tried = try_passes(sketch(body, (N, 10)), *tidy())
    assert tried.ops == ["layer_norm", "mul"] and tried.node("layer_norm").inputs[1] is None
    assert tried.reasons == ["layer_norm adds an offset already"]


@pytest.mark.parametrize("spelling", NORMS)
def test_instance_norm(spelling, sketch, try_passes, random) -> None:
    def body(build, x):
        p = Pieces(build)
        y = p.mul(NORMS[spelling](p, x, (2, 3)), random.standard_normal((6, 1, 1)))
        return p.mul(p.add(y, random.standard_normal((1, 6, 1, 1))), 2)

    assert try_passes(sketch(body, IMAGE), *tidy()).ops == ["instance_norm"]


def test_a_norm_over_inner_axes_is_refused(sketch, try_passes) -> None:
    graph = sketch(lambda build, x: NORMS["divided"](Pieces(build), x, (1,)), IMAGE)
    tried = try_passes(graph, *tidy())
    assert "layer_norm" not in tried.ops and tried.reasons == ["axes [1] of 4 are not the last ones"]


def test_a_scale_of_another_shape_is_refused(sketch, try_passes) -> None:
    def body(build, x):
        p = Pieces(build)
        return p.mul(p.layer_norm(x, axis=2), np.ones((7, 1)))

    tried = try_passes(sketch(body, (N, 7, 10)), *tidy())
    assert tried.reasons == ["the constant f32[7, 1] is not one number for each normalised element"]


@pytest.mark.parametrize("stable", [True, False])
def test_softmax(stable, sketch, try_passes) -> None:
    def body(build, x):
        p = Pieces(build)
        y = p.exp(p.sub(x, p.reduce_max(x, axes=(1,), keepdims=True)) if stable else x)
        return p.div(y, p.reduce_sum(y, axes=(1,), keepdims=True))

    tried = try_passes(sketch(body, IMAGE), RecognizeNormalizations(), EliminateDead())
    assert tried.ops == ["softmax"] and tried.node("softmax").op.axis == 1


@pytest.mark.parametrize("divided", [(N, 2, 3, 4, 8), (N, 2, 3, 32)])
def test_channel_shuffle(divided, sketch, try_passes) -> None:
    def body(build, x):
        p = Pieces(build)
        y = p.transpose(p.reshape(x, shape=divided), perm=(0, 2, 1, 3, 4)[:len(divided)])
        return p.reshape(y, shape=IMAGE)

    tried = try_passes(sketch(body, IMAGE), RecognizeMoves(), EliminateDead())
    assert tried.ops == ["channel_shuffle"] and tried.node("channel_shuffle").op.groups == 2


def test_parts_of_a_shuffle_are_shuffled_each(sketch, try_passes) -> None:
    def body(build, x):
        p = Pieces(build)
        whole, odd = p.channel_shuffle(x, groups=2), p.channel_shuffle(p.relu(x), groups=3)
        return (*build.add_all(get("split")(axis=1, sizes=(2, 4)), whole),
                *build.add_all(get("split")(axis=1, sizes=(2, 4)), odd))

    tried = try_passes(sketch(body, IMAGE), RecognizeMoves(), EliminateDead())
    assert tried.ops == ["relu", "channel_shuffle", "channel_shuffle", "channel_shuffle", "split"]
    assert tried.reasons == ["its parts are no whole groups of 3"]


def test_a_transpose_of_attention_heads_is_no_shuffle(sketch, try_passes) -> None:
    def body(build, x):
        p = Pieces(build)
        return p.reshape(p.transpose(x, perm=(0, 2, 1, 3)), shape=(2, 6, 6, 8))

    assert try_passes(sketch(body, (2, 6, 6, 8)), RecognizeMoves()).ops == ["transpose", "reshape"]


def test_channels_taken_apart(sketch, try_passes) -> None:
    def body(build, x):
        p = Pieces(build)
        y = p.transpose(p.reshape(x, shape=(N * 2, 3, 32)), perm=(1, 0, 2))
        y = p.reshape(y, shape=(3, N, 2, 4, 8))
        return tuple(p.build.add(get("gather")(0), y, build.constant(part, np.int64)) for part in range(3))

    tried = try_passes(sketch(body, IMAGE), RecognizeMoves(), EliminateDead())
    assert tried.ops == ["slice"] * 3 and tried.changes["recognize_deinterleave"] == 3
    assert [node.op.starts for node in tried.graph.nodes] == [(0,), (1,), (2,)]


@pytest.mark.parametrize(("positions", "ops"), [
    (2, ["slice", "reshape"]), (-1, ["slice", "reshape"]), ([1, 2, 3], ["slice"]), ([5, 3, 1], ["slice"]),
    ([0, -2], ["slice"]), ([0, 2, 3], ["gather"]), ([1, 1], ["gather"]), ([[1]], ["gather"]),
])  # fmt: skip
def test_gathers_of_even_steps_are_slices(positions, ops, sketch, try_passes) -> None:
    def body(build, x):
        return build.add(get("gather")(1), x, build.constant(positions, np.int64))

    graph = sketch(body, IMAGE)
    assert try_passes(graph, RecognizeMoves()).ops == ops


def test_whole_windows_are_reductions(sketch, try_passes) -> None:
    def body(build, x):
        p = Pieces(build)
        return (p.pool2d(x, kind="average", kernel=(4, 8)),
                p.pool2d(x, kind="max", kernel=(4, 8), strides=(4, 8)),
                p.adaptive_pool2d(x, kind="average", output=(1, 1)),
                p.adaptive_pool2d(x, kind="max", output=(2, 4)),
                p.pool2d(x, kind="max", kernel=(4, 4)))

    assert try_passes(sketch(body, IMAGE), RecognizePooling()).ops == [
        "reduce_mean", "reduce_max", "reduce_mean", "pool2d", "pool2d"]


def test_pooling_of_unknown_extents(sketch, try_passes) -> None:
    def body(build, x):
        p = Pieces(build)
        return (p.adaptive_pool2d(x, kind="average", output=(1, 1)),
                p.adaptive_pool2d(x, kind="average", output=(2, 1)))

    tried = try_passes(sketch(body, (N, 6, H, W)), RecognizePooling(), symbols={"h": 5})
    assert tried.ops == ["reduce_mean", "adaptive_pool2d"]


def test_reductions_in_a_row(sketch, try_passes) -> None:
    def body(build, x):
        p = Pieces(build)
        return (p.reduce_mean(p.reduce_mean(x, axes=(3,)), axes=(2,)),
                p.reduce_max(p.reduce_max(x, axes=(3,), keepdims=True), axes=(2,), keepdims=True),
                p.reduce_sum(p.reduce_sum(x, axes=(0, 2)), axes=(1,), keepdims=True),
                p.reduce_sum(p.reduce_max(x, axes=(3,)), axes=(2,)))

    tried = try_passes(sketch(body, IMAGE), RecognizePooling())
    assert [op for op in tried.ops if op != "reshape"] == [
        "reduce_mean", "reduce_max", "reduce_sum", "reduce_max", "reduce_sum"]
    assert tried.graph.nodes[0].op == get("reduce_mean")(axes=(2, 3))


@pytest.mark.parametrize(("x", "w", "attributes"), [
    ((N, 5, 4), (4, 7), {}), ((4,), (4, 7), {}), ((N, 4), (7, 4), {"transpose_b": True}),
    ((N, 5, 4), (1, 4, 7), {}), ((4,), (4, 7), {"transpose_a": True}),
])  # fmt: skip
def test_constant_matrices_make_fully_connected(x, w, attributes, sketch, try_passes, random) -> None:
    def body(build, x):
        matrix = build.constant(random.standard_normal(w), np.float32)
        return build.add(get("matmul")(**attributes), x, matrix)

    assert try_passes(sketch(body, x), MakeFullyConnected()).ops == ["fully_connected"]


@pytest.mark.parametrize(("x", "w", "attributes", "reason"), [
    ((4, 5), (4, 7), {"transpose_a": True}, "the left side is transposed"),
    ((3, 5, 4), (3, 4, 7), {}, "the right side f32[3, 4, 7] is not one matrix"),
    ((5, 4), (1, 4, 7), {}, "the right side f32[1, 4, 7] is not one matrix"),
    ((5, 4), (4,), {}, "the right side f32[4] is not one matrix"),
])
def test_other_products_stay(x, w, attributes, reason, sketch, try_passes) -> None:
    def body(build, x):
        return build.add(get("matmul")(**attributes), x, build.constant(np.ones(w), np.float32))

    graph = sketch(body, x)
    assert try_passes(graph, MakeFullyConnected()).reasons == [reason]
