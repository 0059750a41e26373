# SPDX-License-Identifier: Apache-2.0
"""Paddle Inference with oneDNN."""

from __future__ import annotations

from .engine import Engine


class Paddle(Engine):
    name = "paddle"
    environment = "paddle"
    install = "paddlepaddle"
