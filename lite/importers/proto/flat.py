# SPDX-License-Identifier: Apache-2.0
"""Reads flatbuffers by their .fbs, each offset checked before it is followed.

Accessors that flatc generates trust the file. Here a table becomes a ``Record`` at once, and no content of a
file can lead outside it, in circles, or to more records than its size allows.
"""

from __future__ import annotations

import functools
import importlib.resources
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from lite.errors import ModelFormatError

MOST_RECORDS = 1 << 18  # they take a hundred times the memory of the bytes that can ask for one
_HEAD_BYTES = 8  # where the root lies, and the file's identifier
_COMMENT = re.compile(r"//[^\n]*")
_TOKEN = re.compile(r'"[^"]*"|[\w.\-]+|[{}=;:,\[\]]')
_SCALARS = {
    "bool": "?", "byte": "b", "ubyte": "B", "short": "h", "ushort": "H", "int": "i", "uint": "I", "long": "q",
    "ulong": "Q", "float": "f", "double": "d",
}  # fmt: skip
_DTYPES = {
    letter: np.dtype(f"<{letter}" if letter not in "?bB" else letter) for letter in _SCALARS.values()
}

Record = SimpleNamespace  # a table: an attribute a field; absent tables and texts are None, vectors empty


@dataclass(frozen=True)
class Field:
    """One field of a table.

    Attributes
    ----------
    name : str
    type : str
        A scalar's name, "string", or the name of a table or union.
    vector : bool
    default : int or float
        Of scalars.
    slot : int
        Where the table's vtable says where the field lies.
    """

    name: str
    type: str
    vector: bool
    default: float
    slot: int


@dataclass
class Schema:
    """What an .fbs says.

    Attributes
    ----------
    tables : dict of str to list of Field
    unions, enums : dict of str to dict of int to str
        Tables, and words, by number.
    root, identifier : str
    """

    tables: dict[str, list[Field]]
    unions: dict[str, dict[int, str]]
    enums: dict[str, dict[int, str]]
    root: str = ""
    identifier: str = ""

    def empty(self, table: str) -> Record:
        """A table of which a file says nothing: all fields have their defaults."""
        record = Record()
        for field in self.tables[table]:
            if field.type in self.unions:
                setattr(record, f"{field.name}_type", 0)
            setattr(record, field.name, _absent(field))
        return record


@functools.cache
def schema(name: str) -> Schema:
    """The schema in ``name``.fbs, which lies here."""
    text = importlib.resources.files(__package__).joinpath(f"{name}.fbs").read_text()
    return _parsed(text)


def read(name: str, data: bytes) -> Record:
    """The root of a flatbuffer.

    Parameters
    ----------
    name : str
        Of the schema.
    data : bytes

    Raises
    ------
    ModelFormatError
        If the identifier is another one than the schema has, or something in it lies outside or where
        something else lies.
    """
    return _Reader(schema(name), data).root()


class _Reader:
    def __init__(self, schema: Schema, data: bytes) -> None:
        self.schema = schema
        self.data = data
        self.left = len(data)  # bytes that what is read takes, were nothing of it read twice
        self.known: dict[tuple[str, int], Any] = {}
        self.records = 0

    def root(self) -> Record:
        if len(self.data) < _HEAD_BYTES:
            raise ModelFormatError(f"the file has {len(self.data)} bytes, expected at least {_HEAD_BYTES}")
        found = self.data[4:_HEAD_BYTES]
        if self.schema.identifier and found != self.schema.identifier.encode():
            raise ModelFormatError(f"its identifier is {found!r}, expected {self.schema.identifier!r}")
        return self._table(self.schema.root, self._number("I", 0, "the root"))

    def _number(self, letter: str, at: int, what: str) -> Any:
        """A scalar anywhere in the file."""
        size = struct.calcsize(letter)
        if not 0 <= at <= len(self.data) - size:
            raise ModelFormatError(f"{what} lies at byte {at}, but the file has {len(self.data)}")
        return struct.unpack_from(f"<{letter}", self.data, at)[0]

    def _spend(self, size: int, what: str) -> None:
        self.left -= size
        if self.left < 0:
            raise ModelFormatError(f"parts of the file overlap: {what} takes more than there is")

    def _table(self, name: str, at: int) -> Record:
        key = (name, at)
        if key not in self.known:
            self.records += 1
            if self.records > MOST_RECORDS:
                raise ModelFormatError(f"the file holds more than {MOST_RECORDS} tables")
            self._spend(4, f"table {name}")
            self.known[key] = self._new_table(name, at)
        record: Record = self.known[key]
        return record

    def _new_table(self, name: str, at: int) -> Record:
        what = f"table {name} at byte {at}"
        vtable = at - self._number("i", at, what)
        rows, size = (self._number("H", vtable + 2 * part, f"the vtable of {what}") for part in (0, 1))
        if rows < 4 or rows % 2 or vtable + rows > len(self.data) or size < 4 or at + size > len(self.data):
            raise ModelFormatError(f"{what} has {size} bytes and a vtable of {rows} at byte {vtable}")
        record = self.schema.empty(name)
        for field in self.schema.tables[name]:
            place = self._number("H", vtable + field.slot, what) if field.slot + 2 <= rows else 0
            if field.type in self.schema.unions:
                self._union(record, field, at, vtable, rows, size)
            elif place:
                self._check_inside(field, place, size, what)
                setattr(record, field.name, self._value(field, at + place, what))
        return record

    def _check_inside(self, field: Field, place: int, size: int, what: str) -> None:
        scalar = field.type in _SCALARS and not field.vector
        needed = struct.calcsize(_SCALARS[field.type]) if scalar else 4
        if place + needed > size:
            raise ModelFormatError(f"field {field.name} of {what} lies at {place}, behind its {size} bytes")

    def _union(self, record: Record, field: Field, at: int, vtable: int, rows: int, size: int) -> None:
        """The number of a table, in the slot before that of the table."""
        if field.slot + 2 > rows:
            return
        what = f"union {field.name} at byte {at}"
        place, value = (self._number("H", vtable + field.slot + step, what) for step in (-2, 0))
        if not place or not value:
            return
        if place + 1 > size or value + 4 > size:
            raise ModelFormatError(f"{what} lies behind the {size} bytes of its table")
        number = self._number("B", at + place, what)
        setattr(record, f"{field.name}_type", number)
        table = self.schema.unions[field.type].get(number)
        if table is not None:
            setattr(record, field.name, self._table(table, self._followed(at + value, what)))

    def _followed(self, at: int, what: str) -> int:
        """Where the offset at a place points to."""
        return at + int(self._number("I", at, what))

    def _value(self, field: Field, at: int, what: str) -> Any:
        if field.type in _SCALARS and not field.vector:
            return self._number(_SCALARS[field.type], at, what)
        target = self._followed(at, f"field {field.name} of {what}")
        if field.vector:
            return self._vector(field, target)
        return self._text(target) if field.type == "string" else self._table(field.type, target)

    def _vector(self, field: Field, at: int) -> Any:
        key = (f"[{field.type}]", at)
        if key not in self.known:
            scalar = _SCALARS.get(field.type)
            size = struct.calcsize(scalar) if scalar else 4
            count = self._counted(at, size, f"vector {field.name}")
            if scalar is not None:
                self.known[key] = np.frombuffer(self.data, _DTYPES[scalar], count, at + 4)
            else:
                self._spend(4 * count, f"vector {field.name}")
                self.known[key] = [self._item(field, at + 4 + 4 * number) for number in range(count)]
        return self.known[key]

    def _item(self, field: Field, at: int) -> Any:
        target = self._followed(at, f"an item of {field.name}")
        return self._text(target) if field.type == "string" else self._table(field.type, target)

    def _text(self, at: int) -> str:
        key = ("string", at)
        if key not in self.known:
            count = self._counted(at, 1, "a text")
            self._spend(count, "a text")
            self.known[key] = self.data[at + 4 : at + 4 + count].decode("utf-8", "replace")
        return str(self.known[key])

    def _counted(self, at: int, size: int, what: str) -> int:
        """Length of a vector whose elements all lie in the file."""
        count = int(self._number("I", at, what))
        if count * size > len(self.data) - at - 4:
            raise ModelFormatError(
                f"{what} at byte {at} has {count} elements of {size} bytes, but the file has {len(self.data)}"
            )
        return count


def _absent(field: Field) -> Any:
    if field.vector:
        letter = _SCALARS.get(field.type)
        return np.empty(0, _DTYPES[letter]) if letter else []
    return field.default if field.type in _SCALARS else None


def _parsed(text: str) -> Schema:
    """The part of the language that is used here: enums, unions, tables, and the lines about the file."""
    text = _COMMENT.sub("", text)
    unions = {name: _members(body, 1) for name, body in re.findall(r"union (\w+) \{([^}]*)\}", text)}
    enums = {name: _members(body, 0) for name, _, body in re.findall(r"enum (\w+) : (\w+) \{([^}]*)\}", text)}
    scalars = {name: kind for name, kind, _ in re.findall(r"enum (\w+) : (\w+) \{([^}]*)\}", text)}
    found = Schema({}, unions, enums)
    tokens = iter(_TOKEN.findall(text))
    for word in tokens:
        if word == "table":
            name = next(tokens)
            found.tables[name] = list(_fields(tokens, unions, scalars))
        elif word == "root_type":
            found.root = next(tokens)
        elif word == "file_identifier":
            found.identifier = next(tokens).strip('"')
    return found


def _members(body: str, first: int) -> dict[int, str]:
    """Members of a union or enum by number: the one before plus 1 where none is written."""
    members: dict[int, str] = {}
    for member in filter(str.strip, body.split(",")):
        name, _, number = member.partition("=")
        members[int(number) if number else max(members, default=first - 1) + 1] = name.strip()
    return members


def _fields(
    tokens: Iterator[str], unions: Mapping[str, Any], scalars: Mapping[str, str]
) -> Iterator[Field]:
    next(tokens)  # {
    slot = 4
    for name in tokens:
        if name == "}":
            return
        next(tokens)  # :
        kind = next(tokens)
        vector = kind == "["
        if vector:
            kind = next(tokens)
            next(tokens)  # ]
        kind = scalars.get(kind, kind)
        default = 0.0 if kind in ("float", "double") else 0
        if next(tokens) == "=":
            default = float(next(tokens)) if kind in ("float", "double") else int(next(tokens))
            next(tokens)  # ;
        slot += 2 * (kind in unions)
        yield Field(name, kind, vector, default, slot)
        slot += 2
