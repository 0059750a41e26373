# SPDX-License-Identifier: Apache-2.0
"""A net of half the width learns to read digits, from labels alone, and from a teacher as well.

    pip install '.[slim]'
    python examples/compress/distill_digits.py --data FOLDER

The teacher learns from 8,000 digits of MNIST. The student has half of its channels and sees few of them; both
ways of training it begin with the same weights, see the same digits, and see them as often. What the teacher
adds are its own scores of these digits, softened.
"""

from __future__ import annotations

import copy
import dataclasses
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from data import Batches, Part, arguments, parsed, scores, show
from torch import nn

import lite
from lite import slim
from lite.slim.training import cross_entropy

WIDTH, BATCH = 16, 40
TAUGHT = 8000  # digits that the teacher learns from; the others are to test with
LESSONS = slim.Distillation("kl", alpha=0.9, temperature=4.0, labels=0.1)


def mnist(folder: Path) -> tuple[Part, Part]:
    """Digits of 28 x 28, of -1 to 1: to train with, and to test with."""
    found = np.load(folder / "data" / "mnist10k.npz")
    images = found["X"][:, None].astype(np.float32) / 127.5 - 1
    order = np.random.default_rng(0).permutation(len(images))
    train, test = (Part(images[rows], found["y"][rows]) for rows in np.split(order, [TAUGHT]))
    return train, test


def block(before: int, after: int, stride: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(before, after, 3, stride, padding=1), nn.ReLU()


def net(width: int, seed: int) -> slim.GraphModule:
    """A new net as a module of the bridge, which puts batch norms into it."""
    torch.manual_seed(seed)
    layers = *block(1, width, 2), *block(width, 2 * width, 2), *block(2 * width, 2 * width, 1)
    module = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2 * width, 10))
    graph = lite.from_torch(
        module, torch.zeros(2, 1, 28, 28), dynamic_shapes={"input": {0: torch.export.Dim("n")}}
    )
    return slim.to_torch(graph, batch_norm=True)


def top1(model: slim.GraphModule, part: Part) -> float:
    """In per cent, on the runtime."""
    return 100 * float(np.mean(scores(model, part.images).argmax(1) == part.labels))


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--images", type=int, default=1000, help="how many the student learns from")
    parser.add_argument("--steps", type=int, default=800)
    given = parsed(parser)
    torch.set_num_threads(1)  # nets as small as these gain nothing by more
    begin = time.perf_counter()
    training, test = mnist(Path(given.data))
    config = slim.TrainConfig(train_iter=given.steps, learning_rate=0.01, optimizer="adamw")

    teacher = net(WIDTH, 0)
    slim.train(teacher, Batches(training, 2 * BATCH), cross_entropy, config)
    rows: list[dict[str, Any]] = []
    for seed in range(given.seeds):
        few = training.some(given.images, seed)
        alone = net(WIDTH // 2, seed)
        taught = copy.deepcopy(alone)
        own = dataclasses.replace(config, seed=seed)
        slim.train(alone, Batches(few, BATCH), cross_entropy, own)
        slim.distill(taught, teacher, Batches(few, BATCH), LESSONS, own)
        found = {"alone": top1(alone, test), "distilled": top1(taught, test)}
        rows.append({"seed": seed, **found, "gain": found["distilled"] - found["alone"]})
    mean = {key: float(np.mean([row[key] for row in rows])) for key in ("alone", "distilled", "gain")}
    show([*rows, {"seed": "mean", **mean}], given.json)
    if not given.json:
        print(f"top-1 in % of {len(test)} digits, the teacher's is {top1(teacher, test):.4g}; {given.images} "
              f"digits, {given.steps} steps, {time.perf_counter() - begin:.0f} s")  # fmt: skip


if __name__ == "__main__":
    main()
