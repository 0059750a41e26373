# SPDX-License-Identifier: Apache-2.0
"""SVDFs that are refused, each with words; those that are imported are cases of tfl_special.py."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tfl_case import T
from tfl_quant import q
from tfl_special import svdf
from tfl_writer import packed

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.tflite import load


def test_a_memory_that_is_no_variable_is_refused() -> None:
    case = svdf("")
    del case.tensors["i4"].more["is_variable"]
    with pytest.raises(ModelFormatError, match="its memory 'i4' is no variable"):
        load(packed(case.model()))


def test_a_memory_that_two_layers_share_is_refused() -> None:
    case = svdf("")
    case.tensors["z"] = T()
    op, inputs, _, options = case.steps[0]
    case.steps.append((op, inputs, ["z"], options))
    with pytest.raises(UnsupportedOpError, match="its memory 'i4' is read by several operators"):
        load(packed(case.model()))


@pytest.mark.parametrize(("name", "words"), [("i0", "INT8 with a memory of FLOAT32"),
                                             ("i4", "FLOAT32 with a memory of INT8")])  # fmt: skip
def test_other_element_types_are_refused(name: str, words: str) -> None:
    case = svdf("")
    integers = q(1, 2, 7)
    case.tensors[name] = integers if name == "i0" else T(
        None, False, 0.1, 0, dtype="int8", more=case.tensors[name].more)  # fmt: skip
    with pytest.raises(UnsupportedOpError, match=f"an SVDF of {words} is not supported"):
        load(packed(case.model()))


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"rank": 0}, "its rank is 0, of 8 filters over 5"), ({"rank": 3}, "its rank is 3, of 8 filters")],
)
def test_a_rank_that_does_not_fit_is_told(changes: dict[str, Any], words: str) -> None:
    case = svdf("")
    case.steps[0][3].update(changes)
    with pytest.raises(ModelFormatError, match=re.escape(words)):
        load(packed(case.model()))


def test_weights_that_do_not_fit_are_told() -> None:
    case = svdf("")
    case.tensors["i2"] = svdf("", rank=1).tensors["i2"]
    with pytest.raises(ModelFormatError, match=r"the weights are .* expected \[filters, in\]"):
        load(packed(case.model()))
