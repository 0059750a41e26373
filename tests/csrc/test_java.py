# SPDX-License-Identifier: Apache-2.0
"""The Java classes, compiled and run on this machine's virtual machine."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lite.ir import Dim, Graph, Symbol, TensorType
from lite.nb.writer import write
from lite.ops.relu import Relu

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def test_an_app_uses_and_misuses_the_classes(build, run, model, tmp_path):
    for program in ("javac", "java"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: there is no JDK")
    free = tmp_path / "free.nb"
    graph, rows = Graph("free"), Dim.symbol("rows")
    graph.symbols = {"rows": Symbol("rows", 1, 64)}
    graph.outputs = list(graph.add(Relu(), [graph.add_input("x", TensorType((rows, 3)))]))
    write(graph, free)
    library = build("release", "lite_jni", LITE_BUILD_JAVA="ON")
    sources = [*(ROOT / "csrc" / "bindings" / "java").rglob("*.java"),
               ROOT / "tests" / "csrc" / "java" / "PredictorTest.java"]  # fmt: skip
    run("javac", "-Xlint:all", "-Werror", "--release", "11", "-d", tmp_path / "classes", *sources)
    said = run("java", "-Xcheck:jni", f"-Djava.library.path={library}", "-cp", tmp_path / "classes",
               "PredictorTest", model, free)  # fmt: skip
    assert said.splitlines()[-1] == "all holds"
    assert "WARNING" not in said and "FATAL" not in said
