# SPDX-License-Identifier: Apache-2.0
"""Commands that run a model: run, bench, verify, compare, inspect."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from lite.cli._machine import cpu_count
from lite.ir import Graph, TensorType
from lite.ir.quant import Quantization
from lite.nb import writer
from lite.nb.golden import Case, Golden
from lite.nb.reader import read, read_golden
from lite.ops import get


def test_run_npy(
    cli: Callable, nb: Path, image: np.ndarray, tmp_path: Path, expected_scores: Callable
) -> None:
    np.save(tmp_path / "x.npy", image)
    outcome = cli("run", nb, "--input", tmp_path / "x.npy", "--output", tmp_path / "y.npz")
    assert outcome.code == 0
    np.testing.assert_allclose(np.load(tmp_path / "y.npz")["scores"], expected_scores(image), rtol=1e-6)
    outcome = cli(
        "run", nb, "--input", f"image={tmp_path / 'x.npy'}", "--output", tmp_path / "y.npy",
        f"--threads={min(cpu_count(), 2)}",
    )
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), expected_scores(image), rtol=1e-6)


@pytest.mark.parametrize("command", ["run", "bench"])
def test_precision(cli: Callable, nb: Path, image: np.ndarray, tmp_path: Path, command: str) -> None:
    np.save(tmp_path / "x.npy", image)
    flags = ["--input", tmp_path / "x.npy"] if command == "run" else ["--warmup=0", "--repeats=1"]
    assert cli(command, nb, *flags, "--precision", "fast").code == 0
    outcome = cli(command, nb, *flags, "--precision", "quick")
    assert (outcome.code, outcome.out) == (2, "")
    assert "'quick' is not one of 'exact', 'fast'" in outcome.err


def test_bench_says_the_precision(cli: Callable, nb: Path) -> None:
    for flags, precision in (((), "exact"), (("--precision=fast",), "fast")):
        outcome = cli("bench", nb, "--warmup=0", "--repeats=1", "--json", *flags)
        assert json.loads(outcome.out)["precision"] == precision


@pytest.mark.parametrize("command", ["run", "bench", "verify"])
@pytest.mark.parametrize("threads", [0, -1, cpu_count() + 1, 2**70])
def test_threads_beyond_the_processors(cli: Callable, nb: Path, command: str, threads: int) -> None:
    outcome = cli(command, nb, f"--threads={threads}")
    assert (outcome.code, outcome.out) == (2, "")
    assert f"got {threads}, expected 1 to {cpu_count()}" in outcome.err


@pytest.mark.parametrize("command", ["run", "bench"])
def test_commands_tell_of_an_isa_that_cannot_be(
    cli: Callable, nb: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LITE_FORCE_ISA", "z80")
    outcome = cli(command, nb)
    assert (outcome.code, outcome.out) == (1, "")
    assert "LITE_FORCE_ISA is 'z80', which this machine cannot use; usable: scalar" in outcome.err


def test_run_writes_arrays_only(cli: Callable, nb: Path, image: np.ndarray, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", image)
    outcome = cli("run", nb, "--input", tmp_path / "x.npy", "--output", tmp_path / "y.txt")
    assert (outcome.code, outcome.out) == (2, "")
    assert "y.txt" in outcome.err and "ends with .npy or .npz" in outcome.err
    assert not list(tmp_path.glob("y.*"))


def test_run_a_source_model(
    cli: Callable, source: Path, image: np.ndarray, tmp_path: Path, expected_scores: Callable
) -> None:
    np.savez(tmp_path / "x.npz", image=image)
    outputs = json.loads(cli("run", source, "--input", tmp_path / "x.npz", "--json").out)["outputs"]
    assert outputs[0]["mean"] == pytest.approx(float(expected_scores(image).mean()), rel=1e-5)


def test_run_topk_with_labels(cli: Callable, nb: Path, image: np.ndarray, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", image)
    (tmp_path / "labels.txt").write_text("\n".join(f"class {index}" for index in range(48)))
    flags = ["--input", tmp_path / "x.npy", "--topk", "2", "--labels", tmp_path / "labels.txt"]
    top = json.loads(cli("run", nb, *flags, "--json").out)["outputs"][0]["topk"][0]
    assert [row["label"] for row in top] == ["class 47", "class 46"]
    assert "class 47" in cli("run", nb, *flags).out


def test_run_topk_of_classes_with_a_pixel_each(cli: Callable, tmp_path: Path) -> None:
    """As Caffe's classifiers have them: [1, classes, 1, 1]."""
    info = onnx.helper.make_tensor_value_info
    ends = ([info(name, onnx.TensorProto.FLOAT, [1, 5, 1, 1])] for name in "xy")
    graph = onnx.helper.make_graph([onnx.helper.make_node("Neg", ["x"], ["y"])], "net", *ends)
    (tmp_path / "net.onnx").write_bytes(onnx.helper.make_model(graph).SerializeToString())
    np.save(tmp_path / "x.npy", -np.arange(5, dtype=np.float32).reshape(1, 5, 1, 1))
    flags = ["--input", tmp_path / "x.npy", "--topk", "2", "--json"]
    (top,) = json.loads(cli("run", tmp_path / "net.onnx", *flags).out)["outputs"][0]["topk"]
    assert [row["index"] for row in top] == [4, 3]


def test_run_an_image(cli: Callable, source: Path, tmp_path: Path, expected_scores: Callable) -> None:
    pillow = pytest.importorskip("PIL.Image")
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (6, 8, 3), np.uint8)
    pillow.fromarray(pixels).save(tmp_path / "x.png")
    flags = ["--image_crop=4", "--image_mean=127.5,100,90", "--image_std=60", "--image_format=BGR"]
    assert cli("opt", source, "-o", tmp_path / "image.nb", *flags).code == 0
    outcome = cli(
        "run", tmp_path / "image.nb", "--input", tmp_path / "x.png", "--output", tmp_path / "stored.npy"
    )
    assert outcome.code == 0
    cut = pixels[1:5, 2:6, ::-1].transpose(2, 0, 1)[None].astype(np.float32)
    expected = (cut - np.array([127.5, 100, 90], np.float32).reshape(1, 3, 1, 1)) / np.float32(60)
    np.testing.assert_allclose(
        np.load(tmp_path / "stored.npy"), expected_scores(expected), rtol=1e-5, atol=1e-6
    )
    # the same by flags of run, for a file that says nothing
    assert cli("opt", source, "-o", tmp_path / "silent.nb").code == 0
    silent = [
        "run",
        tmp_path / "silent.nb",
        "--input",
        tmp_path / "x.png",
        "--output",
        tmp_path / "given.npy",
    ]
    refused = cli(*silent)
    assert refused.code == 1 and "--image_mean" in refused.err
    assert cli(*silent, *flags).code == 0
    assert np.array_equal(np.load(tmp_path / "given.npy"), np.load(tmp_path / "stored.npy"))


@pytest.mark.parametrize("change, word", [
    (lambda x: x.astype(np.float64), "float64"), (lambda x: x[:, :, :3], "[1, 3, 3, 4]"),
    (lambda x: x[0], "[3, 4, 4]"),
])  # fmt: skip
def test_run_with_a_wrong_input(
    cli: Callable, nb: Path, image: np.ndarray, tmp_path: Path, change, word: str
) -> None:
    np.save(tmp_path / "x.npy", change(image))
    outcome = cli("run", nb, "--input", tmp_path / "x.npy", "--output", tmp_path / "y.npy")
    assert (outcome.code, outcome.out) == (1, "")
    assert word in outcome.err and "image" in outcome.err
    assert not (tmp_path / "y.npy").exists()


def test_run_without_or_with_unknown_inputs(
    cli: Callable, nb: Path, image: np.ndarray, tmp_path: Path
) -> None:
    np.save(tmp_path / "x.npy", image)
    (tmp_path / "text.npy").write_text("no array")
    for flags in ([], ["--input", f"other={tmp_path / 'x.npy'}"], ["--input", tmp_path / "text.npy"]):
        outcome = cli("run", nb, *flags)
        assert (outcome.code, outcome.out) == (1, "")


def test_bench(cli: Callable, nb: Path, tmp_path: Path) -> None:
    raw = cli("bench", nb, "--raw", "--repeats", "7", "--warmup", "1").out.split()
    assert len(raw) == 7 and all(float(latency) > 0 for latency in raw)
    flags = ["--repeats=5", "--warmup=1", "--profile", "--trace", tmp_path / "trace.json"]
    result = json.loads(cli("bench", nb, *flags, "--json").out)
    assert result["min_ms"] <= result["median_ms"] <= result["max_ms"]
    assert result["machine"]["isa"]
    ops = [layer["op"] for layer in result["profile"]["layers"]]
    assert ops == ["mul", "add", "relu"]  # a reshape only names the memory anew
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert [event["cat"] for event in events] == ops
    text = cli("bench", nb, *flags)
    assert "median" in text.out and ops[0] in text.out


def test_bench_refuses_an_unknown_input(cli: Callable, nb: Path) -> None:
    outcome = cli("bench", nb, "--input_shape", "other:1,3,4,4")
    assert outcome.code == 1 and "image" in outcome.err


def test_verify(cli: Callable, nb: Path) -> None:
    outcome = cli("verify", nb)
    assert outcome.code == 0 and "all 2 outputs are right" in outcome.out
    assert json.loads(cli("verify", nb, "--json").out)["passed"] is True


def test_verify_finds_a_wrong_output(cli: Callable, nb: Path) -> None:
    golden = read_golden(nb)
    assert golden is not None
    wrong = [
        Case(case.inputs, {name: array + 1 for name, array in case.outputs.items()}) for case in golden.cases
    ]
    nb.write_bytes(writer.to_bytes(read(nb), golden=Golden(tuple(wrong))))
    outcome = cli("verify", nb)
    assert outcome.code == 1 and "2 of 2 outputs are wrong" in outcome.out


def test_verify_without_vectors(cli: Callable, source: Path, tmp_path: Path) -> None:
    assert cli("opt", source, "-o", tmp_path / "plain.nb").code == 0
    outcome = cli("verify", tmp_path / "plain.nb")
    assert outcome.code == 1 and "--bundle_inputs" in outcome.err


def test_compare(cli: Callable, source: Path, nb: Path) -> None:
    result = json.loads(cli("compare", source, nb, "--json").out)
    assert result["worst_output"] < 1e-6
    assert "scores" in [row["name"] for row in result["values"]]
    assert cli("compare", source, nb, "--tolerance", "1e-6").code == 0
    assert "cosine" in cli("compare", nb, nb).out


def test_compare_sees_a_difference(
    cli: Callable, nb: Path, image: np.ndarray, tmp_path: Path, expected_scores: Callable
) -> None:
    graph = read(nb)
    for value in graph.constants():
        if value.array is not None and value.array.dtype == np.float32:
            value.array = value.array * np.float32(1.01)
    (tmp_path / "changed.nb").write_bytes(writer.to_bytes(graph))
    np.save(tmp_path / "x.npy", image)
    flags = ["--data", tmp_path / "x.npy", "--tolerance", "1e-4", "--json"]
    outcome = cli("compare", nb, tmp_path / "changed.nb", *flags)
    assert outcome.code == 1
    row = json.loads(outcome.out)["values"][-1]
    assert 35 < row["sqnr_db"] < 45  # one per cent off
    assert row["max_error"] == pytest.approx(0.01 * expected_scores(image).max(), rel=0.2)


def test_inspect(cli: Callable, source: Path, nb: Path) -> None:
    before = json.loads(cli("inspect", source, "--json").out)
    assert before["ops"] == {"mul": 1, "add": 1, "relu": 1, "flatten": 1}
    assert "memory" not in before
    after = json.loads(cli("inspect", nb, "--json", "--values").out)
    assert after["file_bytes"] == nb.stat().st_size
    assert after["memory"]["lower_bound_bytes"] <= after["memory"]["arena_bytes"]
    assert after["constants"]
    assert "memory" in cli("inspect", nb, "--values").out
    assert cli("inspect", nb, "--text").out.startswith("graph ")


def test_the_size_of_a_folder(tmp_path: Path) -> None:
    from lite.convert import size_bytes

    (tmp_path / "model" / "deep").mkdir(parents=True)
    for name in ("model/__model__", "model/deep/w"):
        (tmp_path / name).write_bytes(b"x" * 1000)
    assert size_bytes(tmp_path / "model") == 2000


def test_compare_undoes_the_layout_of_the_engine(cli: Callable, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    from onnx import helper, numpy_helper

    random = np.random.default_rng(0)
    weights = [random.standard_normal((4, channels, 3, 3)).astype(np.float32) for channels in (3, 4)]
    nodes = [helper.make_node("Conv", ["image", "w0"], ["first"]),
             helper.make_node("Relu", ["first"], ["hidden"]),
             helper.make_node("Conv", ["hidden", "w1"], ["last"])]  # fmt: skip
    image = helper.make_tensor_value_info("image", 1, [1, 3, 8, 8])
    last = helper.make_tensor_value_info("last", 1, [1, 4, 4, 4])
    constants = [numpy_helper.from_array(array, f"w{index}") for index, array in enumerate(weights)]
    graph = helper.make_graph(nodes, "convs", [image], [last], constants)
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8),
        tmp_path / "c.onnx",
    )
    assert cli("opt", tmp_path / "c.onnx", "-o", tmp_path / "c.nb").code == 0
    result = json.loads(cli("compare", tmp_path / "c.onnx", tmp_path / "c.nb", "--json").out)
    rows = {row["name"]: row for row in result["values"]}
    assert set(rows) == {"hidden", "last"} and result["not_in_b"] == ["first"]
    assert all(row["sqnr_db"] > 100 for row in rows.values())


def test_guessed_shapes_respect_names_and_what_is_given() -> None:
    from lite.cli._data import planned_shapes
    from lite.session import TensorInfo

    f32 = np.dtype(np.float32)
    inputs = [TensorInfo("image", ("N", 3, "H", "W"), f32), TensorInfo("tokens", ("N", "T"), f32)]
    assert planned_shapes(inputs, {}) == {"image": (1, 3, 224, 224), "tokens": (1, 16)}
    given = planned_shapes(inputs, {"image": (2, 3, 32, 48)})
    assert given == {"image": (2, 3, 32, 48), "tokens": (2, 16)}


def test_compare_takes_folders_and_several_samples(
    cli: Callable, nb: Path, image: np.ndarray, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    for index in range(3):
        np.save(tmp_path / "data" / f"{index}.npy", image + index)
    np.save(tmp_path / "four.npy", np.concatenate([image] * 4))
    for path, num, count in (("data", 8, 3), ("data", 2, 2), ("four.npy", 8, 4)):
        outcome = cli("compare", nb, nb, "--data", tmp_path / path, "--num", num, "--json")
        assert json.loads(outcome.out)["samples"] == count
    (tmp_path / "empty").mkdir()
    outcome = cli("compare", nb, nb, "--data", tmp_path / "empty")
    assert outcome.code == 1 and "expected at least one" in outcome.err


def test_compare_writes_a_page(cli: Callable, source: Path, nb: Path, tmp_path: Path) -> None:
    outcome = cli("compare", source, nb, "--html", tmp_path / "page.html", "--tolerance", "1e-3")
    assert outcome.code == 0 and outcome.out.rstrip().endswith("within 0.001")
    assert (tmp_path / "page.html").read_text().startswith("<!DOCTYPE html>")


def test_an_input_given_twice_is_refused(cli: Callable, nb: Path, image: np.ndarray, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", image)
    outcome = cli("run", nb, "--input", tmp_path / "x.npy", "--input", f"image={tmp_path / 'x.npy'}")
    assert outcome.code == 1 and "'image' is given twice" in outcome.err


def test_bench_says_which_extents_it_chose(cli: Callable, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    from onnx import helper

    image, y = (helper.make_tensor_value_info(name, 1, ["N", 3, "H", "W"]) for name in ("image", "y"))
    graph = helper.make_graph([helper.make_node("Relu", ["image"], ["y"])], "free", [image], [y])
    path = tmp_path / "free.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    outcome = cli("bench", path, "--repeats", "2")
    assert "N = 1, H = 224, W = 224 chosen" in outcome.out and "--input_shape" in outcome.out
    outcome = cli("bench", path, "--repeats", "2", "--input_shape", "image:1,3,8,8", "--json")
    assert json.loads(outcome.out)["chosen_extents"] == {}


def test_inspect_counts_floats_among_integers(cli: Callable, tmp_path: Path) -> None:
    graph = Graph()
    x = graph.add_input("x", TensorType((1, 4)))
    scale = graph.constant(np.array(0.25, np.float32))
    (q,) = graph.add(get("quantize")(-3), [x, scale], outputs=["q"])
    q.quantization = Quantization(0.25, -3)
    graph.outputs = list(graph.add(get("dequantize")(-3), [q, scale], outputs=["y"]))
    writer.write(graph, tmp_path / "scaled.nb")
    told = cli("inspect", tmp_path / "scaled.nb").out
    assert "values  2 float (x, y), 1 s8" in told and "s8[1, 4] = (q + 3) * 0.25" in told
    found = json.loads(cli("inspect", tmp_path / "scaled.nb", "--json").out)
    assert (found["values"]["float"], found["nodes"][0]["outputs"][0]["zero_point"]) == (2, -3)
