# SPDX-License-Identifier: Apache-2.0
"""Rules for TensorFlow's ops, by topic; and why other ops are refused."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lite.importers.tensorflow.refs import CALLS, IFS, LOOPS
from lite.importers.tensorflow.rules import (
    constants,
    control,
    detection,
    elementwise,
    images,
    indices,
    linear,
    lists,
    moves,
    quantization,
    reductions,
    windows,
)

Rule = Callable[..., Any]  # from a Call (of lists, and its items) to a Value, or to an item for each output

_TOPICS = (
    constants,
    control,
    detection,
    elementwise,
    images,
    indices,
    linear,
    lists,
    moves,
    quantization,
    reductions,
    windows,
)
_WALKED = frozenset(
    {
        "Merge",
        "Placeholder",
        "ReadVariableOp",
        "RefMerge",
        "VarHandleOp",
        "Variable",
        "VariableV2",
        *CALLS,
        *IFS,
        *LOOPS,
    }
)


@functools.cache
def table() -> Mapping[str, Rule]:
    """Rules by TensorFlow's op name."""
    return {op: rule for topic in _TOPICS for op, rule in topic.RULES.items()}


def names() -> list[str]:
    """Names of the ops that can be imported, sorted."""
    return sorted({*table(), *_WALKED})


def why_not(op: str) -> tuple[str, str]:
    """Why an op cannot be imported, and what to do about it."""
    for beginnings, reason in _REFUSED:
        if op.startswith(tuple(beginnings)):
            return reason
    return "there is no rule for this op", "`lite opt --print_supported_ops` lists the ops that are supported"


_OUTSIDE = "do this step before or behind the model"
LOOP = (
    "control flow: how often its body runs is known only when running",
    "fix its length with input_shapes, or unroll it (Keras: unroll=True)",
)
BRANCH = ("control flow: which branch is taken is known only when running", "export each branch by itself")
_REFUSED: tuple[tuple[Sequence[str], tuple[str, str]], ...] = (
    (
        ("Enter", "Exit", "NextIteration", "LoopCond", "TensorList", "TensorArray", "For"),
        LOOP,
    ),
    (("Case", "StatelessCase"), BRANCH),
    (
        ("CudnnRNN", "LSTMBlock", "BlockLSTM", "GRUBlock"),
        ("recurrent layers have no kernel", "use a model without recurrent layers"),
    ),
    (
        ("NonMaxSuppression", "CropAndResize", "Where", "Unique", "BooleanMask"),
        ("the shape of its result depends on data", f"end the model before it, and {_OUTSIDE}"),
    ),
    (
        ("Random", "StatelessRandom", "Multinomial", "TruncatedNormal", "ParameterizedTruncatedNormal"),
        ("its result is random", "make the random numbers an input of the model"),
    ),
    (
        ("HashTable", "LookupTable", "MutableHashTable", "String", "Regex", "StaticRegex", "AsString"),
        ("text and tables are not supported", _OUTSIDE),
    ),
    (
        ("Decode", "Encode", "ParseExample", "ReadFile", "Iterator"),
        ("it reads data, which is no op of a network", _OUTSIDE),
    ),
    (
        ("Quantize", "Dequantize"),
        ("quantized graphs are not read", "convert the model to TFLite, whose quantization is read"),
    ),
    (
        ("Conv3D", "MaxPool3D", "AvgPool3D"),
        ("windows of three axes have no kernel", "use windows of two axes"),
    ),
    (("PyFunc", "EagerPyFunc"), ("it is a program in Python", "write it with TensorFlow's own ops")),
)
