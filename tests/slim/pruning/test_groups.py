# SPDX-License-Identifier: Apache-2.0
"""Which layers go together, by hand and by torch-pruning; and the words for those that cannot be pruned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pruning_nets import BODIES, BODIES_NCHW, CHANNELS, Net, around

from lite import ops
from lite.ir import Graph, Value

pytest.importorskip("torch", reason="PyTorch is not installed: lite.slim needs it")
import torch

import lite
from lite.slim import channel_groups, prune_channels


def layers(graph: Graph) -> list[tuple[tuple[str, ...], int]]:
    return [(group.layers, len(group.units)) for group in channel_groups(graph).groups]


@pytest.mark.parametrize(("body", "expected"), [
    ("nothing", [(("first",), 12)]),
    ("add", [(("first", "around"), 12)]),
    ("squeeze and excite", [(("first", "excite"), 12), (("squeeze",), 4)]),
    ("depthwise", [(("first",), 12), (("point",), 9)]),
    ("groups", [(("first",), 3), (("grouped",), 2)]),
    ("concat", [(("first",), 12), (("other",), 7)]),
    ("concat rows", [(("first", "conv2d"), 12)]),
    ("halves", [(("first", "inside"), 12)]),
    ("slice", [(("first",), 3)]),
    ("depth_to_space", [(("first",), 3)]),
    ("residual", [(("first", "out"), 12), (("inside",), 6)]),
    ("pad", [(("first",), 12)]),
    ("split", [(("first",), 6)]),
    ("shuffle", [(("first",), 4)]),
    ("attention", [(("first", "project"), 12), (("query", "key", "value"), 4)]),
    ("attention of 2", [(("first", "project"), 12), (("query", "key"), 8), (("value",), 8)]),
    ("matrices", [(("first",), 12), (("left",), 10), (("right",), 7)]),
])  # fmt: skip
def test_groups_by_hand(body: str, expected: list[tuple[tuple[str, ...], int]]) -> None:
    assert layers(around({**BODIES, **BODIES_NCHW}[body])) == expected


def test_depthwise_convolutions_follow() -> None:
    (first, _) = channel_groups(around(BODIES["depthwise"])).groups
    assert first.followers == ("conv2d",)


@pytest.mark.parametrize(("op_name", "attributes", "parameters"), [
    ("group_norm", {"groups": 4}, (CHANNELS,)), ("layer_norm", {"axis": 1}, (CHANNELS, 8, 8)),
    ("rms_norm", {"axis": 1}, (CHANNELS, 8, 8)), ("lrn", {"axis": 1}, None),
    ("mean_variance_normalization", {"axes": (1, 2, 3)}, None), ("reduce_mean", {"axes": (1,)}, None),
    ("reduce_max", {"axes": (1,), "keepdims": True}, None),
])  # fmt: skip
def test_what_mixes_channels_is_named(op_name: str, attributes: dict[str, Any],
                                      parameters: tuple[int, ...] | None) -> None:
    def body(net: Net, x: Value) -> Value:
        count = ops.get(op_name).needed_inputs() - 1 if parameters else 0
        constants = [net.weights(*(parameters or ())) for _ in range(max(count, 1 if parameters else 0))]
        y = net.op(op_name, x, *constants, name="mixer", **attributes)
        return y if y.type.rank == 4 else net.op("unsqueeze", y, axes=(1,))

    graph = around(body)
    (group,) = channel_groups(graph).groups
    assert group.layers == ("first",) and group.mixed_by == ("mixer",)
    assert prune_channels(graph, 0.5).nodes[0].output.type.shape[1] == (4 if op_name == "group_norm" else 6)


def _top(net: Net, x: Value) -> Value:
    return net.add_all(ops.get("top_k")(k=3, axis=1), x)[0]


@pytest.mark.parametrize(("body", "words"), [
    (_top, "top_k (top_k) has no rule for pruning"),
    (lambda net, x: net.op("softmax", x, axis=1), "softmax (softmax) goes along them"),
    (lambda net, x: net.op("cumsum", x, axis=1), "cumsum (cumsum) goes along them"),
    (lambda net, x: net.op("slice", x, axes=(1,), starts=(11,), sizes=(12,), steps=(-1,)),
     "slice (slice) takes 12 of them from 11 on, -1 apart"),
    (lambda net, x: net.op("add", x, net.op("concat", net.x, net.x, net.x, net.x, axis=1)),
     "add (add) joins them with 'concat': 'x' is an input of the model"),
    (lambda net, x: net.op("transpose", x, perm=(0, 2, 1, 3)), "last (conv2d) works along them as if they"),
    (lambda net, x: net.op("reshape", x, shape=(2 * CHANNELS, 1, 8, 8)), "last (conv2d) works along them"),
    (lambda net, x: net.op("matmul", x, net.op("concat", *[net.x] * 4, axis=1)), "that cannot be cut"),
    (lambda net, x: net.op("pad", x, before=(0, -1, 0, 0), after=(0, 0, 0, 0)), "or cuts some off"),
])  # fmt: skip
def test_what_cannot_be_pruned_says_why(body: Any, words: str) -> None:
    found = channel_groups(around(body))
    assert words in found.blocked["first"] and words in str(found)


def test_weights_that_are_no_constants() -> None:
    def quantized(net: Net, x: Value) -> Value:
        stored = net.constant(np.ones((6, CHANNELS, 1, 1)), np.int8)
        weights = net.op("dequantize", stored, net.constant(0.1, np.float32))
        return net.op("conv2d", x, weights, name="second")

    blocked = channel_groups(around(quantized)).blocked
    assert blocked["second"] == "its weights are quantized already: prune the float model"
    assert "second (conv2d) has weights that are quantized already" in blocked["first"]


class Block(torch.nn.Module):
    """Residual, squeeze and excite, and a depthwise convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        nn = torch.nn
        self.inside = nn.Sequential(
            nn.Conv2d(channels, 24, 1), nn.ReLU(), nn.BatchNorm2d(24),  # behind a ReLU it is not folded
            nn.Conv2d(24, 24, 3, padding=1, groups=24), nn.Conv2d(24, channels, 1))
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, 4, 1), nn.ReLU(),
                                  nn.Conv2d(4, channels, 1), nn.Sigmoid())

    def forward(self, x: Any) -> Any:
        y = self.inside(x)
        return x + y * self.gate(y)


class Branches(torch.nn.Module):
    """Blocks, branches that are joined, and a layer of the flat result."""

    def __init__(self) -> None:
        super().__init__()
        nn = torch.nn
        self.stem, self.block, self.second = nn.Conv2d(3, 10, 3, 2, 1), Block(10), Block(10)
        self.left, self.right = nn.Conv2d(10, 6, 1), nn.Conv2d(10, 14, 3, padding=1)
        self.mix, self.grouped = nn.Conv2d(20, 8, 1), nn.Conv2d(8, 8, 3, groups=2)
        self.up = nn.ConvTranspose2d(8, 12, 2, 2)
        self.head, self.scores = nn.Linear(12 * 36, 16), nn.Linear(16, 4)

    def forward(self, x: Any) -> Any:
        y = self.second(self.block(self.stem(x)))
        y = torch.nn.functional.max_pool2d(torch.cat([self.left(y), self.right(y)], 1), 2)
        return self.scores(torch.relu(self.head(torch.flatten(self.up(self.grouped(self.mix(y))), 1))))


def test_groups_are_those_of_torch_pruning() -> None:
    """Layers of which each loses a channel when one of a layer is pruned."""
    peer: Any = pytest.importorskip("torch_pruning", reason="torch-pruning is not installed: it is the peer")
    pytest.importorskip("onnxscript", reason="onnxscript is not installed: PyTorch's exporter needs it")
    net = Branches().eval()
    example = torch.zeros(1, 3, 20, 20)
    graph = lite.from_torch(net, example)
    weights = {name.removesuffix(".weight"): module for name, module in net.named_modules()
               if isinstance(module, (torch.nn.Conv2d, torch.nn.ConvTranspose2d, torch.nn.Linear))}
    makers = {module: name for name, module in weights.items() if getattr(module, "groups", 1) < 24}
    graph_of = peer.DependencyGraph().build_dependency(net, example_inputs=example)
    theirs = set()
    for module in makers:
        prune = peer.prune_linear_out_channels if isinstance(module, torch.nn.Linear) \
            else peer.prune_conv_out_channels
        members = graph_of.get_pruning_group(module, prune, idxs=[0])
        made = {makers[dep.target.module] for dep, _ in members
                if dep.target.module in makers and dep.handler in (prune, peer.prune_conv_out_channels,
                                                                   peer.prune_linear_out_channels)}
        theirs.add(frozenset(made))
    found = channel_groups(graph)
    names = {layer: _module(found, layer, weights) for layer in found.trace.layers}
    ours = {frozenset(names[layer] for layer in group.layers) for group in found.groups}
    assert theirs - ours == {frozenset({"scores"})} and ours <= theirs


def _module(found: Any, layer: str, modules: dict[str, Any]) -> str:
    array = found.trace.layers[layer].weights.array
    same = [name for name, module in modules.items()
            for weight in (module.weight.detach().numpy(),)
            if any(weight.shape == turned.shape and np.array_equal(weight, turned)
                   for turned in (array, array.T if array.ndim == 2 else array))]
    return same[0]
