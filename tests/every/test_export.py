# SPDX-License-Identifier: Apache-2.0
"""Every sample of every op, written as ONNX, means the same: to our importer, and to onnxruntime.

What ONNX cannot say is refused with a reason; the reasons are printed.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from lite import importers
from lite.errors import UnsupportedOpError
from lite.exporters import onnx as exporter
from lite.ir.interpret import interpret
from lite.passes import pipeline

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

LACKED = re.compile(r"ONNX's \w+ takes no \w+ as|zero point of 32-bit integers|as many rows as boxes stay"
                    "|no BitCast before")
UNLIKE = {  # samples that onnxruntime is known to treat unlike ONNX, or to refuse, by what they try
    "arg_max": "NaN", "arg_min": "NaN", "quantize": "NaN", "cast": "floats beyond the range of integers",
    "pow": "powers that overflow", "div": "integers divided by 0", "mod": "integers divided by 0",
    "reduce_mean": "the mean of nothing", "pool2d": "windows in the padding alone",
    "lrn": "an even number of channels", "pad": "pads longer than the axis that is mirrored",
    "gather": "indices outside", "gather_elements": "indices outside", "gather_nd": "indices outside",
    "scatter_elements": "indices outside", "q_average_pool2d": "windows in the padding alone",
    "scatter_nd": "indices outside", "layer_norm": "rows far from 0", "q_resize": "cubic NHWC",
    "clip": "infinity",
}  # fmt: skip


def written(case: Any) -> tuple[bytes, dict[str, np.ndarray]]:
    graph, feeds = case.graph()
    pipeline.run(graph, pipeline.export())
    return exporter.written(graph)[0], feeds


def is_rounded_otherwise(case: Any) -> bool:
    """Sums of 16-bit integers are not exact beyond 2^24, and ONNX has no sums that are rounded twice."""
    is_wide = case.op.name.startswith("q_") and case.expected[0].dtype == np.int16
    return is_wide or case.op.attributes().get("rounding") == "twice"


def has_table_of_halves(case: Any) -> bool:
    """Whether a table, whose neighbours are far apart, is asked about what is rounded otherwise."""
    return is_rounded_otherwise(case) and len(case.inputs) > 5 and case.inputs[5] is not None


def all_written(kind: Any, cases: list[Any]) -> list[tuple[Any, bytes, dict[str, np.ndarray]]]:
    """The cases that ONNX can say; each of the others has a reason that is known."""
    done, reasons = [], {}
    for case in cases:
        try:
            done.append((case, *written(case)))
        except UnsupportedOpError as error:
            (row,) = error.ops
            assert LACKED.search(row.why), error
            reasons[row.why] = reasons.get(row.why, 0) + 1
    for why, count in reasons.items():
        print(f"{kind.name}: {count} of {len(cases)} samples are not exported: {why}")
    if not done:
        pytest.skip(f"{kind.name} is not exported: {'; '.join(reasons)}")
    return done


def test_imported_again(kind, cases):
    problems: list[str] = []
    for case, model, feeds in all_written(kind, cases):
        if has_table_of_halves(case):
            continue
        onnx.checker.check_model(model, full_check=True)
        graph = importers.load(model)
        if kind.name.startswith("q_"):  # float steps may round otherwise; the integer op comes back
            pipeline.run(graph, [*pipeline.standard(quantized=True), *pipeline.integers()])
        with np.errstate(all="ignore"):
            results = list(interpret(graph, feeds).values())
        if is_rounded_otherwise(case):
            problems += filter(None, [unlike(results[0], case.expected[0], True)])
        else:
            problems += case.problems(results)
    assert not problems, "\n".join(problems)


def test_in_onnxruntime(kind, cases):
    onnxruntime.set_default_logger_severity(4)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    problems, ran = [], 0
    for case, model, feeds in all_written(kind, cases):
        if has_table_of_halves(case):
            continue
        try:
            session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
            outputs = session.run(None, {name: np.asarray(array) for name, array in feeds.items()})
        except Exception as error:
            if "NOT_IMPLEMENTED" not in str(error) and kind.name not in UNLIKE:
                problems.append(f"{case}: {error}")
            continue
        ran += 1
        problems += [f"{case}: {problem}" for found, expected in zip(outputs, case.expected)
                     if (problem := unlike(found, expected, kind.name.startswith("q_")))]
    if kind.name in UNLIKE:
        print(f"{kind.name}: onnxruntime differs in {UNLIKE[kind.name]}")
        assert len(problems) < ran
    else:
        assert not problems, "\n".join(problems)


def unlike(found: np.ndarray, expected: np.ndarray, is_quantized: bool) -> str | None:
    """How a result differs by more than rounding, or a step of integers."""
    if found.shape != expected.shape or found.dtype != expected.dtype:
        return f"got {found.dtype}{list(found.shape)}, expected {expected.dtype}{list(expected.shape)}"
    if expected.dtype.kind != "f":
        off = int(np.max(np.abs(found.astype(np.int64) - expected.astype(np.int64)), initial=0))
        return f"off by {off}" if off > is_quantized else None
    usual = np.isfinite(expected) & np.isfinite(found) & (np.abs(expected.astype(np.float64)) < 1e30)
    wide = expected.astype(np.float64)[usual]
    off = np.abs(found.astype(np.float64)[usual] - wide)
    limit = 1e-3 if expected.dtype == np.float16 else 2e-5
    worst = np.max(off - limit * np.abs(wide), initial=0) / max(np.max(np.abs(wide), initial=0), 1e-30)
    return f"off by {worst:.1e} of the range" if worst > limit else None
