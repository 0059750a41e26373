# SPDX-License-Identifier: Apache-2.0
"""Reader for Paddle 3's programs in PIR form (JSON), into the words of the older protobuf form.

PIR's ops read and write numbered values, by position. Here each value is a variable, and each op is the
one of protobuf programs that does the same (``pir_ops``), so that one set of rules serves both. Contents that
are known become attributes; lists of values, which PIR packs and unpacks by ops, become slots of several
variables.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.paddle.pir_ops import Row, Slot, table
from lite.importers.paddle.program import (
    FETCH_LIST,
    LOD_TENSOR,
    Attribute,
    Operator,
    Program,
    SubBlock,
    Variable,
    VariableName,
)

NEWEST_VERSION = 4
UNKNOWN = "pd_op."  # what the types of ops begin with that have no row
_PADDLE_3 = 3_000_000
_HINT = "give the .json file that paddle.jit.save wrote; the parameters lie in the .pdiparams file"
_UNDEFINED = -1
_NUMBERS = {  # Paddle's numbers of element types, by their names in types and in attributes
    "bool": 0, "i16": 1, "int16": 1, "i32": 2, "int32": 2, "i64": 3, "int64": 3, "f16": 4, "float16": 4,
    "f32": 5, "float32": 5, "f64": 6, "float64": 6, "ui8": 20, "uint8": 20, "i8": 21, "int8": 21, "bf16": 22,
    "bfloat16": 22,
}  # fmt: skip
_FLOATS = (4, 5, 6, 22)
_SPECIAL = {"INF": math.inf, "-INF": -math.inf, "NAN": math.nan}
_MOST_DEPTH = 16  # of branches in branches

Of = TypeVar("Of")
Names = tuple[str, ...]  # one variable, or those of a list


def read_pir(data: bytes, where: str) -> Program:
    """Parse a program in PIR form.

    Raises
    ------
    ModelFormatError
        If the bytes are no program.
    UnsupportedOpError
        If it is of a version that is not known.
    """
    try:
        root = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ModelFormatError(f"found no JSON ({error})", where=where, hint=_HINT) from error
    try:
        base = _typed(_typed(root, dict, "the file").get("base_code"), dict, "base_code")
        if base.get("magic") != "pir":
            raise ModelFormatError(f"found the magic {base.get('magic')!r:.40}, expected 'pir'", hint=_HINT)
        version = _typed(base.get("version"), int, "the version")
        if version > NEWEST_VERSION:
            raise UnsupportedOpError(
                f"the program is of PIR version {version}, and versions to {NEWEST_VERSION} are known",
                hint="save the model with Paddle 3.3 or older",
            )
        reader = _Reader()
        reader.block(_block(_get(root, "program", dict), 0), 0)
        return reader.program
    except (ModelFormatError, UnsupportedOpError) as error:
        error.where = f"{where}: {error.where}" if error.where else where
        raise


def _typed(found: Any, type: type[Of], what: str) -> Of:
    if not isinstance(found, type) or (isinstance(found, bool) and type is int):
        raise ModelFormatError(f"{what} is {found!r:.60}, expected {type.__name__}")
    return found


def _get(entry: Mapping[str, Any], key: str, type: type[Of]) -> Of:
    return _typed(entry.get(key), type, f"{key!r}")


def _block(holder: Mapping[str, Any], region: int) -> list[Any]:
    """Ops of the only block of a region."""
    regions = _get(holder, "regions", list)
    if region >= len(regions):
        raise ModelFormatError(f"found {len(regions)} regions, expected {region + 1}")
    blocks = _get(_typed(regions[region], dict, "a region"), "blocks", list)
    if len(blocks) != 1:
        raise ModelFormatError(f"found {len(blocks)} blocks, expected 1")
    return _get(_typed(blocks[0], dict, "a block"), "ops", list)


class _Reader:
    """Walks the ops of block after block."""

    def __init__(self) -> None:
        self.program = Program(version=_PADDLE_3)
        self.values: dict[int, Names] = {}
        self.known: dict[str, tuple[Any, ...]] = {}  # contents of variables
        self.position = 0  # of the op in the file
        self.feeds = 0

    def block(self, ops: Sequence[Any], depth: int) -> list[Names]:
        """Read a block's ops; what it yields."""
        for found in ops:
            entry = _typed(found, dict, "an op")
            name = _typed(entry.get("#"), str, "an op's name")
            if not name.isprintable():
                raise ModelFormatError(f"op #{self.position} is called {name!r:.60}, expected a name")
            dialect, _, op = name.rpartition(".")
            place = f"op #{self.position} {op}"
            self.position += 1
            try:
                if name == "2.yield":
                    return [self._read(value) for value in _get(entry, "I", list)]
                self._op(entry, dialect, op, depth)
            except (ModelFormatError, UnsupportedOpError) as error:
                error.where = error.where or place
                raise
        return []

    def _op(self, entry: Mapping[str, Any], dialect: str, op: str, depth: int) -> None:
        special = self._special(dialect, op)
        if special is not None:
            special(entry)
        elif dialect == "1" and op == "if" and depth < _MOST_DEPTH and self._condition(entry) is not None:
            self._branch(entry, depth)
        else:
            row = table().get(op.rstrip("_")) if dialect == "1" else None
            self._plain(entry, op, row)

    def _special(self, dialect: str, op: str) -> Callable[[Mapping[str, Any]], None] | None:
        """Ops that are no computation."""
        by_name = {
            ("", "p"): self._parameter, ("1", "data"): self._feed, ("1", "feed"): self._feed,
            ("1", "fetch"): self._fetch, ("0", "combine"): self._combine, ("0", "slice"): self._one_of,
            ("0", "split"): self._all_of,
        }  # fmt: skip
        return by_name.get((dialect, op))

    # What is no computation -----------------------------------------------------------------------

    def _parameter(self, entry: Mapping[str, Any]) -> None:
        given = _get(entry, "A", list)
        name = _typed(given[3] if len(given) > 3 else None, str, "a parameter's name")
        if name in self.program.variables:
            raise ModelFormatError(f"there are two parameters {name!r}")
        marks = entry.get("OA")  # whether it is saved, stops gradients, and is trained
        saved = not (isinstance(marks, list) and marks[:1] == [0])
        self._write(_get(entry, "O", dict), name, persistable=saved)

    def _feed(self, entry: Mapping[str, Any]) -> None:
        attributes = _attributes(entry)
        name = _typed(attributes.get("name"), str, "an input's name")
        column = attributes.get("col", self.feeds)
        self.feeds += 1
        (output,) = _exactly(1, _get(entry, "O", list), "results")
        names = self._write(output, name)
        self._add("feed", {}, {"Out": names}, {"col": column})

    def _fetch(self, entry: Mapping[str, Any]) -> None:
        """The variable takes the name under which it is fetched."""
        attributes = _attributes(entry)
        (value,) = _exactly(1, _get(entry, "I", list), "inputs")
        name = _typed(attributes.get("name"), str, "an output's name")
        if name in self.program.variables:
            name = self._free(f"{name}.fetched")
        self._add("assign", {"X": self._read(value)}, {"Out": (name,)}, {})
        self.program.variables[name] = Variable(name, FETCH_LIST, None, (), 0, False)
        self._add("fetch", {"X": (name,)}, {}, {"col": attributes.get("col", 0)})

    def _combine(self, entry: Mapping[str, Any]) -> None:
        names = tuple(name for value in _get(entry, "I", list) for name in self._read(value))
        (output,) = _exactly(1, _get(entry, "O", list), "results")
        self.values[_number(output)] = names

    def _one_of(self, entry: Mapping[str, Any]) -> None:
        (value,) = _exactly(1, _get(entry, "I", list), "inputs")
        (output,) = _exactly(1, _get(entry, "O", list), "results")
        names, index = self._read(value), _typed(_attributes(entry).get("index"), int, "the index")
        if not 0 <= index < len(names):
            raise ModelFormatError(f"it takes value {index} of {len(names)}")
        self.values[_number(output)] = (names[index],)

    def _all_of(self, entry: Mapping[str, Any]) -> None:
        (value,) = _exactly(1, _get(entry, "I", list), "inputs")
        names, outputs = self._read(value), _get(entry, "O", list)
        for output, name in zip(_exactly(len(names), outputs, "results"), names):
            self.values[_number(output)] = (name,)

    # Branches that are decided --------------------------------------------------------------------

    def _condition(self, entry: Mapping[str, Any]) -> bool | None:
        (value,) = _exactly(1, _get(entry, "I", list), "inputs")
        content = self._content(self._read(value))
        return bool(content[0]) if content is not None and len(content) == 1 else None

    def _branch(self, entry: Mapping[str, Any], depth: int) -> None:
        yielded = self.block(_block(entry, 0 if self._condition(entry) else 1), depth + 1)
        outputs = _get(entry, "O", list)
        for output, names in zip(_exactly(len(yielded), outputs, "results"), yielded):
            self.values[_number(output)] = names

    # Computations ---------------------------------------------------------------------------------

    def _plain(self, entry: Mapping[str, Any], op: str, row: Row | None) -> None:
        attributes = _attributes(entry)
        inputs: dict[str, Names] = {}
        values = _get(entry, "I", list)
        if row is None:
            inputs["X"] = tuple(name for value in values for name in self._read(value))
            attributes = {"sub_block": SubBlock(())} if "regions" in entry else {}
        elif len(values) > len(row.inputs) and not op.endswith("_"):
            raise ModelFormatError(f"found {len(values)} inputs, expected at most {len(row.inputs)}")
        else:
            attributes = {row.renamed.get(name, name): found for name, found in attributes.items()}
            attributes.update(row.given)
            for slot, value in zip(row.inputs, values):
                self._fill(slot, self._read(value), inputs, attributes)
        slots = row.outputs if row else ("Out",)
        outputs: dict[str, Names] = {}
        for place, output in enumerate(_get(entry, "O", list)):
            written = slots[place] if place < len(slots) else f"Unused{place}"
            outputs[written] = self._write(output, f"{op}.{_number(output)}")
        if op == "full_int_array":
            attributes["shape"] = (len(_several(attributes.get("values"))),)
        self._note(op, attributes, outputs)
        self._add(row.type if row else UNKNOWN + op, inputs, outputs, attributes)

    def _fill(
        self, slot: Slot, names: Names, inputs: dict[str, Names], attributes: dict[str, Attribute]
    ) -> None:
        """Let an attribute hold what is known of an input, or a slot the input."""
        content = self._content(names) if slot.attribute else None
        if content is not None:
            single = len(names) == len(content) == 1 and self.program.variables[names[0]].dims in ((), (1,))
            attributes[slot.attribute] = content[0] if single else content
        elif names and (slot.single or slot.several):
            inputs[slot.single if len(names) == 1 and slot.single else slot.several] = names
        elif names and slot.attribute:
            attributes[slot.attribute] = VariableName(names[0])

    def _content(self, names: Names) -> tuple[Any, ...] | None:
        """What variables hold, one after the other; None if that is not known."""
        if not names or any(name not in self.known for name in names):
            return None
        return tuple(number for name in names for number in self.known[name])

    def _note(self, op: str, attributes: Mapping[str, Attribute], outputs: Mapping[str, Names]) -> None:
        """Remember what ops that make small constants write."""
        name = next(iter(outputs.get("Out", ())), None)
        if name is None:
            return
        if op == "full_int_array":
            self.known[name] = _several(attributes.get("values"))
        elif op == "full" and attributes.get("shape") in ((), (1,)):
            number = attributes.get("value")
            if isinstance(number, (int, float)):
                whole = attributes.get("dtype") not in _FLOATS and math.isfinite(number)
                self.known[name] = (int(number) if whole else number,)

    # Variables ------------------------------------------------------------------------------------

    def _read(self, value: Any) -> Names:
        """Variables of a value; none if it is left out."""
        number = _number(value)
        if number == 0:
            return ()
        if number not in self.values:
            raise ModelFormatError(f"value %{number} is read before anything writes it")
        return self.values[number]

    def _write(self, value: Any, name: str, *, persistable: bool = False) -> Names:
        """Declare the variable of a new value, or those of a list."""
        entry = _typed(value, dict, "a result")
        number, kind = _number(entry), _get(entry, "TT", dict)
        if number in self.values:
            raise ModelFormatError(f"value %{number} is written twice")
        if kind.get("#") == "0.t_vec":
            items = [_typed(item, dict, "a type") for item in _get(kind, "D", list)]
            names = tuple(self._declare(item, f"{name}.{at}", False) for at, item in enumerate(items))
        else:
            names = (self._declare(kind, name, persistable),)
        if number:
            self.values[number] = names
        return names

    def _declare(self, kind: Mapping[str, Any], name: str, persistable: bool) -> str:
        name = self._free(name)
        dtype, dims, levels = _tensor_type(kind)
        self.program.variables[name] = Variable(name, LOD_TENSOR, dtype, dims, levels, persistable)
        return name

    def _free(self, name: str) -> str:
        """The name, or one like it that no variable has."""
        while name in self.program.variables:
            name += "_"
        return name

    def _add(
        self, type: str, inputs: dict[str, Names], outputs: dict[str, Names], attributes: dict[str, Attribute]
    ) -> None:
        index = len(self.program.operators)
        self.program.operators.append(Operator(type, inputs, outputs, attributes, index))


def _exactly(count: int, found: list[Any], what: str) -> list[Any]:
    if len(found) != count:
        raise ModelFormatError(f"found {len(found)} {what}, expected {count}")
    return found


def _number(value: Any) -> int:
    """A value's number; 0 stands for none."""
    return _get(_typed(value, dict, "a value"), "%", int)


def _several(attribute: Attribute | None) -> tuple[Any, ...]:
    return attribute if isinstance(attribute, tuple) else ()


def _tensor_type(kind: Mapping[str, Any]) -> tuple[int | None, tuple[int, ...], int]:
    """Element type, extents and LoD levels of a type; no element type if it is of no dense tensor."""
    if kind.get("#") != "0.t_dtensor":
        return None, (), 0
    parts = _get(kind, "D", list)
    if len(parts) < 4:
        raise ModelFormatError(f"a tensor's type has {len(parts)} parts, expected at least 4")
    element = _typed(_typed(parts[0], dict, "an element type").get("#"), str, "an element type")
    dims = tuple(_typed(extent, int, "an extent") for extent in _typed(parts[1], list, "a shape"))
    return _NUMBERS.get(element.removeprefix("0.t_")), dims, len(_typed(parts[3], list, "LoD"))


def _attributes(entry: Mapping[str, Any]) -> dict[str, Attribute]:
    found = {}
    for item in _get(entry, "A", list):
        attribute = _typed(item, dict, "an attribute")
        name = _get(attribute, "N", str)
        value = _attribute(_get(attribute, "AT", dict), f"attribute {name!r}")
        if value is not None:
            found[name] = value
    return found


def _attribute(given: Mapping[str, Any], what: str) -> Attribute | None:
    """An attribute as protobuf programs have it; None of what says nothing of the computation."""
    kind, content = given.get("#"), given.get("D")
    if kind in ("0.a_f32", "0.a_f64"):
        if "VD" in given:
            return _SPECIAL.get(str(given["VD"]), math.nan)
        return float(_typed(content, float if isinstance(content, float) else int, what))
    if kind == "0.a_bool":
        return _typed(content, bool, what)
    if kind in ("0.a_i32", "0.a_i64"):
        return _typed(content, int, what)
    if kind == "0.a_str":
        return _typed(content, str, what)
    if kind == "1.a_dtype":
        return _NUMBERS.get(_typed(content, str, what), _UNDEFINED)
    if kind == "1.a_intarray":
        return tuple(_typed(number, int, what) for number in _typed(content, list, what))
    if kind == "0.a_array":
        items = [_typed(item, dict, what) for item in _typed(content, list, what)]
        return tuple(_attribute(item, what) for item in items)
    return None
