# SPDX-License-Identifier: Apache-2.0
"""Before training, the module is the model that StaticPTQ makes: byte for byte when it is converted."""

from __future__ import annotations

import copy
import itertools
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lite
from lite.convert import convert_to_bytes
from lite.errors import CalibrationError, InputError
from lite.ir import Builder, Graph, TensorType
from lite.ops.concat import Concat
from lite.ops.conv2d import Conv2d
from lite.quant import StaticPTQ

pytest.importorskip("torch", reason="PyTorch is not installed: nothing trains")
pytest.importorskip("lite._native")
import torch

from lite.slim import QAT, TrainConfig, prepare, to_torch, train
from lite.slim.qat.settings import ACTIVATION_TYPES, WEIGHT_TYPES
from lite.slim.training import cross_entropy

DATA = os.environ.get("LITE_TEST_DATA")
DIGITS = [Path(DATA or "") / "models/paddle_formats" / kind / "digitsnet" for kind in ("pd2", "pir")]


def pictures(batches: list[Any]) -> np.ndarray:
    return np.concatenate([images for images, _ in batches])


def outputs(nb: bytes, images: np.ndarray) -> np.ndarray:
    session = lite.Model(nb).session(threads=1)
    return np.concatenate([session(image[None]) for image in images])


@pytest.mark.parametrize("weight_type", ["channel_wise_abs_max", "channel_wise_lsq"])
@pytest.mark.parametrize("activation_type", ACTIVATION_TYPES)
def test_an_untrained_module_is_the_ptq_model(classifier: Graph, batches: list[Any], weight_type: str,
                                              activation_type: str) -> None:
    """Also where channels were equalized before; and its simulation gives nearly every number exactly."""
    images = pictures(batches)
    settings = QAT(weight_type, activation_type, equalize=weight_type == "channel_wise_lsq")
    net = prepare(classifier, images, settings)
    expected, _ = convert_to_bytes(classifier, quantize=StaticPTQ(images, equalize=settings.equalize))
    found, report = convert_to_bytes(net)
    assert found == expected
    assert not report.float_left
    with torch.no_grad():
        assert np.mean(outputs(found, images) == net(torch.from_numpy(images)).numpy()) >= 0.99


@pytest.mark.skipif(DATA is None, reason="LITE_TEST_DATA is not set: no real models")
@pytest.mark.parametrize("folder", DIGITS, ids=lambda folder: folder.parent.name)
def test_so_it_is_for_a_real_model(folder: Path) -> None:
    images = np.load(folder / "input.npy")
    net = prepare(folder, images[:100])
    expected, _ = convert_to_bytes(folder, quantize=StaticPTQ(images[:100]))
    assert convert_to_bytes(net)[0] == expected
    with torch.no_grad():
        simulated = net(torch.from_numpy(images)).numpy()
    assert np.mean(simulated.argmax(1) == outputs(expected, images).argmax(1)) >= 0.99


@pytest.mark.parametrize(("weight_type", "activation_type", "weight_bits"), [
    *itertools.product(WEIGHT_TYPES, ACTIVATION_TYPES, [8]), ("channel_wise_lsq", "lsq", 7)])
def test_trained_modules_are_what_the_engine_computes(classifier: Graph, batches: list[Any], weight_type: str,
                                                      activation_type: str, weight_bits: int) -> None:
    images, labels = pictures(batches), np.concatenate([labels for _, labels in batches])
    settings = QAT(weight_type, activation_type, weight_bits=weight_bits)
    net = prepare(classifier, images, settings)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    train(net, batches, cross_entropy, TrainConfig(epochs=25, learning_rate=0.03, optimizer="adam"))
    changed = {name for name, tensor in net.state_dict().items() if not torch.equal(tensor, before[name])}
    learns = activation_type != "moving_average_abs_max"
    assert {"scales.image/scale"} <= changed if learns else "weights.image/scale" in changed
    nb, report = convert_to_bytes(net)
    found = outputs(nb, images)
    with torch.no_grad():
        simulated = net(torch.from_numpy(images)).numpy()
    assert np.sum(found.argmax(1) != simulated.argmax(1)) <= 1  # chances in steps of 1/255 may be equal
    assert np.abs(found - simulated).max() <= 2.1 / 255
    assert np.mean(found.argmax(1) == labels) > 0.8
    assert not report.float_left


def test_weights_keep_to_their_bits(classifier: Graph, batches: list[Any]) -> None:
    """Never -128, nor beyond 64 with 7 bits, wherever learned scales and weights went."""
    for bits, greatest in ((8, 127), (7, 64)):
        net = prepare(classifier, pictures(batches), QAT("channel_wise_lsq", weight_bits=bits))
        with torch.no_grad():
            for name, parameter in net.named_parameters():
                parameter.mul_(3) if name.endswith("s8") else parameter.sub_(0.5)
        integers = [value.array for value in net.to_graph().constants() if value.name.endswith(".s8")]
        assert len(integers) == 2
        assert all(np.abs(array.astype(int)).max() == greatest for array in integers if array is not None)


def test_scales_follow_weights(classifier: Graph, batches: list[Any]) -> None:
    """Greatest integers stay 127 when weights grow, and per layer one scale serves all channels."""
    images = pictures(batches)
    for kind, same in (("channel_wise_abs_max", False), ("abs_max", True)):
        net = prepare(classifier, images, QAT(kind))
        with torch.no_grad():
            net.weights.get_parameter("head/weight/s8").mul_(7)
        constants = {value.name: value.array for value in net.to_graph().constants()}
        (scale,) = (array for name, array in constants.items() if name == "head.weight.scale")
        integers = constants["head.weight.s8"]
        assert scale is not None and integers is not None
        assert (len(np.unique(scale)) == 1) == same
        peaks = np.abs(integers).max(axis=0)
        assert peaks.max() == 127 and (same or peaks.min() == 127)


def test_a_great_bias_fits_the_sums(classifier: Graph, batches: list[Any]) -> None:
    net = prepare(classifier, pictures(batches))
    bias = next(name for name, _ in net.weights.named_parameters() if "head" in name or "scores" in name
                if "weight" not in name)
    with torch.no_grad():
        net.weights.get_parameter("head/weight/s8").mul_(1e-9)
        net.weights.get_parameter(bias).add_(50)
    nb, report = convert_to_bytes(net)
    assert not report.float_left
    images = pictures(batches)[:16]
    with torch.no_grad():
        assert np.abs(net(torch.from_numpy(images)).numpy() - outputs(nb, images)).max() <= 2.1 / 255


def test_moving_averages_follow_only_in_training(classifier: Graph, batches: list[Any]) -> None:
    images = torch.from_numpy(pictures(batches))
    net = prepare(classifier, images.numpy(), QAT(activation_quantize_type="moving_average_abs_max",
                                                  moving_rate=0.75))
    before = float(net.weights.get_buffer("image/scale"))
    net(images * 4)
    assert float(net.weights.get_buffer("image/scale")) == before
    net.train()
    net(images * 4)
    pair = net._pairs["image.quantize"]
    reached = max(float(images.max() * 4) / pair.greatest, float(images.min() * 4) / pair.lowest)
    after = 0.75 * before + 0.25 * reached
    assert float(net.weights.get_buffer("image/scale")) == pytest.approx(after, rel=1e-5)


def test_gradients_of_scales_are_those_of_their_logarithms(classifier: Graph, batches: list[Any]) -> None:
    """LSQ's, divided by the scale; and never beyond 1, however small the scale is."""
    images, labels = (torch.from_numpy(array) for array in batches[0])
    for factor in (1.0, 1e6):
        net = prepare(classifier, pictures(batches))
        found: dict[str, Any] = {}
        (cross_entropy(net, {"image": images}, labels) * factor).backward()
        found = {name: float(parameter.grad) for name, parameter in net.scales.named_parameters()
                 if parameter.grad is not None}
        assert len(found) == 4  # all but that of the chances, on which the loss does not depend
        assert all(0 < abs(gradient) <= 1 for gradient in found.values())
        assert all(abs(gradient) == 1 for gradient in found.values()) == (factor > 1)


def test_values_that_share_a_scale_learn_one(batches: list[Any]) -> None:
    graph = Graph("joined")
    x = graph.add_input("image", TensorType((16, 1, 8, 8)))
    build, random = Builder(graph), np.random.RandomState(0)
    parts = [build.add(Conv2d(), x, build.constant(random.standard_normal((2, 1, 1, 1)), np.float32, f"w{i}"),
                       name=f"part{i}") for i in range(2)]
    joined = build.add(Concat(axis=1), *parts, name="joined")
    w = build.constant(random.standard_normal((3, 4, 1, 1)), np.float32, "w")
    graph.outputs = [build.add(Conv2d(), joined, w, name="scores")]
    images = batches[0][0]
    net = prepare(graph, [images])
    assert len(net._learned) == 3  # image; both parts and what is joined of them; scores
    with torch.no_grad():
        for logarithm in net.scales.parameters():
            logarithm.add_(0.1)
        simulated = net(torch.from_numpy(images)).numpy()
    found = lite.Model(convert_to_bytes(net)[0]).session(threads=1)(images)
    last = list(net.quantization["values"].values())[-1]["scale"]
    assert np.abs(found - simulated).max() <= 1.01 * last * np.exp(0.1)


def test_copies_are_trained_apart(classifier: Graph, batches: list[Any]) -> None:
    net = prepare(classifier, pictures(batches))
    twin = copy.deepcopy(net)
    train(twin, batches, cross_entropy, TrainConfig(learning_rate=0.1))
    assert convert_to_bytes(net)[0] == convert_to_bytes(classifier, quantize=StaticPTQ(pictures(batches)))[0]
    assert convert_to_bytes(twin)[0] != convert_to_bytes(net)[0]


def test_an_interrupted_run_gives_the_same_file(classifier: Graph, batches: list[Any],
                                                tmp_path: Path) -> None:
    def stopping(step: int) -> None:
        if step == 9:
            raise KeyboardInterrupt

    config = TrainConfig(epochs=3, learning_rate=0.01, optimizer="adam", checkpoint_iter=4)
    for kind in ACTIVATION_TYPES:
        nets = [prepare(classifier, pictures(batches), QAT(activation_quantize_type=kind)) for _ in range(3)]
        path = tmp_path / f"{kind}.pt"
        train(nets[0], batches, cross_entropy, config)
        with pytest.raises(KeyboardInterrupt):
            train(nets[1], batches, cross_entropy, config, after_step=[stopping], checkpoint=path)
        train(nets[2], batches, cross_entropy, config, checkpoint=path)
        assert convert_to_bytes(nets[2])[0] == convert_to_bytes(nets[0])[0]


@pytest.mark.parametrize(("settings", "kept"), [
    (QAT(not_quant_pattern=["sco.*"]), "scores"),
    (QAT(quantize_op_types=["conv2d", "mul"]), "chances"),
    (QAT(recipe={"scores": {"exclude": True}}), "scores"),
])
def test_layers_stay_float_by_recipe(classifier: Graph, batches: list[Any], settings: QAT, kept: str) -> None:
    net = prepare(classifier, pictures(batches), settings)
    assert kept in net.quantization["kept_float"]
    train(net, batches, cross_entropy, TrainConfig(learning_rate=0.01))
    images = pictures(batches)[:16]
    with torch.no_grad():
        simulated = net(torch.from_numpy(images)).numpy()
    assert np.abs(outputs(convert_to_bytes(net)[0], images) - simulated).max() < 0.01


def test_activations_of_16_bits(classifier: Graph, batches: list[Any]) -> None:
    net = prepare(classifier, pictures(batches), QAT(activation_bits=16))
    assert {row["dtype"] for row in net.quantization["values"].values()} == {"s16"}
    train(net, batches, cross_entropy, TrainConfig(learning_rate=0.01))
    images = pictures(batches)[:16]
    with torch.no_grad():
        simulated = net(torch.from_numpy(images)).numpy()
    assert np.abs(outputs(convert_to_bytes(net)[0], images) - simulated).max() < 1e-3


def test_modules_of_the_bridge_are_taken(classifier: Graph, batches: list[Any]) -> None:
    net = to_torch(classifier)
    train(net, batches, cross_entropy, TrainConfig(learning_rate=0.05))
    images = pictures(batches)
    assert convert_to_bytes(prepare(net, images))[0] == convert_to_bytes(net, quantize=StaticPTQ(images))[0]


def test_what_cannot_be_quantized_is_told(classifier: Graph, batches: list[Any]) -> None:
    images = pictures(batches)
    with pytest.raises(CalibrationError, match="quantized already"):
        prepare(prepare(classifier, images), images)
    with pytest.raises(CalibrationError, match="empty"):
        prepare(classifier, [])
    with pytest.raises(CalibrationError, match="no layer is called 'convolution'"):
        prepare(classifier, images, QAT(not_quant_pattern=["convolution"]))
    with pytest.raises(InputError, match=r"expected \['image'\]"):
        train(prepare(classifier, images), [{"picture": images}], cross_entropy)
