# SPDX-License-Identifier: Apache-2.0
"""Reads the text of an image in three stages: detection, direction, recognition."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from lite.demo.boxes import BoxRules, find_boxes

if TYPE_CHECKING:
    from PIL.Image import Image

Network = Callable[[np.ndarray], Any]  # [1, 3, h, w] of BGR in -1..1 -> the network's only output

DETECTION_SIDE, DETECTION_STEP = 960, 32
LINE_HEIGHT, DIRECTION_WIDTH, RECOGNITION_WIDTH = 48, 192, 320
WIDTH_STEP = 64  # widths of lines are rounded up to it: fewer shapes to plan for
SURE_TURNED = 0.9


@dataclass(frozen=True)
class Line:
    """A line of text: what it says, how sure (0..1), where ([4, 2] corners), if it was upside down."""

    text: str
    score: float
    corners: np.ndarray
    turned: bool


@dataclass
class Reading:
    """Lines in reading order and the time of each stage, in ms."""

    lines: list[Line] = field(default_factory=list)
    times_ms: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.times_ms[stage] = self.times_ms.get(stage, 0.0) + (time.perf_counter() - begin) * 1e3


@dataclass(frozen=True)
class TextReader:
    """The three networks of PP-OCRv4 and the characters that the last one knows."""

    detection: Network
    direction: Network
    recognition: Network
    characters: Sequence[str]
    rules: BoxRules = field(default_factory=BoxRules)
    smallest_score: float = 0.5

    def read(self, image: Image) -> Reading:
        """All lines whose mean probability is at least ``smallest_score``."""
        reading = Reading()
        image = image.convert("RGB")
        boxes = self._detect(image, reading)
        for corners, _ in boxes:
            with reading.timed("cutting out"):
                crop = cut_out(image, corners)
            turned = self._is_turned(crop, reading)
            text, score = self._recognise(crop.rotate(180) if turned else crop, reading)
            if text and score >= self.smallest_score:
                reading.lines.append(Line(text, score, corners, turned))
        return reading

    def _detect(self, image: Image, reading: Reading) -> list[tuple[np.ndarray, float]]:
        width, height = detection_size(*image.size)
        with reading.timed("scaling"):
            pixels = normalised(image.resize((width, height), _bilinear()))
        with reading.timed("detection"):
            probabilities = self.detection(pixels)
        with reading.timed("boxes"):
            found = find_boxes(probabilities[0, 0], self.rules)
        scale = np.array([image.width / width, image.height / height])
        return [(corners * scale, score) for corners, score in found]

    def _is_turned(self, crop: Image, reading: Reading) -> bool:
        pixels = line_pixels(crop, DIRECTION_WIDTH, fixed=True)
        with reading.timed("direction"):
            upright, turned = self.direction(pixels)[0]
        return bool(turned > upright and turned > SURE_TURNED)

    def _recognise(self, crop: Image, reading: Reading) -> tuple[str, float]:
        pixels = line_pixels(crop, RECOGNITION_WIDTH)
        with reading.timed("recognition"):
            probabilities = self.recognition(pixels)
        return decode(probabilities[0], self.characters)


def detection_size(width: int, height: int) -> tuple[int, int]:
    """The image's size for detection: longer side at most 960, both multiples of 32."""
    ratio = DETECTION_SIDE / max(width, height)
    return (_stepped(width * ratio, DETECTION_STEP), _stepped(height * ratio, DETECTION_STEP))


def _stepped(extent: float, step: int) -> int:
    return max(step, round(extent / step) * step)


def normalised(image: Image) -> np.ndarray:
    """[1, 3, h, w], blue green red, -1..1."""
    pixels = np.asarray(image, np.float32)[:, :, ::-1].transpose(2, 0, 1)
    return np.ascontiguousarray(pixels[None]) / np.float32(127.5) - np.float32(1)


def cut_out(image: Image, corners: np.ndarray) -> Image:
    """A line of text, laid level; upright lines (much taller than wide) are turned by 90 degrees."""
    from PIL import Image as pillow

    width = max(1, round(float(np.linalg.norm(corners[1] - corners[0]))))
    height = max(1, round(float(np.linalg.norm(corners[3] - corners[0]))))
    top_left, top_right, bottom_right, bottom_left = (tuple(map(float, corner)) for corner in corners)
    quad = (*top_left, *bottom_left, *bottom_right, *top_right)
    crop = image.transform((width, height), pillow.Transform.QUAD, quad, pillow.Resampling.BICUBIC)
    return crop.transpose(pillow.Transpose.ROTATE_90) if height >= 1.5 * width else crop


def line_pixels(crop: Image, width: int, *, fixed: bool = False) -> np.ndarray:
    """A line scaled to the networks' height; wider than ``width`` if it must be, else padded with grey."""
    natural = math.ceil(LINE_HEIGHT * crop.width / crop.height)
    if not fixed:
        width = max(width, math.ceil(natural / WIDTH_STEP) * WIDTH_STEP)
    pixels = np.zeros((1, 3, LINE_HEIGHT, width), np.float32)
    used = min(natural, width)
    pixels[..., :used] = normalised(crop.resize((used, LINE_HEIGHT), _bilinear()))
    return pixels


def decode(probabilities: np.ndarray, characters: Sequence[str]) -> tuple[str, float]:
    """CTC's best path: of equal neighbours one is kept, blanks (index 0) separate.

    Parameters
    ----------
    probabilities : array [steps, 1 + len(characters)]

    Returns
    -------
    text, mean probability of its characters (0 for no text)
    """
    best = probabilities.argmax(axis=1)
    kept = (best != 0) & (best != np.concatenate([[0], best[:-1]]))
    text = "".join(characters[index - 1] for index in best[kept])
    return text, float(probabilities.max(axis=1)[kept].mean()) if text else 0.0


def _bilinear() -> int:
    from PIL import Image as pillow

    return pillow.Resampling.BILINEAR
