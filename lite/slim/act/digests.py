# SPDX-License-Identifier: Apache-2.0
"""Digests of models, data and functions: what they are equal for is the same."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lite.ir import Graph
from lite.nb import writer

CHUNK_BYTES = 1 << 20


def digest(facts: Any) -> str:
    """Of what JSON can say."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def digest_of_graph(graph: Graph) -> str:
    return hashlib.sha256(writer.to_bytes(graph)).hexdigest()


def digest_of_arrays(samples: Iterable[Mapping[str, np.ndarray]]) -> str:
    """Of names, types, shapes and numbers."""
    found = hashlib.sha256()
    for feeds in samples:
        for name, array in feeds.items():
            found.update(f"{name} {array.dtype} {array.shape}".encode())
            found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def digest_of_function(function: Any) -> str:
    """Of a function and all of the source file that it stands in, as it may call what else does."""
    own = getattr(function, "__qualname__", type(function).__name__)
    name = f"{getattr(function, '__module__', '')}.{own}"
    try:
        source = Path(inspect.getfile(inspect.unwrap(function))).read_bytes()
    except (TypeError, OSError):
        source = b""
    code = getattr(getattr(function, "__code__", None), "co_code", b"")
    return hashlib.sha256(name.encode() + source + code).hexdigest()


def digest_of_files(path: Path) -> str:
    """Of a file, or of all files in a folder."""
    found = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            found.update(str(file.relative_to(path)).encode())
            with file.open("rb") as opened:
                for chunk in iter(lambda: opened.read(CHUNK_BYTES), b""):
                    found.update(chunk)
    return found.hexdigest()
