# SPDX-License-Identifier: Apache-2.0
"""Ops that move elements: channels are found again where they went."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lite.ir import Extent, Node, Op
from lite.ops._extents import channel_axis
from lite.passes.axes import runs
from lite.slim.pruning.rules.layers import only_along, together
from lite.slim.pruning.tracing import Channels, Kept, Rule, Trace, Traced


def _transpose(trace: Trace, node: Node) -> Traced:
    channels = trace.of(node)
    return channels and channels.along(node.op.attributes()["perm"].index(channels.axis))


def _reshape(trace: Trace, node: Node) -> Traced:
    """Any op that keeps the order of elements."""
    channels, source = trace.of(node), node.inputs[0]
    if channels is None or source is None:
        return None
    shape, target = source.type.shape, node.output.type.shape
    pairs = runs(shape, target) or []
    axes, targets = next((pair for pair in pairs if channels.axis in pair[0]), ([], []))
    extents = [shape[axis] for axis in axes] + [target[axis] for axis in targets]
    if not targets or not all(isinstance(extent, int) for extent in extents):
        trace.stay(node, channels, f"makes {list(target)} of {list(shape)}, where they cannot be followed")
        return None
    inner = math.prod(int(shape[axis]) for axis in axes if axis > channels.axis)
    outer = math.prod(int(shape[axis]) for axis in axes if axis < channels.axis)
    ids = np.tile(np.repeat(channels.ids, inner), outer).reshape([int(target[axis]) for axis in targets])
    return _with_shape(trace, node, _along_one_axis(trace, ids, targets))


def _along_one_axis(trace: Trace, ids: np.ndarray, axes: list[int]) -> Traced:
    """Channels that differ along several axes are joined, so that they differ along the longest only."""
    roots = trace.units.roots(ids)
    differing = [place for place in range(ids.ndim) if np.any(roots != np.take(roots, [0], place))]
    if not differing:
        return None
    longest = max(differing, key=lambda place: ids.shape[place])
    rows = np.moveaxis(ids, longest, -1).reshape(-1, ids.shape[longest])
    trace.units.join(rows, rows[:1])
    return Channels(axes[longest], rows[0])


def _with_shape(trace: Trace, node: Node, channels: Traced) -> Traced:
    """The extent of the channels in the attribute ``shape``, if there is one, becomes what stays of them."""
    shape: tuple[Extent, ...] | None = node.op.attributes().get("shape")
    if channels is None or shape is None:
        return channels
    place, op = channels.axis + len(shape) - node.output.type.rank, node.op
    if place >= 0 and shape[place] not in (1, -1):
        trace.rewrites[node] = lambda kept: op.replace(
            shape=(*shape[:place], int(kept(channels.ids).sum()), *shape[place + 1:]))
    return channels


def _expand(trace: Trace, node: Node) -> Traced:
    channels, source = trace.of(node), node.inputs[0]
    if channels is None or source is None:
        return None
    return _with_shape(trace, node, channels.along(channels.axis + node.output.type.rank - source.type.rank))


def _tile(trace: Trace, node: Node) -> Traced:
    channels = trace.of(node)
    if channels is None:
        return None
    repeats = node.op.attributes()["repeats"][channels.axis]
    if not isinstance(repeats, int):
        trace.stay(node, channels, f"repeats them {repeats} times")
        return None
    return Channels(channels.axis, np.tile(channels.ids, repeats))


def _concat(trace: Trace, node: Node) -> Traced:
    axis, rank = node.op.attributes()["axis"], len(node.inputs)
    traced = [trace.of(node, position) for position in range(rank)]
    axes = {channels.axis for channels in traced if channels is not None}
    if not axes:
        return None
    if axes == {axis}:
        return _joined(trace, node, traced, axis)
    if len(axes) == 1:
        return _side_by_side(trace, node, traced, axes.pop())
    trace.stay_all(node, "joins channels along different axes")
    return None


def _joined(trace: Trace, node: Node, traced: list[Traced], axis: int) -> Traced:
    """Channels one behind the other; what has none stays."""
    parts = []
    for position, channels in enumerate(traced):
        value: Any = node.inputs[position]
        extent = value.type.shape[axis]
        if channels is None and not isinstance(extent, int):
            trace.stay_all(node, f"puts them beside {value.name!r} of unknown extent")
            return None
        parts.append(channels.ids if channels is not None
                     else _staying(trace, int(extent), trace.why_fixed(value)))
    return Channels(axis, np.concatenate(parts))


def _side_by_side(trace: Trace, node: Node, traced: list[Traced], axis: int) -> Traced:
    """Values joined along another axis are equally wide along that of the channels."""
    first = next(channels for channels in traced if channels is not None)
    for position, channels in enumerate(traced):
        value: Any = node.inputs[position]
        if channels is not None:
            trace.units.join(first.ids, channels.ids)
        elif value.is_constant:
            trace.cut(node, position, axis, first.ids)
        else:
            trace.stay(node, first, f"joins them with {value.name!r}: {trace.why_fixed(value)}")
    return first


def _staying(trace: Trace, count: int, reason: str) -> np.ndarray:
    """Places that always stay."""
    ids = trace.units.fresh(count)
    trace.units.stay(ids, reason)
    return ids


def _split(trace: Trace, node: Node) -> list[Traced]:
    channels, attributes = trace.of(node), node.op.attributes()
    if channels is None or channels.axis != attributes["axis"]:
        return [channels] * len(node.outputs)
    parts, op = np.split(channels.ids, np.cumsum(attributes["sizes"])[:-1]), node.op
    trace.rewrites[node] = lambda kept: op.replace(sizes=tuple(int(kept(part).sum()) for part in parts))
    return [Channels(channels.axis, part) for part in parts]


def _slice(trace: Trace, node: Node) -> Traced:
    channels, attributes = trace.of(node), node.op.attributes()
    if channels is None or channels.axis not in attributes["axes"]:
        return channels
    place = attributes["axes"].index(channels.axis)
    start, size, step = (attributes[name][place] for name in ("starts", "sizes", "steps"))
    if step != 1 or not isinstance(start, int) or not isinstance(size, int):
        trace.stay(node, channels, f"takes {size} of them from {start} on, {step} apart")
        return None
    ids, op = channels.ids, node.op

    def rewritten(kept: Kept) -> Op:
        stays, changed = kept(ids), {"starts": list(attributes["starts"]), "sizes": list(attributes["sizes"])}
        changed["starts"][place] = int(stays[:start].sum())
        changed["sizes"][place] = int(stays[start:start + size].sum())
        return op.replace(**{name: tuple(row) for name, row in changed.items()})

    trace.rewrites[node] = rewritten
    return Channels(channels.axis, ids[start:start + size])


def _gather(trace: Trace, node: Node) -> Traced:
    channels, axis, indices = trace.of(node), node.op.attributes()["axis"], node.inputs[1]
    if channels is None or indices is None:
        return None
    if channels.axis != axis:
        behind = channels.axis > axis
        return channels.along(channels.axis + (indices.type.rank - 1 if behind else 0))
    if indices.array is None or indices.type.rank != 1 or node.input(2) is not None:
        trace.stay(node, channels, "picks some of them by what is computed")
        return None
    ids = channels.ids
    places = np.clip(np.where(indices.array < 0, indices.array + len(ids), indices.array), 0, len(ids) - 1)

    def picked(array: np.ndarray, kept: Kept) -> np.ndarray:
        stays = kept(ids)
        moved: np.ndarray = (np.cumsum(stays) - 1)[places[stays[places]]]
        return moved.astype(array.dtype)

    trace.edit(node, 1, picked)
    return Channels(axis, ids[places])


def _pad(trace: Trace, node: Node) -> Traced:
    channels, attributes = trace.of(node), node.op.attributes()
    if channels is None:
        return None
    before, after = attributes["before"][channels.axis], attributes["after"][channels.axis]
    if before == after == 0:
        return channels
    if attributes["mode"] != "constant" or not all(isinstance(n, int) and n >= 0 for n in (before, after)):
        trace.stay(node, channels, "repeats some of them, or cuts some off")
        return None
    around = [_staying(trace, int(count), f"{node.name} (pad) adds channels") for count in (before, after)]
    return Channels(channels.axis, np.concatenate([around[0], channels.ids, around[1]]))


def _shuffle(trace: Trace, node: Node) -> Traced:
    """All groups lose the same places."""
    channels, attributes = trace.of(node), node.op.attributes()
    if channels is None or channels.axis != attributes["axis"]:
        return channels
    groups, begin, op = attributes["groups"], attributes["begin"], node.op
    shuffled = together(trace, channels.ids, groups).T.reshape(-1)
    end = begin + attributes["size"] if attributes["size"] else len(shuffled)

    def rewritten(kept: Kept) -> Op:
        stays = kept(shuffled)
        size = int(stays[begin:end].sum()) if attributes["size"] else 0
        return op.replace(begin=int(stays[:begin].sum()), size=size)

    trace.rewrites[node] = rewritten
    return Channels(channels.axis, shuffled[begin:end])


def _space_to_depth(trace: Trace, node: Node) -> Traced:
    """Each channel becomes several, which go together."""
    attributes = node.op.attributes()
    channels = only_along(trace, node, channel_axis(attributes["layout"]))
    return channels and Channels(channels.axis, np.tile(channels.ids, attributes["block"] ** 2))


def _depth_to_space(trace: Trace, node: Node) -> Traced:
    """Channels that become pixels of one channel go together."""
    attributes = node.op.attributes()
    channels = only_along(trace, node, channel_axis(attributes["layout"]))
    if channels is None:
        return None
    pixels = attributes["block"] ** 2
    folded = channels.ids.reshape((pixels, -1) if attributes["mode"] == "dcr" else (-1, pixels))
    folded = folded if attributes["mode"] == "dcr" else folded.T
    trace.units.join(folded, folded[:1])
    return Channels(channels.axis, folded[0])


RULES: dict[str, Rule] = {
    "transpose": _transpose, "reshape": _reshape, "flatten": _reshape, "squeeze": _reshape,
    "unsqueeze": _reshape, "expand": _expand, "tile": _tile, "concat": _concat, "split": _split,
    "slice": _slice, "gather": _gather, "pad": _pad, "channel_shuffle": _shuffle,
    "space_to_depth": _space_to_depth, "depth_to_space": _depth_to_space,
}  # fmt: skip
