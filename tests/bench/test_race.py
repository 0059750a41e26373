# SPDX-License-Identifier: Apache-2.0
"""bench/race: whose times count, what is missing to a bar, and a race of two engines from file to table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
BENCH = Path(__file__).parents[2] / "bench"
Import = Callable[[str], ModuleType]


@pytest.fixture(scope="module")
def bars(from_bench: Import) -> ModuleType:
    return from_bench("race.bars")


@pytest.fixture(scope="module")
def turns(from_bench: Import) -> ModuleType:
    return from_bench("race.turns")


def row(engine: str, median_ms: float = 1.0, cosine: float = 1.0, **changes: Any) -> dict[str, Any]:
    return {"network": "resnet50", "precision": "fp32", "threads": 1, "engine": engine, "version": "1",
            "reason": "", "median_ms": median_ms, "p10_ms": median_ms, "p90_ms": median_ms, "load_ms": 1.0,
            "peak_bytes": 1, "resident_bytes": 1, "cosine": cosine, "worst_difference": 0.0,
            "rounds_set_aside": 0, "slow_state": False, **changes}  # fmt: skip


def test_every_raced_network_has_its_bars(bars: ModuleType) -> None:
    found = {(bar.network, bar.precision, bar.threads): bar.ratio for bar in bars.bars()}
    assert len(found) == 11 * 2 * 2 + 2
    assert found["shufflenet_v2", "fp32", 2] == 1.3
    assert found["shufflenet_v2", "int8", 2] == 1.4
    assert found["mobilenet_v3_large", "int8", 1] == 1.8
    assert found["ppocrv4_det", "int8", 1] == 1.15
    assert found["resnet50", "fast", 1] == 1.0


def test_the_quickest_peer_decides(bars: ModuleType) -> None:
    rows = [row("lite", 1.0), row("onnxruntime", 1.5), row("openvino", 1.2)]
    assert bars.miss(rows, 1.2) == ""
    assert bars.miss(rows, 1.21) == "1.20, expected 1.21: ours 1.000 ms, openvino 1.200 ms"


def test_wrong_answers_do_not_count(bars: ModuleType) -> None:
    rows = [row("lite", 1.0), row("onnxruntime", 1.5), row("mnn", 0.5, cosine=0.3)]
    assert bars.miss(rows, 1.5) == ""
    assert bars.fault(rows[2]) == "wrong: cosine 0.3000, less than 0.9999"
    assert "ours has no time that counts: wrong" in bars.miss([row("lite", cosine=0.5), row("openvino")], 1.0)


def test_where_all_peers_are_wrong_in_int8_there_is_nobody_to_beat(bars: ModuleType) -> None:
    rows = [row("lite"), row("mnn", cosine=0.2), row("ncnn", reason="absent")]
    assert bars.miss([{**entry, "precision": "int8"} for entry in rows], 1.5) == ""
    assert bars.miss(rows, 1.5) == "no peer has a time that counts"
    assert bars.miss([{**entry, "precision": "int8"} for entry in rows[::2]], 1.5) != ""


def test_int8_of_trained_weights_is_held_to_more(bars: ModuleType) -> None:
    assert bars.fault(row("mnn", precision="int8", cosine=0.85)) == ""
    assert bars.fault(row("mnn", precision="int8", cosine=0.85, network="fastestdet"))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "was not measured"),
        ([row("lite", reason="it fell over"), row("openvino")], "ours has no time that counts: it fell over"),
        ([row("openvino")], "ours has no time that counts: it did not take part"),
        ([row("lite"), row("openvino", reason="absent")], "no peer has a time that counts"),
        ([row("lite", slow_state=True), row("openvino", 9.0)], "was measured with cores far apart only"),
    ],
)
def test_nothing_is_ahead_of_nothing(bars: ModuleType, rows: list[dict[str, Any]], said: str) -> None:
    assert bars.miss(rows, 1.0) == said


def test_fast_is_against_openvino(bars: ModuleType) -> None:
    rows = [row("lite", 1.0), row("ncnn", 0.9), row("openvino", 1.1)]
    assert bars.miss([{**entry, "precision": "fast"} for entry in rows], 1.0) == ""


def test_misses_name_what_they_are_about(bars: ModuleType) -> None:
    wanted = [bars.Bar("resnet50", "fp32", 1, 1.5), bars.Bar("resnet50", "int8", 2, 1.1)]
    assert bars.misses([row("lite"), row("openvino", 1.4)], wanted) == [
        "ResNet50, fp32, 1 thread: 1.40, expected 1.50: ours 1.000 ms, openvino 1.400 ms",
        "ResNet50, int8, 2 threads: was not measured",
    ]


def test_rounds_with_cores_far_apart_are_set_aside(turns: ModuleType) -> None:
    assert turns.counting([25.0] * 5 + [160.0] + [60.0]) == ([0, 1, 2, 3, 4, 6], 1)
    assert turns.counting([160.0] * 9 + [25.0]) == (list(range(10)), 9)
    assert turns.counting([160.0, 170.0]) == ([0, 1], 2)


def test_outputs_of_other_sizes_are_wrong(turns: ModuleType) -> None:
    ones, ramp = np.ones((1, 4), np.float32), np.arange(4, dtype=np.float32)
    assert turns.cosine([ramp], [ramp[None]]) == pytest.approx(1)
    assert turns.worst_difference([ramp + 1], [ramp]) == pytest.approx(1 / 3)
    assert turns.cosine([ones], [ones[:, :2]]) == 0
    assert turns.worst_difference([ones], [ones[:, :2]]) == float("inf")
    assert turns.cosine([ones * np.float32("nan")], [ones]) == 0


def test_tables(from_bench: Import) -> None:
    tables = from_bench("race.tables")
    rows = [row("lite", 1.0), row("openvino", 1.25), row("mnn", 0.5, cosine=0.3), row("ncnn", reason="none")]
    assert tables.markdown(rows, ["lite", "openvino", "mnn", "ncnn"]).splitlines() == [
        "| fp32, 1 thread | lite | openvino | mnn | best peer / Lite |",
        "| --- | --- | --- | --- | --- |",
        "| ResNet50 | 1.00 | 1.25 | ~~0.50~~ (0.300) | **1.25** |",
    ]
    said = tables.text(rows).splitlines()
    assert said[-2:] == ["resnet50 fp32 1 mnn: wrong: cosine 0.3000, less than 0.9999",
                         "resnet50 fp32 1 ncnn: none"]  # fmt: skip


def small_model(path: Path) -> Path:
    helper = onnx.helper
    weights = np.random.default_rng(0).standard_normal((8, 3, 3, 3)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Conv", ["x", "w"], ["y"], pads=[1] * 4), helper.make_node("Relu", ["y"], ["z"])],
        "small",
        [helper.make_tensor_value_info("x", 1, ("n", 3, 16, 16))],
        [helper.make_tensor_value_info("z", 1, ("n", 8, 16, 16))],
        [onnx.numpy_helper.from_array(weights, "w")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_operatorsetid("", 13)], ir_version=7), path)
    return path


def peers(*arguments: str | Path, expect: int = 0) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "LITE_PEERS"}
    run = subprocess.run([sys.executable, BENCH / "peers.py", *arguments], env=environment, text=True,
                         capture_output=True)  # fmt: skip
    assert run.returncode == expect, run.stderr
    return run


def test_a_race_from_file_to_table(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    model, cache = small_model(tmp_path / "small.onnx"), tmp_path / "cache"
    engines = ["lite", "onnxruntime", "openvino"]
    command = ["--networks", model, "--precisions", "fp32,int8", "--threads", "1", "--rounds", "2",
               "--turn-ms", "1", "--cache", cache, "--engines", *engines]  # fmt: skip
    peers(*command, "--prepare")
    converted = {path: path.stat().st_mtime_ns for path in cache.rglob("model.*")}
    assert {path.name for path in converted} == {"model.nb", "model.onnx"}
    said = peers(*command, "--json", tmp_path / "table.json").stdout
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("model.*")} == converted
    rows = json.loads((tmp_path / "table.json").read_text())["rows"]
    assert [(row["precision"], row["engine"]) for row in rows] == [
        (precision, engine) for precision in ("fp32", "int8") for engine in engines
    ]
    measured = [row for row in rows if not row["reason"]]
    assert [row["engine"] for row in measured] == ["lite", "onnxruntime"] * 2
    assert all(row["cosine"] > 0.999 and row["runs"] >= 4 and row["peak_bytes"] > 0 for row in measured)
    assert "pip install openvino" in rows[2]["reason"]
    assert "| small |" in said
    missed = peers("--check", tmp_path / "table.json", expect=1).stdout
    assert "ResNet50, fp32, 1 thread: was not measured" in missed


def test_what_cannot_be_raced_is_told(tmp_path: Path) -> None:
    command = ["--networks", "no_such", "--engines", "lite", "--threads", "1"]
    said = peers(*command)
    assert "no_such: left out, there is no file 'no_such'" in said.stderr
    assert "no_such fp32 1 lite: there is no file" in said.stdout


def test_reasons_of_conversions_are_kept(from_bench: Import, tmp_path: Path) -> None:
    engines, cache = from_bench("engines"), from_bench("race.cache").Cache(tmp_path / "cache")
    (tmp_path / "broken.onnx").write_bytes(b"no model")
    source = engines.Source(tmp_path / "broken.onnx", tmp_path / "images.npy")
    said = []
    for _ in range(2):
        with pytest.raises(engines.RefusalError) as refused:
            cache.prepared("lite", "fp32", "broken", source)
        said.append(str(refused.value))
    (kept,) = (tmp_path / "cache").rglob("refused.txt")
    assert said == [kept.read_text()] * 2
    assert "ModelFormatError" in said[0]
