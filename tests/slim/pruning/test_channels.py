# SPDX-License-Identifier: Apache-2.0
"""Pruned models compute what the models computed with those channels at zero, and are smaller."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pruning_nets import BODIES, BODIES_NCHW, CHANNELS, Net, around

import lite
from lite.convert import load_graph
from lite.errors import InputError
from lite.ir import Graph, Value
from lite.ir.interpret import interpret, random_feeds

pytest.importorskip("torch", reason="PyTorch is not installed: lite.slim needs it")
from lite.slim import channel_groups, flops, flops_by_layer, prune_channels, to_torch
from lite.slim.pruning.channels import Pruner
from lite.slim.pruning.criteria import CRITERIA
from lite.slim.pruning.rebuilding import rebuilt
from lite.slim.pruning.tracing import Trace

CASES = [(name, layout) for name in BODIES for layout in ("nchw", "nhwc")]
CASES += [(name, "nchw") for name in BODIES_NCHW]


def masked_run(trace: Trace, removed: np.ndarray, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Every value that has channels, with the removed ones at zero wherever they are made."""
    seen: dict[str, np.ndarray] = {}

    def mask(value: Value, array: np.ndarray) -> None:
        channels = trace.channels.get(value)
        if channels is not None:
            places = [slice(None)] * array.ndim
            places[channels.axis] = removed[channels.ids]  # type: ignore[call-overload]
            array[tuple(places)] = 0
            array = np.compress(~removed[channels.ids], array, channels.axis)
        seen[value.name] = array.copy()

    interpret(trace.graph, feeds, mask)
    return seen


def random_units(trace: Trace, pruner: Pruner, seed: int) -> np.ndarray:
    """Some channels of every group, by chance."""
    random, removed = np.random.default_rng(seed), np.zeros(len(trace.units), bool)
    for group in pruner.dependencies.groups:
        pruner._scores[group] = random.permutation(len(group.units)).astype(float)
        removed[pruner._least(group, float(random.uniform(0.2, 0.7)))] = True
    return removed[trace.units.roots(np.arange(len(removed)))]


def check_exact(graph: Graph, seed: int, feeds: dict[str, np.ndarray] | None = None) -> None:
    """All values inside of the pruned graph are those of the masked one."""
    pruner = Pruner(graph)
    trace = pruner.dependencies.trace
    removed = random_units(trace, pruner, seed)
    assert removed.any()
    pruned, found = rebuilt(trace, removed), {}
    feeds = feeds or random_feeds(graph, seed)
    interpret(pruned, feeds, lambda value, array: found.update({value.name: array}))
    expected = masked_run(trace, removed, feeds)
    assert set(found) == set(expected)
    for name, array in found.items():
        scale = float(np.max(np.abs(expected[name]), initial=1e-9)) if array.dtype.kind == "f" else 1
        np.testing.assert_allclose(array / scale, expected[name] / scale, atol=3e-6, err_msg=name)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("name", "layout"), CASES)
def test_what_stays_computes_the_same(name: str, layout: str, seed: int) -> None:
    check_exact(around({**BODIES, **BODIES_NCHW}[name], layout), seed)


@pytest.mark.parametrize(("name", "layout"), CASES)
def test_every_layer_but_the_last_gets_smaller(name: str, layout: str) -> None:
    graph = around({**BODIES, **BODIES_NCHW}[name], layout)
    pruned = prune_channels(graph, 0.5)
    before, after = flops_by_layer(graph), flops_by_layer(pruned)
    assert list(before) == list(after)
    kept = {"mask"}  # has one channel
    assert all(after[layer] < before[layer] for layer in before if layer not in kept)
    assert list(channel_groups(graph).blocked) in (["last"], ["mask", "last"])


@pytest.mark.parametrize(("name", "layout"), CASES)
def test_pruned_models_run_and_are_exported(name: str, layout: str, tmp_path: Path) -> None:
    pruned, nb = prune_channels(around({**BODIES, **BODIES_NCHW}[name], layout), 0.5), tmp_path / "pruned.nb"
    feeds = random_feeds(pruned, 1)
    (expected,) = interpret(pruned, feeds).values()
    lite.convert(pruned, nb)
    lite.export(nb, tmp_path / "pruned.onnx")
    (ours,) = lite.Model(nb).session().run(feeds).values()
    (again,) = interpret(load_graph(tmp_path / "pruned.onnx"), feeds).values()
    for found in (ours, again):
        np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


def test_a_free_batch_stays_free() -> None:
    net = Net(free_batch=True)
    y = net.conv(net.conv(net.x, CHANNELS, name="first"), 5, name="last")
    graph = net.ended(net.op("reshape", y, shape=(y.type.shape[0], 5 * 64)))
    pruned = prune_channels(graph, {"first": 0.25})
    assert pruned.outputs[0].type.shape == graph.outputs[0].type.shape
    check_exact(graph, 0)


def test_flops_are_those_of_paddleslim() -> None:
    """Its example: MobileNetV1 on digits, at the ratios of its sensitivities for a loss of 0.01."""
    from test_counting import mobilenet_v1

    ratios = (0.3, 0.3, 0.20999995, 0.15296294, 0.18333319)
    pointwise = [name for name, count in flops_by_layer(mobilenet_v1()).items()][2::2]
    pruned = prune_channels(mobilenet_v1(), dict(zip(pointwise, ratios)))
    assert (flops(mobilenet_v1()), flops(pruned)) == (10_896_832, 9_588_167)


@pytest.mark.parametrize("criterion", CRITERIA)
def test_the_least_important_channels_go(criterion: str) -> None:
    net = Net()
    y = net.norm(net.conv(net.x, 4, name="first"))
    weights, scales = net.graph.nodes[0].inputs[1], net.graph.nodes[1].inputs[1]
    for channel, size in enumerate((3.0, 0.5, 2.0, 4.0)):
        weights.array[channel] = size
        scales.array[channel] = size * (channel != 1) or 0.1
    weights.array[1, 1:] = 0
    graph = net.ended(net.conv(y, 2))
    pruned = prune_channels(graph, {"first": 0.25}, criterion)
    kept = np.unique(pruned.nodes[0].inputs[1].array[:, 0])
    assert kept.tolist() == ([0.5, 2, 4] if criterion == "geometry_median" else [2, 3, 4])


def test_layers_are_found_by_any_of_their_names() -> None:
    graph = around(BODIES["add"])
    weights = graph.nodes[0].inputs[1]
    assert weights is not None
    found = channel_groups(graph)
    assert found.group_of("first") is found.group_of(weights.name) is found.group_of("around")
    assert found.group_of("first").layers == ("first", "around")


def test_ratios_for_all_may_skip_layers() -> None:
    graph = around(BODIES["squeeze and excite"])
    before, after = flops_by_layer(graph), flops_by_layer(prune_channels(graph, 0.5, skip=["squeeze"]))
    halved = [layer for layer in before if after[layer] == pytest.approx(before[layer] / 2, rel=0.1)]
    assert halved == ["first", "squeeze", "excite", "last"]
    assert prune_channels(graph, {"squeeze": 0.5}).nodes[0].output.type.shape[1] == CHANNELS


def test_the_graph_and_its_arrays_stay_as_they_are() -> None:
    graph = around(BODIES["batch_norm"])
    before = {value.name: np.array(value.array) for value in graph.constants()}
    prune_channels(graph, 0.5)
    assert all(np.array_equal(before[value.name], value.array) for value in graph.constants())


def test_a_module_is_pruned_with_its_trained_weights() -> None:
    net = to_torch(around(BODIES["batch_norm"]))
    for tensor in net.parameters():
        tensor.data.mul_(2.0)
    pruned = prune_channels(net, {"first": 0.5})
    again = to_torch(pruned)
    assert again.graph.outputs[0].type == net.graph.outputs[0].type
    assert np.isin(pruned.nodes[0].inputs[1].array, net.to_graph().nodes[0].inputs[1].array).all()


@pytest.mark.parametrize(("ratios", "words"), [
    ({"frist": 0.5}, "layer 'frist': the model has no such layer\n  hint: did you mean 'first'?"),
    ({"last": 0.5}, "layer 'last': it cannot be pruned: 'last' is an output of the model"),
    ({"first": 1.0}, r"layer 'first': the ratio is 1\.0, expected 0 <= ratio < 1"),
    ({"first": "half"}, "the ratio is 'half'"), (float("nan"), "ratios: the ratio is nan"),
    (-0.1, "ratios: the ratio is -0.1"),
    ({"first": 0.5, "around": 0.25}, "layer 'around': its ratio is 0.25, but it goes with 'first'"),
])  # fmt: skip
def test_wrong_ratios_are_refused(ratios: dict[str, float], words: str) -> None:
    with pytest.raises(InputError, match=words.replace("?", r"\?")):
        prune_channels(around(BODIES["add"]), ratios)


def test_wrong_criteria_are_refused() -> None:
    with pytest.raises(InputError, match=r"no criterion 'l3', expected one of l0_norm.*bn_scale"):
        prune_channels(around(BODIES["add"]), 0.5, "l3")
    with pytest.raises(InputError, match="layer 'first': no batch norm scales all of its channels"):
        prune_channels(around(BODIES["add"]), 0.5, "bn_scale")


MODELS = {  # the part of the multiply-adds that stays if every ratio is 0.5
    "mobilenet_v2_torchvision/mobilenet_v2.onnx": 0.28, "efficientnet_lite0/efficientnet_lite0.onnx": 0.29,
    "ppocrv4_paddle/ch_PP-OCRv4_det_infer": 0.26, "ppocrv4_paddle/ch_PP-OCRv4_rec_infer": 0.28,
    "ppocrv4_paddle/ch_ppocr_mobile_v2_cls_infer": 0.3, "fastestdet/FastestDet.onnx": 0.45,
    "mlperf_tiny/pretrainedResnet.tflite": 0.27, "mlperf_tiny/vww_96_float.tflite": 0.3,
    "squeezenet_dc/SqueezeNet_v1.0.caffemodel": 0.34, "ultraface/version-RFB-320.onnx": 0.31,
}  # fmt: skip


@pytest.fixture(params=MODELS)
def real_model(request: pytest.FixtureRequest) -> Iterator[tuple[Path, float]]:
    if not os.environ.get("LITE_TEST_DATA"):
        pytest.skip("LITE_TEST_DATA is not set: it holds the models")
    yield Path(os.environ["LITE_TEST_DATA"]) / "models" / request.param, MODELS[request.param]


@pytest.mark.slow
def test_real_models_get_smaller_and_run(real_model: tuple[Path, float], tmp_path: Path) -> None:
    path, most = real_model
    graph, nb = prune_channels(path, 0.5), tmp_path / "pruned.nb"
    assert flops(graph) <= most * flops(path)
    feeds = random_feeds(graph, 0, {name: max(symbol.smallest, 64) if name != "n" else 1
                                    for name, symbol in graph.symbols.items()})
    lite.convert(graph, nb)
    session = lite.Model(nb).session()
    session.resize({name: array.shape for name, array in feeds.items()})
    found, expected = session.run(feeds), interpret(graph, feeds)
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, atol=2e-5 * np.abs(array).max(), rtol=1e-4)
