# SPDX-License-Identifier: Apache-2.0
"""How much a model multiplies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from lite.convert import Convertible, load_graph
from lite.ir import Extent, Node, TensorType, Value
from lite.ir.dim import evaluate


def flops(model: Convertible, *, extents: Mapping[str, int] | None = None) -> int:
    """Multiply-adds of a model's layers, each counted once. Parameters as of ``flops_by_layer``."""
    return sum(flops_by_layer(model, extents=extents).values())


def flops_by_layer(model: Convertible, *, extents: Mapping[str, int] | None = None) -> dict[str, int]:
    """Multiply-adds of each convolution and matrix product, by name of its output.

    A convolution's bias counts as one for each output, a matrix product's does not, as in PaddleSlim.

    Parameters
    ----------
    model : path, bytes, Graph, or module of to_torch
    extents : mapping of str to int, optional
        Of the free extents by name; those not given are as small as allowed: a batch of one.
    """
    graph = load_graph(model)
    symbols = {name: symbol.smallest for name, symbol in graph.symbols.items()} | dict(extents or {})
    return {node.output.name: evaluate(_COUNTS[node.op.name](node), symbols)
            for node in graph.nodes if is_counted(node)}


def is_counted(node: Node) -> bool:
    """Whether a node is a layer: a convolution or a matrix product."""
    return node.op.name in _COUNTS


def _of_conv2d(node: Node) -> Extent:
    _, per_group, height, width = _shape(node, 1)
    return node.output.type.count * (per_group * height * width + (node.input(2) is not None))


def _of_conv2d_transpose(node: Node) -> Extent:
    _, per_group, height, width = _shape(node, 1)
    bias = node.output.type.count if node.input(2) is not None else 0
    return _type(node, 0).count * (per_group * height * width) + bias


def _of_matrices(node: Node) -> Extent:
    shape = _shape(node, 0)
    is_turned = len(shape) > 1 and node.op.attributes().get("transpose_a", False)
    return node.output.type.count * shape[-2 if is_turned else -1]


def _type(node: Node, position: int) -> TensorType:
    return cast(Value, node.inputs[position]).type


def _shape(node: Node, position: int) -> tuple[Extent, ...]:
    return _type(node, position).shape


_COUNTS = {
    "conv2d": _of_conv2d,
    "conv2d_transpose": _of_conv2d_transpose,
    "fully_connected": _of_matrices,
    "matmul": _of_matrices,
}
_COUNTS |= {f"q_{name}": count for name, count in _COUNTS.items()}  # the same on integers
