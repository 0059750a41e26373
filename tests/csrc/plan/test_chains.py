# SPDX-License-Identifier: Apache-2.0
"""Convolutions that run together in strips: fewer steps, less memory, and the same bits.

What is a graph's output lies in memory. So a graph all of whose values are outputs says what the bits are.
"""

from __future__ import annotations

import numpy as np
import pytest

from lite import _native
from lite.errors import InputError
from lite.executor import run
from lite.ir import Graph, TensorType, Value
from lite.ir.interpret import random_feeds
from lite.nb.writer import to_bytes
from lite.ops import get
from lite.session import Model
from lite.tuning.kernels import tune

CACHE_BYTES = 150 << 10  # so small that images of a few hundred KB do not fit


@pytest.fixture(autouse=True)
def small_cache(monkeypatch) -> None:
    monkeypatch.setenv("LITE_CACHE_BYTES", str(CACHE_BYTES))


class Net:
    """A graph of images under construction."""

    def __init__(self, height: int = 127, width: int = 27, channels: int = 9, images: int = 1) -> None:
        self.random = np.random.default_rng(height)
        self.graph = Graph("net")
        self.x = self.graph.add_input("x", TensorType((images, height, width, channels)))

    def add(self, op: str, *inputs: Value | None, **attributes):
        made = self.graph.add(get(op)(**attributes), list(inputs))
        return made if len(made) > 1 else made[0]

    def conv(self, x: Value, out: int, kernel: int = 1, groups: int = 1, residual: Value | None = None,
             activation: str = "relu6", **window) -> Value:  # fmt: skip
        w = self.random.standard_normal((out, int(x.type.shape[3]) // groups, kernel, kernel)) / kernel
        bias = self.random.standard_normal(out).astype(np.float32)
        window = {"pads": (kernel // 2,) * 4, **window}
        return self.add("conv2d", x, self.graph.constant(w.astype(np.float32)), self.graph.constant(bias),
                        residual, layout="nhwc", groups=groups, activation=activation, **window)  # fmt: skip

    def depthwise(self, x: Value, kernel: int = 3, stride: int = 1, **more) -> Value:
        channels = int(x.type.shape[3])
        return self.conv(x, channels, kernel, channels, strides=(stride, stride), **more)

    def kernels(self, *outputs: Value, threads: tuple[int, ...] = (1, 2, 4)) -> list[str]:
        """The kernels that run for some outputs, whose bits are held to those of whole values."""
        self.graph.outputs = list(outputs)
        feeds = random_feeds(self.graph, 1)
        inside = [value.name for node in self.graph.nodes for value in node.outputs]
        expected = run(self.graph, feeds, inside)
        for count in threads:
            for name, array in run(self.graph, feeds, threads=count).items():
                assert array.tobytes() == expected[name].tobytes(), (name, count)
        session = Model(to_bytes(self.graph)).session()
        return [step.kernel for step in session.profile(feeds, warmup=0, repeats=1)]


@pytest.mark.parametrize("isa", _native.usable_isas())
@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("height, width", [(128, 28), (127, 29)])
def test_expand_depthwise_project(height, width, stride, kernel, isa, monkeypatch) -> None:
    monkeypatch.setenv("LITE_FORCE_ISA", isa)
    net = Net(height, width)
    wide = net.depthwise(net.conv(net.x, 23), kernel, stride)
    y = net.conv(wide, 12, activation="none")
    assert net.kernels(y) == ["strips_1x1_depthwise_1x1"]


def test_two_layers() -> None:
    net = Net()
    a = net.depthwise(net.conv(net.x, 20))
    b = net.conv(net.depthwise(net.add("tanh", a)), 17)
    assert net.kernels(b) == ["strips_1x1_depthwise", "", "strips_depthwise_1x1"]


@pytest.mark.parametrize("images", [1, 3])
def test_residuals(images) -> None:
    net = Net(images=images)
    a = net.conv(net.x, 24)
    x = net.add("tanh", a)
    wide = net.depthwise(net.conv(x, 24, residual=a), residual=a, activation="hard_swish")
    y = net.conv(wide, 24, residual=x)
    assert net.kernels(y)[-1] == "strips_1x1_depthwise_1x1"


@pytest.mark.parametrize("activation", ["relu", "swish", "hard_sigmoid", "leaky_relu"])
def test_activations(activation) -> None:
    net = Net()
    a = net.depthwise(net.conv(net.x, 24, activation=activation, alpha=0.1), activation=activation)
    assert net.kernels(net.conv(a, 7, activation=activation)) == ["strips_1x1_depthwise_1x1"]


@pytest.mark.parametrize("channels", [12, 16])
def test_windows_that_no_kernel_is_made_for(channels) -> None:
    net = Net()
    a = net.depthwise(net.conv(net.x, channels), 7)
    b = net.depthwise(net.conv(a, channels), dilations=(2, 3), pads=(1, 1, 1, 0))
    assert net.kernels(net.conv(b, 5)) == ["strips_1x1_depthwise_1x1_depthwise_1x1"]


def test_windows_that_reach_far_out_run_alone() -> None:
    net = Net()
    a = net.depthwise(net.conv(net.x, 24), 3, pads=(2, 2, 2, 2))
    assert "depthwise" in net.kernels(net.conv(a, 24))


def test_more_layers_than_a_chain_has() -> None:
    net = Net(160)
    x = net.conv(net.x, 8)
    for i in range(6):
        x = net.conv(net.depthwise(x, 3), 8 + i)
    kernels = net.kernels(x)
    assert len(kernels) == 2 and kernels[0] == "strips" + "_1x1_depthwise" * 4


@pytest.mark.parametrize("stride", [1, 2])
def test_a_stem_of_few_channels(stride) -> None:
    net = Net(255, 54, channels=3, images=2)
    stem = net.conv(net.x, 16, 3, strides=(stride, stride))
    assert net.kernels(net.conv(net.depthwise(stem), 8)) == ["strips_padded_depthwise_1x1"]


@pytest.mark.parametrize("kernel, first", [("gemm_rows", "gemm_rows"), ("gemm_padded", "strips_padded")])
def test_a_stem_has_the_kernel_that_measured_best(kernel, first) -> None:
    net = Net(127, 54, channels=3)
    net.graph.outputs = [net.conv(net.depthwise(net.conv(net.x, 16, 3)), 8)]
    model = Model(to_bytes(net.graph))
    layers = tune(model, {"x": net.x.type.shape}, (1,)).layers
    stem = next(row.layer for row in layers if kernel in dict(row.timings))
    table = _native.TuneTable()
    table.add(stem, 1, [(kernel, 1.0)])
    steps = _native.Session.create(model._native, 1, 0, "exact", table).steps()
    assert steps[0][2].startswith(first)


def test_a_stem_that_reads_a_part() -> None:
    net = Net()
    whole = net.conv(net.x, 20, activation="sigmoid")
    left, right = net.add("split", whole, axis=3, sizes=(3, 17))
    y = net.depthwise(net.conv(left, 16, 3))
    net.kernels(y, net.conv(right, 4))


def test_parts_at_both_ends() -> None:
    net = Net()
    left, right = net.add("split", net.conv(net.x, 40), axis=3, sizes=(18, 22))
    y = net.conv(net.depthwise(net.conv(left, 24)), 22, residual=right)
    both = net.add("concat", y, net.conv(right, 5), axis=3)
    kernels = net.kernels(net.conv(both, 6))
    assert kernels == ["gemm_1x1", "strips_1x1_depthwise_1x1", "gemm_1x1", "gemm_1x1"]


def test_what_others_read_stays_in_memory() -> None:
    net = Net()
    a = net.conv(net.x, 24)
    b = net.depthwise(a)
    c = net.conv(b, 24, residual=a)
    assert net.kernels(c) == ["gemm_1x1", "strips_depthwise_1x1"]
    assert net.kernels(b, c) == ["gemm_1x1", "depthwise", "gemm_1x1"]


def test_weights_that_are_computed_run_alone() -> None:
    net = Net()
    w = net.add("relu", net.graph.add_input("w", TensorType((8, 24, 1, 1))))
    a = net.depthwise(net.conv(net.x, 24))
    y = net.add("conv2d", a, w, layout="nhwc")
    assert net.kernels(y)[-2:] == ["strips_1x1_depthwise", "gemm_1x1"]


def test_inputs_live_until_the_chain_runs() -> None:
    net = Net()
    x = net.add("tanh", net.x)
    a = net.depthwise(net.conv(x, 24))
    y = net.conv(a, 9)
    z = net.conv(net.depthwise(net.conv(net.add("relu", y), 24), 5, 2), 9)
    net.kernels(net.add("tanh", z))


def test_small_values_and_low_images_run_alone() -> None:
    small = Net(17, 8)
    assert "depthwise" in small.kernels(small.conv(small.depthwise(small.conv(small.x, 8)), 8))
    low = Net(15, 640)
    assert "depthwise" in low.kernels(low.conv(low.depthwise(low.conv(low.x, 24)), 8))


def chain() -> Net:
    net = Net()
    net.graph.outputs = [net.conv(net.depthwise(net.conv(net.x, 24)), 8)]
    return net


def test_the_cache_is_given_by_the_environment(monkeypatch) -> None:
    model = Model(to_bytes(chain().graph))
    value_bytes = 127 * 27 * 24 * 4
    in_strips = model.session().memory
    assert in_strips.arena_bytes < value_bytes
    assert 0 < in_strips.scratch_bytes < in_strips.arena_bytes
    monkeypatch.setenv("LITE_CACHE_BYTES", "0")
    assert model.session().memory.arena_bytes >= 2 * value_bytes
    monkeypatch.setenv("LITE_CACHE_BYTES", "2 MB")
    with pytest.raises(InputError, match="LITE_CACHE_BYTES is '2 MB'"):
        model.session()
