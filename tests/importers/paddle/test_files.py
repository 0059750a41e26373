# SPDX-License-Identifier: Apache-2.0
"""Which files make a model, and what is said when they do not."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from lite.errors import FileError, InputError, LiteError, ModelFormatError
from lite.importers import find_format, load

LAYOUTS = [
    ("inference.pdmodel", "inference.pdiparams"),
    ("model.pdmodel", "model.pdiparams"),
    ("mobilenet.pdmodel", "mobilenet.pdiparams"),
    ("__model__", "__params__"),
    ("__model__", "params"),
    ("__model__", None),
    ("model", "params"),
    ("model", "weights"),
    ("model", "vars"),
    ("model", None),
]


@pytest.mark.parametrize(("program", "parameters"), LAYOUTS)
def test_finds_every_layout(saved: Any, tmp_path: Path, program: str, parameters: str | None) -> None:
    saved.write(tmp_path, program, parameters)
    for source in (tmp_path, str(tmp_path / program)):
        graph = load(source)
        assert [value.name for value in graph.inputs] == ["x"]
        assert len(graph.constants()) == 4


def test_a_parameter_file_leads_to_its_program(saved: Any, tmp_path: Path) -> None:
    saved.write(tmp_path, "inference.pdmodel", "inference.pdiparams")
    assert len(load(tmp_path / "inference.pdiparams").nodes) == len(load(tmp_path).nodes)


def test_takes_files_that_are_named(saved: Any, tmp_path: Path) -> None:
    saved.write(tmp_path, "topology", "numbers.bin")
    assert load(tmp_path / "topology", param_file=tmp_path / "numbers.bin").inputs


def test_takes_bytes(saved: Any) -> None:
    assert find_format(saved.program_bytes()) == "paddle"
    assert load(saved.program_bytes(), param_file=saved.parameter_bytes()).inputs


def test_bytes_without_parameters_are_refused(saved: Any) -> None:
    with pytest.raises(ModelFormatError, match=r"found 0 bytes, expected at least 4.*'BIAS'"):
        load(saved.program_bytes())


def test_missing_parameter_files_are_listed(saved: Any, tmp_path: Path) -> None:
    saved.write(tmp_path, "__model__", None)
    for name in ("BIAS", "SCALE"):
        (tmp_path / name).unlink()
    with pytest.raises(ModelFormatError, match="2 of 4 parameter files are missing: BIAS, SCALE"):
        load(tmp_path)


def test_missing_combined_file_is_named(saved: Any, tmp_path: Path) -> None:
    saved.write(tmp_path, "inference.pdmodel", "other.pdiparams")
    with pytest.raises(FileError, match=r"inference\.pdiparams: the parameter file is not there"):
        load(tmp_path)


def test_missing_program_is_named(saved: Any, tmp_path: Path) -> None:
    saved.write(tmp_path, "other.pdmodel", "inference.pdiparams")
    with pytest.raises(FileError, match=r"inference\.pdmodel: the program is not there"):
        load(tmp_path / "inference.pdiparams")


def test_a_folder_with_two_models_is_refused(saved: Any, tmp_path: Path) -> None:
    saved.write(tmp_path, "a.pdmodel", "a.pdiparams")
    saved.write(tmp_path, "b.pdmodel", "b.pdiparams")
    with pytest.raises(ModelFormatError, match=r"several models \(a\.pdmodel, b\.pdmodel\)"):
        load(tmp_path)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFormatError, match="holds no model"):
        load(tmp_path)


@pytest.mark.parametrize("name", ["inference", "rec"])
def test_programs_in_pir_form_are_found(pir: dict[str, Any], tmp_path: Path, name: str) -> None:
    """Beside them lie other .json files, which belong to no parameters."""
    entry = pir["net/inverted_residual"]
    (tmp_path / f"{name}.json").write_text(entry["program"])
    (tmp_path / f"{name}.pdiparams").write_bytes(base64.b64decode(entry["parameters"]))
    (tmp_path / "config.json").write_text("{}")
    for source in (tmp_path, tmp_path / f"{name}.json", tmp_path / f"{name}.pdiparams"):
        assert [value.name for value in load(source).inputs] == ["x"]


def test_programs_in_pir_form_may_have_no_parameters(pir: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "inference.json").write_text(pir["net/branch"]["program"])
    assert [value.name for value in load(tmp_path).inputs] == ["x"]
    (tmp_path / "inference.json").write_text(pir["net/inverted_residual"]["program"])
    with pytest.raises(ModelFormatError, match=r"parameter files are missing.*\n.*param_file"):
        load(tmp_path)


def test_a_parameter_name_cannot_lead_out_of_the_folder(saved: Any, tmp_path: Path) -> None:
    inside = tmp_path / "model"
    inside.mkdir()
    saved.write(inside, "__model__", None)
    (tmp_path / "BIAS").write_bytes((inside / "BIAS").read_bytes())
    saved.variable("BIAS").name = "../BIAS"
    (inside / "__model__").write_bytes(saved.program_bytes())
    with pytest.raises(ModelFormatError, match="outside the model's folder"):
        load(inside)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"input_shapes": {"y": (1, 4, 3, 5)}}, InputError, "there is no input 'y'"),
        ({"input_shapes": {"x": (1, 4, 3)}}, InputError, r"shape \[1, 4, 3\] does not fit"),
        ({"input_shapes": {"x": (1, 5, 3, 5)}}, InputError, r"declared \[-1, 4, 3, 5\]"),
    ],
)
def test_wrong_input_shapes_are_refused(
    saved: Any, options: dict[str, Any], error: type[LiteError], message: str
) -> None:
    with pytest.raises(error, match=message):
        load(saved.program_bytes(), param_file=saved.parameter_bytes(), **options)


def test_input_shapes_fix_extents(saved: Any) -> None:
    given = saved.program_bytes(), saved.parameter_bytes()
    free = load(given[0], param_file=given[1])
    assert list(free.symbols) == ["batch"]
    fixed = load(given[0], param_file=given[1], input_shapes={"x": (2, 4, 3, 5)})
    assert fixed.inputs[0].type.shape == (2, 4, 3, 5)
    assert not fixed.symbols


def test_frozen_inputs_become_constants(saved: Any) -> None:
    import numpy as np

    x = np.ones((1, 4, 3, 5), np.float32)
    graph = load(saved.program_bytes(), param_file=saved.parameter_bytes(), freeze_inputs={"x": x})
    assert not graph.inputs
    assert any(np.array_equal(value.array, x) for value in graph.constants())
