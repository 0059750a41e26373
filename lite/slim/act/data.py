# SPDX-License-Identifier: Apache-2.0
"""Training data: single samples to calibrate with, batches to train on, labels where there are any."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Union

import numpy as np

from lite.errors import InputError, LiteError
from lite.images import is_image
from lite.ir import Graph
from lite.quant.samples import Samples
from lite.slim.act.digests import digest, digest_of_arrays, digest_of_files
from lite.slim.act.job import DataFile

Feeds = dict[str, np.ndarray]
Batch = Union[Feeds, tuple[Feeds, np.ndarray]]
KEPT_BYTES = 512 << 20  # samples of no more together stay in memory, and are shuffled


class Data:
    """What a caller calls training data, for a graph.

    Parameters
    ----------
    given : DataFile, path, array, dict of arrays, or iterable
        Arrays and files hold samples, as for ``StaticPTQ``. The elements of anything else are batches:
        arrays, dicts of arrays by input name, or pairs of one of these and labels.
    graph : Graph
        Gives names, types and shapes of inputs.
    batch_size : int
        Samples of a batch, where samples are given.

    Raises
    ------
    InputError
        If it can be gone through only once, or does not fit the graph.
    CalibrationError
        If it is empty or cannot be read.
    """

    def __init__(self, given: Any, graph: Graph, batch_size: int = 32) -> None:
        if hasattr(given, "__next__"):
            raise InputError("it can be gone through once, and several stages need it", where="train_data",
                             hint="give a list, an array, a path, or an object with __iter__")
        if not hasattr(given, "__iter__") and not isinstance(given, (DataFile, os.PathLike)):
            raise InputError(f"got {type(given).__name__}, expected arrays, a path, or batches to go through",
                             where="train_data")
        self._file = given if isinstance(given, DataFile) else DataFile("?")
        self._given: Any = Path(given.path) if isinstance(given, DataFile) else given
        self._graph, self._batch_size = graph, batch_size
        self._kept: list[Feeds] | None = None
        self.is_batched = not isinstance(self._given, (str, os.PathLike, np.ndarray, Mapping))
        self.labels = read_labels(self._file) if self._file.labels else None
        first = next(iter(self.samples()), None)
        if first is None:
            where = self._file.rows or "all"
            raise InputError(f"there are no samples in it (rows: {where})", where=self.description)
        self.first: Feeds = first
        self.rows = self._count()
        if self.labels is not None and len(self.labels) != self.rows:
            raise InputError(f"there are {len(self.labels)} labels for {self.rows} samples",
                             where=str(self._file.labels))

    def _count(self) -> int:
        total = None if self.is_batched else Samples(self._given, self._graph).count
        if total is None:
            return sum(1 for _ in self.samples())
        return len(range(total)[self._file.part])

    @property
    def batch_count(self) -> int:
        """Batches of an epoch."""
        return sum(1 for _ in self._given) if self.is_batched else len(self.batches())

    def digest(self) -> str:
        """Of all that it holds, labels included."""
        labels = [] if self.labels is None else [{"labels": self.labels}]
        if isinstance(self._given, (str, os.PathLike)):
            return digest([digest_of_files(Path(self._given)), self._file.rows, digest_of_arrays(labels)])
        if self.is_batched:  # in any order: a loader may shuffle
            rows = (row for batch in self._given for row in self._rows(batch))
            return digest(sorted(digest_of_arrays([row]) for row in rows))
        return digest([digest_of_arrays(self.samples()), digest_of_arrays(labels)])

    def _rows(self, batch: Any) -> Iterator[Feeds]:
        """The samples of a batch with their labels."""
        labels = np.asarray(batch[1]) if isinstance(batch, (tuple, list)) else None
        for row, feeds in enumerate(_single(_unlabelled(batch), self._graph, "batch")):
            yield feeds if labels is None or labels.ndim == 0 else {**feeds, "labels": labels[row : row + 1]}

    @property
    def description(self) -> str:
        """What it is called in reports."""
        if isinstance(self._given, (str, os.PathLike)):
            return str(self._given) + (f"[{self._file.rows}]" if self._file.rows else "")
        return "train_data"

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Of the first sample, by input."""
        return {name: array.shape for name, array in self.first.items()}

    @property
    def has_labels(self) -> bool:
        if not self.is_batched:
            return self.labels is not None
        return isinstance(next(iter(self._given)), (tuple, list))

    def samples(self) -> Iterable[Feeds]:
        """Feeds for one run each, without labels; can be gone through again and again."""
        return _Again(self._samples)

    def _samples(self) -> Iterator[Feeds]:
        if self._kept is not None:
            yield from self._kept
        elif self.is_batched:
            for position, batch in enumerate(self._given):
                yield from _single(_unlabelled(batch), self._graph, f"batch {position}")
        else:
            part = self._file.part
            yield from itertools.islice(Samples(self._given, self._graph), part.start, part.stop)

    def spread(self, most: int) -> list[Feeds]:
        """At most so many samples, spread evenly."""
        count = min(most, self.rows)
        wanted = {row * self.rows // count for row in range(count)}
        return [feeds for row, feeds in enumerate(self.samples()) if row in wanted]

    def shortened(self, most: int) -> Data:
        """The first samples, or the first batch."""
        if self.is_batched:
            return Data(list(itertools.islice(self._given, 1)), self._graph, self._batch_size)
        feeds = list(itertools.islice(self.samples(), most))
        joined = {name: np.concatenate([one[name] for one in feeds]) for name in feeds[0]}
        twin = Data(joined, self._graph, most)
        twin.labels = None if self.labels is None else self.labels[:most]
        return twin

    def batches(self) -> Any:
        """Batches to train on, as often as wanted; its length is known if that of the data is."""
        if self.is_batched:
            return self._given
        size_bytes = self.rows * sum(array.nbytes for array in self.first.values())
        if self._kept is None and size_bytes <= KEPT_BYTES:
            self._kept = [{name: np.array(array) for name, array in feeds.items()}
                          for feeds in self.samples()]
        return _Batches(self, self._batch_size if _has_free_batch(self._graph) else 1)


class _Again:
    """An iterable of what a function yields, each time from the start."""

    def __init__(self, begin: Any) -> None:
        self._begin = begin

    def __iter__(self) -> Iterator[Feeds]:
        return iter(self._begin())


class _Batches:
    """Samples joined along their first axis; shuffled by numpy's generator where they lie in memory."""

    def __init__(self, data: Data, size: int) -> None:
        self._data, self._size = data, size

    def __len__(self) -> int:
        return -(-self._data.rows // self._size)

    def __iter__(self) -> Iterator[Batch]:
        kept, labels = self._data._kept, self._data.labels
        order = np.random.permutation(self._data.rows) if kept is not None else np.arange(self._data.rows)
        rows = iter(order)
        stream = ((kept[row], row) for row in order) if kept is not None else zip(self._data.samples(), rows)
        while True:
            part = list(itertools.islice(stream, self._size))
            if not part:
                return
            feeds = {name: np.concatenate([one[name] for one, _ in part]) for name in part[0][0]}
            yield feeds if labels is None else (feeds, labels[[row for _, row in part]])


def _has_free_batch(graph: Graph) -> bool:
    """Whether every input has rows, as many as one likes."""
    return all(value.type.rank > 0 and not isinstance(value.type.shape[0], int) for value in graph.inputs)


def _unlabelled(batch: Any) -> Any:
    if not isinstance(batch, (tuple, list)):
        return batch
    if len(batch) != 2:
        raise InputError(f"it is {len(batch)} things in a row, expected a pair of inputs and labels",
                         where="train_data", hint="give several inputs as a dict by name")
    return batch[0]


def _single(batch: Any, graph: Graph, where: str) -> Iterator[Feeds]:
    """The samples of a batch."""
    if hasattr(batch, "detach"):
        batch = batch.detach().cpu().numpy()
    if isinstance(batch, Mapping):
        batch = {name: array.detach().cpu().numpy() if hasattr(array, "detach") else array
                 for name, array in batch.items()}
    try:
        yield from Samples(np.asarray(batch) if not isinstance(batch, Mapping) else batch, graph)
    except LiteError as error:
        error.where = f"train_data, {where}" + (f", {error.where}" if error.where else "")
        raise


def read_labels(file: DataFile) -> np.ndarray:
    """The labels of the rows of a file.

    Raises
    ------
    InputError
    """
    path = Path(file.labels or "")
    try:
        if path.suffix == ".npy":
            found = np.load(path, allow_pickle=False)
        else:
            found = _from_text(path, Path(file.path))
    except InputError:
        raise
    except (OSError, ValueError, EOFError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"cannot be read: {reason}", where=str(path),
                         hint=".npy, or text of which the last word of each line is a number") from error
    if found.ndim != 1 or found.dtype.kind not in "iu":
        raise InputError(f"it holds {found.dtype}{list(found.shape)}, expected a whole number a sample",
                         where=str(path))
    return found[file.part]


def _from_text(path: Path, data: Path) -> np.ndarray:
    """Labels of lines; by the names before them, if they are of images in a folder."""
    lines = [line.split() for line in path.read_text().splitlines() if line.strip()]
    labels = [int(words[-1]) for words in lines]
    if not data.is_dir() or any(len(words) < 2 for words in lines):
        return np.array(labels)
    images = sorted(file for file in data.rglob("*") if file.is_file() and is_image(file))
    by_name = {words[0]: label for words, label in zip(lines, labels)}
    missing = [image.name for image in images if image.name not in by_name]
    if missing:
        raise InputError(f"there is no label for {missing[0]}, one of {len(missing)} that lack it",
                         where=str(path))
    return np.array([by_name[image.name] for image in images])
