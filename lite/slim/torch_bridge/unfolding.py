# SPDX-License-Identifier: Apache-2.0
"""Batch norms put behind the convolutions that have lost theirs, for training."""

from __future__ import annotations

import numpy as np

from lite import ops
from lite.ir import Builder, Graph, Node, Op
from lite.ops._extents import channel_axis
from lite.ops.batch_norm import BatchNorm
from lite.ops.clip import Clip

EPSILON = 1e-5


def unfold_batch_norms(graph: Graph) -> int:
    """Put a batch_norm behind each convolution of constants with a bias and no batch_norm; how many.

    The bias becomes that of the batch_norm, whose mean is 0 and whose deviation is 1: the function stays.
    """
    count = 0
    for node in list(graph.nodes):
        if node.op.name == "conv2d" and _lost_its_norm(node):
            _unfold(graph, node)
            count += 1
    return count


def _lost_its_norm(node: Node) -> bool:
    weights, bias = node.input(1), node.input(2)
    if weights is None or not weights.is_constant or bias is None or not bias.is_constant:
        return False
    if node.input(3) is not None or _activation(node.op) == "unknown":
        return False
    return not any(user.op.name == "batch_norm" for user in node.output.users)


def _activation(op: Op) -> Op | str | None:
    """The activation of a layer as an op of its own; None if there is none, a word if that is not known."""
    attributes = op.attributes()
    kind, alpha, beta = attributes["activation"], attributes["alpha"], attributes["beta"]
    if kind == "none":
        return None
    if kind in ("relu", "relu6", "hard_swish", "swish", "sigmoid"):
        return ops.get(kind)()
    return Clip(lo=alpha, hi=beta) if kind == "clip" else "unknown"


def _unfold(graph: Graph, node: Node) -> None:
    activation, bias = _activation(node.op), node.inputs[2]
    after = graph.place(node) + 1
    build = Builder(graph, before=graph.nodes[after] if after < len(graph.nodes) else None, name=node.name)
    channels = int(bias.type.shape[0])  # type: ignore[union-attr]
    ones, zeros = np.ones(channels, np.float32), np.zeros(channels, np.float32)
    norm = BatchNorm(epsilon=EPSILON, axis=channel_axis(node.op.attributes()["layout"]))
    raw = node.output
    y = build.add(norm, raw, build.constant(ones, name=f"{node.name}.scale"), bias,
                  build.constant(zeros, name=f"{node.name}.mean"),
                  build.constant(ones * np.float32(1 - EPSILON), name=f"{node.name}.variance"))
    first = y.producer
    if isinstance(activation, Op):
        y = build.add(activation, y)
    graph.replace_uses(raw, y)
    graph.set_input(first, 0, raw)  # type: ignore[arg-type]
    graph.set_input(node, 2, None)
    node.op = node.op.replace(activation="none", alpha=0.0, beta=0.0)
