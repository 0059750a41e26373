# SPDX-License-Identifier: Apache-2.0
"""Train a small residual net on CIFAR-10, quantize it to int8, and compare the answers of both.

    pip install '.[slim]'
    python examples/train_cifar10.py cifar10_12k.tar.gz --folder trained

The archive holds pictures as train/<class>/<name>.jpg and test/<class>/<name>.jpg, of 32 x 32 pixels; with
10,000 of them for training it takes some minutes on two cores. The net is the ResNet-8 of MLPerf Tiny.
"""

from __future__ import annotations

import argparse
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

import lite

CALIBRATION_IMAGES = 200
BATCH = 64
LARGEST_SHIFT = 3
Part = tuple[np.ndarray, np.ndarray]  # pictures [n, 3, 32, 32] of -1..1, numbers of their classes [n]


class Residual(nn.Module):
    """Two convolutions, and a way around them."""

    def __init__(self, before: int, channels: int, stride: int) -> None:
        super().__init__()
        self.first = normalised(before, channels, 3, stride)
        self.second = normalised(channels, channels, 3)
        self.around = nn.Identity() if stride == 1 else normalised(before, channels, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        inside = self.second(functional.relu(self.first(x)))
        return functional.relu(inside + self.around(x))


def normalised(before: int, channels: int, kernel: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(before, channels, kernel, stride, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(channels))


def resnet8(classes: int) -> nn.Sequential:
    blocks = Residual(16, 16, 1), Residual(16, 32, 2), Residual(32, 64, 2)
    ends = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, classes)
    return nn.Sequential(normalised(3, 16, 3), nn.ReLU(), *blocks, *ends)


def pictures(archive: Path) -> tuple[Part, Part]:
    """What to train with, and what to test with."""
    found: dict[str, list[tuple[str, np.ndarray]]] = {"train": [], "test": []}
    with tarfile.open(archive) as members:
        for member in members:
            path = PurePosixPath(member.name)
            content = members.extractfile(member)
            if content and path.suffix == ".jpg":
                found[path.parts[-3]].append((path.parts[-2], np.asarray(Image.open(content).convert("RGB"))))
    classes = sorted({label for label, _ in found["train"]})
    train, test = (
        (
            np.stack([pixels for _, pixels in part]).transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1,
            np.array([classes.index(label) for label, _ in part]),
        )
        for part in found.values()
    )
    return train, test


def varied(images: Tensor) -> Tensor:
    """Each picture mirrored or not; all of a batch shifted alike."""
    mirrored = torch.rand(len(images), 1, 1, 1) < 0.5
    down, right = torch.randint(0, 2 * LARGEST_SHIFT + 1, (2,)).tolist()
    padded = functional.pad(torch.where(mirrored, images.flip(3), images), [LARGEST_SHIFT] * 4, "reflect")
    return padded[:, :, down : down + images.shape[2], right : right + images.shape[3]]


def batches(images: Tensor, labels: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    for rows in torch.split(torch.randperm(len(images)), BATCH):
        if len(rows) > 1:  # a batch norm cannot learn from one picture
            yield varied(images[rows]), labels[rows]


def train(net: nn.Module, images: Tensor, labels: Tensor, epochs: int) -> None:
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True)
    steps = epochs * -(-len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.2, total_steps=steps)
    net.train()
    for epoch in range(epochs):
        losses = []
        for batch, expected in batches(images, labels):
            loss = functional.cross_entropy(net(batch), expected, label_smoothing=0.1)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1:2} of {epochs}: loss {np.mean(losses):.3f}", flush=True)
    net.eval()


def written(net: nn.Module, images: np.ndarray, folder: Path) -> tuple[Path, Path]:
    """The net as a float and as an int8 model; also as ONNX, of which both are made."""
    folder.mkdir(parents=True, exist_ok=True)
    source, float_model, int8_model = (folder / f"resnet8{end}" for end in (".onnx", ".nb", "_int8.nb"))
    torch.onnx.export(net, (torch.from_numpy(images[:1]),), source, dynamo=False)
    lite.convert(source, float_model)
    lite.convert(source, int8_model, quantize=lite.StaticPTQ(images[:CALIBRATION_IMAGES]))
    return float_model, int8_model


def answers(model: Path, images: np.ndarray) -> np.ndarray:
    session = lite.Model(model).session()
    return np.array([np.argmax(session(image[None])) for image in images])


def compare(float_model: Path, int8_model: Path, test: Part) -> None:
    images, labels = test
    said = {model: answers(model, images) for model in (float_model, int8_model)}
    for name, model in ("float", float_model), ("int8", int8_model):
        right = float(np.mean(said[model] == labels))
        print(f"{name:<5} top-1 {right:.2%} of {len(labels)}, {model.stat().st_size:,} bytes")
    changed = int(np.sum(said[float_model] != said[int8_model]))
    print(f"changed answers: {changed} of {len(labels)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--folder", type=Path, default=Path(), help="where the models are written")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--images", type=int, default=None, help="how many to train with; all unless said")
    arguments = parser.parse_args()

    torch.manual_seed(0)
    torch.set_num_threads(2)
    (images, labels), test = pictures(arguments.archive)
    chosen = np.random.default_rng(0).permutation(len(images))[: arguments.images]
    images, labels = images[chosen], labels[chosen]
    net = resnet8(len(np.unique(test[1])))
    train(net, torch.from_numpy(images), torch.from_numpy(labels), arguments.epochs)
    compare(*written(net, images, arguments.folder), test)


if __name__ == "__main__":
    main()
