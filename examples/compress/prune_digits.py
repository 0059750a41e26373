# SPDX-License-Identifier: Apache-2.0
"""Half of the multiply-adds of a net for digits are pruned, and what is left is trained again.

    LITE_TEST_DATA=../shared python examples/compress/prune_digits.py --seeds 3

A Paddle net for digits loses channels: how many of each layer is chosen by what pruning it alone costs on
pictures of the training part that are held out (pruned), then it is trained on the others to answer as the
float net and the labels do (tuned), and then trained with rounding to 8 bits (tuned int8). All are judged on
the engine, by pictures that none of this has seen. "lost": points of top-1 against the float net; "flops" and
"smaller": of multiply-adds and of the file, percents that went.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from data import Batches, Part, arguments, digits, parsed, scores, show

import lite
from lite import slim
from lite.convert import convert_to_bytes
from lite.slim.distillation import Distillation, DistillLoss

RATIOS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
HELD_OUT, CALIBRATION, BATCH = 500, 200, 64


def top1(found: np.ndarray, part: Part) -> float:
    return 100 * float(np.mean(found.argmax(1) == part.labels))


def ratios_of(model: Path, held_out: Part, part: float) -> dict[str, float]:
    """What loses least on the pictures that are held out."""

    def accuracy(session: lite.Session) -> float:
        found = np.stack([np.asarray(session(image[None])).reshape(-1) for image in held_out.images])
        return top1(found, held_out)

    losses = slim.sensitivity(model, accuracy, ratios=RATIOS)
    return slim.choose_ratios(model, losses, pruned_flops=part)


def tuned(net: slim.GraphModule, model: Path, training: Part, config: slim.TrainConfig) -> slim.TrainResult:
    loss = DistillLoss(net, model, Distillation(loss="kl", temperature=2.0, labels=0.5))
    return slim.train(net, Batches(training, BATCH), loss, config)


def rows_of(model: Path, training: Part, test: Part, given: Any) -> list[dict[str, Any]]:
    order = np.random.RandomState(0).permutation(len(training))
    held_out, rest = (Part(training.images[rows], training.labels[rows])
                      for rows in (order[:HELD_OUT], order[HELD_OUT:]))
    rest = rest.some(given.images)
    nb = convert_to_bytes(model)[0]
    before = top1(scores(nb, test.images), test)

    def row(form: str, seed: int | str, file: bytes, flops: int, seconds: float | str) -> dict[str, Any]:
        found = top1(scores(file, test.images), test)
        return {"form": form, "seed": seed, "top1": found, "lost": before - found,
                "flops": 100 * (1 - flops / slim.flops(model)), "bytes": len(file),
                "smaller": 100 * (1 - len(file) / len(nb)), "seconds": seconds}

    graph = slim.prune_channels(model, ratios_of(model, held_out, given.part))
    flops = slim.flops(graph)
    rows = [row("float", "", nb, slim.flops(model), ""),
            row("pruned", "", convert_to_bytes(graph)[0], flops, "")]
    for seed in range(given.seeds):
        net = slim.to_torch(graph, batch_norm=True)
        net.measure_batch_norms(torch.from_numpy(images) for images, _ in Batches(rest.some(1000), BATCH))
        config = slim.TrainConfig(epochs=given.epochs, learning_rate=2e-3, optimizer="adam", seed=seed,
                                  warmup_iter=20)
        result = tuned(net, model, rest, config)
        rows.append(row("tuned", seed, convert_to_bytes(net)[0], flops, round(result.seconds)))
        settings = slim.QAT()
        rounded = slim.prepare(net.to_graph(), rest.some(CALIBRATION).images, settings)
        config = slim.TrainConfig(epochs=1, learning_rate=1e-5, optimizer="adam", seed=seed)
        result = tuned(rounded, model, rest, config)
        rows.append(row("tuned int8", seed, convert_to_bytes(rounded)[0], flops, round(result.seconds)))
    return rows


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--part", type=float, default=0.5, help="of the multiply-adds that goes")
    parser.add_argument("--images", type=int, default=10000, help="how many to train with")
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch")
    given = parsed(parser)
    torch.set_num_threads(given.threads)
    show(rows_of(*digits(given.data), given), given.json)


if __name__ == "__main__":
    main()
