# SPDX-License-Identifier: Apache-2.0
"""`lite opt --calib_data`: an int8 model from a float one, the same one every time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lite import Model
from lite.nb.reader import read

onnx = pytest.importorskip("onnx")


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    path = tmp_path / "samples.npy"
    uniform = np.random.RandomState(4).uniform(-1.5, 1.5, (9, 3, 4, 4))
    np.save(path, np.clip(uniform, -1, 1).astype(np.float32))
    return path


def test_data_makes_integers(
    cli: Callable, source: Path, samples: Path, tmp_path: Path, image: np.ndarray, expected_scores: Callable
) -> None:
    outcome = cli("opt", source, "--calib_data", samples, "--calib_algo=minmax", "-o", tmp_path / "q.nb")
    assert outcome.code == 0 and "scales from 9 samples" in outcome.out
    ops = [node.op.name for node in read(tmp_path / "q.nb").nodes]
    assert "quantize" in ops and "mul" not in ops and "conv2d" not in ops
    found = Model(tmp_path / "q.nb").session()(image)
    assert np.abs(found - expected_scores(image)).max() < 0.03


def test_ends_may_be_integers(cli: Callable, source: Path, samples: Path, tmp_path: Path) -> None:
    out = tmp_path / "q.nb"
    outcome = cli("opt", source, "--calib_data", samples, "--keep_io_float=false", "-o", out)
    assert outcome.code == 0
    model = Model(out)
    assert [info.dtype for info in (*model.inputs, *model.outputs)] == [np.int8, np.int8]


def test_golden_vectors_are_those_of_the_integers(
    cli: Callable, source: Path, samples: Path, tmp_path: Path
) -> None:
    cli("opt", source, "--calib_data", samples, "--bundle_inputs=2", "-o", tmp_path / "q.nb")
    assert cli("verify", tmp_path / "q.nb").code == 0


def test_same_data_same_bytes(cli: Callable, source: Path, samples: Path, tmp_path: Path) -> None:
    for name in ("a.nb", "b.nb"):
        assert cli("opt", source, "--calib-data", samples, "-o", tmp_path / name).code == 0
    assert (tmp_path / "a.nb").read_bytes() == (tmp_path / "b.nb").read_bytes()


def test_table_stands_for_the_data(cli: Callable, source: Path, samples: Path, tmp_path: Path) -> None:
    config = tmp_path / "q.yaml"
    config.write_text("bias_correction: false\n")
    pytest.importorskip("yaml")
    common = ["opt", source, "--quant_config", config]
    cli(*common, "--calib_data", samples, "--calib_table", tmp_path / "t.json", "-o", tmp_path / "a.nb")
    outcome = cli(*common, "--use_calib_table", tmp_path / "t.json", "-o", tmp_path / "b.nb")
    assert outcome.code == 0
    assert (tmp_path / "a.nb").read_bytes() == (tmp_path / "b.nb").read_bytes()


def test_report_says_what_was_chosen(cli: Callable, source: Path, samples: Path, tmp_path: Path) -> None:
    out = cli("opt", source, "--calib_data", samples, "--calib_num=4", "-o", tmp_path / "q.nb", "--json").out
    chosen = json.loads(out)["quantization"]
    assert chosen["samples"] == 4 and chosen["values"]["image"]["dtype"] == "s8"
    assert set(chosen) == {"samples", "values", "weights", "layers", "kept_float", "notes"}


@pytest.fixture
def product(tmp_path: Path) -> Path:
    """A model of one matrix product."""
    helper = onnx.helper
    w = onnx.numpy_helper.from_array(np.random.RandomState(3).standard_normal((9, 5)).astype(np.float32), "w")
    ends = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, count])
            for name, count in (("x", 9), ("y", 5))]
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    graph = helper.make_graph([node], "product", ends[:1], ends[1:], [w])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8),
              tmp_path / "product.onnx")
    return tmp_path / "product.onnx"


@pytest.mark.parametrize("said", ["--avx2_7bit", "--avx2-7bit=true", "weight_bits: 7"])
def test_weights_of_7_bits(cli: Callable, product: Path, tmp_path: Path, said: str) -> None:
    flags = [said]
    if not said.startswith("--"):
        pytest.importorskip("yaml")
        (tmp_path / "q.yaml").write_text(said)
        flags = ["--quant_config", str(tmp_path / "q.yaml")]
    np.save(tmp_path / "rows.npy", np.random.RandomState(8).standard_normal((6, 9)).astype(np.float32))
    out = tmp_path / "q.nb"
    assert cli("opt", product, "--calib_data", tmp_path / "rows.npy", *flags, "-o", out).code == 0
    (layer,) = (node for node in read(out).nodes if node.op.name == "q_fully_connected")
    w = layer.inputs[1]
    assert w is not None and w.array is not None and np.abs(w.array.astype(int)).max() == 64


@pytest.mark.parametrize(("flags", "word"), [
    (["--avx2_7bit"], "nothing to calibrate with"),
    (["--calib_algo=mse"], "nothing to calibrate with"),
    (["--calib_num=3"], "nothing to calibrate with"),
    (["--calib_data={samples}", "--calib_algo=mes"], "no algorithm 'mes'"),
    (["--calib_data=none.npy"], "none.npy"),
    (["--calib_data={folder}"], "no image"),
    (["--calib_data={samples}", "--quant_config={folder}/none.yaml"], "none.yaml"),
    (["--use_calib_table={samples}"], "calibration table"),
    (["--calib_data={samples}", "--calib_num=0"], "calib"),
    (["--calib_data={samples}", "--quant_config={folder}/../broken.yaml"], "cannot be read as YAML"),
    (["--calib_data={folder}/../misnamed.npz"], "misnamed.npz: arrays for ['zzz'] were given, expected"),
])  # fmt: skip
def test_bad_use_is_told(
    cli: Callable, source: Path, samples: Path, tmp_path: Path, flags: list[str], word: str
) -> None:
    pytest.importorskip("yaml")
    folder = tmp_path / "empty"
    folder.mkdir()
    (tmp_path / "broken.yaml").write_text("a: [1,\nb: {")
    np.savez(tmp_path / "misnamed.npz", zzz=np.zeros(3, np.float32))
    out = tmp_path / "q.nb"
    outcome = cli("opt", source, "-o", out, *(flag.format(samples=samples, folder=folder) for flag in flags))
    assert outcome.code in (1, 2) and word in outcome.err and not out.exists()
    assert 1 <= len(outcome.err.splitlines()) <= 2


def test_unknown_settings_are_refused(cli: Callable, source: Path, samples: Path, tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    (tmp_path / "q.yaml").write_text("exlude: [conv]\n")
    outcome = cli("opt", source, "--calib_data", samples, "--quant_config", tmp_path / "q.yaml")
    assert outcome.code == 2 and "did you mean 'exclude'" in outcome.err


def test_the_guard_says_what_it_measured(cli: Callable, source: Path, samples: Path, tmp_path: Path) -> None:
    outcome = cli("opt", source, "--calib_data", samples, "--guard", "-o", tmp_path / "g.nb")
    assert outcome.code == 0 and "guard  measured here" in outcome.out
    found = json.loads(cli("opt", source, "--calib_data", samples, "--guard=true", "--json",
                           "-o", tmp_path / "g.nb").out)["tuning"]["guard"]  # fmt: skip
    assert found["gain"] >= 1.0 and found["chosen"] in ("float", "int8", "mixed")


def test_a_latency_table_that_is_none(cli: Callable, source: Path, samples: Path, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("conv2d 3\n")
    flags = ["--calib_data", samples, "--latency_table", tmp_path / "t.txt", "-o", tmp_path / "g.nb"]
    outcome = cli("opt", source, *flags)
    assert outcome.code == 1 and "no latency table" in outcome.err and not (tmp_path / "g.nb").exists()
    (tmp_path / "t.txt").write_text("lite latency table 1\nmachine m\n")
    outcome = cli("opt", source, *flags)
    assert outcome.code == 1 and "lacks" in outcome.err
