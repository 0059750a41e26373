# SPDX-License-Identifier: Apache-2.0
"""A small ONNX model, its .nb, and the command line in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from lite.cli._app import run_app

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402


@dataclass
class Outcome:
    """What a command left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str


Cli = Callable[..., Outcome]


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str]) -> Cli:
    """``cli("run", path, "--json")``: the command's outcome."""

    def call(*arguments: object) -> Outcome:
        with pytest.raises(SystemExit) as exit_:
            run_app(args=[str(argument) for argument in arguments])
        captured = capfd.readouterr()
        return Outcome(int(exit_.value.code or 0), captured.out, captured.err)

    return call


@pytest.fixture(name="save_onnx")
def save_onnx_fixture() -> Callable[..., Path]:
    return save_onnx


@pytest.fixture(name="expected_scores")
def expected_scores_fixture() -> Callable[[np.ndarray], np.ndarray]:
    return expected_scores


def save_onnx(path: Path, op: str = "Relu") -> Path:
    """image [1, 3, 4, 4] -> op(image * scale + shift), scale and shift by channel -> scores [1, 48]."""
    scale = numpy_helper.from_array(np.array([0.5, 1.0, 2.0], np.float32).reshape(1, 3, 1, 1), "scale")
    shift = numpy_helper.from_array(np.array([0.1, -0.2, 0.3], np.float32).reshape(1, 3, 1, 1), "shift")
    nodes = [
        helper.make_node("Mul", ["image", "scale"], ["scaled"]),
        helper.make_node("Add", ["scaled", "shift"], ["shifted"]),
        helper.make_node(op, ["shifted"], ["activated"], domain="" if op == "Relu" else "custom"),
        helper.make_node("Flatten", ["activated"], ["scores"]),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 4, 4])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, 48])
    graph = helper.make_graph(nodes, "tiny", [image], [scores], [scale, shift])
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid("custom", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def expected_scores(image: np.ndarray) -> np.ndarray:
    """What the model says, in numpy."""
    scale = np.array([0.5, 1.0, 2.0], np.float32).reshape(1, 3, 1, 1)
    shift = np.array([0.1, -0.2, 0.3], np.float32).reshape(1, 3, 1, 1)
    return np.maximum(image * scale + shift, 0).reshape(1, 48)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return save_onnx(tmp_path / "tiny.onnx")


@pytest.fixture
def nb(source: Path, tmp_path: Path) -> Path:
    import lite

    path = tmp_path / "tiny.nb"
    lite.convert(source, path, bundle_inputs=2)
    return path


@pytest.fixture
def image() -> np.ndarray:
    return np.linspace(-1, 1, 48, dtype=np.float32).reshape(1, 3, 4, 4)
