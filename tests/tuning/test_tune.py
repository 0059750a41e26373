# SPDX-License-Identifier: Apache-2.0
"""StaticPTQ(evaluate=..., guard=...): several quantizations of a model, of which one is kept."""

from __future__ import annotations

import numpy as np
import pytest

import lite
from lite.errors import CalibrationError
from lite.nb.reader import read
from lite.tuning.latency_table import LatencyTable
from lite.tuning.stopwatch import Net

onnx = pytest.importorskip("onnx")
from onnx import helper, numpy_helper  # noqa: E402


@pytest.fixture
def model(tmp_path):
    """Three convolutions; the second one has outliers among its inputs' channels."""
    random = np.random.default_rng(0)
    shapes = [(8, 3, 3, 3), (8, 8, 1, 1), (4, 8, 3, 3)]
    weights = [random.standard_normal(shape).astype(np.float32) for shape in shapes]
    weights[0][0] *= 300
    weights[1][:, 0] /= 300
    values = ["image", "a", "b", "y"]
    nodes = [helper.make_node("Conv", [values[place], f"w{place}"], [values[place + 1]], name=f"conv{place}",
                              pads=[shape[2] // 2] * 4) for place, shape in enumerate(shapes)]  # fmt: skip
    image, y = (helper.make_tensor_value_info(name, 1, shape)
                for name, shape in (("image", [1, 3, 8, 8]), ("y", [1, 4, 8, 8])))  # fmt: skip
    constants = [numpy_helper.from_array(array, f"w{place}") for place, array in enumerate(weights)]
    graph = helper.make_graph(nodes, "three", [image], [y], constants)
    path = tmp_path / "three.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


@pytest.fixture
def data():
    return np.random.default_rng(1).standard_normal((16, 3, 8, 8)).astype(np.float32)


@pytest.fixture
def evaluate(model, data):
    """100 for the float model's outputs, less by the part of noise in per cent."""
    session = lite.Model(model).session()
    expected = np.concatenate([session(row[None]) for row in data])

    def score(candidate):
        found = np.concatenate([candidate.session()(row[None]) for row in data])
        return 100.0 - 100.0 * float(np.square(found - expected).sum() / np.square(expected).sum())

    return score


def test_a_recipe_is_found(model, data, evaluate, tmp_path):
    plain = lite.convert(model, tmp_path / "plain.nb", quantize=lite.StaticPTQ(data))
    lost = 100.0 - evaluate(lite.Model(tmp_path / "plain.nb"))
    assert lost > 0
    settings = lite.StaticPTQ(data, evaluate=evaluate, max_drop=lost / 10)
    report = lite.convert(model, tmp_path / "found.nb", quantize=settings)
    found = report.tuning["search"]
    assert found["is_reached"] and 1 <= len(found["exclude"]) <= 3
    assert 100.0 - evaluate(lite.Model(tmp_path / "found.nb")) <= lost / 10
    assert set(found["exclude"]) <= set(plain.quantization["layers"])
    assert "search float scores 100" in str(report)


def test_what_is_good_enough_stays_as_it_is(model, data, tmp_path):
    settings = lite.StaticPTQ(data, evaluate=lambda candidate: 7, max_drop=0.5)
    lite.convert(model, tmp_path / "a.nb", quantize=settings)
    lite.convert(model, tmp_path / "b.nb", quantize=lite.StaticPTQ(data))
    assert (tmp_path / "a.nb").read_bytes() == (tmp_path / "b.nb").read_bytes()


def test_the_guard_keeps_the_fastest(model, data, tmp_path):
    report = lite.convert(model, tmp_path / "g.nb", quantize=lite.StaticPTQ(data, guard=True))
    verdict = report.tuning["guard"]
    assert verdict["measured"] and verdict["gain"] >= 1.0 and verdict["times_us"]["float"] > 0
    assert f"guard  {verdict['text']}" in str(report)


@pytest.fixture
def table_for(model, data, tmp_path):
    """A latency table in which every layer takes what a function of its op says."""

    def write(time_us):
        table = LatencyTable("a phone")
        for settings in (None, lite.StaticPTQ(data), lite.StaticPTQ(data, exclude=["conv1"])):
            nb, _ = lite.convert_to_bytes(model, quantize=settings)
            net = Net(nb, read(nb), {})
            for _, layer in net.layers(net.profile(runs=1)):
                table.rows[layer.op, layer.inputs, layer.outputs] = time_us(layer)
        (tmp_path / "table.txt").write_text(table.to_text())
        return tmp_path / "table.txt"

    return write


def test_the_guard_by_a_table_leaves_the_slow_layer_float(model, data, tmp_path, table_for):
    """The convolution by 1x1 is slow on integers there, and conversions are cheap."""
    def time_us(layer):
        if layer.op == "q_conv2d":
            return 90.0 if layer.inputs[1][2] == 1 else 1.0
        return 10.0 if layer.op == "conv2d" else 0.5

    settings = lite.StaticPTQ(data, latency_table=table_for(time_us))
    report = lite.convert(model, tmp_path / "g.nb", quantize=settings)
    verdict = report.tuning["guard"]
    assert (verdict["chosen"], verdict["kept_float"]) == ("mixed", ["conv1"]) and not verdict["measured"]
    ops = [node.op.name for node in read(tmp_path / "g.nb").nodes]
    assert ops.count("q_conv2d") == 2 and ops.count("conv2d") == 1


def test_the_guard_keeps_float_where_integers_never_win(model, data, tmp_path, table_for):
    settings = lite.StaticPTQ(data, latency_table=table_for(lambda layer: 9.0 if "q" in layer.op else 1.0))
    report = lite.convert(model, tmp_path / "g.nb", quantize=settings)
    lite.convert(model, tmp_path / "float.nb")
    assert report.tuning["guard"]["chosen"] == "float"
    assert (tmp_path / "g.nb").read_bytes() == (tmp_path / "float.nb").read_bytes()


def test_data_for_one_time_only_is_refused(model, data):
    with pytest.raises(CalibrationError, match="gone through once"):
        lite.convert_to_bytes(model, quantize=lite.StaticPTQ((row for row in data), guard=True))


@pytest.mark.parametrize("settings", [{"evaluate": "accuracy"}, {"max_drop": -1}, {"max_drop": float("nan")}])
def test_settings_that_cannot_be(settings):
    with pytest.raises(CalibrationError):
        lite.StaticPTQ(np.zeros((1, 3, 8, 8), np.float32), **settings)


def test_what_the_guard_chose_is_judged_again(model, data, tmp_path, table_for):
    """A score that float layers spoil: the fast net is refused, the one on integers stays."""
    def time_us(layer):
        return 90.0 if layer.op == "q_conv2d" and layer.inputs[1][2] == 1 else 1.0

    path = table_for(lambda layer: 10.0 if layer.op == "conv2d" else time_us(layer))

    def score(candidate):
        return 1.0 if candidate.size_bytes <= integers or candidate.size_bytes >= floats else 0.0

    integers = len(lite.convert_to_bytes(model, quantize=lite.StaticPTQ(data))[0])
    floats = len(lite.convert_to_bytes(model)[0])
    settings = lite.StaticPTQ(data, evaluate=score, max_drop=0.5, latency_table=path)
    report = lite.convert(model, tmp_path / "g.nb", quantize=settings)
    verdict = report.tuning["guard"]
    assert verdict["chosen"] == "mixed" and verdict["refused"] and "loses too much" in verdict["text"]
    assert (tmp_path / "g.nb").stat().st_size == integers
