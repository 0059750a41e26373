# SPDX-License-Identifier: Apache-2.0
"""Engines on int8 models for peers.py, all calibrated with the same images.

Peers whose wheels should not mix with ours lie in a virtual environment each, $LITE_PEERS/NAME:

    python -m venv $LITE_PEERS/openvino && $LITE_PEERS/openvino/bin/pip install openvino nncf
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from peers import Engine, Lite, OnnxRuntime

IMAGES = 100


def calibration(model: Path) -> list[np.ndarray]:
    """Images as a model of accuracy.py wants them."""
    from accuracy import SUBJECTS

    from lite.images import network_input

    data = Path(os.environ["LITE_TEST_DATA"])
    known = [subject.preprocess for subject in SUBJECTS if (data / "models" / subject.model) == model]
    if not known:
        sys.exit(f"{model}: it is not known how images become its input; --int8 takes the usual models")
    files = sorted((data / "data/imagenet_calib200").glob("*.jpg"))[: IMAGES + 1]
    return [network_input(file, (1, 3, 224, 224), known[0]) for file in files]


def random_samples() -> list[np.ndarray]:
    """As many for a network of random weights."""
    from zoo import random_images

    return [image[None] for image in random_images(IMAGES + 1)]


class Int8(Engine):
    """What engines on integers share: the image they are timed on is none of the calibration's."""

    def feeds(self, images: Path) -> dict[str, np.ndarray]:
        (name, _), *_ = self.inputs()
        return {name: np.array(np.load(images, mmap_mode="r")[-1])}

    @classmethod
    def absent(cls) -> str | None:
        """Why it cannot run here; None if it can."""
        return None


class LiteFloat(Int8, Lite):
    """Ours in float, in the same run."""

    name = "lite fp32"


class LiteInt8(Int8, Lite):
    """Ours, by StaticPTQ."""

    name = "lite int8"

    @classmethod
    def prepare(cls, model: Path, prepared: Path) -> None:
        import lite

        samples = list(np.load(prepared.parent / "images.npy")[:-1])
        lite.convert(model, prepared, quantize=lite.StaticPTQ(samples))


class OnnxRuntimeFloat(Int8, OnnxRuntime):
    """The reference of the outputs."""

    name = "onnxruntime fp32"


class OnnxRuntimeInt8(Int8, OnnxRuntime):
    """quantize_static after its own pre-processing: QDQ, u8 activations, s8 weights per channel."""

    name = "onnxruntime QDQ"

    def __init__(self, model: Path, prepared: Path, threads: int) -> None:
        super().__init__(prepared, prepared, threads)

    @classmethod
    def prepare(cls, model: Path, prepared: Path) -> None:
        import onnxruntime
        from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
        from onnxruntime.quantization.shape_inference import quant_pre_process

        name = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).get_inputs()[0].name
        images = iter(np.load(prepared.parent / "images.npy")[:-1])

        class Reader(CalibrationDataReader):
            def get_next(self) -> dict[str, np.ndarray] | None:
                image = next(images, None)
                return None if image is None else {name: image}

        folded = prepared.with_suffix(".folded.onnx")
        quant_pre_process(str(model), str(folded), skip_symbolic_shape=True)
        quantize_static(str(folded), str(prepared), Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
                        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)


class Foreign(Int8):
    """A peer from a virtual environment of its own."""

    folder = ""

    @classmethod
    def enter(cls) -> None:
        """Let its packages be found."""
        for path in cls.packages():
            if str(path) not in sys.path:
                sys.path.insert(0, str(path))

    @classmethod
    def packages(cls) -> list[Path]:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return [path for path in [Path(os.environ.get("LITE_PEERS", "peers"), cls.folder, "lib", version,
                                       "site-packages")] if path.is_dir()]  # fmt: skip

    @classmethod
    def absent(cls) -> str | None:
        return None if cls.packages() else f"there is no $LITE_PEERS/{cls.folder} for this Python"


class OpenVinoInt8(Foreign):
    """OpenVINO after nncf.quantize; what stays float runs in float32."""

    name, folder = "openvino nncf", "openvino"

    def __init__(self, model: Path, prepared: Path, threads: int) -> None:
        import openvino

        settings = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
        core = openvino.Core()
        self.compiled = core.compile_model(core.read_model(prepared), "CPU", settings)
        self.request = self.compiled.create_infer_request()

    @classmethod
    def prepare(cls, model: Path, prepared: Path) -> None:
        cls.enter()
        import nncf
        import openvino

        images = np.load(prepared.parent / "images.npy")[:-1]
        source = openvino.convert_model(model)
        source.reshape([1, 3, 224, 224])
        quantized = nncf.quantize(source, nncf.Dataset(list(images)), subset_size=len(images))
        openvino.save_model(quantized, prepared, compress_to_fp16=False)

    @classmethod
    def version(cls) -> str:
        cls.enter()
        import openvino

        return str(openvino.__version__)

    def inputs(self) -> list[tuple[str, list[Any]]]:
        return [(entry.any_name, list(entry.shape)) for entry in self.compiled.inputs]

    def run(self, feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        results = self.request.infer(feeds)
        return [np.array(results[output]) for output in self.compiled.outputs]


class WithoutTools(Foreign):
    """A peer whose wheels lack what makes an int8 model of an ONNX file."""

    reason = ""

    @classmethod
    def absent(cls) -> str | None:
        return cls.reason


class Ncnn(WithoutTools):
    name, folder = "ncnn", "ncnn"
    reason = "its wheel has no converter from ONNX and no ncnn2table, ncnn2int8"


class Mnn(WithoutTools):
    name, folder = "MNN", "MNN"
    reason = "importing its tools installs a log client with pip into the environment at hand"


class LiteRt(WithoutTools):
    name, folder = "LiteRT", "litert"
    reason = "its wheel runs .tflite only, and nothing in it converts ONNX"


SUFFIXES = {LiteFloat: ".nb", LiteInt8: ".int8.nb", OnnxRuntimeInt8: ".qdq.onnx", OpenVinoInt8: ".xml"}
ENGINES: tuple[type[Int8], ...] = (LiteInt8, LiteFloat, OnnxRuntimeInt8, OpenVinoInt8, Ncnn, Mnn, LiteRt,
                                   OnnxRuntimeFloat)


def runnable() -> Iterator[tuple[type[Int8], str | None]]:
    """Engines, and why they do not run here."""
    for engine in ENGINES:
        yield engine, engine.absent()
