# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lite.ir import Graph, TensorType
from lite.nb import writer
from lite.ops import get
from lite.passes import pipeline
from lite.passes.to_nhwc import ToNhwc
from lite.tune_cache import table_at
from lite.tuning.paddle_table import read_paddle_table


@pytest.fixture
def conv(tmp_path: Path) -> Path:
    """A .nb of a convolution with a choice."""
    graph = Graph("conv")
    x = graph.add_input("x", TensorType((1, 16, 12, 12)))
    w = graph.constant(np.ones((16, 16, 3, 3), np.float32), "w")
    graph.outputs = list(graph.add(get("conv2d")(pads=(1, 1, 1, 1)), [x, w], name="conv"))
    pipeline.run(graph, [ToNhwc()])
    writer.write(graph, tmp_path / "conv.nb")
    return tmp_path / "conv.nb"


def test_tune_writes_a_cache(cli: Callable, conv: Path, tmp_path: Path) -> None:
    outcome = cli("tune", conv, "--threads", "1,2", "--cache", tmp_path / "cache", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    result = json.loads(outcome.out)
    assert result["cache"] == str(tmp_path / "cache")
    layer = next(layer for layer in result["layers"] if layer["name"] == "conv")
    assert {"gemm_taps", "gemm_rows", "winograd_4x3"} < set(layer["timings"])
    assert {layer["threads"] for layer in result["layers"]} == {1, 2}
    assert len(table_at(tmp_path / "cache")) == len(result["layers"])


def test_tune_says_what_it_found(cli: Callable, conv: Path, tmp_path: Path) -> None:
    outcome = cli("tune", conv, "--cache", tmp_path / "cache", "--table", tmp_path / "table")
    assert outcome.code == 0
    assert outcome.out.splitlines()[0].split() == [
        "us", "now", "us", "best", "gain", "x", "threads", "now", "best", "layer"]  # fmt: skip
    assert "1 thread: " in outcome.out and outcome.out.endswith(f"written to {tmp_path / 'cache'}\n")
    assert list(read_paddle_table(tmp_path / "table").rows) == ["conv,0,0,1,16,12,12,16,1,3,1,1,1"]


def test_tune_after_opt(cli: Callable, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITE_TUNE_CACHE", str(tmp_path / "cache"))
    nb, cache = tmp_path / "m.nb", tmp_path / "cache"
    outcome = cli("opt", source, "-o", nb, "--tune")
    assert outcome.code == 0
    assert outcome.out.endswith(f"no layer of this model has a choice of kernels\nwritten to {cache}\n")
    outcome = cli("opt", source, "-o", nb, "--tune=true", "--json")
    assert json.loads(outcome.out)["kernels"] == {
        "model": str(nb), "cache": str(cache), "table": None, "layers": []}  # fmt: skip


@pytest.mark.parametrize("threads, words", [
    ("1,", "got '1,', expected numbers of threads"), ("two", "got 'two', expected numbers of threads"),
    ("0", "got 0, expected 1 to "), ("1,257", "got 257, expected 1 to "),
])  # fmt: skip
def test_numbers_of_threads(cli: Callable, conv: Path, threads: str, words: str) -> None:
    outcome = cli("tune", conv, "--threads", threads)
    assert outcome.code == 2 and words in outcome.err


def test_no_place_to_write(cli: Callable, conv: Path) -> None:
    outcome = cli("tune", conv)
    assert outcome.code == 1
    assert "LITE_TUNE_CACHE is empty" in outcome.err and "name a file" in outcome.err


def test_a_cache_that_cannot_be_used_is_one_line(cli: Callable, conv: Path, tmp_path: Path,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").write_text("lite tuned")
    monkeypatch.setenv("LITE_TUNE_CACHE", str(tmp_path / "cache"))
    outcome = cli("bench", conv, "--warmup=0", "--repeats=1")
    assert outcome.code == 0
    assert outcome.err.count("\n") == 1 and "the tuning cache is not used" in outcome.err
