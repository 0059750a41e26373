# SPDX-License-Identifier: Apache-2.0
"""Room: quant - turns a float graph into one of integers: weights alone, or all of it from data.
In:   an optimised float graph and settings; for all of it calibration data, and an Executor to run it with.
Out:  the same graph with integer weights, or with pairs of quantize and dequantize, which passes take up.
May import: compare, ops, ir, errors, images, numpy; never the executor, which is handed in.
"""

from __future__ import annotations

from lite.quant.settings import StaticPTQ as StaticPTQ
from lite.quant.weights import WeightOnly as WeightOnly
