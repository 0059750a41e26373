# SPDX-License-Identifier: Apache-2.0
"""The archive that make_zoo.py wrote: graphs and saved models, inputs, and what TensorFlow gave."""

from __future__ import annotations

import base64
import io
import json
import lzma
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

ZOO: dict[str, Any] = json.loads(lzma.decompress(Path(__file__).with_name("zoo.json.xz").read_bytes()))


def _array(entry: dict[str, Any]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(entry["data"]), entry["dtype"]).reshape(entry["shape"])


def arrays(case: str, kind: str) -> dict[str, np.ndarray]:
    return {name: _array(entry) for name, entry in ZOO[case][kind].items()}


def source(case: str, folder: Path) -> bytes | Path:
    """The bytes of a graph; a folder, if it is a saved model."""
    if "graph" in ZOO[case]:
        return base64.b64decode(ZOO[case]["graph"])
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(ZOO[case]["folder"]))) as archive:
        archive.extractall(folder)
    return folder
