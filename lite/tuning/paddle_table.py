# SPDX-License-Identifier: Apache-2.0
"""Latency tables as PaddleSlim's hardware search reads them.

    lite 0.1.0<TAB>Cortex-A76<TAB>2026-01-31 12:00:00
    conv,1,1,1,3,224,224,32,1,3,1,2,1<TAB>0.412

The first line names engine, device and time. A row has an op with its arguments, commas between them, and
milliseconds. A convolution's arguments are: bias, relu, batch, channels, height, width, channels out, groups,
kernel, padding, stride, dilation, then kernel, padding, stride and dilation of the width where these differ.
A fully connected layer is a convolution of one pixel. Shapes are as in Paddle, channels first, batch 1.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lite.errors import FileError
from lite.ir import Node
from lite.profile import LayerTime
from lite.tune_cache import CPU, ENGINE
from lite.tuning.latency_table import lines_of
from lite.tuning.stopwatch import Net, layer_times

FIELDS = 3
ELTWISE = {"mul": 1, "add": 2, "max": 3, "q_mul": 1, "q_add": 2}
ACTIVATIONS = frozenset({"relu", "prelu", "sigmoid", "relu6", "elu", "leaky_relu"})
POOL_WITH_PADDING, POOL = 2, 3  # a mean that counts zeros around the image, any other pooling


@dataclass
class PaddleTable:
    """Milliseconds by op and arguments.

    Attributes
    ----------
    engine, device, created : str
    rows : dict of str to float
    """

    engine: str
    device: str
    created: str
    rows: dict[str, float] = field(default_factory=dict)

    def to_text(self) -> str:
        head = "\t".join((self.engine, self.device, self.created))
        return "\n".join([head, *(f"{key}\t{time_ms:.6f}" for key, time_ms in self.rows.items()), ""])


def read_paddle_table(path: str | os.PathLike[str]) -> PaddleTable:
    """A table from a file.

    Raises
    ------
    FileError
        Naming the line that cannot be read.
    """
    lines = lines_of(path)
    head = lines[0].split("\t") if lines else []
    if len(head) != FIELDS:
        raise FileError("it is no latency table", where=str(path),
                        hint="its first line is ENGINE<TAB>DEVICE<TAB>TIME")
    engine, device, created = head
    table = PaddleTable(engine, device, created)
    for number, line in enumerate(lines[1:], start=2):
        key, tab, text = line.partition("\t")
        try:
            time_ms = float(text)
        except ValueError:
            time_ms = -1.0
        if not tab or not 0 <= time_ms < float("inf"):
            raise FileError(f"got {line!r}, expected: OP,ARGUMENT,...<TAB>MILLISECONDS",
                            where=f"{path}, line {number}")
        table.rows[key] = time_ms
    return table


def measured(net: Net) -> PaddleTable:
    """The layers of a net, timed on this machine; those that such tables have no row for are left out."""
    return table_of(CPU, layer_times([net])[0])


def table_of(device: str, layers: Iterable[tuple[Node, LayerTime, float]]) -> PaddleTable:
    """Layers with their microseconds on a device; those that such tables have no row for are left out."""
    table = PaddleTable(ENGINE, device, time.strftime("%Y-%m-%d %H:%M:%S"))
    for node, layer, time_us in layers:
        key = row_of(node, layer)
        if key is not None:
            table.rows[key] = time_us / 1e3
    return table


def row_of(node: Node, layer: LayerTime) -> str | None:
    """A layer's op and arguments; None for ops that such tables do not have."""
    name = node.op.name.removeprefix("q_")
    words: Sequence[Any] | None = None
    if name == "conv2d":
        words = _convolution(node, layer)
    elif name == "fully_connected":
        k, n = layer.inputs[1]
        words = ("conv", _is_given(node, 2), _has_relu(node), 1, k, 1, 1, n, 1, 1, 0, 1, 1)
    elif name in ELTWISE:
        words = ("eltwise", ELTWISE[name], 1, *_channels_first(layer.inputs[0]))
    elif name in ACTIVATIONS:
        words = (name, 1, *_channels_first(layer.inputs[0]))
    elif name == "softmax":
        words = ("softmax", getattr(node.op, "axis", -1), 1, *_channels_first(layer.inputs[0]))
    elif name == "pool2d":
        words = _pooling(node, layer)
    return None if words is None else ",".join(str(word) for word in words)


def _convolution(node: Node, layer: LayerTime) -> tuple[Any, ...]:
    op: Any = node.op
    out, _, *kernel = layer.inputs[1]
    pairs = (kernel, op.pads[:2], op.strides, op.dilations)
    extra = [width for height, width in pairs if height != width]
    return ("conv", _is_given(node, 2), _has_relu(node), 1, *_channels_first(layer.inputs[0]), out,
            op.groups, *(height for height, _ in pairs), *extra)  # fmt: skip


def _pooling(node: Node, layer: LayerTime) -> tuple[Any, ...]:
    op: Any = node.op
    pairs = (op.kernel, op.pads[:2], op.strides)
    extra = [width for height, width in pairs if height != width]
    shape = _channels_first(layer.inputs[0])
    return ("pooling", int(tuple(op.kernel) == tuple(shape[1:])), 1, *shape, *(height for height, _ in pairs),
            int(op.ceil_mode), POOL_WITH_PADDING if op.count_include_pad else POOL, *extra)  # fmt: skip


def _channels_first(shape: Sequence[int]) -> tuple[int, ...]:
    """Channels, height and width of what the kernels read, channels last; ones where there are none."""
    inner = tuple(shape[1:])
    if len(inner) == 3:
        inner = (inner[2], inner[0], inner[1])
    return (*inner, *(1 for _ in range(3 - len(inner))))


def _is_given(node: Node, place: int) -> int:
    return int(len(node.inputs) > place and node.inputs[place] is not None)


def _has_relu(node: Node) -> int:
    return int(getattr(node.op, "activation", "none") == "relu")
