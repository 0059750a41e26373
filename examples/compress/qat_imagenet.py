# SPDX-License-Identifier: Apache-2.0
"""Quantization that is trained from an inference model and photos alone: no labels, no training code.

    LITE_TEST_DATA=../shared python examples/compress/qat_imagenet.py --seeds 1

MobileNetV2, from its ONNX and its Paddle file, is quantized by StaticPTQ in several ways, and then trained on
200 photos to answer as the float net does. 400 other photos judge all of them, on the engine. "changed":
answers that are not the float net's; "kl": the mean divergence of the probabilities from the float net's, a
steadier figure.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from data import IMAGENET, arguments, imagenet, parsed, scores, show
from PIL import Image

import lite
from lite import slim
from lite.convert import convert_to_bytes
from lite.images import network_input
from lite.slim.distillation import Distillation, DistillLoss

MODELS = {"onnx": "mobilenet_v2_torchvision/mobilenet_v2.onnx", "paddle": "mobilenet_v2_paddle"}
PTQ: dict[str, dict[str, Any]] = {
    "ptq, percentile": {},
    "ptq, moving_average": {"algo": "moving_average"},
    "ptq, equalized": {"algo": "moving_average", "equalize": True},
}
SIZE = 224


class Views:
    """Batches of photos: each time another square of each, turned around or not."""

    def __init__(self, photos: list[Path], name: str, batch: int) -> None:
        self._pixels = [np.asarray(Image.open(photo).convert("RGB")) for photo in photos]
        self._name, self._batch = name, batch

    def __len__(self) -> int:
        return -(-len(self._pixels) // self._batch)

    def __iter__(self) -> Iterator[dict[str, np.ndarray]]:
        order = np.random.permutation(len(self._pixels))
        for rows in np.split(order, range(self._batch, len(order), self._batch)):
            yield {self._name: np.stack([view(self._pixels[row]) for row in rows])}


def view(pixels: np.ndarray) -> np.ndarray:
    top, left = (np.random.randint(extent - SIZE + 1) for extent in pixels.shape[:2])
    cut = pixels[top : top + SIZE, left : left + SIZE]
    turned = cut[:, ::-1] if np.random.rand() < 0.5 else cut
    mean, deviation = (np.asarray(numbers, np.float32) for numbers in (IMAGENET.mean, IMAGENET.std))
    scaled = (turned - mean) / deviation
    return np.ascontiguousarray(scaled.transpose(2, 0, 1), np.float32)


def inputs(photos: list[Path]) -> np.ndarray:
    """The middle of each photo: [photos, 3, 224, 224]."""
    return np.concatenate([network_input(photo, (1, 3, SIZE, SIZE), IMAGENET) for photo in photos])


def divergence(floats: np.ndarray, found: np.ndarray) -> float:
    """Mean Kullback-Leibler divergence of the probabilities that scores stand for."""
    before, after = (torch.log_softmax(torch.from_numpy(said).double(), 1) for said in (floats, found))
    return float((before.exp() * (before - after)).sum(1).mean())


def trained(model: Path, calibration: np.ndarray, photos: list[Path], seed: int,
            given: Any) -> tuple[slim.QuantizedModule, slim.TrainResult]:
    """The module after training, and what was seen."""
    settings = slim.QAT(algo="moving_average", equalize=True, scale_learning_rate=given.scale_rate)
    net = slim.prepare(model, calibration, settings, preprocess=IMAGENET)
    loss = DistillLoss(net, model, Distillation(loss="kl"))
    config = slim.TrainConfig(epochs=given.epochs, learning_rate=given.rate, optimizer="adam", seed=seed)
    return net, slim.train(net, Views(photos, net.input_names[0], given.batch), loss, config)


def rows_of(form: str, given: Any) -> list[dict[str, Any]]:
    photos, judged, labels = imagenet(given.data)
    calibration, test = inputs(photos), inputs(judged)
    model = given.data / "models" / MODELS[form]
    floats = scores(model, test)

    def row(name: str, found: np.ndarray, seed: Any = "", seconds: Any = "") -> dict[str, Any]:
        said = found.argmax(1)
        figures = {"from": form, "form": name, "seed": seed, "top1": 100 * float(np.mean(said == labels)),
                   "changed": int(np.sum(said != floats.argmax(1))), "kl": divergence(floats, found),
                   "seconds": seconds}
        print(*figures.values(), file=sys.stderr, flush=True)
        return figures

    rows = [row("float", floats)]
    for name, settings in PTQ.items():
        quantize = lite.StaticPTQ(calibration, **settings)
        rows.append(row(name, scores(convert_to_bytes(model, quantize=quantize)[0], test)))
    for seed in range(given.seeds):
        net, result = trained(model, calibration, photos, seed, given)
        rows.append(row("qat", scores(net, test), seed, round(result.seconds)))
    return rows


def main() -> None:
    parser = arguments(__doc__, seeds=1)
    parser.add_argument("--from", dest="forms", nargs="+", choices=list(MODELS), default=list(MODELS))
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=1e-6, help="learning rate of the weights")
    parser.add_argument("--scale_rate", type=float, default=1e-4, help="learning rate of the scales")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch")
    given = parsed(parser)
    torch.set_num_threads(given.threads)
    show([each for form in given.forms for each in rows_of(form, given)], given.json)


if __name__ == "__main__":
    main()
