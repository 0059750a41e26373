# SPDX-License-Identifier: Apache-2.0
"""Parts that lie within what they are joined to or split from: fewer steps, and the same bits.

A graph's outputs are never parts. So a graph all of whose values are outputs says what the bits are.
"""

from __future__ import annotations

import numpy as np
import pytest

from lite import _native
from lite.executor import run
from lite.ir import DType, Graph, TensorType, Value
from lite.ir.interpret import random_feeds
from lite.nb.writer import to_bytes
from lite.ops import get
from lite.session import Model

HEIGHT, WIDTH = 5, 6


class Net:
    """A graph of images under construction."""

    def __init__(self, seed: int = 0, channels: int = 16, images: int = 1, dtype: DType = DType.F32) -> None:
        self.random = np.random.default_rng(seed)
        self.graph = Graph("net")
        self.dtype = dtype
        self.x = self.graph.add_input("x", TensorType((images, HEIGHT, WIDTH, channels), dtype))

    def add(self, op: str, *inputs: Value | None, **attributes):
        made = self.graph.add(get(op)(**attributes), list(inputs))
        return made if len(made) > 1 else made[0]

    def conv(self, x: Value, out: int, kernel: int = 1, groups: int = 1,
             residual: Value | None = None) -> Value:  # fmt: skip
        """A convolution that keeps the extents; of bytes, it requantizes."""
        shape = (out, int(x.type.shape[3]) // groups, kernel, kernel)
        pads = dict(pads=(kernel // 2,) * 4, groups=groups)
        if self.dtype is DType.F32:
            w = self.random.standard_normal(shape).astype(np.float32)
            return self.add("conv2d", x, self.graph.constant(w), None, residual, layout="nhwc", **pads,
                            activation="hard_swish" if residual is None else "relu")
        w = self.random.integers(-127, 127, shape).astype(np.int8)
        scale = np.full(out, 1 / 2000, np.float32)
        more = dict(residual_scale=0.5) if residual is not None else {}
        return self.add("q_conv2d", x, self.graph.constant(w), self.graph.constant(np.zeros(out, np.int32)),
                        self.graph.constant(scale), residual, x_zero=2, y_zero=-3, **pads, **more)

    def depthwise(self, x: Value, kernel: int = 3, residual: Value | None = None) -> Value:
        channels = int(x.type.shape[3])
        return self.conv(x, channels, kernel, channels, residual)

    def pool(self, x: Value) -> Value:
        return self.add("pool2d", x, kind="max", kernel=(3, 3), strides=(1, 1), pads=(1, 1, 1, 1),
                        layout="nhwc")

    def concat(self, *xs: Value, axis: int = 3) -> Value:
        return self.add("concat", *xs, axis=axis)

    def split(self, x: Value, *sizes: int, axis: int = 3):
        return self.add("split", x, axis=axis, sizes=sizes)

    def steps(self, *outputs: Value) -> list[str]:
        """The ops that run for some outputs, whose bits are held to those of whole values."""
        self.graph.outputs = list(outputs)
        feeds = random_feeds(self.graph, 1)
        inside = [value.name for node in self.graph.nodes for value in node.outputs]
        expected = run(self.graph, feeds, inside)
        for threads in (1, 3):
            for name, array in run(self.graph, feeds, threads=threads).items():
                assert array.tobytes() == expected[name].tobytes(), name
        session = Model(to_bytes(self.graph)).session()
        return [step.op for step in session.profile(feeds, warmup=0, repeats=1)]


@pytest.fixture(params=[DType.F32, DType.S8, DType.S16], ids=lambda dtype: dtype.value)
def net(request) -> Net:
    return Net(dtype=request.param)


def test_convolutions_write_to_their_place(net) -> None:
    a, b = net.conv(net.x, 24), net.conv(net.x, 17, 3)
    steps = net.steps(net.conv(net.concat(a, b), 8))
    assert len(steps) == 3 and "concat" not in steps


def test_parts_are_read_where_they_are(net) -> None:
    a, b = net.split(net.conv(net.x, 40), 23, 17)
    both = net.conv(a, 8, 3), net.depthwise(b, 5), net.pool(b)
    assert "split" not in net.steps(*both)


def test_residuals_may_be_parts(net) -> None:
    a, b = net.split(net.conv(net.x, 48), 24, 24)
    y = net.conv(a, 24, residual=b)
    z = net.depthwise(b, residual=a)
    steps = net.steps(net.conv(net.concat(y, z), 8))
    assert "split" not in steps and "concat" not in steps


def test_joined_twice(net) -> None:
    inner = net.concat(net.conv(net.x, 8), net.conv(net.x, 9))
    outer = net.concat(net.conv(net.x, 7), inner, net.conv(net.x, 5, 3))
    assert "concat" not in net.steps(net.conv(outer, 4))


def test_split_twice(net) -> None:
    a, b = net.split(net.conv(net.x, 40), 30, 10)
    c, d = net.split(a, 11, 19)
    assert "split" not in net.steps(*(net.conv(part, 3) for part in (b, c, d)))


def test_one_value_twice_is_copied_once(net) -> None:
    a = net.conv(net.x, 8)
    assert net.steps(net.conv(net.concat(a, a), 4)).count("concat") == 1


def test_a_value_of_two_joins(net) -> None:
    a, b = net.conv(net.x, 8), net.conv(net.x, 12)
    y, z = net.concat(a, b), net.concat(b, a)
    assert net.steps(net.conv(y, 4), net.conv(z, 4)).count("concat") == 1


def test_a_part_that_is_joined_to_another_whole(net) -> None:
    a, b = net.split(net.conv(net.x, 24), 8, 16)
    y = net.concat(a, net.conv(b, 10))
    assert net.steps(net.conv(y, 4), net.conv(b, 3)).count("split") == 1


def test_outputs_are_whole(net) -> None:
    a, b = net.conv(net.x, 8), net.conv(net.x, 9)
    c, d = net.split(net.concat(a, b), 5, 12)
    steps = net.steps(a, net.concat(a, b), c, net.conv(d, 3))
    assert "split" in steps and "concat" in steps


def test_inputs_are_never_written(net) -> None:
    a, b = net.split(net.x, 6, 10)
    steps = net.steps(net.conv(a, 4), net.add("concat", a, net.conv(b, 5), axis=3))
    assert steps.count("split") + steps.count("concat") == 1  # one side is copied


def test_what_takes_no_parts_gets_whole_values() -> None:
    net = Net()
    a, b = net.split(net.conv(net.x, 20), 8, 12)
    y = net.concat(net.add("relu", a), net.conv(b, 4))
    assert net.steps(net.add("tanh", y)).count("split") == 1


def test_nothing_is_done_in_place_on_a_part_or_before_parts_are_read() -> None:
    net = Net()
    whole = net.conv(net.x, 20)
    a, b = net.split(whole, 8, 12)
    y = net.conv(a, 4)
    bent = net.add("relu", whole)
    assert "split" not in net.steps(y, bent, net.conv(b, 3))
    late = Net()
    whole = late.conv(late.x, 20)
    a, _ = late.split(whole, 8, 12)
    late.steps(late.add("relu", whole), late.conv(a, 4))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_other_axes(axis, net) -> None:
    a, b = net.conv(net.x, 16), net.conv(net.x, 16, 3)
    y = net.concat(a, b, axis=axis)
    first, second = net.split(y, 1, int(y.type.shape[axis]) - 1, axis=axis)
    net.steps(net.conv(first, 3), net.conv(second, 4))


def test_several_images(request) -> None:
    net = Net(images=3)
    a, b = net.split(net.conv(net.x, 32), 12, 20)
    y = net.concat(net.conv(a, 9, 3), net.depthwise(b), net.pool(a))
    steps = net.steps(net.conv(y, 5, 3))
    assert "split" not in steps and "concat" not in steps


@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_resized_images_are_written_to_their_place(mode) -> None:
    net = Net(images=2)
    small = net.add("pool2d", net.conv(net.x, 6), kind="max", kernel=(2, 2), strides=(2, 2), layout="nhwc")
    large = net.add("resize", small, size=(HEIGHT, WIDTH), mode=mode, layout="nhwc")
    assert "concat" not in net.steps(net.conv(net.concat(large, net.conv(net.x, 3)), 4))


def test_shuffles_and_slices_write_to_their_place(net) -> None:
    x = net.concat(net.conv(net.x, 20), net.conv(net.x, 20))
    left = net.add("channel_shuffle", x, groups=2, axis=3, begin=0, size=20)
    right = net.add("slice", x, axes=(3,), starts=(1,), sizes=(20,), steps=(2,))
    steps = net.steps(net.conv(net.concat(left, net.conv(right, 20)), 8))
    assert "concat" not in steps and len(steps) == 6


@pytest.mark.parametrize("isa", _native.usable_isas())
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("dtype", [DType.F32, DType.S8])
def test_random_nets(seed, dtype, isa, monkeypatch) -> None:
    monkeypatch.setenv("LITE_FORCE_ISA", isa)
    net = Net(seed, channels=12, images=1 + seed % 2, dtype=dtype)
    values = [net.x]

    def pick() -> Value:
        return values[net.random.integers(max(0, len(values) - 5), len(values))]

    for _ in range(14):
        x, kind = pick(), net.random.integers(0, 8)
        channels = int(x.type.shape[3])
        same = [value for value in values if value.type == x.type]
        if kind == 0 and channels > 3:
            cut = int(net.random.integers(1, channels))
            values += net.split(x, cut, channels - cut)
        elif kind in (1, 2):
            values.append(net.concat(*(pick() for _ in range(net.random.integers(1, 4)))))
        elif kind == 3:
            values.append(net.depthwise(x, 3, same[-1] if seed % 3 else None))
        elif kind == 4:
            values.append(net.pool(x))
        elif kind == 5:
            values.append(net.add("clip", x, lo=-1.0, hi=1.0) if dtype is DType.F32 else net.pool(x))
        else:
            out = int(net.random.integers(1, 30))
            residual = same[0] if kind == 6 and out % 2 else None
            out = channels if residual is not None else out
            values.append(net.conv(x, out, 3 if kind == 6 else 1, residual=residual))
    unread = [value for value in values if not value.uses and value is not net.x]
    net.steps(*unread, *values[-1:-2:-1])


@pytest.mark.parametrize("dtype", [DType.F32, DType.S8, DType.S16], ids=lambda dtype: dtype.value)
def test_rows_that_would_evict_one_another_lie_apart(dtype: DType) -> None:
    net, rows = Net(channels=8, images=2, dtype=dtype), 2 * HEIGHT * WIDTH
    wide = net.conv(net.x, 2048 // dtype.numpy.itemsize)
    narrow = net.conv(net.depthwise(net.depthwise(wide), residual=wide), 8)
    assert len(net.steps(narrow)) == 4
    session = Model(to_bytes(net.graph)).session()
    session.run(None, random_feeds(net.graph, 1))
    assert session.memory.arena_bytes - session.memory.scratch_bytes > 3 * rows * 2048
