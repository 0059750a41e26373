# SPDX-License-Identifier: Apache-2.0
"""Model and Session: load a .nb once, run it from as many threads as you like."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Union, overload

import numpy as np

from lite import _native
from lite.errors import InputError
from lite.profile import LayerTime, Profile
from lite.tune_cache import table_at

Shape = tuple[Union[int, str], ...]
Feeds = Mapping[str, Any]
Precision = Literal["exact", "fast"]
PowerMode = Literal["no_bind", "high", "low", "full", "rand_high", "rand_low"]
TunedRow = tuple[str, str, int, list[tuple[str, float]]]  # layer, its first node, nodes, kernels with us

_DTYPES = {"f32": "float32", "f16": "float16", "bf16": "uint16", "f64": "float64", "s8": "int8",
           "u8": "uint8", "s16": "int16", "u16": "uint16", "s32": "int32", "u32": "uint32", "s64": "int64",
           "u64": "uint64", "bool": "bool"}  # fmt: skip
_NB_IDENTIFIER = b"LTNB"
_COUNT = ".count."  # as in lite.importers._counted
_PADDLE_LITE = b"\x02\x00"  # what its .nb files begin with, as ours cannot


class PowerModeWarning(UserWarning):
    """A power mode has no effect on this system, or not all of it."""


@dataclass(frozen=True)
class TensorInfo:
    """An input or output.

    Attributes
    ----------
    name : str
    shape : tuple of int or str
        A free extent is the name of its symbol, "?" if it follows from several.
    dtype : numpy.dtype
    """

    name: str
    shape: Shape
    dtype: np.dtype[Any]


@dataclass(frozen=True)
class MemoryUse:
    """Bytes that a session needs for its present shapes.

    Attributes
    ----------
    arena_bytes : int
        All values and scratch between the inputs and the next run.
    lower_bound_bytes : int
        Greatest sum of what is alive at one step: no layout can be smaller.
    scratch_bytes : int
        Of the step that needs most; part of the arena.
    weights_bytes : int
        In the file; shared by all sessions of the model.
    """

    arena_bytes: int
    lower_bound_bytes: int
    scratch_bytes: int
    weights_bytes: int


class Model:
    """A model, immutable; its sessions share the weights.

    Parameters
    ----------
    source : path or bytes
        A .nb file or its bytes; other formats (.onnx, .pdmodel, ...) are converted in memory.

    Raises
    ------
    FileError, NbCorruptError, NbVersionError, TargetError
        If the file cannot be read, is damaged, is too new or was made for other machines.
    """

    def __init__(self, source: str | os.PathLike[str] | bytes) -> None:
        self._native = _open(source)
        self.name: str = self._native.name
        self.inputs: tuple[TensorInfo, ...] = _tensors(self._native.inputs())
        self.outputs: tuple[TensorInfo, ...] = _tensors(self._native.outputs())

    def session(self, threads: int = 1, *, precision: Precision = "exact", arena_limit: int = 0,
                tune_cache: str | os.PathLike[str] | None = None,
                power_mode: PowerMode = "no_bind") -> Session:
        """A new session.

        Parameters
        ----------
        threads : int
            Threads that work on one run, the caller's included: 1 to 256. Results have the same bits for any
            number; more threads than processors work, but take turns.
        precision : {"exact", "fast"}
            "fast" rounds the factors of large products to bf16, or computes in halves, where the processor
            does that faster; elsewhere it runs as "exact" does. docs/precision.md says what it costs.
        arena_limit : int
            Most bytes of memory for values; 0: what the machine has.
        tune_cache : path, optional
            Kernels that ``lite tune`` measured; None: $LITE_TUNE_CACHE or the usual place, "": none. What
            cannot be used is ignored with a warning.
        power_mode : {"no_bind", "high", "low", "full", "rand_high", "rand_low"}
            Cores that the threads run on, the caller's while a run lasts: the fastest, the slowest, all with
            the fastest first, or some of the fastest or slowest by chance; "no_bind" leaves it to the system.
            Where the system refuses or does not tell cores apart, ``PowerModeWarning`` says so.

        Raises
        ------
        InputError, UnsupportedOpError, ArenaError
        """
        counts = (_whole(threads, "threads"), _whole(arena_limit, "arena_limit"))
        native = _native.Session.create(self._native, *counts, str(precision), table_at(tune_cache),
                                        str(power_mode))
        if native.note:
            warnings.warn(native.note, PowerModeWarning, stacklevel=2)
        return Session(self, native)

    @property
    def size_bytes(self) -> int:
        """Size of the .nb."""
        return int(self._native.size_bytes)

    @property
    def made_by(self) -> str:
        """Version that wrote the .nb."""
        return str(self._native.made_by)

    @property
    def preprocess(self) -> dict[str, Any] | None:
        """How an image becomes the first input: resize, crop, mean, std, format; None if not said."""
        fields: dict[str, Any] | None = self._native.preprocess
        return fields

    def __repr__(self) -> str:
        inputs = ", ".join(f"{info.name}{list(info.shape)}" for info in self.inputs)
        return f"<lite.Model {self.name!r} ({inputs}), {self.size_bytes} bytes>"


class Session:
    """Runs a model. For one thread at a time: each thread takes its own ``clone()``."""

    def __init__(self, model: Model, native: _native.Session) -> None:
        self.model = model
        self._native = native
        self._names = [info.name for info in model.inputs]

    @property
    def inputs(self) -> tuple[TensorInfo, ...]:
        """Inputs; with the present shapes once they are known."""
        return _with_shapes(self.model.inputs, self._native.input_shapes())

    @property
    def outputs(self) -> tuple[TensorInfo, ...]:
        """Outputs; with the present shapes once they are known."""
        return _with_shapes(self.model.outputs, self._native.output_shapes())

    @overload
    def run(self, feeds: Feeds, /, *, copy: bool = True) -> dict[str, np.ndarray]: ...
    @overload
    def run(self, names: Sequence[str] | None, feeds: Feeds, /, *, copy: bool = True) -> list[np.ndarray]: ...

    def run(self, *arguments: Any, copy: bool = True) -> dict[str, np.ndarray] | list[np.ndarray]:
        """Run once: ``run(feeds)`` gives a dict, ``run(names, feeds)`` a list, as in ONNX Runtime.

        Other legal input shapes than before plan the session anew.

        Parameters
        ----------
        names : sequence of str or None
            Which outputs, in which order; None: all.
        feeds : mapping of str to array
            One array per input; used without copying if contiguous and aligned.
        copy : bool
            False gives views of the session's memory, which the next run overwrites.

        Raises
        ------
        InputError, ShapeError
            If names, types or shapes do not fit, or the session is running on another thread.
        """
        if len(arguments) == 1:
            outputs, _ = self._run(arguments[0], copy)
            return dict(zip(self._output_names(), outputs))
        if len(arguments) != 2:
            raise InputError(f"got {len(arguments)} arguments, expected run(feeds) or run(names, feeds)")
        names, feeds = arguments
        wanted = self._output_names() if names is None else self._known_outputs(names)
        outputs, _ = self._run(feeds, copy)
        by_name = dict(zip(self._output_names(), outputs))
        return [by_name[name] for name in wanted]

    def __call__(self, *arrays: Any) -> Any:
        """Run with one array per input, in order; one output comes alone, several as a tuple of arrays."""
        if len(arrays) != len(self._names):
            raise InputError(f"got {len(arrays)} arrays, expected {len(self._names)}: {self._names}")
        outputs, _ = self._native.run([_array(array) for array in arrays], True, False)
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    def resize(self, shapes: Mapping[str, Sequence[int]]) -> None:
        """Plan for other input shapes; inputs not named keep theirs. After a failure nothing has changed.

        Raises
        ------
        ShapeError, InputError, ArenaError
        """
        self._check_names(shapes, "shapes", complete=False)
        present = {info.name: info.shape for info in self.inputs}
        wanted = {name: tuple(shapes.get(name, present[name])) for name in self._names}
        for name, shape in wanted.items():
            if any(isinstance(extent, str) for extent in shape):
                raise InputError(f"shape {shape} is not fixed; give every extent", where=f"input {name!r}")
        self._native.resize([[_whole(extent, f"input {name!r}") for extent in wanted[name]]
                             for name in self._names])

    def clone(self, *, separate: bool = False) -> Session:
        """A new session of the same model, options and shapes.

        Parameters
        ----------
        separate : bool
            Whether each layer runs by itself, even where several would be faster together, so that a
            profile has all of them.
        """
        return Session(self.model, self._native.clone(separate))

    def profile(self, feeds: Feeds | None = None, *, warmup: int = 3, repeats: int = 20) -> Profile:
        """Time every layer.

        Parameters
        ----------
        feeds : mapping of str to array, optional
            Inputs; random ones of the present shapes if left out.
        warmup, repeats : int
            Runs that are not counted, and runs whose median counts.

        Raises
        ------
        InputError
            If feeds are left out while the input shapes are not known.
        """
        if repeats < 1 or warmup < 0:
            raise InputError(f"warmup is {warmup} and repeats {repeats}, expected at least 0 and 1")
        feeds = self.random_feeds() if feeds is None else feeds
        for _ in range(warmup):
            self._run(feeds, False)
        runs = [self._run(feeds, False, timed=True)[1] for _ in range(repeats)]
        layers = [LayerTime.of(step, [run[position] for run in runs])
                  for position, step in enumerate(self._native.steps())]
        return Profile(tuple(layers), isa=self.isa, threads=self.threads)

    def tuned_layers(self, progress: Callable[[int, int], bool]) -> list[TunedRow]:
        """Times of every kernel of each layer that has a choice; see ``lite.tuning.kernels``.

        Parameters
        ----------
        progress : callable(done, total)
            Layers; False stops.
        """
        return self._native.tune(progress)

    def random_feeds(self, seed: int = 0) -> dict[str, np.ndarray]:
        """Random inputs of the present shapes: floats in [0, 1), integers 0 or 1.

        Raises
        ------
        InputError
            If the input shapes are not known yet.
        """
        generator = np.random.default_rng(seed)
        feeds = {}
        for info in self.inputs:
            if not all(isinstance(extent, int) for extent in info.shape):
                raise InputError(f"shape {info.shape} is not fixed", where=f"input {info.name!r}",
                                 hint="session.resize({name: shape}) first")
            shape = [int(extent) for extent in info.shape]
            if info.dtype.kind == "f":
                feeds[info.name] = generator.random(shape, np.float32).astype(info.dtype)
            else:
                feeds[info.name] = generator.integers(0, 2, shape).astype(info.dtype)
        return feeds

    @property
    def memory(self) -> MemoryUse | None:
        """Memory for the present shapes; None while they are not known."""
        fields = self._native.memory()
        return None if fields is None else MemoryUse(**fields)

    @property
    def isa(self) -> str:
        """Instruction set that the kernels use; LITE_FORCE_ISA chooses another."""
        return str(self._native.isa)

    @property
    def precision(self) -> Precision:
        """How products are computed: "exact" or "fast"."""
        return self._native.precision

    @property
    def threads(self) -> int:
        """Threads that work on one run."""
        return int(self._native.threads)

    def __repr__(self) -> str:
        return f"<lite.Session of {self.model.name!r}, {self.threads} threads, {self.isa}>"

    def _output_names(self) -> list[str]:
        return [info.name for info in self.model.outputs]

    def _known_outputs(self, names: Sequence[str]) -> list[str]:
        known = self._output_names()
        unknown = [name for name in names if name not in known]
        if unknown:
            raise InputError(f"there are no outputs {unknown}, expected some of {known}")
        return list(names)

    def _run(self, feeds: Feeds, copy: bool,
             timed: bool = False) -> tuple[list[np.ndarray], list[tuple[int, int]]]:
        self._check_names(feeds, "inputs", complete=True)
        result: tuple[list[np.ndarray], list[tuple[int, int]]]
        result = self._native.run([_array(feeds[name]) for name in self._names], copy, timed)
        return result

    def _check_names(self, given: Mapping[str, Any], what: str, *, complete: bool) -> None:
        if not isinstance(given, Mapping):
            raise InputError(f"got {type(given).__name__} for the {what}, expected a dict by input name",
                             hint=f"the inputs are {self._names}")
        unknown = [name for name in given if name not in self._names]
        missing = [name for name in self._names if complete and name not in given]
        if unknown or missing:
            found = f"unknown {unknown}" if unknown else f"missing {missing}"
            raise InputError(f"{found} among the {what}, expected {self._names}")


def trimmed(outputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Outputs without the rows that hold nothing, and without the counts that say which.

    Where data decides how long an output is (the boxes that stay, the elements that are not zero), it has as
    many rows as there may be, and an output NAME.count.AXIS beside it says how many of them hold something.

    Parameters
    ----------
    outputs : mapping of name to array
        What ``Session.run`` gave.
    """
    found = dict(outputs)
    for name, count in outputs.items():
        of, _, axis = name.rpartition(_COUNT)
        if of in found and axis.isdigit():
            found[of] = found[of][(slice(None),) * int(axis) + (slice(int(count)),)]
            del found[name]
    return found


def _whole(number: Any, where: str) -> int:
    """A number that fits in 63 bits, as an int; what it is for stands in the error."""
    if isinstance(number, bool) or not isinstance(number, (int, np.integer)):
        raise InputError(f"got {number!r}, expected a whole number", where=where)
    if not 0 <= number < 1 << 63:
        raise InputError(f"got {number}, expected 0 to {(1 << 63) - 1}", where=where)
    return int(number)


def _array(feed: Any) -> np.ndarray:
    """The feed as an array that can be used in place; copied only if it cannot."""
    array = np.asarray(feed)
    if array.dtype.byteorder == ">" or (array.dtype.byteorder == "=" and not np.little_endian):
        array = array.astype(array.dtype.newbyteorder("<"))
    if array.flags.c_contiguous and array.flags.aligned:
        return array
    return np.array(array, order="C", ndmin=0)


def _tensors(rows: Sequence[tuple[str, Shape, str]]) -> tuple[TensorInfo, ...]:
    return tuple(TensorInfo(name, shape, np.dtype(_DTYPES[dtype])) for name, shape, dtype in rows)


def _with_shapes(infos: tuple[TensorInfo, ...], shapes: Sequence[Shape] | None) -> tuple[TensorInfo, ...]:
    if shapes is None:
        return infos
    return tuple(TensorInfo(info.name, shape, info.dtype) for info, shape in zip(infos, shapes))


def _open(source: str | os.PathLike[str] | bytes) -> _native.Model:
    if isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes(source)
        return _native.Model.from_bytes(data if _is_nb(data[:8], data[-16:]) else _converted(data))
    if not isinstance(source, (str, os.PathLike)):
        raise InputError(f"got {type(source).__name__}, expected a path or the bytes of a model")
    path, head = Path(source), _head(Path(source))
    if _is_nb(head) or (path.suffix == ".nb" and not head.startswith(_PADDLE_LITE)):
        return _native.Model.open(os.fspath(path))
    return _native.Model.from_bytes(_converted(path))


def _is_nb(head: bytes, tail: bytes = b"") -> bool:
    return head[4:8] == _NB_IDENTIFIER or tail[:4] == _NB_IDENTIFIER


def _head(path: Path) -> bytes:
    """A file's first bytes; none if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(8)
    except OSError:
        return b""


def _converted(source: Path | bytes) -> bytes:
    from lite.convert import convert_to_bytes

    return convert_to_bytes(source)[0]
