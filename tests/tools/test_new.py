# SPDX-License-Identifier: Apache-2.0
"""tools/new.py: what it writes works as it stands."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from lite.ir import Op, TensorType
from lite.ir.interpret import apply, interpret, lowered, random_feeds

TOOL = Path(__file__).parents[2] / "tools" / "new.py"


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"scaffolded_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("kind, count", [("op", 3), ("lowering", 2)])
def test_an_op_means_something(kind: str, count: int, tmp_path: Path) -> None:
    paths = loaded(TOOL).write_files(kind, "my_op", tmp_path)
    assert len(paths) == count and all(path.is_file() for path in paths)
    op_class = loaded(tmp_path / "lite/ops/my_op.py").MyOp
    assert issubclass(op_class, Op) and op_class.name == "my_op"
    x = np.array([-1.0, 0.25, 2.0], np.float32)
    np.testing.assert_array_equal(apply(op_class(alpha=0.5), (x,))[0], [0.5, 0.5, 2.0])
    if kind == "lowering":
        graph = lowered(op_class(alpha=0.5), (TensorType((3,)),))
        assert graph.nodes[0].op.name == "max"
        assert next(iter(interpret(graph, {"input0": x}).values())).tolist() == [0.5, 0.5, 2.0]
    else:
        assert 'LITE_OP(my_op, PlainFloatUnary<MyOp>, "alpha"' in (tmp_path / "csrc/ops/my_op.cc").read_text()


def test_a_pass_finds_and_rewrites(tmp_path: Path) -> None:
    from lite.ir import Builder, Graph
    from lite.ops.abs import Abs
    from lite.passes import pipeline

    loaded(TOOL).write_files("pass", "drop_twice", tmp_path)
    graph = Graph()
    build = Builder(graph)
    graph.outputs = [build.add(Abs(), build.add(Abs(), graph.add_input("x", TensorType((4,)))))]
    expected = interpret(graph, random_feeds(graph))
    pipeline.run(graph, [loaded(tmp_path / "lite/passes/drop_twice.py").DropTwice()], verify=True)
    assert len(graph.nodes) == 1
    for name, array in interpret(graph, random_feeds(graph)).items():
        np.testing.assert_array_equal(array, expected[name])


@pytest.mark.parametrize("name", ["Bad", "9lives", "two__bars", "a-b", ""])
def test_bad_names(name: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="is no name"):
        loaded(TOOL).write_files("op", name, tmp_path)
    assert not any(tmp_path.iterdir())


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    tool = loaded(TOOL)
    (tmp_path / "tests/ops").mkdir(parents=True)
    (tmp_path / "tests/ops/test_mine.py").write_text("mine")
    with pytest.raises(SystemExit, match="is there already"):
        tool.write_files("op", "mine", tmp_path)
    assert (tmp_path / "tests/ops/test_mine.py").read_text() == "mine"
    assert not (tmp_path / "lite").exists()
