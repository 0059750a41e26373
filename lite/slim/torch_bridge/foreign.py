# SPDX-License-Identifier: Apache-2.0
"""Any torch.nn.Module as a graph: exported by torch.export, written as ONNX in memory, and imported."""

from __future__ import annotations

import importlib.util
from typing import Any

import torch
from torch import nn

from lite import importers
from lite.errors import InputError, MissingDependencyError, ModelFormatError
from lite.ir import Graph

NEEDED = ("onnx", "onnxscript")  # by torch.onnx.export


def exported(module: nn.Module, example: Any, dynamic_shapes: Any = None) -> Graph:
    """The graph of a module in evaluation mode.

    Raises
    ------
    MissingDependencyError
        If a package that torch.onnx needs is missing.
    InputError
        Without an example.
    ModelFormatError
        If PyTorch cannot export the module.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingDependencyError(f"exporting a PyTorch module needs {' and '.join(missing)}",
                                     where="from_torch", hint=f"pip install {' '.join(missing)}")
    if example is None:
        raise InputError(f"{type(module).__name__} is not made by to_torch, so an example input is needed",
                         where="example", hint="give a tensor, or a tuple of tensors, of the input's shape")
    was_training = module.training
    module.eval()
    try:
        program: Any = torch.onnx.export(module, example if isinstance(example, tuple) else (example,),
                                         dynamo=True, verbose=False, dynamic_shapes=dynamic_shapes)
    except Exception as error:  # PyTorch has no common class for what stops an export
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelFormatError(f"PyTorch cannot export it: {reason[0]}", where=type(module).__name__,
                               hint="torch.export.export(module, example) says more") from error
    finally:
        module.train(was_training)
    return importers.load(program.model_proto.SerializeToString(), format="onnx")
