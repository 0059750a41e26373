# SPDX-License-Identifier: Apache-2.0
"""`lite opt`: Paddle's flags, files that are written whole, what is and is not supported."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lite import ops
from lite.importers.proto import messages
from lite.nb.reader import read, read_golden, read_header


def test_help_without_arguments(cli: Callable) -> None:
    outcome = cli("opt")
    assert outcome.code == 0
    assert "--valid-targets" in outcome.out


@pytest.mark.parametrize("spelling", [
    ["--model_file={source}", "--optimize_out={out}", "--valid_targets=arm"],
    ["--model-file", "{source}", "--optimize-out", "{out}", "--valid-targets", "arm,host"],
    ["{source}", "-o", "{out}.nb", "--valid_targets", "arm", "--quant_model", "false"],
    ["{source}", "--output={out}", "--valid_targets=arm", "--quant_model=False"],
    ["{source}", "--optimize_out={out}", "--optimize_out_type=naive_buffer", "--valid_targets=arm"],
])  # fmt: skip
def test_flags_as_paddle_spells_them(
    cli: Callable, source: Path, tmp_path: Path, spelling: list[str]
) -> None:
    outcome = cli("opt", *(word.format(source=source, out=tmp_path / "out") for word in spelling))
    assert (outcome.code, outcome.err) == (0, "")
    assert read_header(tmp_path / "out.nb").targets == ("arm",)


def test_options_reach_the_file(cli: Callable, source: Path, tmp_path: Path) -> None:
    flags = [
        "--image_resize",
        "256",
        "--image_crop=224",
        "--image_mean",
        "1,2,3",
        "--image_std=4",
        "--image_format=bgr",
    ]
    outcome = cli("opt", source, "-o", tmp_path / "out", "--bundle_inputs", "3", *flags)
    assert outcome.code == 0
    kept = read(tmp_path / "out.nb").preprocess
    assert kept is not None
    assert (kept.resize, kept.crop, kept.mean, kept.std, kept.format) == (256, 224, (1, 2, 3), (4,), "BGR")
    golden = read_golden(tmp_path / "out.nb")
    assert golden is not None and len(golden.cases) == 3


def test_report_as_json(cli: Callable, source: Path, tmp_path: Path) -> None:
    report = json.loads(cli("opt", source, "-o", tmp_path / "out.nb", "--json").out)
    assert report["size_bytes"] == (tmp_path / "out.nb").stat().st_size
    assert report["ops_before"]["mul"] == 1


@pytest.mark.parametrize(("flags", "bits"), [(["--quant_type=QUANT_INT8"], 8), ([], 16)])
def test_weights_become_integers(cli: Callable, source: Path, tmp_path: Path, flags: list[str],
                                 bits: int) -> None:
    outcome = cli("opt", source, "-o", tmp_path / "out.nb", "--quant_model=true", *flags, "--json")
    assert json.loads(outcome.out)["weights"]["bits"] == bits
    assert "not for speed" in cli("opt", source, "-o", tmp_path / "out.nb", "--quant_model", *flags).out


def test_an_unknown_quant_type_is_answered_with_the_nearest(cli: Callable, source: Path) -> None:
    outcome = cli("opt", source, "--quant_model=true", "--quant_type=QUANT_INT4")
    assert outcome.code == 2
    assert "did you mean QUANT_INT8?" in outcome.err or "did you mean QUANT_INT16?" in outcome.err


@pytest.mark.parametrize("flags", [
    ["--valid_targets=opencl"], ["--no_such_flag"], ["--quant_model=maybe"], ["--input_shape", "image:1,x"],
    ["--input_shape", "1,3,4,4"], ["--image_mean", "a,b"], ["--model_dir", "."], ["--bundle_inputs=-1"],
    ["--optimize_out=a", "--output=b"], ["--optimize_out_type=protobuf"], ["--quant_type=INT8"],
])  # fmt: skip
def test_bad_use(cli: Callable, source: Path, flags: list[str]) -> None:
    outcome = cli("opt", source, *flags)
    assert (outcome.code, outcome.out) == (2, "")
    assert 1 <= len(outcome.err.splitlines()) <= 2


@pytest.mark.parametrize("command", ["opt", "run"])
@pytest.mark.parametrize("flags, found, expected", [
    (["--image_std", "1,0,1"], "--image_std: got 1,0,1", "no zero"),
    (["--image_mean=1,2"], "--image_mean: got 2 numbers", "three"),
    (["--image_mean=1,nan,2"], "--image_mean: got 1,nan,2", "finite"),
    (["--image_std=inf"], "--image_std: got inf", "finite"),
    (["--image_resize=200", "--image_crop=224"], "--image_crop: got 224", "at most 200"),
])  # fmt: skip
def test_image_settings_that_cannot_be(
    cli: Callable, source: Path, command: str, flags: list[str], found: str, expected: str
) -> None:
    outcome = cli(command, source, *flags)
    assert (outcome.code, outcome.out) == (2, "")
    assert found in outcome.err and expected in outcome.err


REFUSED = ["enable_fp16", "record_tailoring_info", "display_kernels"]


def test_what_paddles_scripts_pass_is_accepted(cli: Callable, source: Path, tmp_path: Path) -> None:
    flags = [f"--{name}=false" for name in REFUSED]
    outcome = cli("opt", source, "-o", tmp_path, *flags, "--sparse_threshold=0.6", "--keep_io_float=true")
    assert (outcome.code, outcome.err) == (0, "")
    assert not any(name.replace("_", "-") in cli("opt", "--help").out for name in REFUSED)


def test_sparse_weights_are_asked_for(cli: Callable, source: Path, tmp_path: Path) -> None:
    plain = cli("opt", source, "-o", tmp_path / "plain.nb", "--sparse_threshold=0")
    asked = cli("opt", source, "-o", tmp_path / "asked.nb", "--sparse_model=true", "--sparse_threshold=1")
    assert "\nsparse" not in plain.out
    assert "sparse no layer: no 1 x 1 convolution in float has 100% zeros or more" in asked.out
    assert (tmp_path / "plain.nb").read_bytes() == (tmp_path / "asked.nb").read_bytes()
    assert cli("opt", source, "--sparse_model", "--sparse_threshold=2").code == 2


@pytest.mark.parametrize("flag", [f"--{name}=true" for name in REFUSED])
def test_what_would_change_the_result_is_refused(cli: Callable, source: Path, flag: str) -> None:
    outcome = cli("opt", source, flag)
    assert (outcome.code, outcome.out) == (2, "")
    assert f"{flag.removesuffix('=true')} is refused: " in outcome.err


def test_all_ops_in_markdown(cli: Callable) -> None:
    lines = cli("opt", "--print_all_ops_in_md_format").out.splitlines()
    assert lines[1] == "| --- | --- | --- | --- |"
    assert [line.split("`")[1] for line in lines[2:]] == ops.names()


@pytest.mark.parametrize("flags", [["--print_model_ops"], ["-o", "a.nb"], ["--input_shape", "x:1,2"]])
def test_work_without_a_model_is_bad_use(cli: Callable, flags: list[str]) -> None:
    outcome = cli("opt", *flags)
    assert (outcome.code, outcome.out) == (2, "")
    assert "without a model: give MODEL, --model_dir or --model_file" in outcome.err


def test_a_folder_as_output_gets_the_file(cli: Callable, source: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert cli("opt", source, "-o", tmp_path / "out").code == 0
    assert (tmp_path / "out" / "tiny.nb").is_file()
    assert cli("opt", source, f"--optimize_out={tmp_path / 'out'}").code == 0  # as Paddle's does
    assert (tmp_path / "out.nb").is_file()


def test_all_ops_are_listed(cli: Callable) -> None:
    listed = json.loads(cli("opt", "--print_all_ops", "--json").out)["ops"]
    assert [row["op"] for row in listed] == ops.names()
    assert all(row["runs"] in ("kernel", "lowering", "nothing yet") for row in listed)
    assert all(name in cli("opt", "--print_all_ops=true").out for name in ops.names())


def test_supported_ops_are_listed_by_format(cli: Callable) -> None:
    formats = json.loads(cli("opt", "--print_supported_ops", "--json").out)["formats"]
    assert "Conv" in formats["onnx"]
    assert "conv2d" in formats["paddle"]
    assert "Conv" in cli("opt", "--print_supported_ops").out


def test_ops_of_a_supported_model(cli: Callable, source: Path) -> None:
    outcome = cli("opt", "--print_model_ops", source)
    assert outcome.code == 0
    assert "is supported on arm, x86" in outcome.out
    assert json.loads(cli("opt", "--print_model_ops", source, "--json").out)["ops"]["relu"] == 1


def test_ops_of_an_unsupported_model(cli: Callable, tmp_path: Path, save_onnx: Callable) -> None:
    source = save_onnx(tmp_path / "foreign.onnx", op="Mystery")
    outcome = cli("opt", "--print_model_ops", source)
    assert outcome.code == 1
    assert "Mystery x1" in outcome.out
    rows = json.loads(cli("opt", "--print_model_ops", source, "--json").out)["unsupported"]
    assert rows[0]["count"] == 1 and rows[0]["why"] and rows[0]["nodes"]


def test_an_unsupported_model_is_not_written(cli: Callable, tmp_path: Path, save_onnx: Callable) -> None:
    source = save_onnx(tmp_path / "foreign.onnx", op="Mystery")
    outcome = cli("opt", source, "-o", tmp_path / "out.nb")
    assert outcome.code == 1
    assert "Mystery" in outcome.err
    assert not (tmp_path / "out.nb").exists()


def test_an_unwritable_place(cli: Callable, source: Path, tmp_path: Path) -> None:
    outcome = cli("opt", source, "-o", tmp_path / "no" / "folder" / "out.nb")
    assert (outcome.code, outcome.out) == (1, "")
    assert len(outcome.err.splitlines()) <= 2


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """The two files of a Caffe model, in folders of their own."""
    network, weights = tmp_path / "text" / "net.prototxt", tmp_path / "binary" / "iter_9.caffemodel"
    message = messages("caffe")["Weights"]()
    message.layer.add(name="slopes").blobs.add(data=[b"\0\0\x80\x3e" * 2]).shape.dim.append(2)
    for path, content in (
        (network, b'input: "x" input_shape { dim: 1 dim: 2 }'
                  b'layer { name: "slopes" type: "PReLU" bottom: "x" top: "y" }'),
        (weights, message.SerializeToString()),
    ):  # fmt: skip
        path.parent.mkdir()
        path.write_bytes(content)
    return network, weights


def test_a_model_of_two_files(cli: Callable, pair: tuple[Path, Path], tmp_path: Path) -> None:
    network, weights = pair
    flags = ("--model_file", network, "--param_file", weights)
    assert cli("opt", *flags, "--optimize_out", tmp_path / "out").code == 0
    assert [node.op.name for node in read(tmp_path / "out.nb").nodes] == ["leaky_relu"]
    assert "prelu" in cli("opt", *flags, "--print_model_ops").out
    outcome = cli("opt", network, "-o", tmp_path / "out")
    assert outcome.code == 1
    assert "the weights of the model cannot be told" in outcome.err


def test_a_file_of_parameters_where_there_is_none(cli: Callable, source: Path, tmp_path: Path) -> None:
    outcome = cli("opt", "--model_file", source, "--param_file", source, "-o", tmp_path / "out")
    assert outcome.code == 1
    assert "have no file of parameters" in outcome.err
