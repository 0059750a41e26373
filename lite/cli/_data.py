# SPDX-License-Identifier: Apache-2.0
"""Arrays in and out of commands: .npy, .npz, images, random numbers."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lite.errors import FileError, InputError
from lite.images import is_image, network_input

if TYPE_CHECKING:
    from lite.ir import Preprocess
    from lite.session import TensorInfo

Arrays = dict[str, np.ndarray]


def read_inputs(
    texts: Iterable[str], inputs: Sequence[TensorInfo], rules: Callable[[], Preprocess | None], *,
    several: bool = False,
) -> Arrays:  # fmt: skip
    """Arrays for a model's inputs from [NAME=]FILE, FILE being .npy, .npz (named arrays) or an image.

    Parameters
    ----------
    texts : iterable of str
    inputs : sequence of TensorInfo
    rules : callable
        How an image becomes an input; asked only if there is one.
    several : bool
        Whether arrays may hold several times the model's batch.

    Raises
    ------
    FileError, InputError
        Naming the file, what is in it and what was expected.
    """
    by_name = {entry.name: entry for entry in inputs}
    feeds: Arrays = {}
    for text in texts:
        name, path = _split(text, by_name)
        if path.suffix == ".npz":
            read = _read_npz(path, by_name)
        elif is_image(path):
            entry = by_name[name or inputs[0].name]
            read = {entry.name: network_input(path, entry.shape, _demanded(rules(), path), entry.dtype)}
        else:
            entry = by_name[name or _only(by_name, path)]
            read = {entry.name: _read_npy(path, entry)}
        for key in read.keys() & by_name.keys():
            _demand_fit(read[key], by_name[key], path, several)
        for twice in sorted(read.keys() & feeds.keys()):
            raise InputError(f"input {twice!r} is given twice, expected one array for it", where=text)
        feeds.update(read)
    return feeds


def read_samples(
    texts: Sequence[str], inputs: Sequence[TensorInfo], rules: Callable[[], Preprocess | None], most: int
) -> Iterator[Arrays]:
    """Arrays for several runs, one run at a time.

    Parameters
    ----------
    texts : sequence of str
        A folder of images, .npy or .npz, each a sample; or [NAME=]FILE as for ``read_inputs``, where arrays
        with several times the model's batch are several samples.
    inputs : sequence of TensorInfo
    rules : callable
        How an image becomes an input.
    most : int
        Samples beyond this number are left out.
    """
    folder = Path(texts[0])
    if len(texts) > 1 or not folder.is_dir():
        yield from itertools.islice(_batches(read_inputs(texts, inputs, rules, several=True), inputs), most)
        return
    files = sorted(path for path in folder.rglob("*") if is_image(path) or path.suffix in (".npy", ".npz"))
    if not files:
        raise FileError("the folder has no images, .npy or .npz, expected at least one", where=str(folder))
    for path in files[:most]:
        yield read_inputs([str(path)], inputs, rules)


def _batches(feeds: Arrays, inputs: Sequence[TensorInfo]) -> Iterator[Arrays]:
    """Arrays cut along their first axis into runs of the model's batch; whole if they are one run."""
    counts = {_runs(feeds[entry.name], entry.shape) for entry in inputs if entry.name in feeds}
    count = counts.pop() if len(counts) == 1 else 1
    for position in range(count):
        yield {name: array[len(array) // count * position:][: len(array) // count] if count > 1 else array
               for name, array in feeds.items()}  # fmt: skip


def _runs(array: np.ndarray, shape: Sequence[int | str]) -> int:
    batch = shape[0] if shape and isinstance(shape[0], int) else 1
    fits = array.ndim == len(shape) and array.ndim > 1 and batch and array.shape[0] % batch == 0
    return array.shape[0] // batch if fits else 1


def _read_npy(path: Path, entry: TensorInfo) -> np.ndarray:
    try:
        return read_array(path)
    except FileError as error:
        error.hint = error.hint or f"input {entry.name!r} takes {_wanted(entry)}"
        raise


def _wanted(entry: TensorInfo) -> str:
    return f"{entry.dtype}[{', '.join(map(str, entry.shape))}]"


def _demand_fit(array: np.ndarray, entry: TensorInfo, path: Path, several: bool) -> None:
    """Refuse an array that is no input, with the file that it came from."""
    fixed = [axis for axis, extent in enumerate(entry.shape) if isinstance(extent, int)]
    fits = array.ndim == len(entry.shape) and all(
        array.shape[axis] == entry.shape[axis] for axis in fixed if axis or not several)
    if fits and array.dtype == entry.dtype:
        return
    hint = f'array.astype("{entry.dtype}")' if fits else None
    found = f"got {array.dtype}{list(array.shape)}, expected {_wanted(entry)} for input {entry.name!r}"
    raise InputError(found, where=str(path), hint=hint)


def _split(text: str, known: Mapping[str, Any]) -> tuple[str | None, Path]:
    """NAME=FILE, or a FILE (whose name may hold a =)."""
    for name in known:
        if text.startswith(f"{name}="):
            return name, Path(text[len(name) + 1 :])
    name, equals, _ = text.partition("=")
    if equals and not Path(text).exists():
        raise InputError(
            f"there is no input {name!r}; the model's are {', '.join(known)}", where=f"--input {text}"
        )
    return None, Path(text)


def _only(known: Mapping[str, Any], path: Path) -> str:
    if len(known) != 1:
        raise InputError(
            f"the model has {len(known)} inputs ({', '.join(known)}), so a .npy must say which it is",
            where=str(path),
            hint=f"--input {next(iter(known), 'NAME')}={path}, once for each input, or one .npz",
        )
    return next(iter(known))


def _demanded(rules: Preprocess | None, path: Path) -> Preprocess:
    if rules is None:
        raise InputError(
            "the model does not say how an image becomes its input",
            where=str(path),
            hint="say --image_mean, --image_std, --image_resize, --image_crop, --image_format here or to opt",
        )
    return rules


def _read_npz(path: Path, known: Mapping[str, Any]) -> Arrays:
    arrays = read_arrays(path)
    if len(arrays) == len(known) == 1:
        return {next(iter(known)): next(iter(arrays.values()))}
    return arrays


def read_array(path: Path) -> np.ndarray:
    """A .npy file.

    Raises
    ------
    FileError
    """
    array = _loaded(path)
    if not isinstance(array, np.ndarray):
        raise FileError("holds several arrays, expected one (.npy)", where=str(path))
    return array


def read_arrays(path: Path) -> Arrays:
    """A .npz file.

    Raises
    ------
    FileError
    """
    arrays = _loaded(path)
    if isinstance(arrays, np.ndarray):
        raise FileError("holds one array without a name, expected .npz", where=str(path))
    return arrays


def _loaded(path: Path) -> np.ndarray | Arrays:
    import zipfile
    import zlib

    try:
        loaded = np.load(path, allow_pickle=False)
        return loaded if isinstance(loaded, np.ndarray) else {name: loaded[name] for name in loaded.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error, MemoryError) as error:
        reason = (
            error.strerror
            if isinstance(error, OSError) and error.strerror
            else "it is no .npy, .npz or image"
        )
        raise FileError(f"cannot be read: {reason}", where=str(path)) from error


def write_arrays(path: str, arrays: Arrays) -> None:
    """All arrays into a .npz, or the only one into a .npy.

    Raises
    ------
    FileError
        If the file cannot be written; an old file is then as it was.
    """
    from lite.nb.writer import write_atomically

    buffer = io.BytesIO()
    if Path(path).suffix == ".npy":
        if len(arrays) != 1:
            raise InputError(f"a .npy holds one array, and the model has {len(arrays)} outputs", where=path,
                             hint="write a .npz")  # fmt: skip
        np.save(buffer, next(iter(arrays.values())))
    else:
        np.savez(buffer, **arrays)  # type: ignore[arg-type]
    write_atomically(Path(path), buffer.getvalue())


def planned_shapes(
    inputs: Sequence[TensorInfo], given: Mapping[str, Sequence[int]]
) -> dict[str, tuple[int, ...]]:
    """A shape for every input: the given one, or the declared one with a guess for each free extent.

    The guess is 1 for the first axis, 224 for the height and width of images, 16 for anything else; extents
    of one name get one number.
    """
    known = [info.name for info in inputs]
    for name in given:
        if name not in known:
            raise InputError(
                f"there is no input {name!r}; the model's are {', '.join(known)}", where="--input_shape"
            )
    numbers: dict[str, int] = {}
    for info in inputs:
        pairs = zip(info.shape, given.get(info.name, ()))
        numbers.update({extent: number for extent, number in pairs if isinstance(extent, str)})
    return {
        info.name: tuple(
            given.get(info.name) or [_extent(info.shape, axis, numbers) for axis in range(len(info.shape))]
        )
        for info in inputs
    }


def chosen_extents(inputs: Sequence[TensorInfo], planned: Mapping[str, Sequence[int]],
                   given: Mapping[str, Sequence[int]]) -> dict[str, int]:
    """The free extents that nobody gave, and what ``planned_shapes`` put there, by name."""
    return {extent: planned[info.name][axis] for info in inputs if info.name not in given
            for axis, extent in enumerate(info.shape) if isinstance(extent, str)}


def _extent(shape: Sequence[int | str], axis: int, numbers: dict[str, int]) -> int:
    extent = shape[axis]
    if isinstance(extent, int):
        return extent
    guess = 1 if axis == 0 else 224 if len(shape) == 4 else 16
    return numbers.setdefault(extent, guess)


def random_inputs(inputs: Sequence[TensorInfo], shapes: Mapping[str, Sequence[int]], seed: int = 0) -> Arrays:
    """Floats of a normal distribution, integers and bools 0 or 1; the same for the same seed everywhere."""
    random = np.random.RandomState(seed)  # its stream is frozen, a Generator's is not
    planned = planned_shapes(inputs, shapes)
    arrays: Arrays = {}
    for info in inputs:
        shape = planned[info.name]
        numbers = random.standard_normal(shape) if info.dtype.kind == "f" else random.randint(0, 2, shape)
        arrays[info.name] = np.asarray(numbers).astype(info.dtype)
    return arrays
