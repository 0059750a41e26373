# SPDX-License-Identifier: Apache-2.0
"""What a profile of a session says: the time of every layer, as a table, plain types or a Chrome trace."""

from __future__ import annotations

import dataclasses
import json
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Span = tuple[int, int]  # begin and end, in ns


@dataclass(frozen=True)
class LayerTime:
    """One layer's time.

    Attributes
    ----------
    name, op : str
    kernel : str
        What the op picked for these shapes; "" if there is no choice.
    inputs, outputs : tuple of shapes
    median_us : float
        Over the runs.
    spans : tuple of (begin, end)
        In ns of a monotonic clock, one per run.
    """

    name: str
    op: str
    kernel: str
    inputs: tuple[tuple[int, ...], ...]
    outputs: tuple[tuple[int, ...], ...]
    median_us: float
    spans: tuple[Span, ...]

    @classmethod
    def of(cls, step: Sequence[Any], spans: Sequence[Span]) -> LayerTime:
        """From what the native session says about a step."""
        name, op, kernel, inputs, outputs = step
        median_us = statistics.median((end - begin) / 1e3 for begin, end in spans)
        return cls(name, op, kernel, tuple(inputs), tuple(outputs), median_us, tuple(spans))


@dataclass(frozen=True)
class Profile:
    """Times of all layers, in running order; iterates over them.

    Attributes
    ----------
    layers : tuple of LayerTime
    isa : str
        Instruction set of the kernels.
    threads : int
    """

    layers: tuple[LayerTime, ...]
    isa: str
    threads: int

    def __iter__(self) -> Iterator[LayerTime]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    @property
    def total_us(self) -> float:
        """Sum of the layers' medians."""
        return sum(layer.median_us for layer in self.layers)

    def share(self, layer: LayerTime) -> float:
        """A layer's part of the whole, 0 to 1."""
        return layer.median_us / self.total_us if self.total_us else 0.0

    def by_op(self) -> dict[str, float]:
        """Microseconds by op, the slowest first."""
        totals: dict[str, float] = {}
        for layer in self.layers:
            totals[layer.op] = totals.get(layer.op, 0.0) + layer.median_us
        return dict(sorted(totals.items(), key=lambda row: -row[1]))

    def to_dict(self) -> dict[str, Any]:
        """All of it in plain types, for JSON."""
        layers = [{**dataclasses.asdict(layer), "share": self.share(layer)} for layer in self.layers]
        return {"isa": self.isa, "threads": self.threads, "total_us": self.total_us, "layers": layers}

    def chrome_trace(self) -> str:
        """The last run as a Chrome trace (JSON): open it at chrome://tracing or ui.perfetto.dev."""
        start = min((layer.spans[-1][0] for layer in self.layers), default=0)
        events = [{"name": layer.name, "cat": layer.op, "ph": "X", "pid": 0, "tid": 0,
                   "ts": (layer.spans[-1][0] - start) / 1e3,
                   "dur": (layer.spans[-1][1] - layer.spans[-1][0]) / 1e3,
                   "args": {"op": layer.op, "kernel": layer.kernel, "inputs": layer.inputs,
                            "outputs": layer.outputs, "isa": self.isa}}
                  for layer in self.layers]
        return json.dumps({"traceEvents": events, "displayTimeUnit": "ms"})

    def __str__(self) -> str:
        lines = [f"{'us':>10} {'share':>6}  {'op':18} {'kernel':20} {'output':18} name"]
        for layer in self.layers:
            shape = "x".join(map(str, layer.outputs[0])) if layer.outputs else ""
            lines.append(f"{layer.median_us:10.1f} {self.share(layer):6.1%}  {layer.op:18} {layer.kernel:20} "
                         f"{shape:18} {layer.name}")
        return "\n".join([*lines, f"{self.total_us:10.1f} 100.0%  {self.isa}, {self.threads} threads"])
