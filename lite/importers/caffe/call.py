# SPDX-License-Identifier: Apache-2.0
"""One Caffe layer being imported: its parameters, blobs and weights, and nodes added in its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._call import BaseCall
from lite.importers._emitter import Emitter
from lite.importers.caffe.network import Layer
from lite.importers.proto import messages
from lite.ir import DType, Extent, Value


class MissingWeightsError(ModelFormatError):
    """A layer needs weights that the file of weights does not have."""


class Call(BaseCall):
    """What a rule sees of the layer it imports.

    Attributes
    ----------
    layer : Layer
    bottoms : list of Value
        What the blobs that it reads hold now.
    blobs : list of ndarray
        Its weights.
    """

    def __init__(
        self, emitter: Emitter, layer: Layer, bottoms: list[Value], blobs: Sequence[np.ndarray]
    ) -> None:
        super().__init__(emitter, layer.name, [*bottoms])
        self.layer = layer
        self.bottoms = bottoms
        self.blobs = blobs

    # what the layer says

    def param(self, name: str) -> Any:
        """The message of parameters ``name``_param; one of defaults if the layer's kind has no such field."""
        field = f"{name}_param"
        holder = self.layer.parameters
        return getattr(holder if hasattr(holder, field) else messages("caffe")["Layer"](), field)

    def bottom(self, position: int) -> Value:
        """A blob that the layer must read.

        Raises
        ------
        ModelFormatError
        """
        if position >= len(self.bottoms):
            raise ModelFormatError(
                f"it reads {len(self.bottoms)} blobs {list(self.layer.bottoms)}, expected at least "
                f"{position + 1}"
            )
        return self.bottoms[position]

    def image(self, position: int = 0) -> Value:
        """A blob of four axes that the layer must read."""
        x = self.bottom(position)
        if x.type.rank != 4:
            raise UnsupportedOpError(f"it reads {x.type}; blobs of 4 axes are supported")
        return x

    def known(self, extent: Extent, what: str) -> int:
        """An extent that must be known when converting."""
        if not isinstance(extent, int):
            raise UnsupportedOpError(
                f"its {what} depends on the size of the input ({extent})",
                hint="fix it: --input_shape data:1,3,224,224",
            )
        return extent

    # weights

    def weights(self, position: int, shape: Sequence[int], what: str) -> np.ndarray:
        """One of the layer's blobs, in a shape that it must have but for extents of 1 in front.

        Raises
        ------
        MissingWeightsError, ModelFormatError
        """
        if position >= len(self.blobs):
            raise MissingWeightsError(
                f"its {what} (blob {position}) are missing: there are {len(self.blobs)} blobs"
            )
        blob, wanted = self.blobs[position], tuple(shape)
        if _without_ones(blob.shape) != _without_ones(wanted):
            raise ModelFormatError(
                f"its {what} (blob {position}) have shape {list(blob.shape)}, expected {list(wanted)}"
            )
        return blob.reshape(wanted)

    # nodes

    def constant(self, array: Any, dtype: DType | None = None) -> Value:
        """A new constant, of float32 if nothing else is said."""
        return super().constant(array, dtype or DType.F32)

    def times(self, value: Value, factor: float) -> Value:
        """The value multiplied by a number; itself if that is 1."""
        return value if factor == 1 else self.emit("mul", value, self.constant(factor))

    def plus(self, value: Value, term: float) -> Value:
        """The value plus a number; itself if that is 0."""
        return value if term == 0 else self.emit("add", value, self.constant(term))


def _without_ones(shape: Sequence[int]) -> tuple[int, ...]:
    first = next((at for at, extent in enumerate(shape) if extent != 1), len(shape))
    return tuple(shape[first:])
