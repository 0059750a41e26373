# SPDX-License-Identifier: Apache-2.0
"""MNN.

Its converters are called as the module ``_tools``: the wheel's commands would install a log client.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from .engine import Engine, RefusalError, Source


class Mnn(Engine):
    """fp32; int8 by its offline quantizer with KL; fast: its low precision."""

    name = "mnn"
    environment = "mnn"
    install = "MNN numpy"

    def __init__(self, folder: Path, precision: str, threads: int) -> None:
        import MNN

        self.network = MNN.Interpreter(str(folder / "model.mnn"))
        floats = "low" if precision == "fast" else "high"
        self.session = self.network.createSession(
            {"backend": "CPU", "numThread": threads, "precision": floats}
        )
        self.input = self.network.getSessionInput(self.session)
        outputs = self.network.getSessionOutputAll(self.session).values()
        self.outputs = [(output, on_host(np.zeros(output.getShape(), np.float32))) for output in outputs]

    @classmethod
    def prepare(cls, source: Source, precision: str, folder: Path) -> None:
        import _tools

        whole = folder / "float.mnn"
        _tools.mnnconvert(
            ["mnnconvert", "-f", "ONNX", "--modelFile", str(source.model), "--MNNModel", str(whole)]
        )
        if not whole.is_file():
            raise RefusalError("mnnconvert wrote no model")
        if precision != "int8":
            whole.rename(folder / "model.mnn")
            return
        quantize(source, whole, folder)
        whole.unlink()

    @classmethod
    def version(cls) -> str:
        import MNN

        return str(MNN.version())

    def fed(self, image: np.ndarray) -> Any:
        return on_host(image)

    def run(self, fed: Any) -> list[np.ndarray]:
        self.input.copyFrom(fed)
        self.network.runSession(self.session)
        for output, host in self.outputs:
            output.copyToHostTensor(host)
        return [np.array(host.getNumpyData()) for _, host in self.outputs]


def on_host(array: np.ndarray) -> Any:
    """A tensor in plain order, with a copy of the array."""
    import MNN

    return MNN.Tensor(array.shape, MNN.Halide_Type_Float, array, MNN.Tensor_DimensionType_Caffe)


def quantize(source: Source, whole: Path, folder: Path) -> None:
    """It calibrates with picture files: of 8 bits between the least and the greatest value of all."""
    import _tools

    images = np.concatenate(list(source.calibration()))
    if images.ndim != 4 or images.shape[1] != 3:
        raise RefusalError(f"it calibrates with pictures, not with {list(images.shape[1:])}")
    low, step = float(images.min()), float(np.ptp(images)) / 255
    pictures = folder / "pictures"
    pictures.mkdir()
    height, width = images.shape[2:]
    for index, image in enumerate(np.rint((images - low) / step).astype(np.uint8)):
        header = f"P6 {width} {height} 255\n".encode()
        (pictures / f"{index}.ppm").write_bytes(header + image.transpose(1, 2, 0).tobytes())
    settings = {"format": "RGB", "mean": [-low / step] * 3, "normal": [step] * 3, "width": width,
                "height": height, "path": f"{pictures}/", "used_image_num": len(images),
                "feature_quantize_method": "KL", "weight_quantize_method": "MAX_ABS"}  # fmt: skip
    (folder / "quantize.json").write_text(json.dumps(settings))
    _tools.mnnquant(["mnnquant", str(whole), str(folder / "model.mnn"), str(folder / "quantize.json")])
    if not (folder / "model.mnn").is_file():
        raise RefusalError("mnnquant wrote no model")
    shutil.rmtree(pictures)
