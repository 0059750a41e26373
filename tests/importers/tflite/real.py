# SPDX-License-Identifier: Apache-2.0
"""The real models in LITE_TEST_DATA, and what they are fed; ``make_real.py`` runs them with LiteRT."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import numpy as np

DATA = Path(os.environ.get("LITE_TEST_DATA", ""))
MODELS = {  # by name: the file, the input's shape and its element type
    "mobilenet_fp32": ("tflite_imagenet/mobilenet_v1_0.25_224_fp32.tflite", (224, 224, 3), "float32"),
    "mobilenet_uint8": ("tflite_imagenet/mobilenet_v1_0.25_224_quant.tflite", (224, 224, 3), "uint8"),
    "resnet8_fp32": ("mlperf_tiny/pretrainedResnet.tflite", (32, 32, 3), "float32"),
    "resnet8_int8": ("mlperf_tiny/pretrainedResnet_quant.tflite", (32, 32, 3), "int8"),
    "wake_words_fp32": ("mlperf_tiny/vww_96_float.tflite", (96, 96, 3), "float32"),
    "wake_words_int8": ("mlperf_tiny/vww_96_int8.tflite", (96, 96, 3), "int8"),
    "keywords_dynamic": ("mlperf_tiny/kws_ref_model_float32.tflite", (49, 10, 1), "float32"),
    "keywords_int8": ("mlperf_tiny/kws_ref_model.tflite", (49, 10, 1), "int8"),
    "ultraface": ("ultraface/version-RFB-320_without_postprocessing.tflite", (240, 320, 3), "float32"),
}  # fmt: skip
PHOTOS = ("mobilenet_fp32", "mobilenet_uint8")  # have answers for 400 photographs
THUMBNAILS = ("resnet8_fp32", "resnet8_int8")  # have answers for 2000 images of 32 x 32
SAMPLES = 3
EVERY = 41  # of the elements of large outputs, one in so many is kept


def path(name: str) -> Path:
    return DATA / "models" / MODELS[name][0]


def samples(name: str) -> np.ndarray:
    """Random inputs, each a batch of 1."""
    _, shape, dtype = MODELS[name]
    random = np.random.RandomState(7)
    if dtype == "float32":
        return random.uniform(-1, 1, (SAMPLES, 1, *shape)).astype(np.float32)
    limits = np.iinfo(dtype)
    return random.randint(limits.min, limits.max + 1, (SAMPLES, 1, *shape)).astype(dtype)


def kept(output: np.ndarray) -> np.ndarray:
    """What is compared of an output."""
    flat = output.reshape(-1)
    return flat[::EVERY] if flat.size > 2000 else flat


def photos(name: str) -> tuple[np.ndarray, np.ndarray]:
    """400 photographs as the model wants them, and the classes (0 is none of them)."""
    from PIL import Image

    folder = DATA / "data" / "imagenet_val400"
    rows = [line.split() for line in (folder / "labels.txt").read_text().splitlines()]
    images = np.stack(
        [np.asarray(Image.open(folder / file).convert("RGB"))[1:225, 1:225] for file, _ in rows]
    )
    ready = images if name.endswith("uint8") else (images / np.float32(127.5) - 1).astype(np.float32)
    return ready, np.array([int(label) + 1 for _, label in rows])


def thumbnails(name: str) -> tuple[np.ndarray, np.ndarray]:
    """2000 images as the model wants them, and their classes."""
    from PIL import Image

    with tarfile.open(DATA / "data" / "cifar10_12k.tar.gz") as archive:
        members = sorted((item for item in archive if item.isfile() and item.name.startswith("test/")),
                         key=lambda item: item.name)  # fmt: skip
        read = [archive.extractfile(item) for item in members]
        images = np.stack(
            [np.asarray(Image.open(io.BytesIO(file.read())).convert("RGB")) for file in read if file]
        )
    names = sorted({item.name.split("/")[1] for item in members})
    labels = np.array([names.index(item.name.split("/")[1]) for item in members])
    ready = images.astype(np.float32) if name.endswith("fp32") else (images.astype(int) - 128).astype(np.int8)
    return ready, labels
