# SPDX-License-Identifier: Apache-2.0
"""What a caller calls a batch, as tensors that a module takes: names, shapes and types are checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lite.errors import InputError, LiteError
from lite.slim.torch_bridge import GraphModule

Feeds = dict[str, Tensor]


def feeds_and_labels(batch: Any, net: GraphModule, where: str) -> tuple[Feeds, Tensor | None]:
    """Inputs by name, and labels.

    Parameters
    ----------
    batch
        A mapping of input name to array, one array for one input, or a pair of inputs, in either form, and
        labels. Arrays are numpy's or tensors.
    net : GraphModule
    where : str
        What to call the batch in errors.

    Raises
    ------
    InputError
        If names, shapes or types are not those of the module's inputs, or numbers are not finite.
    """
    try:
        inputs, labels = _parts(batch)
        feeds = _feeds(inputs, net)
        net.check(feeds)
        return feeds, None if labels is None else _labels(labels)
    except LiteError as error:
        error.where = f"{where}, {error.where}" if error.where else where
        raise


def _parts(batch: Any) -> tuple[Any, Any]:
    if not isinstance(batch, (tuple, list)):
        return batch, None
    if len(batch) != 2:
        raise InputError(f"it is {len(batch)} things in a row, expected a pair of inputs and labels",
                         hint="give several inputs as a dict by name")
    return batch[0], batch[1]


def _feeds(inputs: Any, net: GraphModule) -> Feeds:
    names = list(net.input_names)
    if not isinstance(inputs, Mapping):
        if len(names) != 1:
            raise InputError(f"got one array for the inputs {names}", hint="give a dict by name")
        inputs = {names[0]: inputs}
    if set(inputs) != set(names):
        raise InputError(f"it has {sorted(map(str, inputs))}, expected {names}")
    return {name: _fitted(inputs[name], net.input_dtypes[name], f"input {name!r}") for name in names}


def _fitted(given: Any, dtype: torch.dtype, where: str) -> Tensor:
    """A tensor of the input's type: floats of any width do for floats, integers for integers."""
    tensor = _tensor(given, where)
    if tensor.is_floating_point() and not dtype.is_floating_point:
        raise InputError(f"it holds {_name(tensor.dtype)}, expected {_name(dtype)}", where=where)
    if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
        raise InputError("it holds NaN or infinity", where=where, hint="leave out what causes it")
    return tensor.to(dtype)


def _labels(given: Any) -> Tensor:
    """Numbers of classes as int64, which PyTorch's losses want; anything else as it is."""
    labels = _tensor(given, "labels")
    is_whole = not labels.is_floating_point() and labels.dtype is not torch.bool
    return labels.long() if is_whole else labels


def _tensor(given: Any, where: str) -> Tensor:
    if isinstance(given, Tensor):
        return given.detach()
    array = np.asarray(given)
    if array.dtype.kind not in "fiub":
        raise InputError(f"it holds {array.dtype}, expected numbers", where=where)
    return torch.from_numpy(np.array(array, order="C"))


def _name(dtype: torch.dtype) -> str:
    return str(dtype).rpartition(".")[2]
