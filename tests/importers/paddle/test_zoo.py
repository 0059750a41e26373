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

from lite.errors import UnsupportedOpError
from lite.importers.paddle import composed, load, quantization
from lite.importers.paddle.program import read_program
from lite.importers.paddle.rules import names
from lite.importers.proto import messages
from lite.ir.interpret import interpret
from lite.ir.verify import verify

ZOO: dict[str, Any] = json.loads(lzma.decompress(Path(__file__).with_name("zoo.json.xz").read_bytes()))

BY_DATA = "2.6.2/body_by_data"  # a branch that only data decides

# Rules that share their function with an op that has a case, or whose op those versions of Paddle do not run;
# test_quantized.py has those of quantized models, test_pir.py those of PIR only.
WITHOUT_A_CASE = {
    *composed.RULES, *quantization.RULES,
    "box_coder", "multiclass_nms", "multiclass_nms2", "multiclass_nms3", "prior_box", "rnn", "yolo_box",
    "acos", "acosh", "asin", "asinh", "atanh", "bicubic_interp", "bitwise_and", "bitwise_or",
    "bitwise_xor", "conv2d_fusion", "cosh", "isinf_v2", "isnan_v2", "maximum", "memcpy", "minimum",
    "negative", "print", "reduce_amax", "reduce_amin", "relu_clipped", "reshape", "shape64", "share_data",
    "squeeze", "sync_batch_norm", "tan", "transpose", "unsqueeze",
} - {"select_input"}  # fmt: skip


def _case(case: str) -> tuple[bytes, bytes, dict[str, np.ndarray], list[np.ndarray]]:
    entry = ZOO[case]
    program, parameters = (base64.b64decode(entry[name]) for name in ("program", "parameters"))
    return (
        program,
        parameters,
        {name: array_of(array) for name, array in entry["inputs"].items()},
        [array_of(array) for array in entry["outputs"]],
    )


@pytest.mark.parametrize("case", sorted(set(ZOO) - {BY_DATA}))
def test_reference_gives_what_paddle_gave(case: str) -> None:
    program, parameters, inputs, expected = _case(case)
    graph = load(program, param_file=parameters)
    verify(graph)
    compare(list(interpret(graph, inputs).values()), expected, 1e-5)


@pytest.mark.parametrize("case", sorted(set(ZOO) - {BY_DATA}))
def test_kernels_give_what_paddle_gave(case: str) -> None:
    pytest.importorskip("lite._native")
    from lite import Model, convert_to_bytes

    program, parameters, inputs, expected = _case(case)
    data, _ = convert_to_bytes(program, param_file=parameters, verify=True)
    compare(Model(data).session(threads=2).run(None, inputs), expected, 2e-5)


def test_branches_on_data_are_refused() -> None:
    program, parameters, _, _ = _case(BY_DATA)
    with pytest.raises(UnsupportedOpError, match=r"conditional_block x2 .*control flow"):
        load(program, param_file=parameters)


def test_loops_that_do_not_end_are_refused() -> None:
    given, parameters, _, _ = _case("2.6.2/body_counted")
    program = messages("framework")["ProgramDesc"].FromString(given)
    del program.blocks[1].ops[-1]  # which writes the condition
    with pytest.raises(UnsupportedOpError, match=r"while x1 .*control flow"):
        load(program.SerializeToString(), param_file=parameters)


@pytest.mark.parametrize("index", [-1, 0, 7])
def test_bodies_that_are_not_there_are_refused(index: int) -> None:
    given, parameters, _, _ = _case("2.6.2/body_counted")
    program = messages("framework")["ProgramDesc"].FromString(given)
    loop = next(op for op in program.blocks[0].ops if op.type == "while")
    next(attr for attr in loop.attrs if attr.name == "sub_block").block_idx = index
    with pytest.raises(UnsupportedOpError, match="control flow"):
        load(program.SerializeToString(), param_file=parameters)


def test_every_rule_has_a_case() -> None:
    programs = (base64.b64decode(entry["program"]) for entry in ZOO.values())
    used = {operator.type for program in programs for operator in read_program(program, "zoo").operators}
    assert set(names()) - used == WITHOUT_A_CASE
