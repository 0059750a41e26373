# SPDX-License-Identifier: Apache-2.0
"""The networks by name, with the figures their authors or PyTorch's model pages state."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import onnx

from .dense import resnet50, squeezenet
from .measure import BATCH, measured
from .mobilenets import (
    efficientnet_lite0,
    mnasnet,
    mobilenet_v1,
    mobilenet_v2,
    mobilenet_v3_large,
    shufflenet_v2,
)
from .net import Net


@dataclass(frozen=True)
class Network:
    """A network.

    Attributes
    ----------
    make : callable(Net)
        Builds it.
    multiply_adds : float
        Published, in millions.
    parameters : int
        Published, exactly.
    """

    make: Callable[[Net], object]
    multiply_adds: float
    parameters: int


NETWORKS = {
    "mobilenet_v1": Network(mobilenet_v1, 569, 4_231_976),
    "mobilenet_v2": Network(mobilenet_v2, 300, 3_504_872),
    "mobilenet_v3_large": Network(mobilenet_v3_large, 219, 5_483_032),
    "resnet50": Network(resnet50, 4_100, 25_557_032),
    "squeezenet_1_1": Network(squeezenet, 350, 1_235_496),
    "shufflenet_v2": Network(shufflenet_v2, 146, 2_278_604),
    "efficientnet_lite0": Network(efficientnet_lite0, 407, 4_652_008),
    "mnasnet": Network(mnasnet, 315, 4_383_312),
}


def build(name: str, seed: int = 0, measure: bool = True) -> onnx.ModelProto:
    """A network of the catalogue; the same for the same seed.

    Parameters
    ----------
    name : str
    seed : int
        Of weights and of the images that are measured.
    measure : bool
        Whether batch normalizations get the statistics of what they read, by onnxruntime. Without it the
        structure is right and the answers mean nothing.

    Raises
    ------
    KeyError
        If there is no network of that name.
    """
    if name not in NETWORKS:
        raise KeyError(f"there is no network {name!r}; there are {', '.join(NETWORKS)}")
    model = _built(name, seed, 1)
    onnx.checker.check_model(model)
    return measured(model, _built(name, seed, BATCH), seed) if measure else model


def _built(name: str, seed: int, batch: int) -> onnx.ModelProto:
    net = Net(seed, batch)
    NETWORKS[name].make(net)
    return net.model(name)


def write(name: str, path: str | os.PathLike[str], seed: int = 0) -> None:
    """Build a network into an ONNX file."""
    onnx.save(build(name, seed), os.fspath(path))
