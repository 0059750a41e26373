# SPDX-License-Identifier: Apache-2.0
"""The table of rules: which of Caffe's layers are imported or left out, by what; why others are refused."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Union

from lite.importers.caffe import arithmetic, detection, movement, normalization, windows
from lite.importers.caffe.call import Call
from lite.importers.caffe.sources import SOURCES
from lite.ir import Value

Rule = Callable[[Call], Union[Value, Sequence[Value]]]

_TOPICS = (arithmetic, detection, movement, normalization, windows)

# Layers that measure or record: what they read becomes an output, and what reads them is left out.
DROPPED = frozenset(
    {
        "Accuracy",
        "ContrastiveLoss",
        "DetectionEvaluate",
        "EuclideanLoss",
        "HDF5Output",
        "HingeLoss",
        "InfogainLoss",
        "MultiBoxLoss",
        "MultinomialLogisticLoss",
        "SigmoidCrossEntropyLoss",
        "SmoothL1Loss",
        "SoftmaxWithLoss",
    }
)


@functools.cache
def table() -> Mapping[str, Rule]:
    """Rules by the layers' types."""
    return {type: rule for topic in _TOPICS for type, rule in topic.RULES.items()}


def names() -> list[str]:
    """Types of the layers that can be imported, sorted."""
    return sorted({*table(), *SOURCES})


def why_not(type: str) -> tuple[str, str]:
    """Why a layer cannot be imported, and what to do about it."""
    return _REFUSED.get(
        type,
        (
            "there is no rule for this layer",
            "`lite opt --print_supported_ops` lists the layers that are supported",
        ),
    )


_RECURRENT = ("recurrent layers have no kernel", "use a model without recurrent layers")
_REGIONS = ("it cuts regions out that are known only when running", "end the model before it")
_REFUSED = {
    "LSTM": _RECURRENT, "RNN": _RECURRENT, "Recurrent": _RECURRENT, "LSTMUnit": _RECURRENT,
    "Python": ("it is a program in Python", "write it with layers, or end the model before it"),
    "Proposal": _REGIONS, "ROIPooling": _REGIONS, "PSROIPooling": _REGIONS,
    "BatchReindex": ("the shape of its result depends on data", "end the model before it"),
    "Filter": ("the shape of its result depends on data", "end the model before it"),
}  # fmt: skip
