# SPDX-License-Identifier: Apache-2.0
"""The only place that knows both graphs and PyTorch: a model becomes a module, and a module a graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch import nn

from lite.convert import Convertible, Source
from lite.ir import Graph
from lite.slim.loading import load_layers
from lite.slim.torch_bridge.foreign import exported
from lite.slim.torch_bridge.module import GraphModule
from lite.slim.torch_bridge.unfolding import unfold_batch_norms

__all__ = ["GraphModule", "from_torch", "to_torch"]


def to_torch(model: Convertible, *, batch_norm: bool = False, param_file: Source | None = None,
             input_shape: Mapping[str, Sequence[int]] | None = None,
             freeze_inputs: Mapping[str, np.ndarray] | None = None) -> GraphModule:
    """A trainable torch.nn.Module of a float inference model.

    Layers stay as the source has them: batch norms and activations are modules and ops of their own.

    Parameters
    ----------
    model : path, bytes or Graph
        Whatever ``lite.convert`` takes. A graph is copied.
    batch_norm : bool
        Put a batch norm behind each convolution that seems to have had one: it has a bias. Call
        ``measure_batch_norms`` with data before training.
    param_file, input_shape, freeze_inputs
        As of ``lite.convert``.

    Raises
    ------
    UnsupportedOpError
        If ops cannot be trained: all of them are listed.
    """
    graph = load_layers(model, param_file=param_file, input_shape=input_shape, freeze_inputs=freeze_inputs)
    if batch_norm:
        unfold_batch_norms(graph)
    return GraphModule(graph)


def from_torch(module: nn.Module, example: Any = None, *, dynamic_shapes: Any = None) -> Graph:
    """The graph of a module, which ``lite.convert`` takes.

    Parameters
    ----------
    module : torch.nn.Module
        Of ``to_torch``: its graph with the weights as they are now. Any other one is exported by torch.export
        and torch.onnx, in evaluation mode.
    example : Tensor or tuple of Tensor, optional
        Inputs; needed for other modules.
    dynamic_shapes : optional
        As of ``torch.onnx.export``: which extents of other modules' inputs are free.

    Raises
    ------
    MissingDependencyError, InputError, ModelFormatError, UnsupportedOpError
    """
    if isinstance(module, GraphModule):
        return module.to_graph()
    return exported(module, example, dynamic_shapes)
