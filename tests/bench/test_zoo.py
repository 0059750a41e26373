# SPDX-License-Identifier: Apache-2.0
"""The networks of bench/zoo: their figures are those published, and the engine takes each whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
NAMES = ("mobilenet_v1", "mobilenet_v2", "mobilenet_v3_large", "resnet50", "squeezenet_1_1", "shufflenet_v2",
         "efficientnet_lite0", "mnasnet")  # fmt: skip
OFF = {"efficientnet_lite0": 0.06}  # of the published figure; what else its authors count is not known
KINDS = {
    "mobilenet_v1": {"Conv": 27, "BatchNormalization": 27, "Relu": 27, "Gemm": 1},
    "mobilenet_v2": {"Conv": 52, "BatchNormalization": 52, "Clip": 35, "Add": 10, "Gemm": 1},
    "mobilenet_v3_large": {"Conv": 62, "BatchNormalization": 46, "HardSigmoid": 29, "Add": 10, "Gemm": 2},
    "resnet50": {"Conv": 53, "BatchNormalization": 53, "Relu": 49, "Add": 16, "MaxPool": 1, "Gemm": 1},
    "squeezenet_1_1": {"Conv": 26, "Relu": 26, "MaxPool": 3, "Concat": 8, "GlobalAveragePool": 1},
    "shufflenet_v2": {"Conv": 56, "BatchNormalization": 56, "Split": 13, "Concat": 16, "Transpose": 16},
    "efficientnet_lite0": {"Conv": 49, "BatchNormalization": 49, "Clip": 33, "Add": 9, "Gemm": 1},
    "mnasnet": {"Conv": 52, "BatchNormalization": 52, "Relu": 35, "Add": 10, "Gemm": 1},
}


@pytest.fixture(scope="module")
def zoo(from_bench: Callable[[str], ModuleType]) -> ModuleType:
    return from_bench("zoo")


def test_names(zoo: ModuleType) -> None:
    assert tuple(zoo.NETWORKS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_figures_and_structure(zoo: ModuleType, name: str) -> None:
    model = zoo.build(name, measure=False)
    published = zoo.NETWORKS[name]
    assert zoo.parameters(model) == published.parameters
    found = zoo.multiply_adds(model) / 1e6
    assert found == pytest.approx(published.multiply_adds, rel=OFF.get(name, 0.015))
    kinds = Counter(node.op_type for node in model.graph.node)
    assert {kind: kinds[kind] for kind in KINDS[name]} == KINDS[name]


def test_unknown_name_says_which_there_are(zoo: ModuleType) -> None:
    with pytest.raises(KeyError, match=r"'mobilenet_v9'.*mobilenet_v1"):
        zoo.build("mobilenet_v9")


def test_same_seed_same_model(zoo: ModuleType) -> None:
    one, same, other = (zoo.build("squeezenet_1_1", seed).SerializeToString() for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_statistics_are_those_of_what_is_read(zoo: ModuleType) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    model = zoo.build("shufflenet_v2", seed=3)
    layers = [node for node in model.graph.node if node.op_type == "BatchNormalization"]
    stored = {entry.name: onnx.numpy_helper.to_array(entry) for entry in model.graph.initializer}
    names = [node.input[0] for node in layers]
    model.graph.output.extend(onnx.helper.make_tensor_value_info(name, 1, None) for name in names)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    runs = [session.run(names, {"input": image[None]}) for image in zoo.random_images(4, 3)]
    for node, *values in zip(layers, *runs):
        read = np.concatenate(values).astype(np.float64)
        spread = read.std(axis=(0, 2, 3))
        mean, variance = stored[node.input[3]], stored[node.input[4]]
        least = 1e-3 * spread.max()
        np.testing.assert_allclose(mean, read.mean(axis=(0, 2, 3)), rtol=0, atol=least)
        np.testing.assert_allclose(np.sqrt(variance), spread, rtol=1e-2, atol=least)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_engine_agrees_with_onnxruntime(zoo: ModuleType, name: str, tmp_path: Path) -> None:
    import lite

    onnxruntime = pytest.importorskip("onnxruntime")
    zoo.write(name, tmp_path / "net.onnx")
    lite.convert(tmp_path / "net.onnx", tmp_path / "net.nb")
    theirs = onnxruntime.InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    ours = lite.Model(tmp_path / "net.nb").session()
    image = zoo.random_images(1, 5)
    (expected,), (found,) = theirs.run(None, {"input": image}), ours.run(None, {"input": image})
    assert expected.std() > 0.1
    assert np.abs(found - expected).max() <= 1e-4 * np.ptp(expected)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_whole_network_computes_on_integers(zoo: ModuleType, name: str, tmp_path: Path) -> None:
    import lite

    zoo.write(name, tmp_path / "net.onnx")
    samples = [image[None] for image in zoo.random_images(8, 1)]
    report = lite.convert(tmp_path / "net.onnx", tmp_path / "net.nb", quantize=lite.StaticPTQ(samples))
    assert report.quantization["kept_float"] == {}
    assert report.float_left == []
    ours = lite.Model(tmp_path / "net.nb").session()
    lite.convert(tmp_path / "net.onnx", tmp_path / "float.nb")
    exact = lite.Model(tmp_path / "float.nb").session()
    image = zoo.random_images(1, 5)
    (found,), (expected,) = ours.run(None, {"input": image}), exact.run(None, {"input": image})
    cosine = (found * expected).sum() / np.linalg.norm(found) / np.linalg.norm(expected)
    assert cosine > 0.9
