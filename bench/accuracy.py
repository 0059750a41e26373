#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Top-1 accuracy of ImageNet models in our engine, and how many answers differ from onnxruntime's.

    LITE_TEST_DATA=../shared python bench/accuracy.py

Images are 227 x 227; the centre of 224 x 224 is cut out without scaling.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lite.convert import convert_to_bytes
from lite.images import network_input
from lite.ir import Preprocess
from lite.session import Model

IMAGES = "data/imagenet_val400"
IMAGENET = Preprocess(crop=224, mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375))
CENTRED = Preprocess(crop=224, mean=(127.0,), std=(128.0,))


@dataclass(frozen=True)
class Subject:
    """A model, its preprocessing, and the ONNX file whose answers onnxruntime gives."""

    name: str
    model: str
    twin: str
    preprocess: Preprocess
    expected: float


SUBJECTS = (
    Subject("MobileNetV2 (ONNX)", "mobilenet_v2_torchvision/mobilenet_v2.onnx",
            "mobilenet_v2_torchvision/mobilenet_v2.onnx", IMAGENET, 0.8175),
    Subject("MobileNetV2 (Paddle)", "mobilenet_v2_paddle",
            "mobilenet_v2_torchvision/mobilenet_v2.onnx", IMAGENET, 0.8175),
    Subject("EfficientNet-Lite0 (ONNX)", "efficientnet_lite0/efficientnet_lite0.onnx",
            "efficientnet_lite0/efficientnet_lite0.onnx", CENTRED, 0.8475),
)  # fmt: skip


def images(data: Path) -> list[tuple[Path, int]]:
    """Files and their classes."""
    rows = (line.split() for line in (data / IMAGES / "labels.txt").read_text().splitlines())
    return [(data / IMAGES / name, int(label)) for name, label in rows]


def measure(subject: Subject, data: Path, threads: int) -> dict[str, Any]:
    import onnxruntime

    nb, _ = convert_to_bytes(data / "models" / subject.model)
    session = Model(nb).session(threads=threads)
    peer = onnxruntime.InferenceSession(data / "models" / subject.twin, providers=["CPUExecutionProvider"])
    peer_input = peer.get_inputs()[0].name
    right = peer_right = changed = 0
    worst = 0.0
    listed = images(data)
    for path, label in listed:
        x = network_input(path, (1, 3, 224, 224), subject.preprocess)
        ours, theirs = np.asarray(session(x)), peer.run(None, {peer_input: x})[0]
        right += int(ours.argmax() == label)
        peer_right += int(theirs.argmax() == label)
        changed += int(ours.argmax() != theirs.argmax())
        worst = max(worst, float(np.abs(ours - theirs).max() / np.ptp(theirs)))
    return {
        "model": subject.name,
        "images": len(listed),
        "top1": right / len(listed),
        "expected": subject.expected,
        "onnxruntime_top1": peer_right / len(listed),
        "changed_answers": changed,
        "worst_difference": worst,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if "LITE_TEST_DATA" not in os.environ:
        sys.exit("set LITE_TEST_DATA to the folder of test models and images")
    data = Path(os.environ["LITE_TEST_DATA"])
    rows = [measure(subject, data, arguments.threads) for subject in SUBJECTS]
    if arguments.json:
        print(json.dumps(rows, indent=2))
        return
    for row in rows:
        print(
            f"{row['model']:<26} top-1 {row['top1']:.2%} of {row['images']} (expected {row['expected']:.2%}; "
            f"onnxruntime {row['onnxruntime_top1']:.2%}), changed answers {row['changed_answers']}, "
            f"worst difference {row['worst_difference']:.1e} of the range"
        )


if __name__ == "__main__":
    main()
