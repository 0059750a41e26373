# SPDX-License-Identifier: Apache-2.0
"""onnxruntime as it comes: all optimisations, spinning threads."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .engine import Engine, Source

SCALES_PER_CHANNEL = 13  # the first opset that has them


class OnnxRuntime(Engine):
    """fp32 from the ONNX file; int8 by its quantize_static: QDQ, u8 activations, s8 weights per channel."""

    name = "onnxruntime"

    def __init__(self, folder: Path, precision: str, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            folder / "model.onnx", options, providers=["CPUExecutionProvider"]
        )
        (self.input,) = (entry.name for entry in self.session.get_inputs())

    @classmethod
    def refusal(cls, precision: str) -> str | None:
        return "its CPU kernels compute floats in 32 bits on x86" if precision == "fast" else None

    @classmethod
    def prepare(cls, source: Source, precision: str, folder: Path) -> None:
        if precision == "int8":
            quantize(source, folder / "model.onnx")
        else:
            shutil.copyfile(source.model, folder / "model.onnx")

    @classmethod
    def version(cls) -> str:
        import onnxruntime

        return str(onnxruntime.__version__)

    def run(self, fed: np.ndarray) -> list[np.ndarray]:
        return self.session.run(None, {self.input: fed})


def quantize(source: Source, target: Path) -> None:
    """Its pre-processing (batch normalization folded), then its calibration by minimum and maximum."""
    import onnx.version_converter
    import onnxruntime
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    folded = target.with_suffix(".folded.onnx")
    model = onnx.load(source.model)
    if max(entry.version for entry in model.opset_import if not entry.domain) < SCALES_PER_CHANNEL:
        model = onnx.version_converter.convert_version(model, SCALES_PER_CHANNEL)
    onnx.save(model, folded)
    session = onnxruntime.InferenceSession(source.model, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self._images: Iterator[np.ndarray] = source.calibration()

        def get_next(self) -> dict[str, np.ndarray] | None:
            image = next(self._images, None)
            return None if image is None else {name: image}

    quant_pre_process(str(folded), str(folded), skip_symbolic_shape=True)
    quantize_static(str(folded), str(target), Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
                    activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)  # fmt: skip
    folded.unlink()
