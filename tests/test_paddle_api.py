# SPDX-License-Identifier: Apache-2.0
"""Paddle Lite's scripts run here: the same names, and the same behaviour where it can be had."""

from __future__ import annotations

import base64
import json
import lzma
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lite
from lite.errors import FileError, InputError, NbVersionError, TargetError, UnsupportedOpError
from lite.paddle_api import (
    CxxConfig,
    LightPredictor,
    MobileConfig,
    Opt,
    Place,
    PowerMode,
    PrecisionType,
    TargetType,
    create_paddle_predictor,
)

ZOO = Path(__file__).parent / "importers" / "paddle" / "zoo.json.xz"


@pytest.fixture(scope="module")
def model() -> dict[str, bytes]:
    """A real Paddle program, relu(x W + B) with x [-1, 4], and its parameters."""
    entry: dict[str, Any] = json.loads(lzma.decompress(ZOO.read_bytes()))["2.6.2/fc"]
    return {name: base64.b64decode(entry[name]) for name in ("program", "parameters")}


@pytest.fixture(scope="module")
def folder(model: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fc")
    (path / "inference.pdmodel").write_bytes(model["program"])
    (path / "inference.pdiparams").write_bytes(model["parameters"])
    return path


@pytest.fixture(scope="module")
def nb(folder: Path) -> Path:
    lite.convert(folder, folder / "fc.nb")
    return folder / "fc.nb"


X = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)


@pytest.fixture(scope="module")
def expected(nb: Path) -> np.ndarray:
    return np.asarray(lite.Model(nb).session()(X))


def _predictor(nb: Path) -> LightPredictor:
    config = MobileConfig()
    config.set_model_from_file(str(nb))
    return create_paddle_predictor(config)


@pytest.mark.parametrize("threads", [0, -1, 257])
def test_threads_that_cannot_be(threads: int) -> None:
    with pytest.raises(InputError, match=f"got {threads} threads, expected 1 to 256"):
        MobileConfig().set_threads(threads)


@pytest.mark.parametrize("mode", list(PowerMode))
def test_every_power_mode_runs(mode: PowerMode, nb: Path, expected: np.ndarray) -> None:
    config = MobileConfig()
    config.set_model_from_file(str(nb))
    config.set_power_mode(mode)
    predictor = create_paddle_predictor(config)
    predictor.get_input(0).from_numpy(X)
    predictor.run()
    np.testing.assert_array_equal(predictor.get_output(0).numpy(), expected)


def test_a_power_mode_that_cannot_be() -> None:
    with pytest.raises(InputError, match="got 6, expected a PowerMode"):
        MobileConfig().set_power_mode(6)  # type: ignore[arg-type]


def test_the_script_of_the_documentation(nb: Path, expected: np.ndarray) -> None:
    config = MobileConfig()
    config.set_model_from_file(str(nb))
    config.set_threads(2)
    config.set_power_mode(PowerMode.LITE_POWER_HIGH)
    predictor = create_paddle_predictor(config)
    tensor = predictor.get_input(0)
    tensor.from_numpy(X)
    predictor.run()
    np.testing.assert_array_equal(predictor.get_output(0).numpy(), expected)
    assert predictor.get_input_names() == ["x"]
    assert predictor.get_output_names() == [lite.Model(nb).outputs[0].name]
    assert predictor.get_version() == lite.__version__
    assert (config.threads(), config.power_mode()) == (2, PowerMode.LITE_POWER_HIGH)


def test_a_buffer_serves_as_well_as_a_file(nb: Path, expected: np.ndarray) -> None:
    config = MobileConfig()
    assert not config.is_model_from_memory()
    config.set_model_from_buffer(nb.read_bytes())
    assert config.is_model_from_memory()
    predictor = create_paddle_predictor(config)
    predictor.get_input_by_name("x").from_numpy(X)
    predictor.run()
    np.testing.assert_array_equal(predictor.get_output(0).numpy(), expected)


def test_tensors_by_lists(nb: Path, expected: np.ndarray) -> None:
    predictor = _predictor(nb)
    tensor = predictor.get_input(0)
    assert tensor.shape() == []
    assert (tensor.target(), tensor.precision(), tensor.lod()) == (TargetType.Host, PrecisionType.FP32, [])
    tensor.resize([3, 4])
    assert tensor.shape() == [3, 4]
    assert not tensor.numpy().any()
    tensor.set_float_data(X.reshape(-1).tolist())
    predictor.run()
    output = predictor.get_output_by_name(predictor.get_output_names()[0])
    assert output.shape() == [3, 5]
    assert output.float_data() == expected.reshape(-1).tolist()


def test_an_output_follows_from_run_to_run(nb: Path) -> None:
    predictor = _predictor(nb)
    output = predictor.get_output(0)
    for batch in (1, 2, 5):
        predictor.get_input(0).from_numpy(np.ones((batch, 4), np.float32))
        predictor.run()
        assert output.shape() == [batch, 5]


def test_what_was_fed_is_copied(nb: Path, expected: np.ndarray) -> None:
    predictor = _predictor(nb)
    fed = X.copy()
    predictor.get_input(0).from_numpy(fed)
    fed[:] = 0
    predictor.run()
    np.testing.assert_array_equal(predictor.get_output(0).numpy(), expected)


def test_clones_run_at_the_same_time(nb: Path) -> None:
    predictor = _predictor(nb)
    inputs = [X * factor for factor in range(4)]
    serial = [np.asarray(lite.Model(nb).session()(x)) for x in inputs]
    clones = [predictor.clone() for _ in inputs]
    failures: list[int] = []

    def work(index: int) -> None:
        for _ in range(20):
            clones[index].get_input(0).from_numpy(inputs[index])
            clones[index].run()
            if not np.array_equal(clones[index].get_output(0).numpy(), serial[index]):
                failures.append(index)

    workers = [threading.Thread(target=work, args=(index,)) for index in range(len(inputs))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failures


def test_cxx_config_converts_in_memory(folder: Path, model: dict[str, bytes], expected: np.ndarray) -> None:
    by_folder, by_files, by_buffers = CxxConfig(), CxxConfig(), CxxConfig()
    by_folder.set_model_dir(str(folder))
    by_files.set_model_file(str(folder / "inference.pdmodel"))
    by_files.set_param_file(str(folder / "inference.pdiparams"))
    program, parameters = model["program"], model["parameters"]
    by_buffers.set_model_buffer(program, len(program), parameters, len(parameters))
    for config in (by_folder, by_files, by_buffers):
        config.set_valid_places([Place(TargetType.ARM, PrecisionType.FP32)])
        predictor = create_paddle_predictor(config)
        predictor.get_input(0).from_numpy(X)
        predictor.run()
        np.testing.assert_array_equal(predictor.get_output(0).numpy(), expected)
        clone = predictor.clone()
        clone.get_input(0).from_numpy(X)
        clone.run()
        np.testing.assert_array_equal(clone.get_output(0).numpy(), expected)


def test_what_a_predictor_saves_is_what_convert_writes(folder: Path, tmp_path: Path) -> None:
    config = CxxConfig()
    config.set_model_dir(str(folder))
    config.set_valid_places([Place(TargetType.ARM), Place(TargetType.Host)])
    create_paddle_predictor(config).save_optimized_model(str(tmp_path / "saved"))
    lite.convert(folder, tmp_path / "direct", targets=("arm",))
    assert (tmp_path / "saved.nb").read_bytes() == (tmp_path / "direct.nb").read_bytes()


def test_a_pass_can_be_left_out(folder: Path) -> None:
    config = CxxConfig()
    config.set_model_dir(str(folder))
    config.add_discarded_pass("eliminate_dead")
    create_paddle_predictor(config)
    config.add_discarded_pass("lite_conv_bn_fuse_pass")
    with pytest.warns(UserWarning, match="lite_conv_bn_fuse_pass"):
        create_paddle_predictor(config)


def test_opt_writes_what_convert_writes(
    folder: Path, nb: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opt = Opt()
    opt.set_model_dir(str(folder))
    opt.set_valid_places("arm,x86")
    opt.set_optimize_out(str(tmp_path / "fc"))
    opt.run()
    assert (tmp_path / "fc.nb").read_bytes() == nb.read_bytes()
    assert "fc.nb" in capsys.readouterr().out
    other = Opt()
    other.run_optimize(
        "", str(folder / "inference.pdmodel"), str(folder / "inference.pdiparams"), "naive_buffer", "x86",
        str(tmp_path / "x86"),
    )  # fmt: skip
    assert lite.Model(tmp_path / "x86.nb").inputs[0].name == "x"


def test_opt_tells_what_is_supported(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opt = Opt()
    opt.set_model_dir(str(folder))
    opt.check_if_model_supported(True)
    opt.run()
    assert "is supported on arm" in capsys.readouterr().out
    opt.print_supported_ops()
    assert {"conv2d", "beam_search"} & set(capsys.readouterr().out.split()) == {"conv2d"}
    assert opt.version() == lite.__version__


def test_opt_refuses_in_words(folder: Path, tmp_path: Path) -> None:
    opt = Opt()
    with pytest.raises(InputError, match=r"no name for the \.nb"):
        opt.run()
    opt.set_optimize_out(str(tmp_path / "fc"))
    with pytest.raises(InputError, match="no model was named"):
        opt.run()
    opt.set_model_dir(str(folder))
    opt.set_valid_places("opencl")
    with pytest.raises(TargetError, match="opencl"):
        opt.run()
    opt.set_valid_places("arm")
    opt.set_model_type("protobuf")
    with pytest.raises(InputError, match="protobuf"):
        opt.run()
    with pytest.raises(InputError, match="QUANT_INT4"):
        opt.set_quant_type("QUANT_INT4")
    assert not list(tmp_path.iterdir())


def test_opt_makes_integers_of_weights(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opt = Opt()
    opt.set_model_dir(str(folder))
    opt.set_optimize_out(str(tmp_path / "fc"))
    opt.set_quant_model(True)
    opt.set_quant_type("QUANT_INT8")
    opt.run()
    assert "int8" in capsys.readouterr().out and (tmp_path / "fc.nb").exists()


def test_opt_stores_weights_sparse(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    opt = Opt()
    opt.set_model_dir(str(folder))
    opt.set_optimize_out(str(tmp_path / "fc"))
    opt.set_sparse_model(True)
    opt.set_sparse_threshold(0.75)
    opt.run()
    assert "no 1 x 1 convolution in float has 75% zeros" in capsys.readouterr().out


def test_settings_of_other_back_ends_are_taken_with_a_warning() -> None:
    config = MobileConfig()
    with pytest.warns(UserWarning, match="no NNAdapter here"):
        config.set_nnadapter_device_names(["huawei_ascend_npu"])


@pytest.mark.parametrize(
    ("action", "error", "message"),
    [
        (lambda p: p.run(), InputError, "input 'x': no data was given"),
        (lambda p: p.get_output(0).numpy(), InputError, "there is no result yet"),
        (lambda p: p.get_input(1), InputError, "there is no input 1: the model has 1"),
        (lambda p: p.get_output(-1), InputError, "there is no output -1"),
        (lambda p: p.get_input_by_name("y"), InputError, "there is no input 'y'"),
        (lambda p: p.get_input(0).from_numpy(np.zeros((1, 4))), InputError, "got float64, expected float32"),
        (lambda p: p.get_input(0).set_int32_data([1]), InputError, "got int32 data, expected float32"),
        (lambda p: p.get_input(0).set_float_data([1.0]), InputError, "got 1 elements for shape"),
        (lambda p: p.get_input(0).resize([-1, 4]), InputError, "cannot be resized"),
        (lambda p: p.get_output(0).resize([1, 5]), InputError, "cannot be resized"),
        (lambda p: p.get_input(0).set_lod([[0, 1]]), UnsupportedOpError, "LoD"),
    ],
)
def test_misuse_is_told(nb: Path, action: Any, error: type[lite.LiteError], message: str) -> None:
    with pytest.raises(error, match=message):
        action(_predictor(nb))


def test_a_wrong_shape_is_told_when_running(nb: Path) -> None:
    predictor = _predictor(nb)
    predictor.get_input(0).from_numpy(np.zeros((2, 7), np.float32))
    with pytest.raises(lite.LiteError, match="7"):
        predictor.run()


def test_a_missing_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no model was named"):
        create_paddle_predictor(MobileConfig())
    config = MobileConfig()
    config.set_model_from_file(str(tmp_path / "nothing.nb"))
    with pytest.raises(FileError, match=r"nothing\.nb"):
        create_paddle_predictor(config)


def test_a_nb_of_paddle_lite_is_told_from_ours(tmp_path: Path) -> None:
    (tmp_path / "theirs.nb").write_bytes(b"\x02\x00v2.12\x00" + bytes(64))
    config = MobileConfig()
    config.set_model_from_file(str(tmp_path / "theirs.nb"))
    with pytest.raises(NbVersionError, match=r"made by Paddle Lite v2\.12"):
        create_paddle_predictor(config)


def test_numbers_of_the_enumerations_are_paddle_lites() -> None:
    assert (TargetType.ARM, TargetType.X86, TargetType.Host) == (4, 2, 1)
    assert (PrecisionType.FP32, PrecisionType.INT8, PrecisionType.FP64) == (1, 2, 10)
    assert PowerMode.LITE_POWER_RAND_LOW == 5
    assert Place(TargetType.X86).is_valid()
    assert not Place(TargetType.Unk).is_valid()


def test_a_quantized_model_runs_on_integers():
    folder = os.environ.get("LITE_TEST_DATA")
    if folder is None:
        pytest.skip("LITE_TEST_DATA is not set: no quantized Paddle model")
    source = Path(folder) / "models" / "paddle_formats" / "quantized" / "ptq_abs_max_onnxfmt"
    config = CxxConfig()
    config.set_model_dir(str(source))
    _, report = config.convert(("x86",))
    assert "q_conv2d" in report.ops_after
