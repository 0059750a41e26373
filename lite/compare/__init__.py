# SPDX-License-Identifier: Apache-2.0
"""Room: compare - two models on the same inputs, layer by layer, and the page that shows what came out.
In:   two graphs, what runs them, samples (arrays by input name).
Out:  Comparison: how far each value is, cumulative and isolated; a self-contained HTML page.
May import: passes, ir, errors, numpy.
"""

from lite.compare.layers import Comparison, Row, Side, compare

__all__ = ["Comparison", "Row", "Side", "compare"]
