# SPDX-License-Identifier: Apache-2.0
"""Models and labelled pictures that the examples of this folder compress and train with.

They lie in one folder: --data, or LITE_TEST_DATA.
"""

from __future__ import annotations

import argparse
import json
import os
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image

import lite
from lite.convert import convert_to_bytes

IMAGENET = lite.Preprocess(crop=224, mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375))
DIGITS_SIZE = 8  # pixels of a digit, before each is doubled


@dataclass
class Part:
    """Pictures as a net takes them, in rows, and the numbers of their classes."""

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    def some(self, count: int, seed: int = 0) -> Part:
        """So many of them, drawn at random."""
        rows = np.random.RandomState(seed).permutation(len(self))[:count]
        return Part(self.images[rows], self.labels[rows])


def digits(folder: Path) -> tuple[Path, Part, Part]:
    """A Paddle net for digits of 16 x 16, handwritten digits to train with, and those it was judged by.

    The former are MNIST's, made like the latter: other people wrote them.
    """
    net = folder / "models/paddle_formats/pd2/digitsnet"
    mnist = np.load(folder / "data/mnist10k.npz")
    training = Part(np.stack([_as_digit(image) for image in mnist["X"]])[:, None], mnist["y"])
    return net, training, Part(np.load(net / "input.npy"), np.load(net / "label.npy").astype(np.int64))


def _as_digit(image: np.ndarray) -> np.ndarray:
    """MNIST's 28 x 28 as 8 x 8 of -1 to 1, each pixel doubled, with the digit over the whole height."""
    rows, columns = (np.flatnonzero(image.max(axis=axis)) for axis in (1, 0))
    side = rows[-1] - rows[0] + 1
    middle = (columns[0] + columns[-1] + 1) // 2
    padded = np.pad(image, 28)
    left = middle + 28 - side // 2
    cut = Image.fromarray(padded[rows[0] + 28 : rows[-1] + 29, left : left + side])
    small = np.asarray(cut.resize((DIGITS_SIZE, DIGITS_SIZE), Image.Resampling.BOX), np.float32)
    digit: np.ndarray = small / max(float(small.max()), 1.0) * 2 - 1
    return digit.repeat(2, axis=0).repeat(2, axis=1)


def cifar(folder: Path) -> tuple[Path, Part, Part]:
    """MLPerf Tiny's ResNet-8 as TFLite, and CIFAR-10 of 32 x 32 x 3, 0 to 255, to train and to test with."""
    found: dict[str, list[tuple[str, np.ndarray]]] = {"train": [], "test": []}
    with tarfile.open(folder / "data/cifar10_12k.tar.gz") as members:
        for member in members:
            path = PurePosixPath(member.name)
            content = members.extractfile(member)
            if content and path.suffix == ".jpg":
                picture = np.asarray(Image.open(content).convert("RGB"), np.float32)
                found[path.parts[-3]].append((path.parts[-2], picture))
    classes = sorted({label for label, _ in found["train"]})
    training, test = (
        Part(np.stack([picture for _, picture in rows]), np.array([classes.index(name) for name, _ in rows]))
        for rows in (found["train"], found["test"])
    )
    return folder / "models/mlperf_tiny/pretrainedResnet.tflite", training, test


def imagenet(folder: Path) -> tuple[list[Path], list[Path], np.ndarray]:
    """200 photos of ImageNet without labels, and 400 others with the numbers of their classes."""
    rows = [row.split() for row in (folder / "data/imagenet_val400/labels.txt").read_text().splitlines()]
    photos = sorted((folder / "data/imagenet_calib200").glob("*.jpg"))
    judged = [folder / "data/imagenet_val400" / name for name, _ in rows]
    return photos, judged, np.array([int(label) for _, label in rows])


class Batches:
    """Rows in batches, in another order each time; ``vary`` may change a batch."""

    def __init__(self, part: Part, size: int, vary: Callable[[np.ndarray], np.ndarray] | None = None) -> None:
        self.part, self.size, self.vary = part, size, vary

    def __len__(self) -> int:
        return -(-len(self.part) // self.size)

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        order = np.random.permutation(len(self.part))
        for rows in np.split(order, range(self.size, len(order), self.size)):
            images = self.part.images[rows]
            yield (images if self.vary is None else self.vary(images)), self.part.labels[rows]


def scores(model: Any, images: Iterable[np.ndarray]) -> np.ndarray:
    """What a .nb, or what can be converted to one, says of each picture: [pictures, classes]."""
    nb = model if isinstance(model, bytes) else convert_to_bytes(model)[0]
    session = lite.Model(nb).session(threads=1)
    return np.stack([np.asarray(session(image[None])).reshape(-1) for image in images])


def arguments(description: str | None, seeds: int = 3) -> argparse.ArgumentParser:
    """What all examples understand."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("LITE_TEST_DATA"),
                        help="folder of models and pictures; LITE_TEST_DATA unless said")
    parser.add_argument("--seeds", type=int, default=seeds, help="how often training is repeated")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def parsed(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """The arguments; ends with words if there is no data."""
    given = parser.parse_args()
    if given.data is None or not Path(given.data).is_dir():
        parser.error(f"there is no folder of data {given.data or ''}: say --data, or set LITE_TEST_DATA")
    return given


def show(rows: Sequence[dict[str, Any]], as_json: bool) -> None:
    """Rows with the same keys, as a table or as JSON."""
    if as_json:
        print(json.dumps(list(rows), indent=1))
        return
    cells = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells)]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
