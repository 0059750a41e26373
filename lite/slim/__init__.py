# SPDX-License-Identifier: Apache-2.0
"""Room: slim - compression that trains: inference models as PyTorch modules, and what chooses what to prune.
In:   whatever convert takes, or a torch.nn.Module.
Out:  modules to train, graphs that convert takes, FLOPs, ratios.
May import: convert, tuning, executor, quant, passes, ops, nb, ir, session, errors; torch in torch_bridge,
      training, qat, pruning and distillation; elsewhere inside functions alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lite.slim._late import importing

if TYPE_CHECKING:
    from lite.slim.act.compressing import compress, explain
    from lite.slim.analysis import blame, cost_by_layer, measure, metric_errors, weight_distributions
    from lite.slim.counting import flops, flops_by_layer
    from lite.slim.distillation import (
        Distillation,
        DistillLoss,
        MutualLoss,
        Pair,
        distill,
        distillation_nodes,
    )
    from lite.slim.pruning import (
        GMP,
        ChannelGroup,
        Dependencies,
        Masks,
        channel_groups,
        choose_ratios,
        get_ratios_by_loss,
        importance,
        least_important,
        load_sensitivities,
        merge_sensitive,
        predicted_us,
        prune_channels,
        sensitivity,
        sparse_by_layer,
        total_sparse,
    )
    from lite.slim.qat import QAT, QuantizedModule, prepare
    from lite.slim.report import Layer, Measured, Report, Weights, write_report
    from lite.slim.torch_bridge import GraphModule, from_torch, to_torch
    from lite.slim.training import TrainConfig, TrainResult, train

__all__ = ["GMP", "QAT", "ChannelGroup", "Dependencies", "DistillLoss", "Distillation", "GraphModule",
           "Layer", "Masks", "Measured", "MutualLoss", "Pair", "QuantizedModule", "Report", "TrainConfig",
           "TrainResult", "Weights", "blame", "channel_groups", "choose_ratios", "compress",
           "cost_by_layer", "distill", "distillation_nodes", "explain", "flops", "flops_by_layer",
           "from_torch", "get_ratios_by_loss", "importance", "least_important", "load_sensitivities",
           "measure", "merge_sensitive", "metric_errors", "predicted_us", "prepare", "prune_channels",
           "sensitivity", "sparse_by_layer", "to_torch", "total_sparse", "train", "weight_distributions",
           "write_report"]

_LATE = {"DistillLoss": "distillation", "Distillation": "distillation", "MutualLoss": "distillation",
         "Pair": "distillation", "distill": "distillation", "distillation_nodes": "distillation",
         "compress": "act.compressing", "explain": "act.compressing",
         "blame": "analysis", "cost_by_layer": "analysis", "measure": "analysis", "metric_errors": "analysis",
         "weight_distributions": "analysis", "Layer": "report", "Measured": "report", "Report": "report",
         "Weights": "report", "write_report": "report",
         "flops": "counting", "flops_by_layer": "counting", "GraphModule": "torch_bridge",
         "from_torch": "torch_bridge", "to_torch": "torch_bridge",
         "TrainConfig": "training", "TrainResult": "training", "train": "training",
         "ChannelGroup": "pruning", "Dependencies": "pruning", "channel_groups": "pruning",
         "get_ratios_by_loss": "pruning", "importance": "pruning", "least_important": "pruning",
         "prune_channels": "pruning", "load_sensitivities": "pruning", "merge_sensitive": "pruning",
         "sensitivity": "pruning", "choose_ratios": "pruning", "predicted_us": "pruning", "GMP": "pruning",
         "Masks": "pruning", "sparse_by_layer": "pruning", "total_sparse": "pruning",
         "QAT": "qat", "QuantizedModule": "qat", "prepare": "qat"}  # name: the module that has it
__getattr__ = importing(__name__, _LATE)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATE})
