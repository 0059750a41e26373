#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Top-1 accuracy of ImageNet models in our engine: float, int8, integer weights alone; onnxruntime's beside.

    LITE_TEST_DATA=../shared python bench/accuracy.py [--algo percentile] [--model lite0]
    LITE_TEST_DATA=../shared python bench/accuracy.py --precision fast     # against exact sessions only

Images are 227 x 227; the centre of 224 x 224 is cut out without scaling. The scales of int8 come from other
images.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lite.convert import convert_to_bytes, megabytes
from lite.images import network_input
from lite.ir import Preprocess
from lite.quant import StaticPTQ, WeightOnly, observers
from lite.quant.settings import WEIGHT_METHODS
from lite.session import Model

IMAGES = "data/imagenet_val400"
CALIBRATION = "data/imagenet_calib200"
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


def answers(run: Callable[[np.ndarray], Any], subject: Subject, files: Sequence[Path]) -> np.ndarray:
    """What a model says of every image: [images, classes]."""
    inputs = (network_input(path, (1, 3, 224, 224), subject.preprocess) for path in files)
    return np.stack([np.asarray(run(x)).reshape(-1) for x in inputs])


def measure(subject: Subject, data: Path, quantize: StaticPTQ, threads: int, most: int) -> dict[str, Any]:
    import onnxruntime

    model = data / "models" / subject.model
    float_nb, _ = convert_to_bytes(model, preprocess=subject.preprocess)
    int8_nb, report = convert_to_bytes(model, preprocess=subject.preprocess, quantize=quantize)
    peer = onnxruntime.InferenceSession(data / "models" / subject.twin, providers=["CPUExecutionProvider"])
    peer_input = peer.get_inputs()[0].name
    files, labels = zip(*images(data)[:most])
    ours, integers = (answers(Model(nb).session(threads=threads), subject, files)
                      for nb in (float_nb, int8_nb))  # fmt: skip
    theirs = answers(lambda x: peer.run(None, {peer_input: x})[0], subject, files)
    said = [found.argmax(axis=1) for found in (ours, theirs, integers)]
    top1, peer_top1, int8_top1 = (float(np.mean(found == labels)) for found in said)
    return {
        "model": subject.name,
        "images": len(files),
        "top1": top1,
        "expected": subject.expected,
        "onnxruntime_top1": peer_top1,
        "changed_answers": int(np.sum(said[0] != said[1])),
        "worst_difference": float((np.abs(ours - theirs).max(axis=1) / np.ptp(theirs, axis=1)).max()),
        "size_bytes": len(float_nb),
        "int8_top1": int8_top1,
        "int8_changed_answers": int(np.sum(said[0] != said[2])),
        "int8_divergence": divergence(ours, integers),
        "int8_size_bytes": len(int8_nb),
        "int8_samples": report.quantization["samples"],
        "int8_stays_float": report.quantization["kept_float"],
        "int8_conversion_s": report.time_s,
        "weights": [weight_only(subject, model, bits, threads, files, labels, said[0]) for bits in (16, 8)],
    }


def measure_fast(subject: Subject, data: Path, threads: int, most: int) -> dict[str, Any]:
    """Sessions of precision "fast" against those of "exact"."""
    model = Model(convert_to_bytes(data / "models" / subject.model, preprocess=subject.preprocess)[0])
    files, labels = zip(*images(data)[:most])
    exact, fast = (answers(model.session(threads=threads, precision=precision), subject, files)
                   for precision in ("exact", "fast"))  # fmt: skip
    said = [found.argmax(axis=1) for found in (exact, fast)]
    off = np.abs(exact - fast).max(axis=1) / np.ptp(exact, axis=1)
    return {
        "model": subject.name,
        "images": len(files),
        "top1": float(np.mean(said[0] == labels)),
        "fast_top1": float(np.mean(said[1] == labels)),
        "changed_answers": int(np.sum(said[0] != said[1])),
        "worst_difference": float(off.max()),
        "median_difference": float(np.median(off)),
        "divergence": divergence(exact, fast),
    }


def fast_text(row: dict[str, Any]) -> str:
    return (
        f"{row['model']:<26} top-1 of {row['images']}: exact {row['top1']:.2%}, fast {row['fast_top1']:.2%}, "
        f"changed answers {row['changed_answers']}, difference {row['median_difference']:.1e} of the range "
        f"(median; worst {row['worst_difference']:.1e}), divergence {row['divergence']:.1e}"
    )


def divergence(expected: np.ndarray, found: np.ndarray) -> float:
    """Mean Kullback-Leibler divergence of the probabilities that these logits stand for."""
    logs = [x - x.max(axis=1, keepdims=True) for x in (expected.astype(np.float64), found.astype(np.float64))]
    logs = [x - np.log(np.exp(x).sum(axis=1, keepdims=True)) for x in logs]
    return float(np.mean(np.sum(np.exp(logs[0]) * (logs[0] - logs[1]), axis=1)))


def weight_only(
    subject: Subject, model: Path, bits: int, threads: int, files: Sequence[Path], labels: Sequence[int],
    said: np.ndarray
) -> dict[str, Any]:
    """A model whose weights alone are integers."""
    nb, _ = convert_to_bytes(model, preprocess=subject.preprocess, quantize=WeightOnly(bits=bits))
    says = answers(Model(nb).session(threads=threads), subject, files).argmax(axis=1)
    return {
        "bits": bits,
        "top1": float(np.mean(says == labels)),
        "changed_answers": int(np.sum(says != said)),
        "size_bytes": len(nb),
    }


def text(row: dict[str, Any]) -> str:
    """A measurement as a line for each form of the model."""
    first = (
        f"{row['model']:<26} top-1 {row['top1']:.2%} of {row['images']} (expected {row['expected']:.2%}; "
        f"onnxruntime {row['onnxruntime_top1']:.2%}), changed answers {row['changed_answers']}, "
        f"worst difference {row['worst_difference']:.1e} of the range, {megabytes(row['size_bytes'])}"
    )
    second = (
        f"{'':<22}int8 top-1 {row['int8_top1']:.2%}, "
        f"drop {100 * (row['top1'] - row['int8_top1']):.2f} points, "
        f"changed answers {row['int8_changed_answers']} "
        f"({row['int8_changed_answers'] / row['images']:.2%}), divergence {row['int8_divergence']:.4f}, "
        f"{megabytes(row['int8_size_bytes'])} ({row['int8_size_bytes'] / row['size_bytes']:.1%}), "
        f"from {row['int8_samples']} images in {row['int8_conversion_s']:.1f} s"
    )
    rest = [
        f"{'':<14}weights int{form['bits']:<2} top-1 {form['top1']:.2%}, "
        f"drop {100 * (row['top1'] - form['top1']):.2f} points, "
        f"changed answers {form['changed_answers']} ({form['changed_answers'] / row['images']:.2%}), "
        f"{megabytes(form['size_bytes'])} ({form['size_bytes'] / row['size_bytes']:.2%})"
        for form in row["weights"]
    ]
    return "\n".join([first, second, *rest])


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", choices=("exact", "fast"), default="exact")
    parser.add_argument("--algo", choices=observers.names(), default=StaticPTQ().algo)
    parser.add_argument("--equalize", action="store_true")
    parser.add_argument("--adaround", action="store_true")
    parser.add_argument("--weights", choices=WEIGHT_METHODS, default=StaticPTQ().weights)
    parser.add_argument("--avx2-7bit", "--avx2_7bit", action="store_true", help="weights of 7 bits")
    parser.add_argument("--calib-num", "--calib_num", type=int, default=100, help="images to calibrate with")
    parser.add_argument("--images", type=int, default=400, help="images to test with")
    parser.add_argument("--model", default="", help="only models with this in their name or path")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main() -> None:
    arguments = parsed()
    if "LITE_TEST_DATA" not in os.environ:
        sys.exit("set LITE_TEST_DATA to the folder of test models and images")
    data = Path(os.environ["LITE_TEST_DATA"])
    quantize = StaticPTQ(data / CALIBRATION, algo=arguments.algo, num=arguments.calib_num,
                         equalize=arguments.equalize, adaround=arguments.adaround,
                         weights=arguments.weights, weight_bits=7 if arguments.avx2_7bit else 8)  # fmt: skip
    chosen = [row for row in SUBJECTS if arguments.model in f"{row.name} {row.model}"]
    rows = []
    for subject in chosen:
        if arguments.precision == "fast":
            rows.append(measure_fast(subject, data, arguments.threads, arguments.images))
            if not arguments.json:
                print(fast_text(rows[-1]), flush=True)
            continue
        rows.append(measure(subject, data, quantize, arguments.threads, arguments.images))
        if not arguments.json:
            print(text(rows[-1]), flush=True)
    if arguments.json:
        print(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
