# SPDX-License-Identifier: Apache-2.0
"""The loss on labels, for nets that end in scores or in a softmax of them."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional

from lite.errors import InputError
from lite.ir import Value
from lite.slim.torch_bridge import GraphModule

SOFTMAXES = ("softmax", "log_softmax")
BEHIND = (*SOFTMAXES, "quantize", "dequantize", "reshape", "squeeze", "clip")  # the scores, perhaps


def cross_entropy(net: GraphModule, feeds: Mapping[str, Tensor], labels: Tensor | None) -> Tensor:
    """The cross entropy between a classifier's only output and labels.

    Raises
    ------
    InputError
        If there are no labels, or they do not fit the scores.
    """
    name = scores_name(net)
    return label_loss(net.run(feeds, taps=[name])[name], labels)


def label_loss(scores: Tensor, labels: Tensor | None) -> Tensor:
    """The cross entropy between scores [n, classes] and labels.

    Raises
    ------
    InputError
        If there are no labels, or they do not fit the scores.
    """
    if labels is None:
        raise InputError("there are no labels, which cross_entropy compares with", where="batch",
                         hint="give pairs of inputs and labels")
    scores = scores.flatten(1)
    wanted = scores.shape if labels.is_floating_point() else scores.shape[:1]
    if labels.shape != wanted:
        raise InputError(f"got labels of shape {list(labels.shape)} for scores of {list(scores.shape)}",
                         where="batch", hint="one number of a class, or one row of probabilities, per sample")
    if not labels.is_floating_point() and not 0 <= int(labels.min()) <= int(labels.max()) < scores.shape[1]:
        raise InputError(f"labels are {int(labels.min())} to {int(labels.max())}, expected 0 to "
                         f"{scores.shape[1] - 1}", where="batch")
    return functional.cross_entropy(scores, labels)


def scores_name(net: GraphModule) -> str:
    """The value that a classifier's softmax reads; the first output if there is no softmax."""
    return scores_of(net.graph.outputs[0]).name


def scores_of(value: Value) -> Value:
    """What the softmax reads that a value is the result of; the value itself if there is none."""
    found: Value | None = value
    while found is not None and found.producer is not None and found.producer.op.name in BEHIND:
        node = found.producer
        found = node.inputs[0]
        if found is not None and node.op.name in SOFTMAXES:
            return found
    return value
