# SPDX-License-Identifier: Apache-2.0
"""Every imported op against what Paddle gave: the tiny programs of zoo.json.xz (see make_zoo.py)."""

from __future__ import annotations

import base64
import json
import lzma
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from zoo_case import array_of, compare

from lite.importers.paddle import composed, load, quantization
from lite.importers.paddle.program import read_program
from lite.importers.paddle.rules import names
from lite.ir.interpret import interpret
from lite.ir.verify import verify

ZOO: dict[str, Any] = json.loads(lzma.decompress(Path(__file__).with_name("zoo.json.xz").read_bytes()))

# Rules that share their function with an op that has a case, or whose op those versions of Paddle do not run;
# test_quantized.py has those of quantized models, test_pir.py those of PIR only.
WITHOUT_A_CASE = {
    *composed.RULES, *quantization.RULES,
    "box_coder", "multiclass_nms", "multiclass_nms2", "multiclass_nms3", "prior_box", "rnn", "yolo_box",
    "acos", "acosh", "asin", "asinh", "atanh", "bicubic_interp", "bitwise_and", "bitwise_or",
    "bitwise_xor", "conv2d_fusion", "cosh", "isinf_v2", "isnan_v2", "maximum", "memcpy", "minimum",
    "negative", "print", "reduce_amax", "reduce_amin", "relu_clipped", "reshape", "shape64", "share_data",
    "squeeze", "sync_batch_norm", "tan", "transpose", "unsqueeze",
}  # fmt: skip


def _case(case: str) -> tuple[bytes, bytes, dict[str, np.ndarray], list[np.ndarray]]:
    entry = ZOO[case]
    program, parameters = (base64.b64decode(entry[name]) for name in ("program", "parameters"))
    return (
        program,
        parameters,
        {name: array_of(array) for name, array in entry["inputs"].items()},
        [array_of(array) for array in entry["outputs"]],
    )


@pytest.mark.parametrize("case", sorted(ZOO))
def test_reference_gives_what_paddle_gave(case: str) -> None:
    program, parameters, inputs, expected = _case(case)
    graph = load(program, param_file=parameters)
    verify(graph)
    compare(list(interpret(graph, inputs).values()), expected, 1e-5)


@pytest.mark.parametrize("case", sorted(ZOO))
def test_kernels_give_what_paddle_gave(case: str) -> None:
    pytest.importorskip("lite._native")
    from lite import Model, convert_to_bytes

    program, parameters, inputs, expected = _case(case)
    data, _ = convert_to_bytes(program, param_file=parameters, verify=True)
    compare(Model(data).session(threads=2).run(None, inputs), expected, 2e-5)


def test_every_rule_has_a_case() -> None:
    programs = (base64.b64decode(entry["program"]) for entry in ZOO.values())
    used = {operator.type for program in programs for operator in read_program(program, "zoo").operators}
    assert set(names()) - used == WITHOUT_A_CASE
