# SPDX-License-Identifier: Apache-2.0
"""Classify pictures with an ImageNet model: python examples/classify.py model.onnx photo.jpg ...

The model may be any that `lite opt` reads, or a .nb file. Pictures are scaled and cut to 224 x 224 and
normalised as torchvision's models want it.
"""

from __future__ import annotations

import sys

import numpy as np
from PIL import Image

import lite

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
SIDE = 224


def pixels(path: str) -> np.ndarray:
    """A picture as [1, 3, 224, 224]: its centre, normalised."""
    image = Image.open(path).convert("RGB")
    scale = SIDE / min(image.size)
    width, height = (max(SIDE, round(extent * scale)) for extent in image.size)
    left, top = (width - SIDE) // 2, (height - SIDE) // 2
    cut = image.resize((width, height)).crop((left, top, left + SIDE, top + SIDE))
    normal: np.ndarray = (np.asarray(cut, np.float32) / 255 - MEAN) / DEVIATION
    return np.ascontiguousarray(normal.transpose(2, 0, 1)[None], np.float32)


def main(model: str, *pictures: str) -> None:
    session = lite.Model(model).session(threads=2)
    for picture in pictures:
        scores: np.ndarray = session(pixels(picture)).reshape(-1)
        best = np.argsort(scores)[::-1][:3]
        print(picture, *(f"class {index} ({scores[index]:.2f})" for index in best))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
