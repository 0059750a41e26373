# SPDX-License-Identifier: Apache-2.0
"""convert: from a source model to a .nb that runs, what it reports, and what it refuses."""

from __future__ import annotations

import json
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import lite
from lite.errors import FileError, InputError, LiteError, ModelFormatError, TargetError
from lite.nb import reader

onnx = pytest.importorskip("onnx")
reference = pytest.importorskip("onnx.reference")


def model(height: int | str = 8, last: str = "Relu") -> bytes:
    """conv -> batch_norm -> relu6 -> + x, relu: one layer in the end."""
    random = np.random.RandomState(3)
    make, tensor = onnx.helper.make_node, onnx.numpy_helper.from_array
    weights = {"w": random.standard_normal((4, 4, 3, 3)), "six": np.array(6), "zero": np.array(0)}
    weights |= {name: random.uniform(0.5, 2, 4) for name in ("scale", "bias", "mean", "variance")}
    nodes = [
        make("Conv", ["x", "w"], ["conv"], pads=[1, 1, 1, 1], name="stem"),
        make("BatchNormalization", ["conv", "scale", "bias", "mean", "variance"], ["norm"]),
        make("Add", ["norm", "x"], ["sum"]),
        make(last, ["sum"], ["y"]),
    ]
    x = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 4, height, 6])
    y = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["n", 4, height, 6])
    initializers = [tensor(array.astype(np.float32), name) for name, array in weights.items()]
    graph = onnx.helper.make_graph(nodes, "small", [x], [y], initializers)
    made = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    return bytes(made.SerializeToString())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "small.onnx"
    path.write_bytes(model())
    return path


def test_a_model_becomes_a_file_that_gives_the_same_answer(source: Path, tmp_path: Path) -> None:
    heard: list[str] = []
    report = lite.convert(source, tmp_path / "out.nb", progress=heard.append)
    x = np.random.RandomState(1).standard_normal((2, 4, 8, 6)).astype(np.float32)
    expected = reference.ReferenceEvaluator(onnx.load(source)).run(None, {"x": x})[0]
    got = lite.Model(tmp_path / "out.nb").session().run({"x": x})["y"]
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)
    assert heard[0] == "reading the model" and heard[-1] == "writing" and "pass to_nhwc" in heard
    assert report.path == str(tmp_path / "out.nb")


def test_the_report(source: Path, tmp_path: Path) -> None:
    report = lite.convert(source, tmp_path / "out", targets=("x86", "arm", "x86"))
    assert report.path == str(tmp_path / "out.nb")  # the suffix is added
    (tmp_path / "folder.v1").mkdir()
    in_folder = lite.convert(source, tmp_path / "folder.v1")
    assert in_folder.path == str(tmp_path / "folder.v1" / f"{source.stem}.nb")
    assert report.targets == ("x86", "arm")
    assert report.source_bytes == source.stat().st_size
    assert report.size_bytes == (tmp_path / "out.nb").stat().st_size
    assert report.ops_before == {"conv2d": 1, "batch_norm": 1, "add": 1, "relu": 1}
    assert report.ops_after == {"conv2d": 1, "transpose": 2}
    assert report.fusions == {"affine_behind": 2, "fuse_activation": 1, "fuse_residual": 1}
    assert 0 < sum(log.time_s for log in report.passes) <= report.time_s
    text = str(report)
    assert "nodes  4 -> 3 (2 transpose, 1 conv2d)" in text and "1 fuse_residual" in text
    told = json.loads(json.dumps(report.to_dict()))
    assert told["fusions"] == report.fusions and told["passes"][0]["name"] == "lower_ops"


def test_refusals_are_told_and_not_at_length() -> None:
    from lite.passes.rule import Log, Refusal

    log = Log("fuse", refusals=[Refusal("rule", f"node{position}", "why") for position in range(9)])
    text = str(lite.Report(passes=[log, log]))
    assert text.count("kept   rule at node") == 5 and "kept   ... and 4 more (Report.refusals)" in text


def test_the_same_model_gives_the_same_bytes(source: Path) -> None:
    first, _ = lite.convert_to_bytes(source, bundle_inputs=1)
    again, report = lite.convert_to_bytes(source, bundle_inputs=1)
    assert first == again and report.path == "" and "-> memory for arm, x86" in str(report)


def test_without_a_name_the_models_is_taken(source: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Path(lite.convert(source).path) == Path("small.nb") and (tmp_path / "small.nb").is_file()


def test_inputs_outputs_and_preprocessing_are_kept() -> None:
    preprocess = lite.Preprocess(resize=9, crop=8, mean=(1.0, 2.0, 3.0), format="BGR")
    data, _ = lite.convert_to_bytes(model("h"), preprocess=preprocess)
    graph = reader.read(data)
    assert [str(value) for value in (*graph.inputs, *graph.outputs)] == [
        "%x: f32[n, 4, h, 6]", "%y: f32[n, 4, h, 6]"]
    assert graph.preprocess == preprocess


def test_an_input_shape_can_be_fixed() -> None:
    data, _ = lite.convert_to_bytes(model("h"), input_shape={"x": (1, 4, 5, 6)})
    assert lite.Model(data).session().inputs[0].shape == (1, 4, 5, 6)


@pytest.mark.parametrize("height", [8, "h"])
def test_golden_vectors(height: int | str, tmp_path: Path, python: Callable) -> None:
    lite.convert(model(height), tmp_path / "golden.nb", bundle_inputs=3)
    result = python("-m", "lite.cli", "verify", str(tmp_path / "golden.nb"))
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_discarded_pass_does_not_run() -> None:
    _, report = lite.convert_to_bytes(model(), discard_passes=["fuse_epilogue"], verify=True)
    names = [log.name for log in report.passes]
    assert "fold_affine" in names and "fuse_epilogue" not in names
    assert report.ops_after["relu"] == 1
    with pytest.raises(InputError, match=r"no passes \['fuse_epilog'\], expected some of .*fuse_epilogue"):
        lite.convert_to_bytes(model(), discard_passes=["fuse_epilog"])


def test_refused_arguments(source: Path, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="expected some of arm, x86"):
        lite.convert(source, tmp_path / "a.nb", targets=("mips",))
    with pytest.raises(InputError, match="it is a folder"):
        lite.convert(source.read_bytes(), tmp_path)
    with pytest.raises(InputError, match="has no name for its"):
        lite.convert(source.read_bytes())
    with pytest.raises(FileError):
        lite.convert(source, tmp_path / "no" / "such" / "folder.nb")
    with pytest.raises(ModelFormatError):
        lite.convert(b"not a model", tmp_path / "a.nb")
    with pytest.raises(LiteError):
        lite.convert(tmp_path / "none.onnx", tmp_path / "a.nb")
    assert not list(tmp_path.glob("*.nb"))


def test_a_model_that_is_not_supported_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(LiteError, match="NoSuchOp"):
        lite.convert(model(last="NoSuchOp"), tmp_path / "a.nb")
    assert not list(tmp_path.iterdir())


def test_importing_lite_loads_numpy_and_little_else(python: Callable) -> None:
    program = ("import sys, numpy; before = set(sys.modules); import lite; "
               "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before})); "
               "print(*sorted(name for name in sys.modules if name.startswith('lite.')))")
    run = python("-c", program)
    assert run.returncode == 0, run.stderr
    packages, own = (set(line.split()) for line in run.stdout.splitlines())
    assert packages - set(getattr(sys, "stdlib_module_names", packages)) <= {"lite"}
    assert own <= {"lite.convert", "lite.errors", "lite._native"}


def test_convert_stays_a_function_once_its_module_is_imported(python: Callable) -> None:
    program = ("import inspect, lite.convert; from lite.convert import Report; "
               "assert lite.Report is Report and inspect.isfunction(lite.convert)")
    run = python("-c", program)
    assert run.returncode == 0, run.stderr


def test_names_of_the_package() -> None:
    assert set(lite.__all__) <= set(dir(lite)) and lite.Session.__name__ == "Session"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = lite.nothing


def scaled_model() -> bytes:
    """dequantize(quantize(x)) -> + itself, cumsum (which no integer op computes) and tanh, both quantized."""
    make, tensor = onnx.helper.make_node, onnx.numpy_helper.from_array
    constants = {"scale": np.float32(0.05), "zero": np.int8(3), "axis": np.array(2, np.int64)}

    def pair(x: str, y: str) -> list[onnx.NodeProto]:
        return [make("QuantizeLinear", [x, "scale", "zero"], [f"{y}.q"], name=f"{y}.quantize"),
                make("DequantizeLinear", [f"{y}.q", "scale", "zero"], [y], name=f"{y}.dequantize")]

    nodes = [
        *pair("x", "real"),
        make("Add", ["real", "real"], ["sum"], name="sum"), *pair("sum", "a"),
        make("CumSum", ["a", "axis"], ["cumsum"], name="cumsum"),
        make("Tanh", ["a"], ["tanh"], name="tanh"), *pair("tanh", "b"),
    ]  # fmt: skip
    values = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n", 4, 6])
              for name in ("x", "cumsum", "b")]
    initializers = [tensor(np.asarray(array), name) for name, array in constants.items()]
    graph = onnx.helper.make_graph(nodes, "scaled", values[:1], values[1:], initializers)
    made = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 19)], ir_version=9)
    return bytes(made.SerializeToString())


def test_a_quantized_model_runs_on_integers_and_says_what_does_not() -> None:
    data, report = lite.convert_to_bytes(scaled_model(), bundle_inputs=1, verify=True)
    assert report.ops_after == {"quantize": 1, "q_add": 1, "dequantize": 2, "lookup": 1, "cumsum": 1}
    assert report.float_left == ["cumsum: nothing computes cumsum on integers"]
    assert "float  cumsum: nothing computes cumsum on integers" in str(report)
    assert json.loads(json.dumps(report.to_dict()))["float_left"] == report.float_left
    x = np.random.RandomState(0).standard_normal((2, 4, 6)).astype(np.float32)
    expected = reference.ReferenceEvaluator(onnx.load_from_string(scaled_model())).run(None, {"x": x})
    for got, want in zip(lite.Model(data).session().run(None, {"x": x}), expected):
        np.testing.assert_allclose(got, want, rtol=0, atol=1e-5)


def test_ends_may_be_integers() -> None:
    data, _ = lite.convert_to_bytes(scaled_model(), keep_io_float=False)
    session = lite.Model(data).session()
    assert [value.dtype for value in (*session.inputs, *session.outputs)] == ["int8", "float32", "int8"]
    assert reader.read(data).inputs[0].quantization is not None
    with pytest.raises(InputError, match="keep_io_float: the model is not quantized"):
        lite.convert_to_bytes(model(), keep_io_float=False)


@pytest.mark.parametrize("bits", [8, 16])
def test_weights_alone_become_integers(source: Path, tmp_path: Path, bits: int) -> None:
    report = lite.convert(source, tmp_path / "out.nb", quantize=lite.WeightOnly(bits), bundle_inputs=1)
    assert report.weights["layers"] == 1 and report.weights["weights"] == 4 * 4 * 9
    assert f"int{bits} for 144 weights of 1 layers" in str(report) and "not for speed" in str(report)
    assert report.to_dict()["weights"] == report.weights
    golden = reader.read_golden(tmp_path / "out.nb")
    assert golden is not None
    outputs = lite.Model(tmp_path / "out.nb").session().run(dict(golden.cases[0].inputs))
    np.testing.assert_allclose(outputs["y"], golden.cases[0].outputs["y"], rtol=1e-4, atol=1e-4)


def test_memory_stays_below_three_times_the_model(tmp_path: Path) -> None:
    """Python's and numpy's own; protobuf's copy of the file is not seen, and is gone before the passes."""
    random = np.random.RandomState(4)
    layers = range(8)
    make, tensor = onnx.helper.make_node, onnx.numpy_helper.from_array
    arrays = {f"w{layer}": random.standard_normal((250, 250, 3, 3)) for layer in layers}
    arrays |= {f"scale{layer}": random.uniform(0.5, 2, (250, 1, 1)) for layer in layers}
    nodes = [node for layer in layers for node in (
        make("Conv", [f"x{layer}", f"w{layer}"], [f"conv{layer}"], pads=[1, 1, 1, 1]),
        make("Mul", [f"conv{layer}", f"scale{layer}"], [f"x{layer + 1}"]))]
    x, y = (onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 250, 8, 8])
            for name in ("x0", f"x{len(layers)}"))
    graph = onnx.helper.make_graph(nodes, "wide", [x], [y], [
        tensor(array.astype(np.float32), name) for name, array in arrays.items()])
    opset = [onnx.helper.make_opsetid("", 17)]
    path = tmp_path / "wide.onnx"
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    size = path.stat().st_size
    lite.convert(model(), tmp_path / "warm.nb")
    tracemalloc.start()
    try:
        lite.convert(path, tmp_path / "wide.nb")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * size, f"{peak / size:.2f} times the model"
