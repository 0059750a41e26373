# SPDX-License-Identifier: Apache-2.0
"""The real models in LITE_TEST_DATA, what they are fed, and what their own frameworks make of it.

A model's outputs are held against one of three: the framework, run now (onnxruntime); the framework's output
that lies beside the model (``output.npy``); or what ``make_golden.py`` wrote into ``golden.npz``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

DATA = Path(os.environ.get("LITE_TEST_DATA", ""))
MODELS = DATA / "models"
GOLDEN = Path(__file__).with_name("golden.npz")
EXACT = 1e-4  # of the range: how far floats may be from the framework's
LARGE = 2000  # elements: of larger outputs golden.npz has one of EVERY
EVERY = 41
BESIDE = 16  # samples that are run of those that lie beside a model


@dataclass(frozen=True)
class ZooModel:
    """A model and what to hold it against.

    Attributes
    ----------
    name : str
    format : str
    path : str
        In the folder of models.
    shape : tuple of int
        Of the input; () if inputs lie beside the model.
    framework : str
        Whose outputs are expected.
    twins : tuple of (str, str)
        For each of the model's outputs an ONNX file and its output; () if they are its own.
    limit : float
        How far outputs may be from those expected, as a part of their range.
    changed : int
        If not -1, outputs are scores, and so many answers may differ instead.
    """

    name: str
    format: str
    path: str
    shape: tuple[int, ...] = ()
    framework: str = "onnxruntime"
    twins: tuple[tuple[str, str], ...] = ()
    limit: float = EXACT
    changed: int = -1

    @property
    def file(self) -> Path:
        return MODELS / self.path

    @property
    def is_quantized(self) -> bool:
        return self.format.endswith("quantized")


IMAGE = (1, 3, 224, 224)
PIXELS = (1, 224, 224, 3)
STEPS = 0.13  # of a quantized model: 32 of 255 steps, which the roundings of many layers may make together
UNTRAINED = 0.3  # the same of weights that were never trained: nothing is sure of its answer
ULTRAFACE = ("ultraface/version-RFB-320.onnx", "ultraface/version-RFB-320_without_postprocessing.onnx")
OCR = "ppocrv4_paddle/ch_"
MOBILENET = "tflite_imagenet/mobilenet_v1_0.25_224_"
TINY = "mlperf_tiny/"
QUANTIZED = "TFLite, quantized"

NAMED = (
    ZooModel("mobilenet_v2", "ONNX", "mobilenet_v2_torchvision/mobilenet_v2.onnx", IMAGE),
    ZooModel("efficientnet_lite0", "ONNX", "efficientnet_lite0/efficientnet_lite0.onnx", IMAGE),
    ZooModel("ultraface", "ONNX", ULTRAFACE[0], (1, 3, 240, 320)),
    ZooModel("ultraface_raw", "ONNX", ULTRAFACE[1], (1, 3, 240, 320)),
    ZooModel("fastestdet", "ONNX", "fastestdet/FastestDet.onnx", (1, 3, 352, 352)),
    ZooModel("mobilenet_v2", "Paddle", "mobilenet_v2_paddle", IMAGE,
             twins=(("mobilenet_v2_torchvision/mobilenet_v2.onnx", ""),)),
    ZooModel("ppocr_detection", "Paddle", OCR + "PP-OCRv4_det_infer", (1, 3, 96, 160), "Paddle"),
    ZooModel("ppocr_recognition", "Paddle", OCR + "PP-OCRv4_rec_infer", (1, 3, 48, 160), "Paddle"),
    ZooModel("ppocr_direction", "Paddle", OCR + "ppocr_mobile_v2_cls_infer", (1, 3, 48, 192), "Paddle"),
    ZooModel("ultraface", "Caffe", "ultraface/RFB-320.caffemodel", (1, 3, 240, 320),
             twins=((ULTRAFACE[1], "boxes"), (ULTRAFACE[0], "scores"))),
    ZooModel("squeezenet", "Caffe", "squeezenet_dc", (1, 3, 227, 227), "OpenCV"),
    ZooModel("mtcnn_p", "Caffe", "mtcnn/det1.caffemodel", (1, 3, 12, 12), "OpenCV"),
    ZooModel("mtcnn_r", "Caffe", "mtcnn/det2.caffemodel", (1, 3, 24, 24), "OpenCV"),
    ZooModel("mtcnn_o", "Caffe", "mtcnn/det3.caffemodel", (1, 3, 48, 48), "OpenCV"),
    ZooModel("mobilenet_v1_025", "TFLite", MOBILENET + "fp32.tflite", PIXELS, "LiteRT"),
    ZooModel("resnet8", "TFLite", TINY + "pretrainedResnet.tflite", (1, 32, 32, 3), "LiteRT"),
    ZooModel("wake_words", "TFLite", TINY + "vww_96_float.tflite", (1, 96, 96, 3), "LiteRT"),
    ZooModel("ultraface", "TFLite", ULTRAFACE[1].replace("onnx", "tflite"), (1, 240, 320, 3), "LiteRT"),
    ZooModel("mobilenet_v1_025", QUANTIZED, MOBILENET + "quant.tflite", PIXELS, "LiteRT",
             limit=STEPS),
    ZooModel("resnet8", QUANTIZED, TINY + "pretrainedResnet_quant.tflite", (1, 32, 32, 3), "LiteRT",
             limit=STEPS),
    ZooModel("wake_words", QUANTIZED, TINY + "vww_96_int8.tflite", (1, 96, 96, 3), "LiteRT",
             limit=STEPS),
    ZooModel("keywords", QUANTIZED, TINY + "kws_ref_model.tflite", (1, 49, 10, 1), "LiteRT",
             limit=STEPS),
    ZooModel("keywords_dynamic", QUANTIZED, TINY + "kws_ref_model_float32.tflite", (1, 49, 10, 1), "LiteRT",
             limit=0.02),
)  # fmt: skip


def _beside() -> Iterator[ZooModel]:
    """The models in Paddle's many layouts, with inputs and Paddle's outputs beside them."""
    root = MODELS / "paddle_formats"
    for folder in sorted({file.parent for file in root.rglob("output.npy")}):
        layout = folder.relative_to(root)
        path = f"paddle_formats/{layout.as_posix()}"
        if layout.parts[0] != "quantized":
            yield ZooModel(layout.as_posix(), "Paddle", path, framework="Paddle")
        elif (folder / "input.npy").is_file():
            yield ZooModel(layout.name, "Paddle, quantized", path, framework="Paddle", limit=UNTRAINED)
        else:
            yield ZooModel(layout.name, "Paddle, quantized", path, framework="Paddle", changed=1)


@cache
def zoo() -> tuple[ZooModel, ...]:
    """All models; none without LITE_TEST_DATA."""
    return NAMED + tuple(_beside()) if "LITE_TEST_DATA" in os.environ else ()


def feed(model: ZooModel, dtype: np.dtype) -> np.ndarray:
    """The input: what lies beside the model, or numbers from -1 to 1, or any of the integers."""
    if not model.shape:
        x: np.ndarray = np.load(_folder_of_input(model) / "input.npy")
        return x if model.changed >= 0 else x[:BESIDE]
    random = np.random.RandomState(7)
    if dtype.kind == "f":
        return random.uniform(-1, 1, model.shape).astype(dtype)
    limits = np.iinfo(dtype)
    return random.randint(limits.min, limits.max + 1, model.shape).astype(dtype)


def _folder_of_input(model: ZooModel) -> Path:
    """The quantized digits nets share the input of the one that they were made from."""
    return model.file if (model.file / "input.npy").is_file() else MODELS / "paddle_formats/pd2/digitsnet"


def kept(output: np.ndarray) -> np.ndarray:
    """What golden.npz keeps of an output."""
    flat = output.reshape(-1)
    return flat[::EVERY] if flat.size > LARGE else flat


def key(model: ZooModel, position: int) -> str:
    """Name in golden.npz of one of a model's outputs."""
    return f"{model.format}/{model.name}/{position}"


def expected(model: ZooModel, x: np.ndarray) -> list[np.ndarray]:
    """The framework's outputs; of those in golden.npz what is ``kept``."""
    if not model.shape:
        y: np.ndarray = np.load(model.file / "output.npy")
        return [y[: len(x)]]
    if model.framework == "onnxruntime":
        return _by_onnxruntime(model, x)
    with np.load(GOLDEN) as stored:
        count = sum(1 for name in stored if name.rpartition("/")[0] == key(model, 0).rpartition("/")[0])
        return [stored[key(model, position)] for position in range(count)]


def _by_onnxruntime(model: ZooModel, x: np.ndarray) -> list[np.ndarray]:
    import onnxruntime

    onnxruntime.set_default_logger_severity(3)

    def run(path: str, output: str) -> list[np.ndarray]:
        session = onnxruntime.InferenceSession(MODELS / path, providers=["CPUExecutionProvider"])
        found: list[np.ndarray] = session.run([output] if output else None, {session.get_inputs()[0].name: x})
        return found

    return [y for path, output in model.twins or ((model.path, ""),) for y in run(path, output)]


def difference(found: np.ndarray, wanted: np.ndarray) -> float:
    """The greatest difference, as a part of the range."""
    found, wanted = found.astype(np.float64), wanted.astype(np.float64)
    return float(np.abs(found - wanted).max() / max(np.ptp(wanted), 1e-30))


def changed_answers(found: np.ndarray, wanted: np.ndarray) -> int:
    """Of scores [n, classes], how many have their greatest elsewhere."""
    return int((found.argmax(-1) != wanted.argmax(-1)).sum())
