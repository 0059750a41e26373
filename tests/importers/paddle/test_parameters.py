# SPDX-License-Identifier: Apache-2.0
"""Parameter files: every byte is accounted for, every size is checked before anything is allocated."""

from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.paddle import load
from lite.importers.paddle.parameters import read_combined
from lite.importers.paddle.program import read_program
from lite.importers.proto import messages


def _arrays(saved: Any, data: bytes) -> dict[str, np.ndarray]:
    return read_combined(read_program(saved.program_bytes(), "test"), data)


def _first_record(**description: Any) -> bytes:
    text = messages("framework")["TensorDesc"](**description).SerializeToString()
    return struct.pack("<IQIi", 0, 0, 0, len(text)) + text


def test_order_is_that_of_the_names(saved: Any) -> None:
    saved.block.vars.sort(key=lambda variable: variable.name, reverse=True)
    found = _arrays(saved, saved.parameter_bytes())
    assert sorted(found) == sorted(saved.arrays)
    for name, array in saved.arrays.items():
        np.testing.assert_array_equal(found[name], array)


def test_every_truncation_is_told(saved: Any) -> None:
    data = saved.parameter_bytes()
    for length in range(len(data)):
        with pytest.raises(ModelFormatError, match=f"found {length} bytes, expected at least"):
            _arrays(saved, data[:length])


def test_what_is_left_over_is_told(saved: Any) -> None:
    data = saved.parameter_bytes()
    message = f"found {len(data) + 3} bytes, expected {len(data)}: 3 are left after the last of 4"
    with pytest.raises(ModelFormatError, match=message):
        _arrays(saved, data + b"abc")


def test_left_over_in_a_separate_file_is_told(saved: Any, tmp_path: Path) -> None:
    saved.write(tmp_path, "__model__", None)
    (tmp_path / "MEAN").write_bytes((tmp_path / "MEAN").read_bytes() + b"x")
    with pytest.raises(ModelFormatError, match=r"MEAN: found .* bytes, expected .* for variable 'MEAN'"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("array", "found"),
    [
        (np.zeros(5, np.float32), r"type 5 and shape \[5\], expected type 5 and shape \[4\]"),
        (np.zeros((2, 2), np.float32), r"shape \[2, 2\], expected type 5 and shape \[4\]"),
        (np.zeros(4, np.int32), "element type 2"),
    ],
)
def test_a_record_of_another_variable_is_told(saved: Any, array: np.ndarray, found: str) -> None:
    saved.arrays["MEAN"] = array
    with pytest.raises(ModelFormatError, match=f"{found}.*for variable 'MEAN'.*\n.*another model"):
        _arrays(saved, saved.parameter_bytes())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (struct.pack("<I", 7), "record version 7, expected 0"),
        (struct.pack("<IQ", 0, 1 << 60), "LoD levels"),
        (struct.pack("<IQQ", 0, 1, 1 << 60), "expected at least"),
        (struct.pack("<IQIi", 0, 0, 0, -1), "description of -1 bytes"),
        (struct.pack("<IQIi", 0, 0, 0, 1 << 30), "description of 1073741824 bytes"),
        (struct.pack("<IQIi", 0, 0, 0, 3) + b"\xff\xff\xff", "does not parse"),
        (_first_record(data_type=5, dims=[-4]), "element type 5 and shape"),
        (_first_record(data_type=99, dims=[4]), "element type 99"),
    ],
)
def test_damage_is_told(saved: Any, data: bytes, message: str) -> None:
    with pytest.raises(ModelFormatError, match=message):
        _arrays(saved, data + bytes(64))


def test_a_huge_shape_allocates_nothing(saved: Any) -> None:
    huge = [1 << 40]
    saved.variable("BIAS").type.lod_tensor.tensor.dims[:] = huge
    tracemalloc.start()
    with pytest.raises(ModelFormatError, match="expected at least 4398046511"):
        _arrays(saved, _first_record(data_type=5, dims=huge) + bytes(64))
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_levels_of_lod_are_skipped(saved: Any) -> None:
    data = saved.parameter_bytes()
    with_levels = data[:4] + struct.pack("<QQ16s", 1, 16, bytes(16)) + data[12:]
    np.testing.assert_array_equal(_arrays(saved, with_levels)["BIAS"], saved.arrays["BIAS"])


def test_one_element_may_be_stored_without_axes(saved: Any) -> None:
    saved.variable("BIAS").type.lod_tensor.tensor.dims[:] = [1]
    saved.arrays["BIAS"] = np.array(3, np.float32)
    assert _arrays(saved, saved.parameter_bytes())["BIAS"] == 3


def test_bf16_becomes_f32(saved: Any) -> None:
    saved.variable("BIAS").type.lod_tensor.tensor.data_type = 22
    values = np.array([1.0, -2.5, 0.0, 384.0], np.float32)
    stored = (values.view(np.uint32) >> 16).astype(np.uint16).tobytes()
    rest = len(saved.parameter_bytes()) // 4
    data = _first_record(data_type=22, dims=[4]) + stored + saved.parameter_bytes()[rest:]
    np.testing.assert_array_equal(_arrays(saved, data)["BIAS"], values)


def test_weights_stored_as_integers_mean_a_quantized_model(saved: Any) -> None:
    quarter = len(saved.parameter_bytes()) // 4
    data = _first_record(data_type=21, dims=[4]) + bytes(4) + saved.parameter_bytes()[quarter:]
    with pytest.raises(UnsupportedOpError, match=r"parameter x1 \(BIAS\): it is quantized"):
        load(saved.program_bytes(), param_file=data)


def test_sparse_parameters_are_refused(saved: Any) -> None:
    saved.variable("BIAS").type.type = 8
    with pytest.raises(UnsupportedOpError, match="'BIAS' is no dense tensor"):
        _arrays(saved, saved.parameter_bytes())
