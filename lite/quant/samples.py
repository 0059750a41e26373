# SPDX-License-Identifier: Apache-2.0
"""Calibration data of any kind as feeds of a graph, one sample at a time; nothing is kept."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lite.errors import CalibrationError, LiteError
from lite.ir import Graph, Value
from lite.ir.types import DType

Feeds = dict[str, np.ndarray]
ARRAYS = (".npy", ".npz")
UNNAMED = "arr_0"  # what numpy calls an array that was saved without a name


class Samples:
    """Feeds for a graph, from what a caller calls data.

    Parameters
    ----------
    data
        See StaticPTQ.
    graph : Graph
        Gives names, types and shapes of inputs, and how an image becomes one.
    most : int, optional
        How many samples at most.

    Attributes
    ----------
    again : bool
        Whether the data can be gone through more than once.
    count : int or None
        How many samples there are, if that is known beforehand.
    """

    def __init__(self, data: Any, graph: Graph, most: int | None = None) -> None:
        self._graph, self._most = graph, most
        self._items = _items(data, graph)
        self.again = isinstance(self._items, _Listed) or iter(self._items) is not self._items
        length = len(self._items) if hasattr(self._items, "__len__") else None
        self.count = length if most is None or length is None else min(length, most)
        if length == 0:
            raise CalibrationError("the calibration data is empty", where=_described(data))

    def __iter__(self) -> Iterator[Feeds]:
        if isinstance(self._items, (_Listed, Sequence)):
            total, wanted = len(self._items), self.count or 0
            chosen: Iterator[Any] = (self._items[row * total // wanted] for row in range(wanted))
        else:
            chosen = (item for item, _ in zip(self._items, _counter(self._most)))
        for position, item in enumerate(chosen):
            try:
                yield self._feeds(item)
            except LiteError as error:
                where = f"calibration sample {position}"
                error.where = f"{where}, {error.where}" if error.where else where
                raise

    def _feeds(self, item: Any) -> Feeds:
        inputs = self._graph.inputs
        if not isinstance(item, Mapping):
            rows = item if isinstance(item, (list, tuple)) and len(inputs) > 1 else [item]
            if len(rows) != len(inputs):
                raise CalibrationError(f"it is {len(rows)} arrays for {len(inputs)} inputs",
                                       hint=f"give dicts with the keys {[value.name for value in inputs]}")
            item = {value.name: array for value, array in zip(inputs, rows)}
        _demand_names(item, inputs)
        return {value.name: _fitted(item[value.name], value) for value in inputs}


class _Listed:
    """Samples that are fetched by number."""

    def __init__(self, count: int, fetch: Callable[[int], Any]) -> None:
        self._count, self._fetch = count, fetch

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, position: int) -> Any:
        return self._fetch(position)


def _counter(most: int | None) -> Iterator[int]:
    return iter(range(most if most is not None else 1 << 62))


def _described(data: Any) -> str:
    return str(data) if isinstance(data, (str, os.PathLike)) else "data"


def _items(data: Any, graph: Graph) -> Any:
    if isinstance(data, (str, os.PathLike)):
        return _from_path(Path(data), graph)
    if isinstance(data, np.ndarray):
        return _rows({_only_input(graph, "an array").name: data}, graph)
    if isinstance(data, Mapping):
        return _rows(data, graph)
    if data is None or not (hasattr(data, "__iter__") or hasattr(data, "__getitem__")):
        raise CalibrationError(f"got {type(data).__name__}, expected arrays, dicts of arrays or a path",
                               where="data")
    return data


def _from_path(path: Path, graph: Graph) -> _Listed:
    if path.is_dir():
        return _folder(path, graph)
    if path.suffix not in ARRAYS:
        raise CalibrationError("it is no folder, .npy or .npz" if path.exists() else "there is no such file",
                               where=str(path))
    return _rows(_read(path, graph), graph)


def _folder(path: Path, graph: Graph) -> _Listed:
    from lite.images import is_image

    files = sorted(file for file in path.rglob("*") if file.is_file())
    images = [file for file in files if is_image(file)]
    arrays = [file for file in files if file.suffix in ARRAYS]
    if arrays and not images:
        return _Listed(len(arrays), lambda position: _read(arrays[position], graph))
    if not images:
        raise CalibrationError("there is no image, .npy or .npz in the folder", where=str(path))
    return _Listed(len(images), lambda position: _read_image(images[position], graph))


def _read_image(path: Path, graph: Graph) -> np.ndarray:
    from lite.images import network_input

    value = _only_input(graph, "a folder of images")
    if graph.preprocess is None:
        raise CalibrationError("the model does not say how an image becomes its input", where=str(path),
                               hint="say --image_mean, --image_std, --image_resize, --image_crop, "
                                    "--image_format, or preprocess=lite.Preprocess(...)")
    shape = [extent if isinstance(extent, int) else str(extent) for extent in value.type.shape]
    return network_input(path, shape, graph.preprocess, value.type.dtype.numpy)


def _read(path: Path, graph: Graph) -> Mapping[str, np.ndarray]:
    """Arrays by input name; a .npy is mapped, so that only the rows used are read."""
    try:
        loaded = np.load(path, mmap_mode="r" if path.suffix == ".npy" else None, allow_pickle=False)
        arrays = {name: loaded[name] for name in loaded.files} if path.suffix == ".npz" else {"": loaded}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error, MemoryError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is damaged"
        raise CalibrationError(f"cannot be read: {reason}", where=str(path)) from error
    unnamed = arrays.get("" if path.suffix == ".npy" else UNNAMED) if len(arrays) == 1 else None
    if unnamed is not None:
        return {_only_input(graph, "an array without a name").name: unnamed}
    try:
        _demand_names(arrays, graph.inputs)
    except CalibrationError as error:
        error.where = str(path)
        raise
    return arrays


def _only_input(graph: Graph, what: str) -> Value:
    if len(graph.inputs) != 1:
        names = [value.name for value in graph.inputs]
        raise CalibrationError(f"{what} is for one input, and the model has {len(names)}: {names}",
                               hint="give .npz files or dicts with these names")
    return graph.inputs[0]


def _rows(arrays: Mapping[str, Any], graph: Graph) -> _Listed:
    """Arrays that hold many samples, cut into single ones."""
    _demand_names(arrays, graph.inputs)
    found = {value.name: np.asanyarray(arrays[value.name]) for value in graph.inputs}
    counts = {value.name: _row_count(found[value.name], value) for value in graph.inputs}
    if len(set(counts.values())) != 1:
        raise CalibrationError(f"the inputs have different numbers of samples: {counts}", where="data")

    def fetch(position: int) -> Feeds:
        return {value.name: _row(found[value.name], value, position) for value in graph.inputs}

    return _Listed(next(iter(counts.values())), fetch)


def _batch(value: Value) -> int:
    """Rows of one sample: as the shape says, 1 if that is free."""
    extent = value.type.shape[0] if value.type.shape else 1
    return extent if isinstance(extent, int) else 1


def _row_count(array: np.ndarray, value: Value) -> int:
    if array.ndim == value.type.rank + 1:
        return len(array)
    if array.ndim != value.type.rank:
        raise CalibrationError(f"the array has shape {list(array.shape)}, expected samples of {value.type}",
                               where=f"input {value.name!r}")
    if array.ndim == 0:
        return 1
    count, rest = divmod(len(array), max(1, _batch(value)))
    if rest:
        raise CalibrationError(f"the array has {len(array)} rows, expected a multiple of {_batch(value)}",
                               where=f"input {value.name!r}")
    return count


def _row(array: np.ndarray, value: Value, position: int) -> np.ndarray:
    if array.ndim == value.type.rank + 1 or array.ndim == 0:
        return np.asarray(array[position] if array.ndim else array)
    batch = _batch(value)
    return np.asarray(array[position * batch : (position + 1) * batch])


def _demand_names(given: Mapping[str, Any], inputs: Sequence[Value]) -> None:
    names = [value.name for value in inputs]
    if set(given) != set(names):
        raise CalibrationError(f"arrays for {sorted(map(str, given))} were given, expected {names}",
                               where="data")


def _fitted(item: Any, value: Value) -> np.ndarray:
    """A sample in the input's type; a batch axis of 1 is added where it lacks."""
    where = f"input {value.name!r}"
    try:
        array = np.asarray(item)
    except ValueError as error:
        raise CalibrationError(f"it is no array: {error}", where=where) from error
    wanted = value.type.dtype.numpy
    if array.dtype.kind not in "fiub" or (wanted.kind in "iu" and array.dtype.kind == "f"):
        raise CalibrationError(f"it holds {array.dtype}, expected {wanted}", where=where)
    if array.ndim == value.type.rank - 1 and _batch(value) == 1:
        array = array[None]
    extents = [extent if isinstance(extent, int) else None for extent in value.type.shape]
    fits = array.ndim == len(extents) and all(e in (None, a) for e, a in zip(extents, array.shape))
    if not fits:
        raise CalibrationError(f"it has shape {list(array.shape)}, expected {value.type}", where=where)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise CalibrationError("it holds NaN or infinity", where=where)
    return np.ascontiguousarray(array, DType.of(wanted).numpy)
