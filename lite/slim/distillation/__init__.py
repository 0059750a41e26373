# SPDX-License-Identifier: Apache-2.0
"""Room: distillation - a student learns what its teacher computes, with or without labels.
In:   a module of the bridge, a teacher of any format, batches, and which values are compared by which loss.
Out:  losses for the training loop, and the student with other weights.
May import: training, torch_bridge, counting, compare (names of values), quant (hints at names), convert, ir,
      errors, torch; settings without torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lite.slim._late import importing
from lite.slim.distillation.settings import LOSSES, Distillation, Pair

if TYPE_CHECKING:
    from lite.slim.distillation.learning import distill
    from lite.slim.distillation.losses import DistillLoss, MutualLoss
    from lite.slim.distillation.nodes import distillation_nodes, score_nodes

__all__ = ["LOSSES", "DistillLoss", "Distillation", "MutualLoss", "Pair", "distill", "distillation_nodes",
           "score_nodes"]

__getattr__ = importing(__name__, {"DistillLoss": "losses", "MutualLoss": "losses", "distill": "learning",
                                   "distillation_nodes": "nodes", "score_nodes": "nodes"})
