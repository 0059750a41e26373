# SPDX-License-Identifier: Apache-2.0
"""Models as PyTorch modules and back: outputs stay, weights train, errors speak."""

from __future__ import annotations

import copy
from pathlib import Path

import catalogue
import numpy as np
import pytest
from catalogue import ZooModel

import lite
from lite.convert import load_graph
from lite.errors import InputError, MissingDependencyError, UnsupportedOpError
from lite.ir import Builder, Dim, DType, Graph, Symbol, TensorType
from lite.ir.interpret import interpret
from lite.ir.text import to_text
from lite.ops.batch_norm import BatchNorm
from lite.ops.conv2d import Conv2d
from lite.ops.dequantize import Dequantize
from lite.ops.matmul import Matmul
from lite.ops.q_add import QAdd
from lite.ops.quantize import Quantize
from lite.ops.reduce_mean import ReduceMean
from lite.ops.relu import Relu
from lite.ops.reshape import Reshape

pytest.importorskip("torch")
pytest.importorskip("lite._native")
import torch

from lite import slim

FLOATS = [model for model in catalogue.zoo() if not model.is_quantized]
QUANTIZED = [model for model in catalogue.zoo() if model.is_quantized]
CLOSE = 1e-5  # of the range
KEEPING = 1e-4  # of the range: what the passes of a conversion may change


def name_of(model: ZooModel) -> str:
    return f"{model.format}-{model.name}".replace("/", "_")


def small_net(*, batch_norm: bool = True, activation: str = "none") -> Graph:
    """Images of any batch and size: convolution, batch norm, relu, mean."""
    graph, random = Graph("small"), np.random.RandomState(3)
    graph.symbols["n"] = Symbol("n")
    x = graph.add_input("image", TensorType((Dim.symbol("n"), 3, 8, 8)))
    build = Builder(graph)
    w = build.constant(random.standard_normal((6, 3, 3, 3)), np.float32, "conv.weight")
    bias = build.constant(random.standard_normal(6), np.float32, "conv.bias")
    y = build.add(Conv2d(pads=(1, 1, 1, 1), activation=activation), x, w, bias, name="conv")
    if batch_norm:
        parameters = [build.constant(np.linspace(0.5, 2, 6), np.float32, f"norm.{name}")
                      for name in ("scale", "bias", "mean", "variance")]
        y = build.add(BatchNorm(), y, *parameters, name="norm")
    y = build.add(Relu(), y, name="relu")
    graph.outputs = [build.add(ReduceMean((2, 3)), y, name="mean")]
    return graph


def images(count: int) -> np.ndarray:
    return np.random.RandomState(count).standard_normal((count, 3, 8, 8)).astype(np.float32)


def difference(found: np.ndarray, expected: np.ndarray) -> float:
    """As a part of the range."""
    return float(np.max(np.abs(found - expected)) / max(np.ptp(expected), 1e-30))


@pytest.mark.slow
@pytest.mark.skipif(not FLOATS, reason="LITE_TEST_DATA is not set: no real models")
@pytest.mark.parametrize("model", FLOATS, ids=name_of)
def test_real_models_keep_their_outputs(model: ZooModel) -> None:
    net = slim.to_torch(model.file)
    (name,) = net.input_names
    x = catalogue.feed(model, np.dtype(np.float32))[:2]
    with torch.no_grad():
        trained = net.run({name: torch.from_numpy(x)})
    session = {path: lite.Model(lite.convert_to_bytes(source)[0]).session(threads=1)
               for path, source in (("before", model.file), ("after", slim.from_torch(net)))}
    before, after = (session[path].run(None, {name: x}) for path in ("before", "after"))
    for output, first, second in zip(net.output_names, before, after):
        assert difference(second, first) <= CLOSE
        assert difference(trained[output].numpy(), first) <= KEEPING


@pytest.mark.slow
@pytest.mark.skipif(not QUANTIZED, reason="LITE_TEST_DATA is not set: no real models")
@pytest.mark.parametrize("model", QUANTIZED, ids=name_of)
def test_quantized_models_come_back_with_the_same_integers(model: ZooModel) -> None:
    """And PyTorch simulates what the reference gives: integers to one step, floats as closely as ever."""
    net = slim.to_torch(model.file)
    (given,) = slim.from_torch(net).inputs
    x = catalogue.feed(model, given.type.dtype.numpy)[:2]
    expected = interpret(load_graph(model.file), {given.name: x})
    with torch.no_grad():
        found = net.run({given.name: torch.from_numpy(x)})
    again = interpret(slim.from_torch(net), {given.name: x})
    for name, wanted in expected.items():
        assert np.array_equal(again[name], wanted)
        assert found[name].numpy().dtype == wanted.dtype
        off = np.max(np.abs(found[name].numpy().astype(np.float64) - wanted))
        assert off <= (CLOSE * np.ptp(wanted) if wanted.dtype.kind == "f" else 1)


def test_batches_of_any_size() -> None:
    graph = small_net()
    net = slim.to_torch(graph)
    for count in (1, 5):
        expected = interpret(graph, {"image": images(count)})["mean"]
        with torch.no_grad():
            assert difference(net(torch.from_numpy(images(count))).numpy(), expected) <= CLOSE


def test_names_are_those_of_the_graph() -> None:
    net = slim.to_torch(small_net())
    assert {name for name, _ in net.named_parameters()} == {
        "weights.conv/weight", "weights.conv/bias", "norms.norm.weight", "norms.norm.bias"}
    assert isinstance(net.norms.norm, torch.nn.BatchNorm2d)


def test_values_inside_can_be_tapped() -> None:
    net, x = slim.to_torch(small_net()), torch.from_numpy(images(2))
    found = net.run({"image": x}, taps=["relu", "image", "conv.weight"])
    assert found["relu"].shape == (2, 6, 8, 8) and found["relu"].min() >= 0
    assert found["image"] is x and found["conv.weight"].shape == (6, 3, 3, 3)
    with pytest.raises(InputError, match="no values \\['nothing'\\]"):
        net.run({"image": x}, taps=["nothing"])


def test_trained_weights_and_statistics_come_back() -> None:
    torch.manual_seed(0)
    net, x = slim.to_torch(small_net()).train(), torch.from_numpy(images(4))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    target = torch.linspace(-1, 1, 24).reshape(4, 6)
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(net(x), target)
        torch.autograd.backward(loss)
        assert all(parameter.grad is not None for parameter in net.parameters())
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0]
    net.eval()
    expected = net(x).detach().numpy()
    assert difference(interpret(slim.from_torch(net), {"image": images(4)})["mean"], expected) <= CLOSE
    assert difference(lite.Model(lite.convert_to_bytes(net)[0]).session()(images(4)), expected) <= KEEPING
    assert difference(interpret(small_net(), {"image": images(4)})["mean"], expected) > KEEPING


@pytest.mark.skipif(not FLOATS, reason="LITE_TEST_DATA is not set: no real models")
def test_a_step_lowers_the_loss_of_a_mobile_net() -> None:
    torch.manual_seed(0)
    net = slim.to_torch(catalogue.MODELS / "paddle_formats" / "pd2" / "mobilenet_v1_025").train()
    (name,) = net.input_names
    x = {name: torch.rand(4, 3, 64, 64)}
    output, labels = net.output_names[0], torch.tensor([1, 2, 3, 4])
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-5)  # its weights are random and steep

    def loss() -> torch.Tensor:
        return torch.nn.functional.cross_entropy(net.run(x)[output].flatten(1), labels)

    first = loss()
    torch.autograd.backward(first)
    without = [name for name, parameter in net.named_parameters() if parameter.grad is None]
    assert not without
    optimizer.step()
    assert float(loss().detach()) < float(first.detach())


def test_a_copy_is_another_model() -> None:
    net = slim.to_torch(small_net())
    teacher = copy.deepcopy(net)
    with torch.no_grad():
        next(net.parameters()).zero_()
    x = torch.from_numpy(images(1))
    assert not torch.equal(net(x), teacher(x))
    assert torch.equal(teacher(x), slim.to_torch(small_net())(x))


def test_the_state_is_saved_and_loaded(tmp_path: Path) -> None:
    net, other = slim.to_torch(small_net()), slim.to_torch(small_net())
    with torch.no_grad():
        next(net.parameters()).mul_(2)
    torch.save(net.state_dict(), tmp_path / "net.pt")
    other.load_state_dict(torch.load(tmp_path / "net.pt"))
    x = torch.from_numpy(images(1))
    assert torch.equal(net(x), other(x))


@pytest.mark.parametrize("activation", ["none", "relu6"])
def test_folded_batch_norms_are_unfolded(activation: str) -> None:
    graph, x = small_net(batch_norm=False, activation=activation), torch.from_numpy(images(16))
    net = slim.to_torch(graph, batch_norm=True)
    (norm,) = net.norms.children()
    before = slim.to_torch(graph)(x).detach()
    assert difference(net(x).detach().numpy(), before.numpy()) <= CLOSE
    net.measure_batch_norms([x[:8], (x[8:],)])
    assert float(norm.running_mean.abs().max()) > 0.1
    for trains in (False, True):
        assert difference(net.train(trains)(x).detach().numpy(), before.numpy()) <= 10 * CLOSE
    assert "batch_norm" not in lite.convert_to_bytes(net)[1].ops_after


def test_what_has_a_batch_norm_gets_no_other() -> None:
    assert len(list(slim.to_torch(small_net(), batch_norm=True).norms.children())) == 1


def quantized_net() -> Graph:
    """Activations and weights on grids, with a move of integers; the weights have a scale a channel."""
    graph, random = Graph("quantized"), np.random.RandomState(5)
    x = graph.add_input("x", TensorType((4, 6)))
    build = Builder(graph)
    step = build.constant(0.05, np.float32, "x.step")
    q = build.add(Reshape((2, 2, 6)), build.add(Quantize(zero_point=3), x, step, name="x.q"))
    y = build.add(Dequantize(zero_point=3), q, step, name="x.fake")
    integers = build.constant(random.randint(-127, 128, (6, 5)), np.int8, "w.q")
    steps = build.constant(np.linspace(0.01, 0.02, 5), np.float32, "w.step")
    w = build.add(Dequantize(axis=1), integers, steps)
    y = build.add(Matmul(), y, w, name="y")
    graph.outputs = [build.add(Quantize(), y, build.constant(0.0931, np.float32, "y.step"), name="y.q"), y]
    return graph


def test_fake_quantization_gives_the_integers_of_the_reference() -> None:
    graph, x = quantized_net(), np.random.RandomState(1).standard_normal((4, 6)).astype(np.float32) * 4
    net = slim.to_torch(graph)
    expected = interpret(graph, {"x": x})
    q, y = net(torch.from_numpy(x))
    assert q.dtype == torch.int8 and np.array_equal(q.numpy(), expected["y.q"])
    assert difference(y.detach().numpy(), expected["y"]) <= CLOSE
    assert to_text(slim.from_torch(net)) == to_text(slim.from_torch(slim.to_torch(graph)))


def test_quantized_weights_train_and_come_back_as_integers() -> None:
    graph = quantized_net()
    net = slim.to_torch(graph)
    x = torch.from_numpy(np.random.RandomState(1).standard_normal((4, 6)).astype(np.float32)).requires_grad_()
    (weights,) = net.parameters()
    torch.autograd.backward(net(x)[1].sum())
    assert x.grad is not None and weights.grad is not None and bool(weights.grad.abs().sum() > 0)
    with torch.no_grad():
        weights[0] += 0.05
    after = {value.name: value.array for value in slim.from_torch(net).constants()}
    before = {value.name: value.array for value in graph.constants()}
    assert after["w.q"].dtype == np.int8
    assert np.array_equal(after["w.q"][1:], before["w.q"][1:]) and np.all(after["w.q"][0] >= before["w.q"][0])
    expected = interpret(slim.from_torch(net), {"x": x.detach().numpy()})["y.q"]
    assert np.array_equal(expected, net(x)[0].numpy())


def test_a_trained_scale_comes_back() -> None:
    net = slim.to_torch(quantized_net())
    with torch.no_grad():
        net.get_buffer("weights.w/step").mul_(3)
    after = {value.name: value.array for value in slim.from_torch(net).constants()}
    before = {value.name: value.array for value in quantized_net().constants()}
    assert np.array_equal(after["w.step"], before["w.step"] * 3)
    assert np.array_equal(after["w.q"], np.rint(before["w.q"] / np.float32(3)).astype(np.int8))


def test_all_that_cannot_be_trained_is_listed() -> None:
    graph = Graph("integers")
    a, b = (graph.add_input(name, TensorType((2, 3), DType.S8)) for name in "ab")
    build = Builder(graph)
    graph.outputs = [build.add(QAdd(), a, b, name=f"q{row}") for row in range(2)]
    with pytest.raises(UnsupportedOpError, match="2 nodes cannot be trained:\n  q_add x2 \\(q0, q1\\)"):
        slim.to_torch(graph)


@pytest.mark.parametrize(("inputs", "words"), [
    ((), "inputs \\[\\] were given"),
    ((torch.zeros(1, 3, 8, 8),) * 2, "got 2 inputs"),
    ((torch.zeros(1, 3, 9, 8),), "got shape"),
    ((torch.zeros(1, 3, 8, 8, dtype=torch.float64),), "expected f32"),
    ((np.zeros((1, 3, 8, 8), np.float32),), "expected a torch.Tensor"),
])  # fmt: skip
def test_wrong_inputs_are_refused(inputs, words) -> None:
    with pytest.raises(InputError, match=words):
        slim.to_torch(small_net())(*inputs)


def test_a_graph_converts_and_stays() -> None:
    graph = small_net()
    before = len(graph.nodes)
    data, report = lite.convert_to_bytes(graph)
    assert len(graph.nodes) == before and report.source == "graph 'small'" and report.source_bytes > 600
    expected = interpret(graph, {"image": images(2)})["mean"]
    assert difference(lite.Model(data).session()(images(2)), expected) <= KEEPING
    with pytest.raises(InputError, match="input_shape: a graph has"):
        lite.convert_to_bytes(graph, input_shape={"image": (1, 3, 8, 8)})
    with pytest.raises(InputError, match="a model in memory has no name"):
        lite.convert(graph)
    with pytest.raises(InputError, match="got a Linear"):
        lite.convert_to_bytes(torch.nn.Linear(2, 2))


class Foreign(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 3, padding=1)
        self.norm = torch.nn.BatchNorm2d(4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.norm(self.conv(x))).mean((2, 3))


def test_a_foreign_module_is_exported() -> None:
    pytest.importorskip("onnxscript")
    torch.manual_seed(0)
    module, x = Foreign(), torch.from_numpy(images(1))
    graph = lite.from_torch(module, x)
    assert module.training
    y = lite.Model(lite.convert_to_bytes(graph)[0]).session()(images(1))
    assert difference(y, module.eval()(x).detach().numpy()) <= KEEPING


def test_a_foreign_module_needs_an_example_and_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises((InputError, MissingDependencyError), match=r"an example input is needed|needs onnx"):
        lite.from_torch(Foreign())
    from lite.slim.torch_bridge import foreign

    monkeypatch.setattr(foreign, "NEEDED", ("no_such_package",))
    with pytest.raises(MissingDependencyError, match="pip install no_such_package"):
        lite.from_torch(Foreign(), torch.zeros(1, 3, 8, 8))
