# SPDX-License-Identifier: Apache-2.0
"""Ops that only say how something is stored: binding their output does what they do."""

from __future__ import annotations

from lite.importers.tflite.call import Call
from lite.ir import Value


def real(call: Call) -> Value:
    """QUANTIZE and DEQUANTIZE: the reals; the output's own scale is applied where it has one."""
    return call.need(0)


def densify(call: Call) -> Value:
    """A sparse constant is read as a dense one."""
    return call.stored(0)


RULES = {"DENSIFY": densify, "DEQUANTIZE": real, "QUANTIZE": real}
