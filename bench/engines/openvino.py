# SPDX-License-Identifier: Apache-2.0
"""OpenVINO: one stream, floats in the precision that is asked for."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from .engine import Engine, Source
from .onnxruntime import quantize


class OpenVino(Engine):
    """fp32; int8 by nncf, the rest in fp32; fast: bf16."""

    name = "openvino"
    environment = "openvino"
    install = "openvino nncf onnx"
    file = "model.xml"

    def __init__(self, folder: Path, precision: str, threads: int) -> None:
        import openvino

        floats = "bf16" if precision == "fast" else "f32"
        settings = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": floats}
        core = openvino.Core()
        compiled = core.compile_model(core.read_model(folder / self.file), "CPU", settings)
        self.request = compiled.create_infer_request()
        self.outputs = compiled.outputs

    @classmethod
    def prepare(cls, source: Source, precision: str, folder: Path) -> None:
        import openvino

        model = openvino.Core().read_model(source.model)
        if precision == "int8":
            os.environ["NNCF_CI"] = "1"  # before the import: reports nothing over the network
            import nncf

            images = list(source.calibration())
            model = nncf.quantize(model, nncf.Dataset(images), subset_size=len(images))
        openvino.save_model(model, folder / cls.file, compress_to_fp16=False)

    @classmethod
    def version(cls) -> str:
        import openvino

        return str(openvino.__version__).split("-")[0]

    def run(self, fed: np.ndarray) -> list[np.ndarray]:
        results = self.request.infer([fed], share_inputs=True, share_outputs=True)  # copies neither
        return [np.array(results[output]) for output in self.outputs]


class OpenVinoQdq(OpenVino):
    """int8 from the file that onnxruntime quantized."""

    name = "openvino qdq"
    converter = ""
    file = "model.onnx"

    @classmethod
    def refusal(cls, precision: str) -> str | None:
        return None if precision == "int8" else "it is about int8; see openvino"

    @classmethod
    def prepare(cls, source: Source, precision: str, folder: Path) -> None:
        quantize(source, folder / cls.file)
