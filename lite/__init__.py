# SPDX-License-Identifier: Apache-2.0
"""Room: lite - an on-device inference engine: convert a trained model, run it anywhere.
In:   a model file (ONNX, PaddlePaddle, TensorFlow, Caffe, ...).
Out:  convert -> .nb; export -> .onnx; Model -> Session -> arrays.
May import: everything below; at import time numpy and the native module only.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lite.convert import Report, convert, convert_to_bytes
from lite.errors import LiteError, MissingDependencyError

if TYPE_CHECKING:
    from lite.exporting import export, export_to_bytes
    from lite.ir import Preprocess
    from lite.quant import StaticPTQ, WeightOnly
    from lite.session import Model, Session, trimmed
    from lite.slim import from_torch

__version__ = "0.1.0"
__all__ = ["LiteError", "Model", "Preprocess", "Report", "Session", "StaticPTQ", "WeightOnly", "__version__",
           "convert", "convert_to_bytes", "export", "export_to_bytes", "from_torch",
           "trimmed"]

_LATE = {"Model": "lite.session", "Session": "lite.session", "Preprocess": "lite.ir",
         "export": "lite.exporting", "export_to_bytes": "lite.exporting", "from_torch": "lite.slim",
         "StaticPTQ": "lite.quant", "WeightOnly": "lite.quant",
         "trimmed": "lite.session"}  # name: where it is


def __getattr__(name: str) -> Any:
    if name == "_native":
        return _native_module()
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_LATE[name]), name)
    return value


def _native_module() -> Any:
    try:
        return importlib.import_module("lite._native")
    except ImportError as error:
        raise MissingDependencyError(
            f"the native module cannot be loaded: {error}", where=str(Path(__file__).parent),
            hint="`pip install -e .` builds it here; outside this folder Python finds an installed lite",
        ) from error


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATE})
