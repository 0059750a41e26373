# SPDX-License-Identifier: Apache-2.0
"""LiteRT with XNNPACK, from what onnx2tf makes of the ONNX file."""

from __future__ import annotations

from .engine import Engine


class LiteRt(Engine):
    name = "litert"
    environment = "litert"
    install = "ai-edge-litert onnx2tf"
