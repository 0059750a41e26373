# SPDX-License-Identifier: Apache-2.0
"""A float graph gets quantize and dequantize where integers will run, and keeps its meaning nearly."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lite import executor
from lite.errors import CalibrationError
from lite.ir import Builder, DType, Graph, TensorType
from lite.ir.interpret import interpret
from lite.ir.text import to_text
from lite.ir.verify import verify
from lite.ops import get
from lite.quant import StaticPTQ, observers
from lite.quant.static_ptq import quantize
from tests.quant.conftest import net


def run(graph, data):
    return np.concatenate([interpret(graph, {"x": row[None]})["y"] for row in data])


def noise_ratio(graph, quantized, data):
    """Power of the error over that of the outputs."""
    expected, got = run(graph, data), run(quantized, data)
    return float(np.sum(np.square(got - expected)) / np.sum(np.square(expected)))


def scales_of(graph):
    """Scale and zero point by value that is quantized."""
    return {node.inputs[0].name: (float(node.inputs[1].array), node.op.zero_point)
            for node in graph.nodes if node.op.name == "quantize"}


@pytest.mark.parametrize("algo", observers.names())
def test_meaning_is_nearly_kept(graph, data, prepare, algo):
    outcome = quantize(graph, StaticPTQ(data, algo=algo), prepare)
    verify(graph)
    assert outcome.samples == len(data) and not outcome.kept_float
    assert noise_ratio(net(), graph, data) < 0.01


@pytest.mark.parametrize("extra", ["bias_correction", "equalize", "adaround"])
def test_refinements_do_no_harm(data, prepare, extra):
    plain, refined = net(), net()
    off = {"bias_correction": False}
    quantize(plain, StaticPTQ(data, **off), prepare)
    quantize(refined, StaticPTQ(data, **{**off, extra: True}), prepare)
    assert noise_ratio(net(), refined, data) < max(1.2 * noise_ratio(net(), plain, data), 0.002)


def test_every_value_gets_a_pair_and_weights_are_integers(graph, data, prepare):
    quantize(graph, StaticPTQ(data), prepare)
    assert {name.split(".")[0] for name in scales_of(graph)} == {
        "x", "first", "deep", "second", "join", "pool", "mean", "y"}
    layers = [node for node in graph.nodes if node.op.name in ("conv2d", "fully_connected")]
    for node in layers:
        q, scale = node.inputs[1].producer.inputs
        assert q.array.dtype == np.int8 and np.abs(q.array.astype(int)).max() <= 127
        assert scale.array.shape == (q.array.shape[node.inputs[1].producer.op.axis],)
        assert node.inputs[0].producer.op.name == "dequantize"
    assert [value.name for value in graph.outputs] == ["y"]


def test_movers_share_scales(graph, data, prepare):
    outcome = quantize(graph, StaticPTQ(data), prepare)
    found = scales_of(graph)
    assert found["first"] == found["second"] == found["join"] == found["pool"] != found["deep"]
    (shared,) = outcome.table.shared_by.values()
    assert set(shared) == {"second", "join", "pool"}


def test_relu_outputs_use_all_steps(graph, data, prepare):
    quantize(graph, StaticPTQ(data), prepare)
    assert scales_of(graph)["deep"][1] == -128


def test_exclusions_stay_float(graph, data, prepare):
    outcome = quantize(graph, StaticPTQ(data, exclude=["deep", "se.*d"]), prepare)
    assert outcome.kept_float == {"deep": "excluded by 'deep'", "second": "excluded by 'se.*d'"}
    deep = next(node for node in graph.nodes if node.name == "deep")
    assert deep.inputs[1].is_constant
    assert "deep" not in scales_of(graph)
    assert noise_ratio(net(), graph, data) < 0.01


@pytest.mark.parametrize(("op", "number", "quantized"), [
    ("div", [4.0], 2), ("div", [4.0, 1.0], 0), ("pow", [2.0], 2), ("prelu", [0.1], 2), ("exp", None, 0),
    ("relu", None, 2), ("sub", [1.0, 2.0], 3),
])  # fmt: skip
def test_functions_of_one_value_are_quantized(prepare, op, number, quantized):
    graph = Graph("net")
    x = graph.add_input("x", TensorType((1, 2)))
    build = Builder(graph)
    operands = [x] if number is None else [x, build.constant(number, np.float32)]
    graph.outputs = [build.add(get(op)(), *operands, name="f")]
    outcome = quantize(graph, StaticPTQ(np.eye(2, dtype=np.float32)), prepare)
    assert len(outcome.table.values) == quantized and bool(outcome.kept_float) == (not quantized)


def test_movers_without_integers_around_stay_float(data, prepare):
    graph = net()
    outcome = quantize(graph, StaticPTQ(data, exclude=["first", "second", "deep", "mean", "last"]), prepare)
    assert not scales_of(graph) and outcome.kept_float["pool"] == "no node beside it computes on integers"


@pytest.mark.parametrize(("settings", "message", "hint"), [
    ({"exclude": ["dep"]}, "no layer is called 'dep'", "did you mean 'deep'"),
    ({"recipe": {"frist": {"algo": "kl"}}}, "no layer is called 'frist'", "did you mean 'first'"),
])  # fmt: skip
def test_names_that_match_nothing_are_refused(graph, data, prepare, settings, message, hint):
    with pytest.raises(CalibrationError, match=message) as caught:
        quantize(graph, StaticPTQ(data, **settings), prepare)
    assert hint in caught.value.hint


def test_recipes_hold_for_their_layers(graph, data, prepare):
    recipe = {"first|deep": {"algo": "percentile", "percentile": 0.9}, "deep": {"bits": 16}}
    outcome = quantize(graph, StaticPTQ(data, algo="minmax", recipe=recipe), prepare)
    usual = quantize(net(), StaticPTQ(data, algo="minmax"), prepare)
    assert outcome.table.values["deep"].dtype is DType.S16
    assert outcome.table.values["deep"].highest < usual.table.values["deep"].highest
    assert outcome.table.values["mean"] == usual.table.values["mean"]


def test_16_bits_are_nearer(data, prepare):
    graphs = {bits: net() for bits in (8, 16)}
    for bits, graph in graphs.items():
        quantize(graph, StaticPTQ(data, bits=bits, algo="minmax"), prepare)
    assert noise_ratio(net(), graphs[16], data) < noise_ratio(net(), graphs[8], data)
    assert {node.op.dtype for node in graphs[16].nodes if node.op.name == "quantize"} == {DType.S16}


@pytest.mark.parametrize("extra", [{}, {"adaround": True, "equalize": True}])
def test_same_data_same_graph(data, prepare, extra):
    texts = []
    for _ in range(2):
        graph = net()
        quantize(graph, StaticPTQ(data, **extra), prepare)
        constants = [value.array.tobytes() for value in graph.constants()]
        texts.append((to_text(graph), constants))
    assert texts[0] == texts[1]


def test_table_is_written_and_reused(data, prepare, tmp_path):
    first, again = net(), net()
    quantize(first, StaticPTQ(data, bias_correction=False, table_out=tmp_path / "t.json"), prepare)
    quantize(again, StaticPTQ(table=tmp_path / "t.json", bias_correction=False), prepare)
    assert to_text(first) == to_text(again)
    for one, other in zip(first.constants(), again.constants()):
        assert np.array_equal(one.array, other.array)


def test_table_can_be_edited(data, prepare, tmp_path):
    path = tmp_path / "t.json"
    quantize(net(), StaticPTQ(data, table_out=path), prepare)
    table = json.loads(path.read_text())
    table["values"]["deep"] = {"min": 0, "max": 2.55}
    del table["values"]["mean"]
    path.write_text(json.dumps(table))
    with pytest.raises(CalibrationError, match="what range value 'mean' has"):
        quantize(net(), StaticPTQ(table=path), prepare)
    graph = net()
    quantize(graph, StaticPTQ(data, table=path), prepare)
    assert scales_of(graph)["deep"] == (pytest.approx(0.01), -128) and "mean" in scales_of(graph)


def weights_of(graph):
    """By name of the layer, the greatest magnitude of each channel's integers."""
    layers = [node for node in graph.nodes if node.op.name in ("conv2d", "fully_connected")]
    found = {}
    for node in layers:
        dequantized = node.inputs[1].producer
        w = np.moveaxis(dequantized.inputs[0].array.astype(int), dequantized.op.axis, 0)
        found[node.name] = np.abs(w.reshape(len(w), -1)).max(axis=1)
    return found


@pytest.mark.parametrize("extra", [{}, {"weights": "mse"}, {"adaround": True}, {"equalize": True}])
def test_weights_of_7_bits_use_their_range(data, prepare, extra):
    quantized = net()
    quantize(quantized, StaticPTQ(data, weight_bits=7, **extra), prepare)
    assert all(greatest.max() == 64 for greatest in weights_of(quantized).values())
    assert noise_ratio(net(), quantized, data) < 0.01


def test_weights_of_7_bits_may_be_those_of_one_layer(graph, data, prepare):
    outcome = quantize(graph, StaticPTQ(data, recipe={"deep": {"weight_bits": 7}}), prepare)
    assert {name: greatest.max() for name, greatest in weights_of(graph).items()} == {
        "first": 127, "deep": 64, "second": 127, "last": 127}
    assert outcome.table.weight_bits == {"deep": 7}


def test_tables_know_the_bits_of_weights(data, prepare, tmp_path):
    off = {"bias_correction": False}
    first, again = net(), net()
    quantize(first, StaticPTQ(data, weight_bits=7, table_out=tmp_path / "7.json", **off), prepare)
    quantize(again, StaticPTQ(table=tmp_path / "7.json", weight_bits=7, **off), prepare)
    assert to_text(first) == to_text(again)
    quantize(net(), StaticPTQ(data, table_out=tmp_path / "8.json", **off), prepare)
    with pytest.raises(CalibrationError, match="scales are for 8 bits, and 7 are asked for"):
        quantize(net(), StaticPTQ(table=tmp_path / "8.json", weight_bits=7, **off), prepare)


@pytest.mark.parametrize(("change", "message"), [
    (lambda table: table.update(format="other"), "no calibration table"),
    (lambda table: table["values"].update(strange={"scale": 1}), "no quantized value 'strange'"),
    (lambda table: table["values"].update(deep={"scael": 1}), "unknown key 'scael'"),
    (lambda table: table["values"].update(deep={"scale": -1}), "a scale is -1"),
    (lambda table: table["values"].update(deep={"scale": "wide"}), "could not convert"),
    (lambda table: table["values"].update(deep={"scale": 1, "zero_point": 300}), "zero point is 300"),
    (lambda table: table["values"].update(deep={"min": 3, "max": 1}), "the range is"),
    (lambda table: table["values"].update(deep={"scale": 1, "dtype": "s9"}), "s9"),
    (lambda table: table["weights"].update(deep=[1, 2]), "2 scales, expected 6"),
    (lambda table: table["weights"].update(deep=[0]), "expected positive scales"),
    (lambda table: table.update(weight_bits={"deep": 4}), "got 4, expected 7 or 8"),
])  # fmt: skip
def test_bad_tables_are_refused(data, prepare, tmp_path, change, message):
    path = tmp_path / "t.json"
    quantize(net(), StaticPTQ(data, table_out=path), prepare)
    table = json.loads(path.read_text())
    change(table)
    path.write_text(json.dumps(table))
    with pytest.raises(CalibrationError, match=message):
        quantize(net(), StaticPTQ(table=path, bias_correction=False), prepare)


def test_a_model_is_quantized_once(graph, data, prepare):
    quantize(graph, StaticPTQ(data), prepare)
    with pytest.raises(CalibrationError, match="quantized already"):
        quantize(graph, StaticPTQ(data), prepare)


def test_equalize_needs_data_twice(graph, data, prepare):
    with pytest.raises(CalibrationError, match="twice"):
        quantize(graph, StaticPTQ(iter(data), equalize=True), prepare)


def test_generators_will_do(graph, data, prepare):
    assert quantize(graph, StaticPTQ(iter(data)), prepare).samples == len(data)


def test_values_that_overflow_name_sample_and_value(prepare):
    graph = Graph("net")
    x = graph.add_input("x", TensorType((1, 2)))
    build = Builder(graph)
    graph.outputs = [build.add(get("mul")(), x, x, name="square")]
    samples = [np.ones((1, 2)), np.full((1, 2), 1e30)]
    with pytest.raises(CalibrationError, match=r"calibration sample 1.*infinity"), np.errstate(over="ignore"):
        quantize(graph, StaticPTQ(samples), prepare)


def test_dead_channels_and_zero_tensors(prepare):
    graph = Graph("net")
    x = graph.add_input("x", TensorType((1, 4)))
    build = Builder(graph)
    w = np.array([[1, 0, 0.5], [0.5, 0, 1], [0.1, 0, 0.1], [1, 0, 0]], np.float32)
    bias = np.array([1, 3, 1e-3], np.float32)
    y = build.add(get("fully_connected")(activation="relu"), x, build.constant(w), build.constant(bias))
    zero = build.add(get("mul")(), y, build.constant(np.zeros(3), np.float32))
    graph.outputs = [y, zero]
    samples = np.random.RandomState(1).standard_normal((5, 4)).astype(np.float32)
    expected = interpret(graph, {"x": samples[:1]})
    quantize(graph, StaticPTQ(samples), prepare)
    found = interpret(graph, {"x": samples[:1]})
    for name, array in expected.items():
        match = next(value.name for value in graph.outputs if value.name == name)
        assert np.abs(found[match] - array).max() < 0.05


def test_a_bias_far_above_its_weights_fits_in_the_sums(prepare):
    graph = Graph("net")
    x = graph.add_input("x", TensorType((1, 2)))
    build = Builder(graph)
    w, bias = np.array([[1e-12, 1.0], [1e-12, 1.0]], np.float32), np.array([50.0, 0.0], np.float32)
    graph.outputs = [build.add(get("fully_connected")(), x, build.constant(w), build.constant(bias))]
    quantize(graph, StaticPTQ(np.ones((3, 2), np.float32), bias_correction=False), prepare)
    layer = next(node for node in graph.nodes if node.op.name == "fully_connected")
    scale = layer.inputs[1].producer.inputs[1].array.astype(np.float64)
    x_scale = float(layer.inputs[0].producer.inputs[1].array)
    assert (np.abs(bias) / (scale * x_scale) <= 2.0**30 * 1.001).all()


def test_engine_and_reference_calibrate_alike(data):
    tables = {engine: quantize(net(), StaticPTQ(data, algo="minmax"), executor.preparer(engine)).table
              for engine in executor.ENGINES}
    for name, found in tables["native"].values.items():
        assert found.scale == pytest.approx(tables["reference"].values[name].scale, rel=1e-4)


@pytest.mark.parametrize("what", ["weights", "bias"])
def test_damaged_layers_are_named(prepare, what):
    graph = Graph("net")
    x = graph.add_input("x", TensorType((1, 2)))
    build = Builder(graph)
    w, bias = np.ones((2, 3), np.float32), np.ones(3, np.float32)
    (w if what == "weights" else bias)[...] = np.nan
    layer = build.add(get("fully_connected")(), x, build.constant(w), build.constant(bias), name="classify")
    graph.outputs = [layer]
    with pytest.raises(CalibrationError, match=f"classify.*: its {what} hold NaN"):
        quantize(graph, StaticPTQ(np.ones((3, 2), np.float32)), prepare)


def test_useless_calibrations_are_noted(graph, prepare):
    nothing = quantize(net(), StaticPTQ(np.zeros((3, 8, 8, 3), np.float32)), prepare)
    assert "value 'x' was 0 in every sample: it gets the scale 1" in nothing.notes
    excluded = quantize(graph, StaticPTQ(np.ones((3, 8, 8, 3), np.float32), exclude=[".*"]), prepare)
    assert any(note.startswith("no layer computes on integers") for note in excluded.notes)
