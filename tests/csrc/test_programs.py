# SPDX-License-Identifier: Apache-2.0
"""Builds the C++ side and runs its programs: its own tests, allocations, mutated files, an installed copy."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from lite.cli._machine import cpu_count
from lite.ir import Dim, Graph, Symbol, TensorType
from lite.nb.golden import Case, Golden
from lite.nb.writer import to_bytes
from lite.ops.concat import Concat
from lite.ops.conv2d import Conv2d
from lite.ops.reshape import Reshape

pytestmark = pytest.mark.slow


CONSUMER = """
cmake_minimum_required(VERSION 3.20)
project(consumer LANGUAGES C CXX)
find_package(lite 0.1 REQUIRED)
add_executable(consumer_c main.c)
target_link_libraries(consumer_c PRIVATE lite::lite)
target_compile_options(consumer_c PRIVATE -std=c99 -pedantic -Wall -Wextra -Werror)
foreach(kind lite shared static)
  add_executable(consumer_${kind} main.cc)
  target_link_libraries(consumer_${kind} PRIVATE lite::${kind})
  set_property(TARGET consumer_${kind} PROPERTY CXX_STANDARD 11)
endforeach()
"""
MAIN_C = """
#include <lite/lite.h>
#include <stdio.h>
int main(int count, char** texts) {
  lite_model* model = NULL;
  lite_status status = lite_model_open(texts[count - 1], &model);
  printf("%d %s\\n", (int)status, lite_version());
  return lite_model_close(model) == LITE_OK ? 0 : 1;
}
"""
MAIN = """
#include <cstdio>
#include <lite/lite.hpp>
int main(int, char** texts) {
  try {
    lite::Session session = lite::Model(texts[1]).session(2);
    session.input(0).copy_from(std::vector<float>(12 * 12 * 3, 0.5f));
    session.run();
    double sum = 0;
    for (float score : session.output("scores").to_vector<float>()) sum += score;
    std::printf("%.3f %zu\\n", sum, session.clone().steps().size());
    lite::Model("/no/such.nb");
  } catch (const lite::Error& error) {
    std::printf("%d %s\\n", error.status(), error.what());
  }
  return 0;
}
"""


def test_own_tests(run, build):
    run("ctest", "--output-on-failure", folder=build("release"))


def test_steady_state_allocates_nothing(run, build, model):
    program = build("release") / "tests" / "csrc" / "allocations"
    for threads in (1, 2, 4):
        assert run(program, model, threads) == "0\n"


def test_layers_that_run_together_allocate_nothing(run, build, tmp_path, monkeypatch):
    monkeypatch.setenv("LITE_CACHE_BYTES", str(150 << 10))
    graph = Graph("chain")
    x = graph.add_input("x", TensorType((1, 127, 27, 9)))
    shapes = (24, 9, 1, 1), (24, 1, 3, 3), (8, 24, 1, 1)
    for shape, groups in zip(shapes, (1, 24, 1)):
        w = graph.constant(np.ones(shape, np.float32))
        (x,) = graph.add(Conv2d(layout="nhwc", groups=groups, pads=(shape[2] // 2,) * 4), [x, w])
    graph.outputs = [x]
    chain = tmp_path / "chain.nb"
    chain.write_bytes(to_bytes(graph))
    program = build("release") / "tests" / "csrc" / "allocations"
    for threads in (1, 2, 4):
        assert run(program, chain, threads) == "0\n"


def test_installed_copy_serves_find_package(run, build, model, tmp_path):
    run("cmake", "--install", build("release"), "--prefix", tmp_path / "prefix")
    source = tmp_path / "source"
    source.mkdir()
    (source / "CMakeLists.txt").write_text(CONSUMER)
    (source / "main.cc").write_text(MAIN)
    (source / "main.c").write_text(MAIN_C)
    run("cmake", "-S", source, "-B", tmp_path / "build", "-G", "Ninja",
        f"-DCMAKE_PREFIX_PATH={tmp_path}/prefix")
    run("cmake", "--build", tmp_path / "build")
    for kind in ("lite", "shared", "static"):
        sums, error = run(tmp_path / "build" / f"consumer_{kind}", model).splitlines()
        assert sums.startswith("1.000 ") and error.startswith("8 /no/such.nb")
    assert run(tmp_path / "build" / "consumer_c", model) == "0 0.1.0\n"
    program = [tmp_path / "prefix" / "bin" / "benchmark_bin", f"--optimized_model_file={model}"]
    text = run(*program, "--warmup=2", "--repeats=5", f"--threads={min(cpu_count(), 2)}", "--profile",
               "--precision=fast", f"--tune_cache={tmp_path}/none", f"--result_path={tmp_path}/result",
               f"--json_path={tmp_path}/json")
    for field in ("load", "prepare", "init", "first", "min", "max", "avg", "median", "p90", "peak", "conv2d",
                  "precision: fast", "cores: "):
        assert field in text
    assert (tmp_path / "result").read_text() == text
    said = json.loads((tmp_path / "json").read_text())
    assert len(said["latencies_ms"]) == 5 and said["input_shapes"] == {"x": [1, 12, 12, 3]}
    assert 0 < said["peak_before_load_bytes"] <= said["peak_after_prepare_bytes"] <= said["peak_bytes"]
    assert {"conv2d", "softmax"} <= {layer["op"] for layer in said["layers"]}
    most = cpu_count()
    refusals = {0: "'0', expected a number >= 1", most + 1: f"{most + 1}, expected 1 to {most}"}
    for threads, expected in refusals.items():
        refused = subprocess.run([*program, f"--threads={threads}"], capture_output=True, text=True)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert f"--threads is {expected}" in refused.stderr
    forced = subprocess.run(program, capture_output=True, text=True, env={"LITE_FORCE_ISA": "z80"})
    assert (forced.returncode, forced.stdout) == (1, "")
    assert "LITE_FORCE_ISA is 'z80', which this machine cannot use; usable: scalar" in forced.stderr


def _seeds(folder: Path, model: Path) -> list[Path]:
    """Files to mutate: a net, and one with free extents, formulas and golden vectors."""
    graph = Graph()
    height, width = Dim.symbol("height"), Dim.symbol("width")
    graph.symbols = {"height": Symbol("height", 1, 64), "width": Symbol("width", 1, 64)}
    x = graph.add_input("x", TensorType((2, height, width)))
    (flat,) = graph.add(Reshape(shape=(height * width * 2,)), [x])
    (both,) = graph.add(Concat(axis=0), [flat, flat])
    graph.outputs = [both]
    golden = Golden((Case({"x": np.ones((2, 1, 1), np.float32)}, {both.name: np.ones(4, np.float32)}),))
    free = folder / "free.nb"
    free.write_bytes(to_bytes(graph, golden=golden))
    return [model, free]


def test_mutated_files_under_sanitizers(run, build, model, tmp_path):
    folder = build("sanitized", "fuzz_nb", LITE_SANITIZE="address,undefined", LITE_BUILD_LIBRARY="OFF")
    text = run(folder / "tests" / "csrc" / "fuzz_nb", 5000, 1, *_seeds(tmp_path, model))
    results = {name: int(count) for name, count in (line.split() for line in text.splitlines())}
    assert results["ran"] > 100 and results["NbCorruptError"] > 100
    assert "LiteError" not in results  # that would be an invariant of the engine


def test_threads_under_sanitizer(run, build):
    """Teams of threads, and sessions on several, by ThreadSanitizer's judgement."""
    programs = ("threads_test", "session_test")
    folder = build("races", *programs, LITE_SANITIZE="thread", LITE_BUILD_LIBRARY="OFF")
    for program in programs:
        run(folder / "tests" / "csrc" / program)
