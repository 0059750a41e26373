# SPDX-License-Identifier: Apache-2.0
"""Room: importers/proto - our own minimal .proto and .fbs of the foreign formats, and their loader.
In:   the name of a .proto or .fbs that lies here.
Out:  protobuf message classes, made when first asked for: no generated code, so any protobuf >= 4 will do;
      the records of a flatbuffer, checked as they are read (``flat``).
May import: errors, google.protobuf (late).
"""

from __future__ import annotations

import functools
import importlib.resources
import re
from collections.abc import Iterator
from typing import Any

from lite.errors import MissingDependencyError

_TOKEN = re.compile(r'"[^"]*"|[\w.+-]+|[{}=;\[\],]')
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_LABELS = {"optional": 1, "required": 2, "repeated": 3}
_SCALARS = {
    "double": 1,
    "float": 2,
    "int64": 3,
    "uint64": 4,
    "int32": 5,
    "fixed64": 6,
    "fixed32": 7,
    "bool": 8,
    "string": 9,
    "bytes": 12,
    "uint32": 13,
    "sfixed32": 15,
    "sfixed64": 16,
    "sint32": 17,
    "sint64": 18,
}


@functools.cache
def messages(name: str) -> dict[str, Any]:
    """Message classes of ``name``.proto by their name without the package (nested ones: ``Outer.Inner``).

    Raises
    ------
    MissingDependencyError
        If protobuf is not installed.
    """
    try:
        from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    except ImportError as error:
        raise MissingDependencyError(
            f"reading this format needs protobuf: {error}", hint="pip install protobuf"
        ) from error
    text = importlib.resources.files(__name__).joinpath(f"{name}.proto").read_text()
    file = descriptor_pb2.FileDescriptorProto(name=f"lite/{name}.proto", syntax="proto2")
    _Parser(text).file(file)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    classes: dict[str, Any] = {}
    pending = [(message.name, f"{file.package}.{message.name}", message) for message in file.message_type]
    for short, full, message in pending:
        classes[short] = message_factory.GetMessageClass(pool.FindMessageTypeByName(full))
        pending += [(f"{short}.{inner.name}", f"{full}.{inner.name}", inner) for inner in message.nested_type]
    return classes


class _Parser:
    """Reads the proto2 used here: messages, enums, labelled fields with the options packed and default."""

    def __init__(self, text: str) -> None:
        self.tokens: Iterator[str] = iter(_TOKEN.findall(_COMMENT.sub("", text)))

    def file(self, file: Any) -> None:
        for word in self.tokens:
            if word == "package":
                file.package = next(self.tokens)
            elif word == "message":
                self._message(file.message_type.add())
            elif word == "enum":
                self._enum(file.enum_type.add())
            elif word == "syntax":
                next(self.tokens), next(self.tokens)

    def _message(self, message: Any) -> None:
        message.name = next(self.tokens)
        next(self.tokens)  # {
        for word in self.tokens:
            if word == "}":
                return
            if word == "message":
                self._message(message.nested_type.add())
            elif word == "enum":
                self._enum(message.enum_type.add())
            elif word in _LABELS:
                self._field(message.field.add(label=_LABELS[word]))

    def _enum(self, enum: Any) -> None:
        enum.name = next(self.tokens)
        next(self.tokens)  # {
        for word in self.tokens:
            if word == "}":
                return
            next(self.tokens)  # =
            enum.value.add(name=word, number=int(next(self.tokens)))
            next(self.tokens)  # ;

    def _field(self, field: Any) -> None:
        kind, field.name = next(self.tokens), next(self.tokens)
        next(self.tokens)  # =
        field.number = int(next(self.tokens))
        if kind in _SCALARS:
            field.type = _SCALARS[kind]
        else:
            field.type_name = kind  # message or enum: the pool finds out which
        option = ""
        for word in self.tokens:
            if word == ";":
                return
            if option == "packed":
                field.options.packed = word == "true"
            elif option == "default":
                field.default_value = word.strip('"')
            option = word if word in ("packed", "default") else option if word == "=" else ""
