# SPDX-License-Identifier: Apache-2.0
"""ONNX's own backend tests as cases: what each is about, and whether lite passes it."""

from __future__ import annotations

import functools
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from lite_backend import LiteBackend
from onnx import TensorProto

from lite.errors import LiteError, UnsupportedOpError

CONTROL_FLOW = frozenset({"If", "Loop", "Scan"})
TRAINING = frozenset({"Adagrad", "Adam", "Momentum", "Gradient"})
SEQUENCES = ("Sequence", "Optional")


@dataclass(frozen=True)
class Case:
    """One test of ONNX.

    Attributes
    ----------
    name : str
    group : str
        sequences, strings, training, control flow, ai.onnx.ml, expanded (bodies of functions), ops, or
        the folder of onnx/backend/test/data.
    """

    name: str
    group: str
    test: Any

    def model(self) -> Any:
        if self.test.model is not None:
            return self.test.model
        return onnx.load(str(Path(self.test.model_dir) / "model.onnx"))

    def data(self) -> list[tuple[list[Any], list[Any]]]:
        """Pairs of inputs and outputs."""
        if self.test.data_sets is not None:
            return [
                ([_array(item) for item in inputs], [_array(item) for item in outputs])
                for inputs, outputs in self.test.data_sets
            ]
        return [_stored(folder) for folder in sorted(Path(self.test.model_dir).glob("test_data_set_*"))]


def run(case: Case, native: bool) -> str:
    """Run a case: "" if it passes, else why not, beginning with the kind of the miss."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            prepared = LiteBackend.prepare(case.model(), native=native)
            for inputs, expected in case.data():
                _compare(prepared.run(inputs), expected, case.test.rtol, case.test.atol)
    except UnsupportedOpError as error:
        rows = [f"{row.op}: {row.why}" for row in error.ops] or [error.message]
        return "unsupported: " + "; ".join(sorted(set(rows)))
    except LiteError as error:
        return f"refused: {type(error).__name__}: {error}".replace("\n", " ")
    except AssertionError as error:
        return "differs: " + " ".join(str(error).split())[:300]
    return ""


def _compare(outputs: list[np.ndarray], expected: list[Any], rtol: float, atol: float) -> None:
    from onnx.backend.test.runner import Runner

    Runner.assert_similar_outputs(expected, outputs, rtol, atol)


def _array(item: Any) -> Any:
    return onnx.numpy_helper.to_array(item) if isinstance(item, TensorProto) else item


def _stored(folder: Path) -> tuple[list[Any], list[Any]]:
    def read(kind: str) -> list[np.ndarray]:
        count = len(list(folder.glob(f"{kind}_*.pb")))
        files = [folder / f"{kind}_{position}.pb" for position in range(count)]
        return [onnx.numpy_helper.to_array(TensorProto.FromString(file.read_bytes())) for file in files]

    return read("input"), read("output")


@functools.cache
def cases() -> tuple[Case, ...]:
    """All cases but the light nets, which have a test of their own, and models to be downloaded."""
    from onnx.backend.test.loader import load_model_tests

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        tests = load_model_tests(kind="node")
        found = [Case(test.name, _group(test.name, test.model), test) for test in tests]
        for kind in ("simple", "pytorch-converted", "pytorch-operator"):
            tests = load_model_tests(kind=kind)
            found += [Case(test.name, _group_of_file(test, kind), test) for test in tests]
    return tuple(sorted(found, key=lambda case: (case.group, case.name)))


def _group_of_file(test: Any, kind: str) -> str:
    group = _group(test.name, onnx.load(str(Path(test.model_dir) / "model.onnx")))
    return kind if group == "ops" else group


def _group(name: str, model: Any) -> str:
    graph = model.graph
    ops = {node.op_type for node in graph.node}
    items = [*graph.input, *graph.output]
    if any(item.type.WhichOneof("value") in ("sequence_type", "optional_type") for item in items) or any(
        op.startswith(SEQUENCES) for op in ops
    ):
        return "sequences"
    if any(item.type.tensor_type.elem_type == TensorProto.STRING for item in items):
        return "strings"
    if TRAINING & ops or any(entry.domain.endswith("training") for entry in model.opset_import):
        return "training"
    if any(entry.domain == "ai.onnx.ml" for entry in model.opset_import):
        return "ai.onnx.ml"
    if CONTROL_FLOW & ops:
        return "control flow"
    return "expanded" if "_expanded" in name else "ops"


MISSES = Path(__file__).with_name("node_misses.txt")


def known_misses() -> dict[str, str]:
    """Reason by test, from the table: a reason at the start of a line, its tests indented below it."""
    reasons: dict[str, str] = {}
    reason = ""
    for line in MISSES.read_text().splitlines():
        if line.startswith(" "):
            reasons.update(dict.fromkeys(line.split(), reason))
        elif line and not line.startswith("#"):
            reason = line
    return reasons


def short(reason: str) -> str:
    """What the table keeps of an answer: its first part, without numbers that differ from run to run."""
    return "differs" if reason.startswith("differs") else reason.partition(";")[0].strip()
