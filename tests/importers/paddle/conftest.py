# SPDX-License-Identifier: Apache-2.0
"""Real bytes of Paddle for the tests of this folder: the archive, and a model whose parts can be changed."""

from __future__ import annotations

import base64
import json
import lzma
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lite.importers.proto import messages

sys.path.insert(0, str(Path(__file__).resolve().parent))


@dataclass
class Saved:
    """A program as a message, and its parameters by name."""

    program: Any
    arrays: dict[str, np.ndarray]

    @property
    def block(self) -> Any:
        return self.program.blocks[0]

    def op(self, type: str) -> Any:
        """The first op of a type."""
        return next(op for op in self.block.ops if op.type == type)

    def variable(self, name: str) -> Any:
        return next(variable for variable in self.block.vars if variable.name == name)

    def program_bytes(self) -> bytes:
        return bytes(self.program.SerializeToString())

    def parameter_bytes(self) -> bytes:
        """The combined file."""
        return b"".join(record(self.arrays[name]) for name in sorted(self.arrays))

    def write(self, folder: Path, program: str, parameters: str | None) -> Path:
        """Write both files; None for a file per parameter."""
        (folder / program).write_bytes(self.program_bytes())
        if parameters is not None:
            (folder / parameters).write_bytes(self.parameter_bytes())
        else:
            for name, array in self.arrays.items():
                (folder / name).write_bytes(record(array))
        return folder


def record(array: np.ndarray) -> bytes:
    """One parameter as Paddle stores it."""
    number = {"float32": 5, "int64": 3, "int32": 2}[array.dtype.name]
    description = messages("framework")["TensorDesc"](data_type=number, dims=array.shape).SerializeToString()
    return struct.pack("<IQIi", 0, 0, 0, len(description)) + description + array.tobytes()


@pytest.fixture(scope="session")
def zoo() -> dict[str, Any]:
    """All cases of the archive by name."""
    found: dict[str, Any] = json.loads(lzma.decompress(Path(__file__).with_name("zoo.json.xz").read_bytes()))
    return found


@pytest.fixture(scope="session")
def pir() -> dict[str, Any]:
    """All programs of the archive of PIR by name."""
    found: dict[str, Any] = json.loads(lzma.decompress(Path(__file__).with_name("pir.json.xz").read_bytes()))
    return found


@pytest.fixture
def saved(zoo: dict[str, Any]) -> Saved:
    """A model with four parameters: batch_norm on a [-1, 4, 3, 5] input x."""
    entry = zoo["2.6.2/batch_norm_nchw_4d"]
    program = messages("framework")["ProgramDesc"].FromString(base64.b64decode(entry["program"]))
    generator = np.random.default_rng(0)
    arrays = {name: generator.random(4).astype(np.float32) for name in ("BIAS", "MEAN", "SCALE", "VARIANCE")}
    return Saved(program, arrays)
