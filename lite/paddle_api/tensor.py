# SPDX-License-Identifier: Apache-2.0
"""Tensor: an input or output of a predictor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lite.errors import InputError, UnsupportedOpError
from lite.paddle_api.places import PrecisionType, TargetType

if TYPE_CHECKING:
    from lite.session import TensorInfo

_PRECISIONS = {
    "float32": PrecisionType.FP32, "int8": PrecisionType.INT8, "int32": PrecisionType.INT32,
    "float16": PrecisionType.FP16, "bool": PrecisionType.BOOL, "int64": PrecisionType.INT64,
    "int16": PrecisionType.INT16, "uint8": PrecisionType.UINT8, "float64": PrecisionType.FP64,
}  # fmt: skip


class Tensor:
    """An input or output of a predictor: a handle that stays valid from run to run."""

    def __init__(self, info: TensorInfo, *, is_input: bool) -> None:
        self._info = info
        self._is_input = is_input
        self._array: np.ndarray | None = None

    @property
    def name(self) -> str:
        return self._info.name

    def from_numpy(self, array: Any, place: TargetType = TargetType.Host) -> None:
        """Take a copy of an array.

        Raises
        ------
        InputError
            If an array has another element type than the input; lists are converted.
        """
        given = np.asarray(array) if isinstance(array, np.ndarray) else np.asarray(array, self._info.dtype)
        if given.dtype != self._info.dtype:
            raise InputError(
                f"got {given.dtype}, expected {self._info.dtype}",
                where=self._where,
                hint=f"array.astype('{self._info.dtype}')",
            )
        self._array = np.array(given, order="C")

    def numpy(self) -> np.ndarray:
        """The elements: of an input what was set, of an output the result of the last run.

        Raises
        ------
        InputError
            If there is nothing yet.
        """
        if self._array is None:
            missing = "no data was given" if self._is_input else "there is no result yet"
            raise InputError(
                missing,
                where=self._where,
                hint="from_numpy(array)" if self._is_input else "predictor.run() first",
            )
        return self._array

    def hold(self, array: np.ndarray) -> None:
        """Let an output hold the result of a run."""
        self._array = array

    def resize(self, shape: Sequence[int]) -> None:
        """Give an input another shape; its elements stay if there are as many, else they become 0.

        Raises
        ------
        InputError
        """
        extents = [int(extent) for extent in shape]
        if not self._is_input or min(extents, default=0) < 0:
            raise InputError(f"cannot be resized to {extents}", where=self._where)
        count = int(np.prod(extents, dtype=object))
        if self._array is not None and self._array.size == count:
            self._array = self._array.reshape(extents)
        else:
            self._array = np.zeros(extents, self._info.dtype)

    def shape(self) -> list[int]:
        """Extents; empty before the first data."""
        return [] if self._array is None else list(self._array.shape)

    def target(self) -> TargetType:
        return TargetType.Host

    def precision(self) -> PrecisionType:
        """Element type."""
        return _PRECISIONS.get(self._info.dtype.name, PrecisionType.Unk)

    def lod(self) -> list[list[int]]:
        """Levels of detail: always none."""
        return []

    def set_lod(self, lod: Sequence[Sequence[int]]) -> None:
        """Only the empty LoD is taken.

        Raises
        ------
        UnsupportedOpError
        """
        if any(level for level in lod):
            raise UnsupportedOpError(
                "ragged batches (LoD) are not supported",
                where=self._where,
                hint="pad the batch and feed a dense array",
            )

    def set_float_data(self, data: Iterable[float], type: TargetType = TargetType.Host) -> None:
        self._set(data, "float32")

    def set_int32_data(self, data: Iterable[int], type: TargetType = TargetType.Host) -> None:
        self._set(data, "int32")

    def set_int8_data(self, data: Iterable[int], type: TargetType = TargetType.Host) -> None:
        self._set(data, "int8")

    def set_uint8_data(self, data: Iterable[int], type: TargetType = TargetType.Host) -> None:
        self._set(data, "uint8")

    def float_data(self) -> list[float]:
        """Elements, flat."""
        return self._flat("float32")

    def int32_data(self) -> list[int]:
        """Elements, flat."""
        return self._flat("int32")

    def int8_data(self) -> list[int]:
        """Elements, flat."""
        return self._flat("int8")

    def uint8_data(self) -> list[int]:
        """Elements, flat."""
        return self._flat("uint8")

    @property
    def _where(self) -> str:
        return f"{'input' if self._is_input else 'output'} {self._info.name!r}"

    def _set(self, data: Iterable[Any], dtype: str) -> None:
        flat = np.asarray(list(data), dtype)
        if self._info.dtype != dtype or not self._is_input:
            raise InputError(f"got {dtype} data, expected {self._info.dtype}", where=self._where)
        if self._array is None or self._array.size != flat.size:
            raise InputError(
                f"got {flat.size} elements for shape {self.shape()}",
                where=self._where,
                hint="resize(shape) first",
            )
        self._array = flat.reshape(self._array.shape)

    def _flat(self, dtype: str) -> list[Any]:
        if self._info.dtype != dtype:
            raise InputError(f"holds {self._info.dtype}, not {dtype}", where=self._where)
        flat: list[Any] = self.numpy().reshape(-1).tolist()
        return flat
