# SPDX-License-Identifier: Apache-2.0
"""Quantization that is trained, on two small nets where quantizing after training loses.

    LITE_TEST_DATA=../shared python examples/compress/qat_small.py --seeds 3

A Paddle net for digits and MLPerf Tiny's ResNet-8 (TFLite) become integers with one scale for all weights of
a layer, in 7 or 8 bits, and ranges by the greatest values: right after calibration (ptq), and trained (qat)
without labels, to answer as the float net does. All are judged on the engine. "lost": points of top-1 against
the float net; "changed": answers that are not the float net's; "agree": percents of the answers of the int8
file that are those of its simulation in PyTorch.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from data import Batches, Part, arguments, cifar, digits, parsed, scores, show

from lite import slim
from lite.convert import convert_to_bytes
from lite.slim.distillation import Distillation, DistillLoss

CALIBRATION = 200
BATCH = 64
RATE = 1e-5


def mirrored(images: np.ndarray) -> np.ndarray:
    """Pictures [n, height, width, channels], each turned around or not."""
    turned = np.random.rand(len(images), 1, 1, 1) < 0.5
    return np.where(turned, images[:, :, ::-1], images)


def prepared(model: Path, training: Part, bits: int) -> slim.QuantizedModule:
    settings = slim.QAT(weight_quantize_type="abs_max", weight_bits=bits, algo="minmax",
                        bias_correction=False, scale_learning_rate=1e-3)
    return slim.prepare(model, training.some(CALIBRATION).images, settings)


def simulated(net: slim.QuantizedModule, images: np.ndarray) -> np.ndarray:
    """What the simulation answers."""
    with torch.no_grad():
        parts = [net(torch.from_numpy(part)) for part in np.split(images, range(200, len(images), 200))]
    return np.concatenate([part.flatten(1).argmax(1).numpy() for part in parts])


def row(name: str, form: str, bits: str, found: np.ndarray, floats: np.ndarray, test: Part) -> dict[str, Any]:
    top1, before = (100 * float(np.mean(said.argmax(1) == test.labels)) for said in (found, floats))
    return {"net": name, "form": form, "bits": bits, "seed": "", "top1": top1, "lost": before - top1,
            "changed": int(np.sum(found.argmax(1) != floats.argmax(1))), "agree": "", "seconds": ""}


def rows_of(name: str, model: Path, training: Part, test: Part, given: Any) -> list[dict[str, Any]]:
    floats = scores(model, test.images)
    rows = [row(name, "float", "", floats, floats, test)]
    for bits in (8, 7):
        found = scores(prepared(model, training, bits), test.images)
        rows.append(row(name, "ptq", str(bits), found, floats, test))
        for seed in range(given.seeds):
            net = prepared(model, training, bits)
            loss = DistillLoss(net, model, Distillation(loss="kl"))
            vary = mirrored if training.images.shape[-1] == 3 else None
            config = slim.TrainConfig(epochs=given.epochs, learning_rate=RATE, optimizer="adam", seed=seed)
            result = slim.train(net, Batches(training.some(given.images), BATCH, vary), loss, config)
            found = scores(convert_to_bytes(net)[0], test.images)
            agree = float(np.mean(simulated(net, test.images) == found.argmax(1)))
            rows.append({**row(name, "qat", str(bits), found, floats, test), "seed": seed,
                         "agree": 100 * agree, "seconds": round(result.seconds)})
    return rows


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--images", type=int, default=2000, help="how many to train with")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch")
    given = parsed(parser)
    torch.set_num_threads(given.threads)
    rows = [each for name, load in (("digits", digits), ("resnet8", cifar))
            for each in rows_of(name, *load(given.data), given)]
    show(rows, given.json)


if __name__ == "__main__":
    main()
