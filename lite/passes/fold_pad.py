# SPDX-License-Identifier: Apache-2.0
"""A pad before a convolution or a pooling becomes the padding that these do by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Union

import numpy as np

from lite.ir import Builder, Extent, Graph, Node, Value
from lite.ir.dim import is_nonnegative
from lite.ops.conv2d import Conv2d
from lite.ops.pad import Pad
from lite.ops.pool2d import Pool2d
from lite.passes.pattern import bounds, every_window_sees_input, is_unpadded, maker
from lite.passes.rule import Rule, RulePass

Window = Union[Conv2d, Pool2d]


class FoldPadRule(Rule[tuple[Node, Node]]):
    """window(pad(x)) -> window with more padding. Only where every output keeps its value."""

    name = "fold_pad"
    roots = ("conv2d", "pool2d")

    def pattern(self, root: Node) -> tuple[Node, Node] | None:
        pad = maker(root.input(0), "pad")
        return (pad, root) if pad is not None else None

    def check(self, match: tuple[Node, Node], graph: Graph) -> str | None:
        pad, window = match
        return shape_refusal(pad, _spatial(window)) or _value_refusal(pad, window)

    def rewrite(self, match: tuple[Node, Node], build: Builder) -> Value:
        pad, window = match
        assert isinstance(window.op, (Conv2d, Pool2d))
        op = window.op.replace(pads=total_pads(pad, _spatial(window), window.op.pads))
        if isinstance(op, Pool2d) and op.kind == "average":
            op = op.replace(count_include_pad=True)
        return build.add(op, pad.inputs[0], *window.inputs[1:], name=window.name)


def _spatial(window: Node) -> tuple[int, int]:
    return (2, 3) if window.op.attributes()["layout"] == "nchw" else (1, 2)


def total_pads(pad: Node, axes: tuple[int, int], pads: Sequence[Extent]) -> tuple[Extent, ...]:
    """The padding of a window over these axes together with that of a pad before it."""
    assert isinstance(pad.op, Pad)
    rows, columns = axes
    more = (pad.op.before[rows], pad.op.before[columns], pad.op.after[rows], pad.op.after[columns])
    return tuple(old + extra for old, extra in zip(pads, more))


def shape_refusal(pad: Node, axes: tuple[int, int]) -> str | None:
    """Why a pad is not a window's padding over these axes, whatever it fills in."""
    assert isinstance(pad.op, Pad)
    if pad.op.mode != "constant":
        return f"it pads by {pad.op.mode}, not with a constant"
    if not all(is_nonnegative(extent) for extent in (*pad.op.before, *pad.op.after)):
        return "it takes elements away, or may do so"
    rank = len(pad.op.before)
    other = [axis for axis in range(rank) if axis not in axes]
    if any(pad.op.before[axis] != 0 or pad.op.after[axis] != 0 for axis in other):
        return "it pads other axes than height and width"
    return None


def _value_refusal(pad: Node, window: Node) -> str | None:
    assert isinstance(pad.op, Pad)
    value = pad.op.value
    if isinstance(window.op, Conv2d):
        return None if value == 0 else f"it pads with {value}, a convolution with 0"
    assert isinstance(window.op, Pool2d)
    if window.op.ceil_mode:
        return "a window that hangs over the end would start elsewhere"
    if window.op.kind == "average":
        if value != 0:
            return f"it pads with {value}, an average with 0"
        counts_all = window.op.count_include_pad or is_unpadded(window.op)
        return None if counts_all else "the average counts only a part of the padding"
    return _max_refusal(pad, window, window.op, value)


def _max_refusal(pad: Node, window: Node, pool: Pool2d, value: float) -> str | None:
    if value == -np.inf:
        return None
    lowest, _ = bounds(pad.input(0))
    if value > lowest:
        return f"it pads with {value}, which may be greater than what it pads"
    if not every_window_sees_input(pool.replace(pads=total_pads(pad, _spatial(window), pool.pads))):
        return f"a window may see nothing but the padding of {value}"
    return None


class FoldPad(RulePass):
    """Folds pad into conv2d and pool2d."""

    name = "fold_pad"
    rules = (FoldPadRule(),)
