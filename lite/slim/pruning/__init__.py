# SPDX-License-Identifier: Apache-2.0
"""Room: pruning - which channels belong together, which matter least, and models without them.
In:   graphs of models as their sources have them, ratios, and functions that judge a model.
Out:  smaller graphs, sensitivities, ratios; masks that keep weights at zero through a training.
May import: loading, counting, torch_bridge, tuning, nb, passes, ops, ir, errors; torch where it trains.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lite.slim._late import importing

if TYPE_CHECKING:
    from lite.slim.pruning.budgets import choose_ratios, predicted_us
    from lite.slim.pruning.channels import prune_channels
    from lite.slim.pruning.criteria import importance, least_important
    from lite.slim.pruning.groups import ChannelGroup, Dependencies, channel_groups
    from lite.slim.pruning.masks import Masks
    from lite.slim.pruning.ratios import get_ratios_by_loss
    from lite.slim.pruning.sensitivities import load_sensitivities, merge_sensitive, sensitivity
    from lite.slim.pruning.sparsity import GMP, sparse_by_layer, total_sparse

__all__ = ["GMP", "ChannelGroup", "Dependencies", "Masks", "channel_groups", "choose_ratios",
           "get_ratios_by_loss", "importance", "least_important", "load_sensitivities", "merge_sensitive",
           "predicted_us", "prune_channels", "sensitivity", "sparse_by_layer", "total_sparse"]

__getattr__ = importing(__name__, {
    "ChannelGroup": "groups", "Dependencies": "groups", "channel_groups": "groups",
    "get_ratios_by_loss": "ratios", "importance": "criteria", "least_important": "criteria",
    "load_sensitivities": "sensitivities", "merge_sensitive": "sensitivities",
    "sensitivity": "sensitivities", "prune_channels": "channels",
    "choose_ratios": "budgets", "predicted_us": "budgets", "Masks": "masks",
    "GMP": "sparsity", "sparse_by_layer": "sparsity", "total_sparse": "sparsity"})
