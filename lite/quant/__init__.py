# SPDX-License-Identifier: Apache-2.0
"""Room: quant - turns a float graph into one that says where its values are integers, from data that it sees.
In:   an optimised float graph, calibration data, settings, and an Executor to run it with.
Out:  the same graph with pairs of quantize and dequantize; passes make integer layers of them.
May import: ops, ir, errors, images, numpy; never the executor, which is handed in.
"""

from __future__ import annotations

from lite.quant.settings import StaticPTQ as StaticPTQ
