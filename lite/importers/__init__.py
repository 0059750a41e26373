# SPDX-License-Identifier: Apache-2.0
"""Room: importers - one parser per source format, and the ops of it that are not mere renames.
In:   a file, folder or bytes of a foreign model.
Out:  a Graph in NCHW, of TFLite in NHWC; or one error that names everything that is wrong.
May import: ops, ir, errors, numpy; a third-party parser only inside its own importer, late.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union

from lite.errors import FileError, InputError, ModelFormatError
from lite.ir import Graph

Source = Union[str, "os.PathLike[str]", bytes]

HEAD_BYTES = 64
FOLDERS_SHOWN = 5
NB_IDENTIFIER = b"LTNB"
SINGLE_FILES = {"onnx": "ONNX", "tflite": "TFLite"}  # formats in which a model is a file, by suffix
FOREIGN = {  # what a file's name says of formats that have no importer
    ".h5": "Keras", ".keras": "Keras", ".pt": "PyTorch", ".pth": "PyTorch", ".mlmodel": "Core ML",
}  # fmt: skip


@dataclass(frozen=True)
class Format:
    """How a source format is told from the others.

    Attributes
    ----------
    name : str
        Also the module of this package whose ``load(source, **options)`` imports it.
    names : tuple of str
        What the file's name ends with.
    folder_files : tuple of str
        A folder that holds a file of this name, or with this suffix (.x), is a model of this format.
    begins : callable(head) -> bool
        True if the first bytes can be of no other format in the table.
    has_param_file : bool
        Whether weights lie in a file of their own, so that ``load`` takes ``param_file``.
    """

    name: str
    names: tuple[str, ...]
    begins: Callable[[bytes], bool]
    folder_files: tuple[str, ...] = ()
    has_param_file: bool = False


def _begins_onnx(head: bytes) -> bool:
    told = len(head) > 2 and head[0] == 0x08 and 0 < head[1] < 0x80  # ModelProto.ir_version
    return told and not _begins_saved_model(head)


def begins_paddle_lite(head: bytes) -> bool:
    """Whether the first bytes are those of a .nb of Paddle Lite itself: version 2, and its optimiser's."""
    return head[:2] == b"\x02\x00" and head[2:3].isalnum()


def _begins_paddle(head: bytes) -> bool:
    if head.lstrip()[:1] == b"{":
        return b"base_code" in head  # PIR in JSON
    if begins_paddle_lite(head):
        return True
    varint = next((at for at in range(1, min(len(head), 6)) if head[at] < 0x80), 0)
    return head[:1] == b"\x0a" and head[varint + 1 : varint + 4] == b"\x08\x00\x10"  # a block: idx 0, parent


def _begins_caffe(head: bytes) -> bool:
    return re.match(rb"(\s|#.*\n)*(name|layers?|input|input_shape)\s*[:{]", head) is not None


def _begins_tflite(head: bytes) -> bool:
    return head[4:8] == b"TFL3"


def _begins_saved_model(head: bytes) -> bool:
    """The version of TensorFlow's schema, then a graph that begins with words about itself."""
    return re.match(rb"\x08\x01\x12[\x80-\xff]*[\x00-\x7f]\x0a", head, re.DOTALL) is not None


def _begins_tensorflow(head: bytes) -> bool:
    varint = next((at for at in range(1, min(len(head), 6)) if head[at] < 0x80), 0)
    is_graph = head[:1] == b"\x0a" and head[varint + 1 : varint + 2] == b"\x0a"  # a node, and its name
    return is_graph or _begins_saved_model(head)


FORMATS = (
    Format("onnx", (".onnx",), _begins_onnx, (".onnx",)),
    Format("paddle", (".pdmodel", ".json", "__model__", ".pdiparams", ".nb"), _begins_paddle,
           (".pdmodel", "__model__", "model", ".pdiparams", "inference.json"), has_param_file=True),
    Format("caffe", (".prototxt", ".caffemodel"), _begins_caffe, (".caffemodel",), has_param_file=True),
    Format("tflite", (".tflite",), _begins_tflite, (".tflite",)),
    Format("tensorflow", (".pb",), _begins_tensorflow, (".pb",)),
)  # fmt: skip


def load(source: Source, *, format: str | None = None, **options: Any) -> Graph:
    """Import a model.

    Parameters
    ----------
    source : path or bytes
        A file, a folder that holds one model, or the bytes of a file.
    format : str, optional
        A name from ``FORMATS``; found from content and name if left out.
    **options
        Handed to the importer. All importers know
        ``input_shapes`` ({name: shape}: fixes extents of inputs) and
        ``freeze_inputs`` ({name: array}: inputs that become constants);
        formats whose weights lie in a file of their own know ``param_file`` (its path or bytes).

    Raises
    ------
    FileError
        If the file cannot be read.
    ModelFormatError
        If it is damaged or of no known format.
    UnsupportedOpError
        If it uses ops that are not supported: all of them are listed.
    """
    name = format or find_format(source)
    row = next((row for row in FORMATS if row.name == name), None)
    if row is None:
        raise InputError(f"there is no source format {name!r}", hint=f"known are {', '.join(_known())}")
    if "param_file" in options and not row.has_param_file:
        raise InputError(f"models of format {name!r} have no file of parameters", where="param_file",
                         hint="leave it out")
    if name in SINGLE_FILES and not isinstance(source, bytes) and Path(source).is_dir():
        source = _only_file(Path(source), name)
    graph: Graph = importlib.import_module(f"{__name__}.{name}").load(source, **options)
    return graph


def _only_file(folder: Path, format: str) -> Path:
    """A folder of a Paddle model is the model; one of other formats must hold just one file of a model."""
    files = sorted(folder.glob(f"*.{format}"))
    if len(files) != 1:
        names = ", ".join(file.name for file in files)
        found = f"the folder holds {len(files)} {SINGLE_FILES[format]} models ({names})"
        raise ModelFormatError(f"{found}, expected 1", where=str(folder), hint="name the model file itself")
    return files[0]


def known_ops(format: str) -> list[str]:
    """Names of the ops of a source format that are imported, sorted."""
    names: list[str] = importlib.import_module(f"{__name__}.{format}.rules").names()
    return names


def find_format(source: Source) -> str:
    """Name of the format of a model, from its content, then from its name.

    Raises
    ------
    FileError, ModelFormatError
    """
    if not isinstance(source, bytes) and Path(source).is_dir():
        return _format_of_folder(Path(source))
    head = source[:HEAD_BYTES] if isinstance(source, bytes) else _read_head(Path(source))
    file_name = "" if isinstance(source, bytes) else Path(source).name.lower()
    if NB_IDENTIFIER in (head[:4], head[4:8]):
        raise _converted_already("bytes" if isinstance(source, bytes) else str(source))
    by_content = [row.name for row in FORMATS if row.begins(head)]
    by_name = [row.name for row in FORMATS if file_name.endswith(row.names)]
    if len(by_content) == 1:
        return by_content[0]
    if len(by_name) == 1:
        return by_name[0]
    raise _unknown(head, where="bytes" if isinstance(source, bytes) else str(source))


def describe(source: Source) -> str:
    """What errors call a source: its path, or its size if it is bytes."""
    return f"<{len(source)} bytes>" if isinstance(source, bytes) else str(source)


def read_bytes(path: Source) -> bytes:
    """Content of a file; bytes are given back as they are.

    Raises
    ------
    FileError
    """
    if isinstance(path, bytes):
        return path
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror}", where=str(path)) from error


def _read_head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror}", where=str(path)) from error


def _format_of_folder(folder: Path) -> str:
    files = [path.name for path in folder.iterdir()]
    found = [row.name for row in FORMATS if any(_is_named(name, row.folder_files) for name in files)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise _no_model_in(folder)
    what = f"holds models of several formats ({', '.join(found)})"
    raise ModelFormatError(
        f"the folder {what}",
        where=str(folder),
        hint=f"name the model file itself; known formats are {', '.join(_known())}",
    )


def _no_model_in(folder: Path) -> ModelFormatError:
    """Says which folders in this one hold models, at most two levels down."""
    suffixes = tuple({name for row in FORMATS for name in row.folder_files})
    inside = sorted({path.parent.relative_to(folder).as_posix()
                     for pattern in ("*/*", "*/*/*") for path in folder.glob(pattern)
                     if _is_named(path.name, suffixes) and path.is_file()})  # fmt: skip
    if inside:
        shown = ", ".join(inside[:FOLDERS_SHOWN]) + (", ..." if len(inside) > FOLDERS_SHOWN else "")
        hint = f"name one of them, say {folder / inside[0]}"
        return ModelFormatError(
            f"the folder holds no model itself; there are some in {shown}", where=str(folder), hint=hint
        )
    hint = f"name the model file itself; known formats are {', '.join(_known())}"
    return ModelFormatError("the folder holds no model", where=str(folder), hint=hint)


def _is_named(name: str, wanted: tuple[str, ...]) -> bool:
    return name in wanted or any(name.endswith(suffix) for suffix in wanted if suffix.startswith("."))


def _converted_already(where: str) -> ModelFormatError:
    return ModelFormatError(
        "this is a .nb file: it is converted already",
        where=where,
        hint="open it with lite.Model, lite run or lite bench",
    )


def _unknown(head: bytes, where: str) -> ModelFormatError:
    known = f"known formats are {', '.join(_known())}"
    suffix = Path(where).suffix.lower()
    if suffix in FOREIGN:
        return ModelFormatError(f"{FOREIGN[suffix]} models are not read yet", where=where, hint=known)
    found = f"begins with {head[:8].hex(' ')}" if head else "is empty"
    return ModelFormatError(
        f"the file {found}, which is no known model format",
        where=where,
        hint=known,
    )


def _known() -> list[str]:
    return [f"{row.name} ({', '.join(row.names)})" for row in FORMATS]
