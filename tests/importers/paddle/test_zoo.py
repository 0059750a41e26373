# SPDX-License-Identifier: Apache-2.0
"""Every imported op against what Paddle 2.6.2 gave: the tiny programs of zoo.json.xz (see make_zoo.py)."""

from __future__ import annotations

import base64
import json
import lzma
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lite.importers.paddle import load
from lite.ir.interpret import interpret
from lite.ir.verify import verify

ZOO: dict[str, Any] = json.loads(lzma.decompress(Path(__file__).with_name("zoo.json.xz").read_bytes()))


def _array(entry: dict[str, Any]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(entry["data"]), entry["dtype"]).reshape(entry["shape"])


@pytest.mark.parametrize("case", sorted(ZOO))
def test_gives_what_paddle_gave(case: str) -> None:
    entry = ZOO[case]
    graph = load(base64.b64decode(entry["program"]), param_file=base64.b64decode(entry["parameters"]))
    verify(graph)
    outputs = list(
        interpret(graph, {name: _array(array) for name, array in entry["inputs"].items()}).values()
    )
    assert len(outputs) == len(entry["outputs"])
    for output, expected in zip(outputs, map(_array, entry["outputs"])):
        assert output.shape == expected.shape
        assert output.dtype == expected.dtype
        if expected.dtype.kind == "f":
            np.testing.assert_allclose(
                output, expected, rtol=0, atol=1e-5 * np.abs(expected).max(initial=1e-30)
            )
        else:
            np.testing.assert_array_equal(output, expected)
