# SPDX-License-Identifier: Apache-2.0
"""Call: one TensorFlow node as a rule sees it - inputs and attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._call import BaseCall
from lite.importers.tensorflow import tensors
from lite.ir import DType, Value

if TYPE_CHECKING:
    from lite.importers.tensorflow.scope import Scope
    from lite.importers.tensorflow.walk import Walk

IMAGE_RANK = 4


class Call(BaseCall):
    """A node being imported.

    Attributes
    ----------
    op : str
        Name of TensorFlow's op.
    """

    def __init__(self, walk: Walk, scope: Scope, node: Any, inputs: list[Value | None]) -> None:
        super().__init__(walk.emitter, node.name, inputs)
        self.walk = walk
        self.scope = scope
        self.node = node
        self.op: str = node.op
        self.attributes = {entry.key: entry.value for entry in node.attr}

    def maker(self, position: int) -> Call | None:
        """The call that made an input, for rules that look at several nodes; None if no rule did."""
        return (
            self.scope.maker(self.walk, self.node.input[position])
            if position < len(self.node.input)
            else None
        )

    def image(self, position: int = 0) -> Value:
        """An input that must have four axes."""
        x = self.need(position)
        if x.type.rank != IMAGE_RANK:
            raise UnsupportedOpError(f"input {position} is {x.type}; tensors of 4 axes are supported")
        return x

    @property
    def layout(self) -> str:
        """How images lie: nhwc or nchw."""
        word: str = self.text("data_format", "NHWC").lower()
        if word not in ("nhwc", "nchw"):
            raise UnsupportedOpError(f"the layout {word!r} is not supported", hint="NHWC and NCHW are")
        return word

    def of_space(self, numbers: Any) -> tuple[Any, Any]:
        """Of four numbers, one for each axis of an image, those of height and width."""
        if len(numbers) != IMAGE_RANK:
            raise ModelFormatError(f"found {list(numbers)}, expected a number for each of 4 axes")
        first = 1 if self.layout == "nhwc" else 2
        return numbers[first], numbers[first + 1]

    # Attributes -----------------------------------------------------------------------------------

    def _get(self, name: str, field: str, default: Any) -> Any:
        found = self.attributes.get(name)
        if found is None and default is not ...:
            return default
        if found is None or not found.HasField(field):
            raise ModelFormatError(
                f"attribute {name!r} is {'missing' if found is None else 'of another type'}"
            )
        return getattr(found, field)

    def int(self, name: str, default: Any = ...) -> Any:
        return self._get(name, "i", default)

    def float(self, name: str, default: Any = ...) -> Any:
        return self._get(name, "f", default)

    def flag(self, name: str, default: bool = False) -> bool:
        return bool(self._get(name, "b", default))

    def text(self, name: str, default: Any = ...) -> Any:
        found = self._get(name, "s", default)
        return found.decode("utf-8", "replace") if isinstance(found, bytes) else found

    def many(self, name: str, default: Any = ...) -> Any:
        """An attribute of several ints, as a tuple."""
        found = self._get(name, "list", default)
        return found if found is default else tuple(found.i)

    def dtype(self, name: str, default: DType | None = None) -> DType:
        """An attribute that is an element type, as the one we compute in."""
        number = self._get(name, "type", ... if default is None else 0)
        return default if default is not None and not number else tensors.computed(tensors.dtype_of(number))

    def tensor(self, name: str) -> np.ndarray:
        """An attribute that is a tensor."""
        return tensors.read(self._get(name, "tensor", ...))
