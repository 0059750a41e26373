# SPDX-License-Identifier: Apache-2.0
"""Layers that read nothing: they stand for inputs, whose shapes they may know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lite.importers.caffe.network import Layer

Shapes = Sequence["tuple[int, ...] | None"]

SOURCES = frozenset(
    {"AnnotatedData", "Data", "DummyData", "HDF5Data", "ImageData", "Input", "MemoryData", "WindowData"}
)


def shapes_of(layer: Layer) -> Shapes:
    """The shape of each top of a source; None where it is known only from the data."""
    unknown: Shapes = (None,) * len(layer.tops)
    parameters = layer.parameters
    if layer.type == "Input":
        return _for_all([tuple(shape.dim) for shape in parameters.input_param.shape], unknown)
    if layer.type == "DummyData":
        return _dummies(parameters.dummy_data_param, unknown)
    if layer.type == "MemoryData":
        told = parameters.memory_data_param
        return ((told.batch_size, told.channels, told.height, told.width), *unknown[1:])[: len(unknown)]
    return unknown


def _dummies(told: Any, unknown: Shapes) -> Shapes:
    shapes = [tuple(shape.dim) for shape in told.shape]
    if not shapes:
        shapes = list(zip(told.num, told.channels, told.height, told.width))
    return _for_all(shapes, unknown)


def _for_all(shapes: list[tuple[int, ...]], unknown: Shapes) -> Shapes:
    """One shape for each top, or one for all."""
    if len(shapes) == 1:
        return shapes * len(unknown)
    return shapes if len(shapes) == len(unknown) else unknown
