# SPDX-License-Identifier: Apache-2.0
"""ncnn, from what pnnx makes of the ONNX file.

int8 needs ncnn2table and ncnn2int8, which no wheel carries: ncnn's releases have them among their tools. They
are looked for in $LITE_PEERS/ncnn/bin.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from .engine import Engine, RefusalError, Source

TOOLS = ("ncnn2table", "ncnn2int8")


class Ncnn(Engine):
    """fp32; int8 by its KL tables; fast: bf16 storage."""

    name = "ncnn"
    environment = "ncnn"
    install = "ncnn pnnx numpy"

    def __init__(self, folder: Path, precision: str, threads: int) -> None:
        import ncnn

        self.net = ncnn.Net()
        options = self.net.opt
        options.num_threads = threads
        for name in ("packed", "storage", "arithmetic"):
            setattr(options, f"use_fp16_{name}", False)
            if name != "arithmetic":
                setattr(options, f"use_bf16_{name}", precision == "fast")
        self.net.load_param(str(folder / "model.param"))
        self.net.load_model(str(folder / "model.bin"))
        (self.input,) = self.net.input_names()
        self.outputs = list(self.net.output_names())

    @classmethod
    def refusal(cls, precision: str) -> str | None:
        missing = [tool for tool in TOOLS if not tool_path(tool).is_file()]
        if precision == "int8" and missing:
            return f"there is no {tool_path(missing[0])}; ncnn's releases have it, its wheel not"
        return None

    @classmethod
    def prepare(cls, source: Source, precision: str, folder: Path) -> None:
        shape = source.timed().shape
        onnx = folder / "net.onnx"
        onnx.write_bytes(source.model.read_bytes())  # pnnx writes beside what it reads
        import pnnx

        command = [pnnx.EXEC_PATH, str(onnx), f"inputshape=[{','.join(map(str, shape))}]", "fp16=0"]
        called(command, folder)
        if not (folder / "net.ncnn.param").is_file():
            raise RefusalError("pnnx wrote no ncnn model")
        unknown = unsupported(folder / "net.ncnn.param")
        if unknown:
            raise RefusalError(f"pnnx leaves {', '.join(sorted(unknown))} as they are, which ncnn has not")
        kept = {name: folder / f"model.{name}" for name in ("param", "bin")}
        for name, path in kept.items():
            (folder / f"net.ncnn.{name}").rename(path)
        for path in folder.glob("net*"):
            path.unlink()
        if precision == "int8":
            quantize(source, kept["param"], kept["bin"], folder)

    @classmethod
    def version(cls) -> str:
        import ncnn

        return str(ncnn.__version__)

    def fed(self, image: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(image[0])

    def run(self, fed: np.ndarray) -> list[np.ndarray]:
        import ncnn

        extractor = self.net.create_extractor()
        extractor.input(self.input, ncnn.Mat(fed))
        return [np.array(extractor.extract(name)[1]) for name in self.outputs]


def tool_path(name: str) -> Path:
    return Path(sys.prefix, "bin", name)


def called(command: list[str], folder: Path) -> None:
    """Run a tool; what it says is kept beside what it writes."""
    with open(folder / "log.txt", "a") as log:
        code = subprocess.run(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT).returncode
    if code:
        said = (folder / "log.txt").read_text(errors="replace").strip().splitlines()
        raise RefusalError(f"{Path(command[0]).name} ended with {code}: {said[-1] if said else 'no word'}")


def unsupported(param: Path) -> set[str]:
    """Layers that pnnx could not translate keep names with a dot or of PyTorch's functions."""
    kinds = {line.split()[0] for line in param.read_text().splitlines()[2:] if line.strip()}
    return {kind for kind in kinds if "." in kind or "::" in kind or kind.startswith("F_")}


def quantize(source: Source, param: Path, weights: Path, folder: Path) -> None:
    """A table of scales by KL divergence, then weights of 8 bits."""
    names = []
    for index, image in enumerate(source.calibration()):
        np.save(folder / f"image{index}.npy", np.ascontiguousarray(image[0]))
        names.append(f"image{index}.npy\n")
    (folder / "list.txt").write_text("".join(names))
    shape = ",".join(map(str, reversed(source.timed().shape[1:])))
    files = [param.name, weights.name, "list.txt", "model.table"]
    called([str(tool_path("ncnn2table")), *files, f"shape=[{shape}]", "method=kl", "type=1"], folder)
    called(
        [str(tool_path("ncnn2int8")), param.name, weights.name, "int8.param", "int8.bin", "model.table"],
        folder,
    )
    (folder / "int8.param").rename(param)
    (folder / "int8.bin").rename(weights)
    for path in folder.glob("image*.npy"):
        path.unlink()
