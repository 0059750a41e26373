# SPDX-License-Identifier: Apache-2.0
"""Room: analysis - what models and their layers cost on this machine, and which layers lose most."""

from __future__ import annotations

from lite.slim.analysis.blaming import blame, metric_errors
from lite.slim.analysis.costs import cost_by_layer, measure, weight_distributions

__all__ = ["blame", "cost_by_layer", "measure", "metric_errors", "weight_distributions"]
