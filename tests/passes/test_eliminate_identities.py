# SPDX-License-Identifier: Apache-2.0
"""What moves and changes nothing goes; what only looks like it stays."""

from __future__ import annotations

import numpy as np
import pytest

from lite.ir import Dim, DType, TensorType
from lite.ops import get
from lite.passes.eliminate_identities import EliminateIdentities

IMAGE = (2, 3, 4, 5)

NOTHING = {
    "identity": lambda op, x: op("identity")(),
    "reshape": lambda op, x: op("reshape")(x.type.shape),
    "cast": lambda op, x: op("cast")(DType.F32),
    "expand": lambda op, x: op("expand")(x.type.shape),
    "tile": lambda op, x: op("tile")((1, 1, 1, 1)),
    "concat": lambda op, x: op("concat")(1),
    "split": lambda op, x: op("split")(1, (3,)),
    "slice": lambda op, x: op("slice")((1, 2), (0, 0), (3, 4), (1, 1)),
    "pad": lambda op, x: op("pad")((0,) * 4, (0,) * 4, mode="reflect"),
    "transpose": lambda op, x: op("transpose")((0, 1, 2, 3)),
    "clip": lambda op, x: op("clip")(),
    "pool2d": lambda op, x: op("pool2d")("max", (1, 1)),
    "adaptive_pool2d": lambda op, x: op("adaptive_pool2d")("average", (4, 5)),
    "resize": lambda op, x: op("resize")((4, 5), mode="cubic"),
}
SOMETHING = {
    "clip": lambda op: op("clip")(hi=1.0),
    "slice backwards": lambda op: op("slice")((2,), (3,), (4,), (-1,)),
    "transpose": lambda op: op("transpose")((0, 1, 3, 2)),
    "pad and cut": lambda op: op("pad")((0, 0, 1, 0), (0, 0, -1, 0)),
    "resize by other coordinates": lambda op: op("resize")((4, 5), scales=(0.5, 2.0)),
    "pool": lambda op: op("pool2d")("max", (3, 3), pads=(1, 1, 1, 1)),
    "relu": lambda op: op("relu")(),
}


@pytest.mark.parametrize("name", NOTHING)
def test_what_does_nothing_goes(name, sketch, try_passes) -> None:
    def body(build, x):
        y = build.add(get("tanh")(), x)
        return build.add(get("exp")(), build.add(NOTHING[name](get, y), y))

    assert try_passes(sketch(body, IMAGE), EliminateIdentities()).ops == ["tanh", "exp"]


@pytest.mark.parametrize("name", SOMETHING)
def test_what_does_something_stays(name, sketch, try_passes) -> None:
    graph = sketch(lambda build, x: build.add(SOMETHING[name](get), x), IMAGE)
    assert len(try_passes(graph, EliminateIdentities()).ops) == 1


def test_an_identity_between_input_and_output_keeps_their_names(sketch, try_passes) -> None:
    tried = try_passes(sketch(lambda build, x: build.add(get("identity")(), x), IMAGE), EliminateIdentities())
    assert tried.ops == ["identity"]
    assert tried.reasons == ["output 'y0' of the graph would lose its name to 'x0'"]


def test_moves_in_a_row_become_one(sketch, try_passes) -> None:
    n = Dim.symbol("n")

    def body(build, x):
        y = build.add(get("reshape")((n, 12)), build.add(get("reshape")((n, 3, 4)), x))
        y = build.add(get("reshape")((n, 4, 3)), y)
        return build.add(get("transpose")((1, 0, 2)), build.add(get("transpose")((2, 0, 1)), y))

    tried = try_passes(sketch(body, (n, 2, 6)), EliminateIdentities())
    assert tried.ops == ["reshape", "transpose"]
    assert tried.graph.nodes[1].op.perm == (0, 2, 1)


def test_a_transpose_and_its_inverse_vanish(sketch, try_passes) -> None:
    def body(build, x):
        y = build.add(get("transpose")((0, 2, 3, 1)), build.add(get("exp")(), x))
        return build.add(get("tanh")(), build.add(get("transpose")((0, 3, 1, 2)), y))

    assert try_passes(sketch(body, IMAGE), EliminateIdentities()).ops == ["exp", "tanh"]


def test_moving_extents_of_one_is_a_reshape(sketch, try_passes) -> None:
    n = Dim.symbol("n")

    def body(build, x):
        y = build.add(get("transpose")((0, 2, 3, 1)), x)
        return build.add(get("reduce_mean")((1, 2)), y), build.add(get("transpose")((1, 0, 2, 3)), x)

    assert try_passes(sketch(body, (n, 7, 1, 1)), EliminateIdentities()).ops == ["reshape", "transpose"]


def test_a_cast_forth_and_back_goes_only_where_nothing_is_lost(sketch, try_passes) -> None:
    def body(build, x):
        wide = build.add(get("cast")(DType.F64), build.add(get("exp")(), x))
        whole = build.add(get("cast")(DType.S32), x)
        return (build.add(get("tanh")(), build.add(get("cast")(DType.F32), wide)),
                build.add(get("cast")(DType.F32), whole))

    tried = try_passes(sketch(body, IMAGE), EliminateIdentities())
    assert sorted(tried.ops) == ["cast", "cast", "exp", "tanh"]


def test_clamping_what_is_in_range_goes(sketch, try_passes) -> None:
    def body(build, x):
        gate = build.add(get("concat")(0), *[build.add(get("sigmoid")(), x)] * 2)
        pooled = build.add(get("pool2d")("max", (3, 3), pads=(1, 1, 1, 1)), gate)
        kept = build.add(get("clip")(lo=0.0, hi=0.9), pooled)
        return build.add(get("exp")(), build.add(get("relu6")(), kept))

    assert try_passes(sketch(body, IMAGE), EliminateIdentities()).ops == [
        "sigmoid", "concat", "pool2d", "clip", "exp"]


def test_a_window_of_padding_alone_is_not_in_range(sketch, try_passes) -> None:
    def body(build, x):
        far = build.add(get("pool2d")("max", (1, 1), pads=(1, 1, 1, 1)), build.add(get("sigmoid")(), x))
        return build.add(get("relu")(), far)

    assert try_passes(sketch(body, IMAGE), EliminateIdentities()).ops == ["sigmoid", "pool2d", "relu"]


def test_operands_need_not_be_expanded(sketch, try_passes) -> None:
    def body(build, x, y):
        wide = build.add(get("expand")(IMAGE), y)
        both = build.add(get("expand")((6, *IMAGE)), y)
        return build.add(get("mul")(), x, wide), build.add(get("add")(), both, x)

    tried = try_passes(sketch(body, IMAGE, (3, 1, 1)), EliminateIdentities())
    assert tried.ops == ["expand", "mul", "add"]
    assert [value.name for value in tried.node("mul").inputs] == ["x0", "x1"]


def test_integers_are_left_alone(sketch, try_passes) -> None:
    graph = sketch(lambda build, x: build.add(get("clip")(lo=0.0), x), TensorType((3,), DType.S32))
    feeds = {"x0": np.array([-1, 0, 5], np.int32)}
    assert try_passes(graph, EliminateIdentities(), feeds=feeds).ops == ["clip"]
