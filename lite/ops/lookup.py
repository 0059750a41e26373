# SPDX-License-Identifier: Apache-2.0
"""lookup: each byte's entry in a table of 256; every function of one quantized value, exactly."""

from __future__ import annotations

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Op, TensorType
from lite.ops._broadcast import check_dtype
from lite.ops._extents import differ
from lite.ops._quant import integers


class Lookup(Op, name="lookup"):
    """``table`` begins with the entry of the least byte: -128 for s8, 0 for u8. Its element type is y's."""

    range_ulps = 0.0

    def infer(self, x: TensorType, table: TensorType) -> TensorType:
        check_dtype("x", x, (DType.S8, DType.U8))
        check_dtype("the table", table, (DType.S8, DType.U8, DType.F32))
        if table.rank != 1 or differ(table.shape[0], 256):
            raise ShapeError(f"the table is {table}, expected 256 entries")
        return x.with_dtype(table.dtype)

    def reference(self, x, table):
        return table[x.astype(np.int32) - np.iinfo(x.dtype).min]

    @classmethod
    def samples(cls):
        random = np.random.default_rng(6)
        for source in (DType.S8, DType.U8):
            for target in (DType.S8, DType.U8):
                yield cls(), [integers(random, (3, 7, 123), source), integers(random, (256,), target)]
            table = random.standard_normal(256).astype(np.float32)
            yield cls(), [integers(random, (5, 67), source), table]
        yield cls(), [integers(random, (0, 4)), integers(random, (256,))]
