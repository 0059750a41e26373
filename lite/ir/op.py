# SPDX-License-Identifier: Apache-2.0
"""Op: what an operation is - typed attributes, shape inference, meaning, samples, or a lowering."""

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np

from lite.errors import ShapeError
from lite.ir.types import TensorType

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform

    from lite.ir.graph import Builder, Value
else:

    def dataclass_transform(**_):
        return lambda decorated: decorated


AnyOp = TypeVar("AnyOp", bound="Op")


class Quant(enum.Enum):
    """How an op runs on integers."""

    NONE = "none"  # float only
    TABLE = "table"  # one input, elementwise: a 256-entry table
    SAME = "same"  # moves elements: output keeps the scale of its input
    KERNEL = "kernel"  # has integer kernels of its own


class Rename:
    """An importer's rule without code: a foreign op that is ours under another name.

    Parameters
    ----------
    framework : {"onnx", "paddle", "tflite", "caffe", "tensorflow"}
    foreign : str
        The foreign op's name.
    inputs : tuple of str, optional
        Paddle's input slots in our order (default: X). ONNX needs none.
    **attributes : str
        Our attribute = the foreign attribute's name. Absent foreign attributes take our default, so a
        rename may be used only where the defaults agree.
    """

    def __init__(self, framework: str, foreign: str, *, inputs: tuple[str, ...] = (), **attributes: str):
        self.framework = framework
        self.foreign = foreign
        self.inputs = inputs
        self.attributes = attributes


@dataclass_transform(frozen_default=True)
@dataclasses.dataclass(frozen=True)
class Op:
    """Base of all ops. A subclass is a frozen dataclass; its fields are the attributes.

    Attributes may be bool, int, float, str, DType, None (left out) and tuples of int, float or str.
    Ints may be extents (``Dim``) where the attribute is a size, a position or a shape.
    """

    name: ClassVar[str] = ""
    quant: ClassVar[Quant] = Quant.NONE
    imports: ClassVar[tuple[Rename, ...]] = ()
    # How far a kernel's floats may be from the reference, in units in the last place: of each element, plus
    # those of the output's greatest element. Integers, and ops that only move elements, are always exact.
    ulps: ClassVar[float] = 0.0
    range_ulps: ClassVar[float] = 64.0

    def __init_subclass__(cls, *, name: str = "", quant: Quant | None = None) -> None:
        super().__init_subclass__()
        if name:
            cls.name = name
        if quant is not None:
            cls.quant = quant
        dataclasses.dataclass(frozen=True)(cls)

    # *Any, **Any: each op names its own inputs, which type checkers accept over this signature only
    def infer(self, *inputs: Any, **_: Any) -> TensorType | tuple[TensorType, ...]:
        """Types of the outputs; ``None`` stands for an optional input left out.

        Raises
        ------
        ShapeError
            If the inputs do not fit. Values known only when running are not decided here.
        """
        raise NotImplementedError(f"{self.name} does not infer")

    def reference(self, *inputs: Any, **_: Any) -> np.ndarray | tuple[np.ndarray, ...]:
        """Meaning in numpy. Attributes are plain numbers here."""
        raise NotImplementedError(f"{self.name} has no reference: it lowers")

    def lower(self, builder: Builder, *inputs: Any, **_: Any) -> Value | tuple[Value, ...] | None:
        """The same in ops that have kernels; None if this op has kernels of its own (the default)."""
        return None

    def exactness(self) -> tuple[float, float]:
        """``ulps`` and ``range_ulps``; an op whose attributes decide overrides this."""
        return self.ulps, self.range_ulps

    @classmethod
    def lowers(cls) -> bool:
        return cls.lower is not Op.lower

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        """Cases for every test, benchmark and docs/ops.md: (op, inputs).

        An input is a TensorType (filled with random numbers), an array (used as a constant) or None.
        """
        raise NotImplementedError(f"{cls.name} has no samples")

    @classmethod
    def input_names(cls) -> tuple[str, ...]:
        """Names of the inputs, from ``infer``; a variadic input is ``*name``."""
        parameters = list(inspect.signature(cls.infer).parameters.values())[1:]
        return tuple(f"*{p.name}" if p.kind is p.VAR_POSITIONAL else p.name for p in parameters)

    @classmethod
    @functools.cache
    def needed_inputs(cls) -> int:
        """How many inputs may not be left out."""
        parameters = list(inspect.signature(cls.infer).parameters.values())[1:]
        return sum(p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters)

    def attributes(self) -> dict[str, Any]:
        """Attribute values by name, in the order of declaration."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def replace(self: AnyOp, **changes: Any) -> AnyOp:
        """The same op with other attributes."""
        return dataclasses.replace(self, **changes)

    def infer_all(self, inputs: tuple[TensorType | None, ...]) -> tuple[TensorType, ...]:
        """``infer`` with the op's name in its errors; always a tuple."""
        try:
            types = self.infer(*inputs)
        except ShapeError as error:
            if error.where is None:
                error.where = f"{self.name}({', '.join(map(str, inputs))})"
            raise
        except TypeError as error:
            raise ShapeError(f"wrong number of inputs: got {len(inputs)}, expected "
                             f"({', '.join(self.input_names())}); {error}", where=self.name) from error
        return types if isinstance(types, tuple) else (types,)

    def reference_all(self, inputs: tuple[np.ndarray | None, ...]) -> tuple[np.ndarray, ...]:
        """``reference``, always a tuple of arrays."""
        arrays = self.reference(*inputs)
        return tuple(map(np.asarray, arrays)) if isinstance(arrays, tuple) else (np.asarray(arrays),)
