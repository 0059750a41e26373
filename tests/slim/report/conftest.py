# SPDX-License-Identifier: Apache-2.0
"""A report with everything in it, and names that would break a careless page."""

from __future__ import annotations

from typing import Any

import pytest

from lite.slim.report import Layer, Measured, Report, Weights

NASTY = "<script>alert('x')</script> & \"more\""


@pytest.fixture
def report() -> Report:
    return made()


def made(**changes: Any) -> Report:
    models = (Measured("float", 48_000, 0.5, 0.957, 678_208, 10_442),
              Measured("int8", 21_000, 0.25, 0.955, 678_208, 10_442),
              Measured(NASTY, 46_000, 0.45, 0.88, 636_224, 10_026))
    layers = (Layer("conv", "q_conv2d", (1, 8, 8, 16), 40_960, 160, 272, 2.5, "gemm", 36.4),
              Layer(NASTY, "softmax", (1, 10), latency_us=0.07))
    losses = {f"conv{n}": {0.1: 0.001 * n, 0.2: 0.004 * n} for n in range(12)}
    fields: dict[str, Any] = {
        "title": NASTY, "command": f"lite compress {NASTY}", "models": models, "chosen": "int8",
        "metric": "top-1", "steps": (("QAT", NASTY),), "layers": layers,
        "sensitivities": {**losses, NASTY: {0.1: 0.2}},
        "weights": (Weights(NASTY, -1.0, 1.0, (1, 4, 0, 9), 0.25),), "facts": {NASTY: "seed 0"}}  # fmt: skip
    return Report(**{**fields, **changes})
