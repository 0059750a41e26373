# SPDX-License-Identifier: Apache-2.0
"""bench/layers.py: steps of two engines meet in the layer they belong to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def layers(from_bench: Callable[[str], ModuleType]) -> ModuleType:
    return from_bench("layers")


def test_what_follows_alone_belongs_to_the_layer(
    layers: ModuleType, from_bench: Callable[[str], ModuleType]
) -> None:
    model = from_bench("zoo").build("mobilenet_v2", measure=False)
    heads = layers.heads(model)
    assert "Constant" not in {node.op_type for node in model.graph.node if node.name in heads}
    assert sorted({name.split("_")[0] for name in heads.values()}) == [
        "conv", "flatten", "gemm", "globalaveragepool"
    ]  # fmt: skip
    short_cut = next(node for node in model.graph.node if node.op_type == "Add")
    projection = max((name for name in map(str, short_cut.input)), key=lambda name: int(name.split("_")[-1]))
    assert heads[short_cut.name] == heads[projection]


def test_a_channel_shuffle_is_one_layer(layers: ModuleType, from_bench: Callable[[str], ModuleType]) -> None:
    model = from_bench("zoo").build("shufflenet_v2", measure=False)
    heads = layers.heads(model)
    turned = next(node for node in model.graph.node if node.op_type == "Transpose")
    after = next(node for node in model.graph.node if turned.output[0] in node.input)
    assert heads[turned.name] == heads[after.name] == turned.input[0]


def test_names_are_found_among_other_words(layers: ModuleType) -> None:
    known = {"conv_1": "conv_1", "relu_2": "conv_1", "conv_11": "conv_11"}
    assert layers.layer_of("relu_2_nchwc", known) == "conv_1"
    assert layers.layer_of("conv_11_quant", known) == "conv_11"
    assert layers.layer_of("ReorderOutput", known) == layers.OTHER


def test_all_layers_are_timed_in_both(
    layers: ModuleType, from_bench: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    lite = pytest.importorskip("lite")
    zoo = from_bench("zoo")
    zoo.write("squeezenet_1_1", tmp_path / "net.onnx")
    lite.convert(tmp_path / "net.onnx", tmp_path / "net.nb")
    image = zoo.random_images(1)
    found = layers.compared(tmp_path / "net.onnx", tmp_path / "net.nb", tmp_path / "net.onnx", image)
    dense = [layer for layer in found if layer.multiply_adds]
    assert sum(layer.multiply_adds for layer in dense) == zoo.multiply_adds(zoo.build("squeezenet_1_1"))
    assert len(dense) == 26
    assert all(layer.ours_us > 0 and layer.its_us > 0 for layer in dense)
