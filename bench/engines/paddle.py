# SPDX-License-Identifier: Apache-2.0
"""Paddle Inference with oneDNN, from its own files where a network has them, else from what x2paddle makes.

x2paddle reads ONNX with an onnx of 1.17 or older.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from .engine import Engine, RefusalError, Source


class Paddle(Engine):
    """fp32; fast: oneDNN's bf16."""

    name = "paddle"
    environment = "paddle"
    install = "paddlepaddle x2paddle onnx==1.17.0 six packaging requests"

    def __init__(self, folder: Path, precision: str, threads: int) -> None:
        from paddle import inference

        graph = next(
            path for path in (folder / "inference.json", folder / "inference.pdmodel") if path.is_file()
        )
        config = inference.Config(str(graph), str(folder / "inference.pdiparams"))
        config.disable_gpu()
        config.enable_mkldnn()
        if precision == "fast":
            config.enable_mkldnn_bfloat16()
        config.set_cpu_math_library_num_threads(threads)
        if graph.suffix == ".pdmodel":  # its newer programs know no such pass
            config.enable_memory_optim()
        config.disable_glog_info()
        self.predictor = inference.create_predictor(config)
        (self.input,) = (self.predictor.get_input_handle(name) for name in self.predictor.get_input_names())
        self.outputs = list(self.predictor.get_output_names())

    @classmethod
    def refusal(cls, precision: str) -> str | None:
        return "its int8 wants models that PaddleSlim quantized" if precision == "int8" else None

    @classmethod
    def prepare(cls, source: Source, precision: str, folder: Path) -> None:
        if source.paddle:
            shutil.copytree(source.paddle, folder, dirs_exist_ok=True)
            return
        from x2paddle.convert import onnx2paddle

        made = folder / "made"
        onnx2paddle(str(source.model), str(made), disable_feedback=True, enable_onnx_checker=False)
        found = list(made.glob("inference_model/model.*"))
        if not found:
            raise RefusalError("x2paddle wrote no model")
        for path in found:
            path.rename(folder / f"inference{path.suffix}")
        shutil.rmtree(made)

    @classmethod
    def version(cls) -> str:
        import paddle
        import paddle.inference

        return str(paddle.__version__)

    def run(self, fed: np.ndarray) -> list[np.ndarray]:
        self.input.reshape(fed.shape)
        self.input.copy_from_cpu(fed)
        self.predictor.run()
        return [self.predictor.get_output_handle(name).copy_to_cpu() for name in self.outputs]
