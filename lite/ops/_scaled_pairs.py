# SPDX-License-Identifier: Apache-2.0
"""Samples of the ops on two quantized operands that are broadcast."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.ir import DType, Op
from lite.ops._binary import SHAPES
from lite.ops._quant import integers


def pairs(op: Op, variants: tuple[Op, ...], wide: Op) -> Iterator[tuple[Op, list[Any]]]:
    """One op on operands of many shapes, its variants on every pair of bytes, another on 16 bits."""
    random = np.random.default_rng(8)
    for a, b in SHAPES:
        yield op, [integers(random, a), integers(random, b)]
    every = np.arange(-128, 128).astype(np.int8)
    for variant in variants:
        yield variant, [np.repeat(every, 256), np.tile(every, 256)]
    for b in ((3, 4, 70), (4, 1), (70,)):
        yield wide, [integers(random, (3, 4, 70), DType.S16), integers(random, b, DType.S16)]
