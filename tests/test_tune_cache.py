# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import lite
from lite import _native
from lite.errors import InputError
from lite.ir import Graph, TensorType
from lite.nb.writer import to_bytes
from lite.ops import get
from lite.passes import pipeline
from lite.passes.to_nhwc import ToNhwc
from lite.tune_cache import TuneCacheWarning, default_path, table_at
from lite.tuning.kernels import tune, write_cache


@pytest.fixture(scope="module")
def model() -> lite.Model:
    """One convolution that fits tiles of all sizes."""
    graph = Graph("conv")
    x = graph.add_input("x", TensorType((1, 16, 14, 14)))
    w = np.random.default_rng(0).standard_normal((32, 16, 3, 3)).astype(np.float32)
    conv = get("conv2d")(pads=(1, 1, 1, 1))
    graph.outputs = list(graph.add(conv, [x, graph.constant(w, "w")], name="conv"))
    pipeline.run(graph, [ToNhwc()])
    return lite.Model(to_bytes(graph))


def kernels_of(session: lite.Session) -> set[str]:
    return {step[2] for step in session._native.steps()} - {""}


def layer_of(model: lite.Model) -> str:
    return tune(model, {}, (1,)).layers[0].layer


def written(model: lite.Model, path: Path, kernel: str) -> Path:
    table = _native.TuneTable()
    table.add(layer_of(model), 1, [(kernel, 1.0)])
    return write_cache(table, path)


def test_sessions_take_what_the_cache_says(model, tmp_path):
    path = written(model, tmp_path / "cache", "winograd_6x3")
    for kernel in ("winograd_6x3", "gemm_taps", "winograd_2x3"):
        written(model, path, kernel)
        session = model.session(tune_cache=path)
        assert kernels_of(session) == kernels_of(session.clone()) == {kernel}
    assert kernels_of(model.session(tune_cache="")) == kernels_of(model.session())


def test_other_numbers_of_threads_have_the_same_arithmetic(model, tmp_path):
    path = written(model, tmp_path / "cache", "winograd_6x3/alone")
    assert kernels_of(model.session(3, tune_cache=path)) == {"winograd_6x3"}


def test_the_usual_place(monkeypatch, model, tmp_path):
    monkeypatch.delenv("LITE_TUNE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    place = default_path()
    assert place is not None and place.parent == tmp_path / "lite"
    assert re.fullmatch(r"[A-Za-z0-9-]+\.\w+\.tune", place.name)
    assert table_at(None) is None
    assert write_cache(_native.TuneTable()) == place
    assert place.is_file() and len(table_at(None)) == 0
    monkeypatch.setenv("LITE_TUNE_CACHE", str(tmp_path / "mine"))
    assert default_path() == tmp_path / "mine"
    written(model, tmp_path / "mine", "winograd_6x3")
    assert kernels_of(model.session()) == {"winograd_6x3"}


def test_a_cache_is_added_to(model, tmp_path):
    path = written(model, tmp_path / "deep" / "cache", "gemm_taps")
    other = _native.TuneTable()
    other.add("other", 2, [("gemm_taps", 2.0)])
    write_cache(other, path)
    assert len(table_at(path)) == 2
    assert [name for name in os.listdir(path.parent)] == ["cache"]


@pytest.mark.parametrize("change", [
    lambda text: text.replace("cpu ", "cpu another "), lambda text: text.replace("engine ", "engine 9"),
    lambda text: text.replace("isa ", "isa z"), lambda text: text[:-8], lambda text: "",
    lambda text: text.replace("\t1\t", "\t-1\t"),
])  # fmt: skip
def test_what_cannot_be_used_is_told_once(model, tmp_path, change):
    path = written(model, tmp_path / "cache", "winograd_6x3")
    path.write_text(change(path.read_text()))
    with pytest.warns(TuneCacheWarning, match="the tuning cache is not used: .*cache: line") as told:
        session = model.session(tune_cache=path)
    assert len(told) == 1 and told[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = model.session(tune_cache=path)
        assert kernels_of(session) == kernels_of(again) == kernels_of(model.session())
    write_cache(_native.TuneTable(), path)  # replaces it
    assert len(table_at(path)) == 0


def test_bytes_that_are_no_text(model, tmp_path):
    path = tmp_path / "cache"
    path.write_bytes(bytes(range(256)) * 100)
    with pytest.warns(TuneCacheWarning, match="line 1 is"):
        model.session(tune_cache=path)


def test_flipped_bytes_do_no_harm(model, tmp_path):
    path = written(model, tmp_path / "cache", "winograd_6x3")
    good, random = path.read_bytes(), np.random.default_rng(0)
    refused = 0
    for _ in range(500):
        bytes_ = bytearray(good)
        for place in random.integers(0, len(good), 3):
            bytes_[place] = random.integers(0, 256)
        path.write_bytes(bytes_)
        table, note = _native.TuneTable.read(str(path))
        assert (table is None) == bool(note)
        refused += table is None
        write_cache(_native.TuneTable(), path)
    assert 100 < refused < 500


def test_a_named_file_that_is_not_there(model, tmp_path):
    with pytest.warns(TuneCacheWarning, match="No such file"):
        model.session(tune_cache=tmp_path / "none")
    with pytest.raises(InputError, match="expected a path"):
        model.session(tune_cache=7)


def test_no_place_to_write():
    with pytest.raises(InputError, match="LITE_TUNE_CACHE is empty"):
        write_cache(_native.TuneTable())
