# SPDX-License-Identifier: Apache-2.0
"""LiteRT with XNNPACK, from what onnx2tf and TensorFlow's converter make of the ONNX file.

The runtime and the converters want other versions of the same packages: they have an environment each.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np

from .engine import Engine, RefusalError, Source

SAMPLES = "calibration_image_sample_data_20x128x128x3_float32.npy"  # onnx2tf downloads it unless it is there


class LiteRt(Engine):
    """fp32; int8 with float input and output, by TensorFlow's converter."""

    name = "litert"
    environment = "litert"
    install = "ai-edge-litert"
    converter = "onnx2tf"
    install_converter = "onnx2tf tensorflow"

    def __init__(self, folder: Path, precision: str, threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self.interpreter_ = Interpreter(str(folder / "model.tflite"), num_threads=threads)
        self.interpreter_.allocate_tensors()
        (self.input,) = (entry["index"] for entry in self.interpreter_.get_input_details())
        self.outputs = [entry["index"] for entry in self.interpreter_.get_output_details()]

    @classmethod
    def refusal(cls, precision: str) -> str | None:
        return "XNNPACK computes float models in 32 bits on x86" if precision == "fast" else None

    @classmethod
    def prepare(cls, source: Source, precision: str, folder: Path) -> None:
        os.environ["PATH"] = (
            f"{Path(sys.prefix, 'bin')}{os.pathsep}{os.environ.get('PATH', '')}"  # for onnxsim
        )
        saved = folder / "saved"
        as_saved_model(source, saved)
        if precision == "int8":
            (folder / "model.tflite").write_bytes(quantized(source, saved))
        else:
            (whole,) = saved.glob("*_float32.tflite")
            whole.rename(folder / "model.tflite")
        shutil.rmtree(saved)

    @classmethod
    def version(cls) -> str:
        from importlib.metadata import version

        import ai_edge_litert.interpreter  # noqa: F401

        return version("ai-edge-litert")

    def fed(self, image: np.ndarray) -> np.ndarray:
        return channels_last(image)

    def run(self, fed: np.ndarray) -> list[np.ndarray]:
        self.interpreter_.set_tensor(self.input, fed)
        self.interpreter_.invoke()
        return [self.interpreter_.get_tensor(output) for output in self.outputs]

    def restored(self, outputs: list[np.ndarray]) -> list[np.ndarray]:
        return [output.transpose(0, 3, 1, 2) if output.ndim == 4 else output for output in outputs]


def channels_last(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(image.transpose(0, 2, 3, 1))


def as_saved_model(source: Source, target: Path) -> None:
    """onnx2tf tries the model on pixels, any: here ours, so that it downloads none."""
    import onnx2tf

    np.save(SAMPLES, np.resize(source.timed(), (20, 128, 128, 3)))
    try:
        onnx2tf.convert(input_onnx_file_path=str(source.model), output_folder_path=str(target),
                        output_signaturedefs=True, non_verbose=True, disable_strict_mode=True)  # fmt: skip
    except SystemExit as error:
        raise RefusalError("onnx2tf cannot convert it") from error


def quantized(source: Source, saved: Path) -> bytes:
    import tensorflow

    def samples() -> Any:
        for image in source.calibration():
            yield [channels_last(image)]

    converter = tensorflow.lite.TFLiteConverter.from_saved_model(str(saved))
    converter.optimizations = [tensorflow.lite.Optimize.DEFAULT]
    converter.representative_dataset = samples
    converted: bytes = converter.convert()
    return converted
