#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which layers lose: ours beside onnxruntime's, layer by layer, each by its own profiler, on one thread.

    python bench/layers.py                               # the networks of bench/zoo
    python bench/layers.py --models my.onnx --all        # all layers, not only those that lose
    python bench/layers.py --models mobilenet_v1 --int8  # ours by StaticPTQ, theirs as QDQ

A layer is a convolution or matrix product with what follows it alone: normalization, activation, sum. Turns
alternate. Steps of onnxruntime that belong to no layer (reordering) count as one, "other".
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from engines import Lite, OnnxRuntime, RefusalError, Source
from race.networks import NAMES, ZOO, source

from lite.profile import LayerTime
from lite.session import Model, Session

HEADS = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})
FOLLOWERS = frozenset(
    {"BatchNormalization", "Relu", "Clip", "HardSigmoid", "HardSwish", "Sigmoid", "LeakyRelu", "Add", "Mul"}
)
MOVES = frozenset({"Reshape", "Transpose"})
OTHER = "other"
TURNS, RUNS = 8, 5


def heads(model: onnx.ModelProto) -> dict[str, str]:
    """By name of each node, the layer it belongs to: the last one that feeds it, if it only follows.

    Runs of reshapes and transposes, such as a channel shuffle, are one layer.
    """
    nodes = [node for node in model.graph.node if node.op_type != "Constant"]
    names = [node.name or node.output[0] for node in nodes]
    maker = {output: index for index, node in enumerate(nodes) for output in node.output}
    found: dict[str, str] = {}
    for name, node in zip(names, nodes):
        feeding = max((maker[value] for value in node.input if value in maker), default=None)
        before = "" if feeding is None else nodes[feeding].op_type
        joins = node.op_type in FOLLOWERS and before in HEADS | FOLLOWERS
        joins = joins or (node.op_type in MOVES and before in MOVES)
        found[name] = found[names[feeding]] if joins and feeding is not None else name
    return found


@dataclass
class Layer:
    """A layer, its times in both engines, and what ours says of it."""

    name: str
    ours_us: float = 0.0
    its_us: float = 0.0
    kernel: str = ""
    output: tuple[int, ...] = ()
    multiply_adds: int = 0

    @property
    def lost_us(self) -> float:
        return self.ours_us - self.its_us

    def text(self) -> str:
        speed = f"{2 * self.multiply_adds / self.ours_us / 1e3:7.1f}" if self.multiply_adds else " " * 7
        ratio = self.its_us / self.ours_us if self.ours_us else float("inf")
        shape = "x".join(map(str, self.output))
        return (f"{self.ours_us:9.1f} {self.its_us:9.1f} {ratio:6.2f} {speed}  {shape:<16} "
                f"{self.kernel:<24} {self.name}")  # fmt: skip


HEADER = f"{'ours us':>9} {'its us':>9} {'its/o.':>6} {'GOP/s':>7}  {'output':<16} {'kernel':<24} layer"


def our_times(session: Session, feeds: dict[str, np.ndarray]) -> list[LayerTime]:
    return list(session.clone(separate=True).profile(feeds, warmup=1, repeats=RUNS))


def their_times(model: Path, feeds: dict[str, np.ndarray]) -> dict[str, float]:
    """Median time of each node, in us; loaded anew, since a profile is written once."""
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.enable_profiling = True
        options.profile_file_prefix = f"{folder}/profile"
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        for _ in range(RUNS + 1):
            session.run(None, feeds)
        events = json.loads(Path(session.end_profiling()).read_text())
    times: dict[str, list[float]] = defaultdict(list)
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            times[event["name"][: -len("_kernel_time")]].append(event["dur"])
    return {name: statistics.median(found[1:]) for name, found in times.items()}


def layer_of(name: str, known: dict[str, str]) -> str:
    """The layer of a step; engines put words around the names of nodes."""
    fitting = [node for node in known if re.search(rf"(?<![A-Za-z0-9]){re.escape(node)}(?![0-9])", name)]
    return known[max(fitting, key=len)] if fitting else OTHER


def work(step: LayerTime) -> int:
    """Multiply-adds of a convolution or a fully connected layer."""
    if not step.op.endswith(("conv2d", "fully_connected")):
        return 0
    weights = step.inputs[1]
    each = weights[1:] if step.op.endswith("conv2d") else weights[:1]
    return int(np.prod(step.outputs[0]) * np.prod(each))


def compared(model: Path, ours: Path, theirs: Path, image: np.ndarray) -> list[Layer]:
    """The layers in our order, with the least time of all turns."""
    known = heads(onnx.load(model, load_external_data=False))
    session = Model(ours).session(threads=1)
    feeds = {session.inputs[0].name: image}
    turns = [(our_times(session, feeds), their_times(theirs, feeds)) for _ in range(TURNS)]
    layers: dict[str, Layer] = {}
    for index, step in enumerate(turns[0][0]):
        layer = layers.setdefault(name := layer_of(step.name, known), Layer(name))
        layer.ours_us += min(steps[index].median_us for steps, _ in turns)
        layer.output = step.outputs[0]
        layer.kernel += f"{'+' if layer.kernel else ''}{step.kernel or step.op}"
        layer.multiply_adds += work(step)
    for node in turns[0][1]:
        layer = layers.setdefault(name := layer_of(node, known), Layer(name))
        layer.its_us += min(times[node] for _, times in turns)
    return list(layers.values())


def text(name: str, layers: list[Layer], everything: bool) -> str:
    ours, theirs = (sum(times) for times in zip(*((layer.ours_us, layer.its_us) for layer in layers)))
    shown = layers if everything else sorted(layers, key=lambda layer: -layer.lost_us)
    lines = [layer.text() for layer in shown if everything or layer.lost_us > 1]
    return "\n".join([f"{name}: {ours:.0f} us ours, {theirs:.0f} us theirs", HEADER, *lines])


def prepared(network: Source, precision: str, folder: Path) -> tuple[Path, Path]:
    """The model as ours and as onnxruntime load it."""
    for engine in (Lite, OnnxRuntime):
        (folder / engine.name).mkdir(exist_ok=True)
        engine.prepare(network, precision, folder / engine.name)
    return folder / Lite.name / "model.nb", folder / OnnxRuntime.name / "model.onnx"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", "--networks", nargs="+", default=list(ZOO), metavar="NAME",
                        help=f"ONNX files, or any of {', '.join(NAMES)}")  # fmt: skip
    parser.add_argument("--int8", action="store_true")
    parser.add_argument("--all", action="store_true", help="also layers that win")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--cpu", type=int, default=0, help="the processor that both run on")
    arguments = parser.parse_args()
    found: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.models:
            try:
                network = source(name, Path(folder, "networks"))
            except RefusalError as error:
                sys.exit(f"{name}: {error}")
            ours, theirs = prepared(network, "int8" if arguments.int8 else "fp32", Path(folder))
            os.sched_setaffinity(0, [arguments.cpu])
            layers = compared(network.model, ours, theirs, network.timed())
            found[name] = [vars(layer) for layer in layers]
            if not arguments.json:
                print(text(name, layers, arguments.all), flush=True)
    if arguments.json:
        print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
