# SPDX-License-Identifier: Apache-2.0
"""A net of half the width learns to tell pictures apart, from labels alone, and from a teacher as well.

    pip install '.[slim]'
    python examples/compress/distill_cifar10.py --data FOLDER

The teacher is MLPerf Tiny's ResNet-8, a TFLite file that was trained on 50,000 pictures. The student has half
of its channels and sees few pictures, which both ways of training get, with the same start and as often. What
it is taught are the teacher's scores, softened, and what its last pooling reads: through a layer that brings
32 channels to 64, and though the teacher has channels last, the student first.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from data import Batches, Part, arguments, cifar, parsed, scores, show
from torch import Tensor, nn
from torch.nn import functional

import lite
from lite import slim
from lite.ir import Graph
from lite.slim.training import cross_entropy

BATCH = 64
LARGEST_SHIFT = 3
LESSONS = slim.Distillation(temperature=2.0, labels=0.1)


class Residual(nn.Module):
    """Two convolutions, and a way around them."""

    def __init__(self, before: int, channels: int, stride: int) -> None:
        super().__init__()
        self.first = convolution(before, channels, 3, stride)
        self.second = convolution(channels, channels, 3)
        self.around = nn.Identity() if stride == 1 else convolution(before, channels, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        inside = self.second(functional.relu(self.first(x)))
        return functional.relu(inside + self.around(x))


class ResNet8(nn.Module):
    """The teacher's layers, with another width; pictures are [n, 32, 32, 3] of 0 to 255, as it takes them."""

    def __init__(self, width: int, classes: int = 10) -> None:
        super().__init__()
        blocks = Residual(width, width, 1), Residual(width, 2 * width, 2), Residual(2 * width, 4 * width, 2)
        self.features = nn.Sequential(convolution(3, width, 3), nn.ReLU(), *blocks)
        self.scores = nn.Linear(4 * width, classes)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.scores(self.features(x.permute(0, 3, 1, 2) / 127.5 - 1).mean((2, 3)))
        return found


def convolution(before: int, channels: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(before, channels, kernel, stride, padding=kernel // 2)


def student(seed: int) -> slim.GraphModule:
    """A new net as a module of the bridge, which puts batch norms into it."""
    torch.manual_seed(seed)
    free = {0: torch.export.Dim("n")}
    graph = lite.from_torch(ResNet8(8), torch.zeros(2, 32, 32, 3), dynamic_shapes={"x": free})
    return slim.to_torch(graph, batch_norm=True)


def pooled(graph: Graph) -> str:
    """The value that is pooled."""
    node = next(node for node in graph.nodes if node.op.name in ("pool2d", "reduce_mean"))
    read = node.inputs[0]
    assert read is not None
    return read.name


def varied(images: np.ndarray) -> np.ndarray:
    """Each picture mirrored or not; all of a batch shifted alike."""
    mirrored = np.random.random((len(images), 1, 1, 1)) < 0.5
    down, right = np.random.randint(0, 2 * LARGEST_SHIFT + 1, 2)
    edge = (LARGEST_SHIFT, LARGEST_SHIFT)
    padded = np.pad(np.where(mirrored, images[:, :, ::-1], images), ((0, 0), edge, edge, (0, 0)), "reflect")
    return np.ascontiguousarray(padded[:, down : down + 32, right : right + 32])


def trained(teacher: Path | None, part: Part, epochs: int, seed: int) -> slim.GraphModule:
    """A student after its training, with a teacher or alone."""
    net = student(seed)
    config = slim.TrainConfig(epochs=epochs, learning_rate=0.1, weight_decay=5e-4, warmup_iter=60, seed=seed)
    data = Batches(part, BATCH, varied)
    if teacher is None:
        slim.train(net, data, cross_entropy, config)
        return net
    master = slim.to_torch(teacher)
    pairs = [
        slim.Pair(net.output_names[0], master.output_names[0], "kl", weight=0.9),
        slim.Pair(pooled(net.graph), pooled(master.graph), "l2", weight=0.3),
    ]
    slim.distill(net, master, data, LESSONS, config, pairs=pairs)
    return net


def top1(model: Any, part: Part) -> float:
    """In per cent, on the runtime."""
    return 100 * float(np.mean(scores(model, part.images).argmax(1) == part.labels))


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--images", type=int, default=1000, help="how many the student learns from")
    parser.add_argument("--epochs", type=int, default=30)
    given = parsed(parser)
    torch.set_num_threads(1)
    teacher, training, test = cifar(Path(given.data))
    begin = time.perf_counter()
    rows: list[dict[str, Any]] = []
    for seed in range(given.seeds):
        part = training.some(given.images, seed)
        alone, distilled = (top1(trained(teacher if taught else None, part, given.epochs, seed), test)
                            for taught in (False, True))  # fmt: skip
        found = {"alone": alone, "distilled": distilled}
        rows.append({"seed": seed, **found, "gain": found["distilled"] - found["alone"]})
    mean = {key: float(np.mean([row[key] for row in rows])) for key in ("alone", "distilled", "gain")}
    show([*rows, {"seed": "mean", **mean}], given.json)
    if not given.json:
        print(f"top-1 in % of {len(test)} pictures, teacher {top1(teacher.read_bytes(), test):.2f}; "
              f"{given.images} pictures, {given.epochs} epochs, {time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    main()
