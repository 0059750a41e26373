# SPDX-License-Identifier: Apache-2.0
"""A graph as text, and back.

    graph "classifier" {
      symbol N 1..1024
      input %x: f32[N, 3, 8, 8]
      constant %w: f32[4, 3, 3, 3] = crc32(5d41402a)
      %y: f32[N, 4, 6, 6] = conv2d(%x, %w){activation="relu"} @"stem"
      output %y
    }

One line per symbol, input, constant, node and output. Attributes at their default are left out, as is the
name of a node that is called like its op. Small constants stand in the text, great ones by their checksum.
"""

from __future__ import annotations

import dataclasses
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

import numpy as np

from lite.errors import LiteError, ModelFormatError
from lite.ir.dim import FUNCTIONS, Dim, Extent, floor_div, maximum, minimum, substitute
from lite.ir.graph import Graph, Node, Preprocess, Symbol, Value
from lite.ir.op import Op
from lite.ir.types import DType, TensorType

MOST_INLINE = 16  # elements of a constant that stands in the text

_DTYPES = {dtype.value: dtype for dtype in DType}
_WORDS: dict[str, Any] = {"true": True, "false": False, "none": None, "inf": np.inf, "nan": np.nan, **_DTYPES}
_DIVIDERS = {"floordiv": floor_div, "max": maximum, "min": minimum}
_PLAIN_VALUE = re.compile(r"[\w./-]+(?::[\w./-]+)*", re.ASCII)
_TOKEN = re.compile(
    r'(?P<text>"(?:[^"\\]|\\.)*")'
    r'|(?P<value>%(?:"(?:[^"\\]|\\.)*"|[\w./-]+(?::[\w./-]+)*))'
    r"|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<sign>\.\.|[(){}\[\]=,:*+@-])"
    r"|(?P<space>[ \t\r]+|\#[^\n]*)"
    r"|(?P<line>\n)"
    r"|(?P<other>.)", re.ASCII)  # fmt: skip


def to_text(graph: Graph) -> str:
    """The graph as text; the same graph always gives the same text."""
    lines = [f"  {line}\n" for line in _lines(graph)]
    return "".join([f"graph {json.dumps(graph.name)} {{\n", *lines, "}\n"])


def _lines(graph: Graph) -> Iterator[str]:
    for symbol in graph.symbols.values():
        yield f"symbol {_symbol(symbol.name)} {symbol.smallest}..{symbol.greatest}"
    if graph.preprocess is not None:
        yield f"preprocess {_attributes(vars(graph.preprocess))}"
    for value in graph.inputs:
        yield f"input {_typed(value)}"
    known: set[Value] = set()
    for node in graph.nodes:
        for read in node.inputs:
            if read is not None and read.is_constant and read not in known:
                known.add(read)
                yield _constant_line(read)
        yield node_text(node)
    for value in graph.outputs:
        if value.is_constant and value not in known:
            yield _constant_line(value)
        yield f"output {_value(value)}"


def node_text(node: Node) -> str:
    """One node as text."""
    defaults = {row.name: row.default for row in dataclasses.fields(node.op)}
    given = {name: attribute for name, attribute in node.op.attributes().items()
             if not _same(attribute, defaults[name])}
    outputs = ", ".join(map(_typed, node.outputs))
    inputs = ", ".join("-" if value is None else _value(value) for value in node.inputs)
    braces = _attributes(given) if given else ""
    name = f" @{json.dumps(node.name)}" if node.name != node.op.name else ""
    return f"{outputs} = {node.op.name}({inputs}){braces}{name}"


def _attributes(attributes: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{name}={_attribute(attribute)}" for name, attribute in attributes.items()) + "}"


def _same(left: Any, right: Any) -> bool:
    """Equal and of the same type: 1, 1.0 and True differ."""
    return type(left) is type(right) and repr(left) == repr(right)


def type_text(type: TensorType) -> str:
    """A tensor type as text: f32[N, 3]."""
    return f"{type.dtype.value}[{', '.join(map(_extent, type.shape))}]"


def _typed(value: Value) -> str:
    return f"{_value(value)}: {type_text(value.type)}"


def _value(value: Value) -> str:
    return f"%{value.name if _PLAIN_VALUE.fullmatch(value.name) else json.dumps(value.name)}"


def _constant_line(value: Value) -> str:
    assert value.array is not None
    if value.array.size <= MOST_INLINE:
        content = f"[{', '.join(_element(item) for item in value.array.ravel())}]"
    else:
        content = f"crc32({checksum(value.array)})"
    return f"constant {_typed(value)} = {content}"


def _element(item: np.generic) -> str:
    return str(bool(item)).lower() if item.dtype == np.bool_ else str(item)


def checksum(array: np.ndarray) -> str:
    """CRC-32 of an array's little-endian bytes, eight hexadecimal digits."""
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return f"x{zlib.crc32(little.tobytes()):08x}"


def _extent(extent: Extent) -> str:
    if isinstance(extent, int):
        return str(extent)
    return str(substitute(extent, {name: Dim.symbol(_symbol(name)) for name in extent.symbols()}))


def _symbol(name: str) -> str:
    plain = name.isascii() and name.isidentifier() and name not in {*_WORDS, *FUNCTIONS.values(), "symbol"}
    return name if plain else f"symbol({json.dumps(name)})"


def _attribute(attribute: Any) -> str:
    if isinstance(attribute, (tuple, list)):
        items = ", ".join(map(_attribute, attribute))
        return f"({items},)" if len(attribute) == 1 else f"({items})"
    if attribute is None or isinstance(attribute, bool):
        return str(attribute).lower()
    if isinstance(attribute, DType):
        return attribute.value
    if isinstance(attribute, str):
        return json.dumps(attribute)
    return _extent(attribute) if isinstance(attribute, (int, Dim)) else repr(attribute)


def parse(text: str, find_op: Callable[[str], type[Op]],
          constants: Mapping[str, np.ndarray] | None = None) -> Graph:
    """The graph that a text tells.

    Parameters
    ----------
    text : str
    find_op : callable(name) -> class of the op
        ``lite.ops.get``.
    constants : mapping of value name to array, optional
        Those that are not in the text.

    Raises
    ------
    ModelFormatError
        Names the line.
    """
    return _Parser(text, find_op, constants or {}).graph()


class _Parser:
    def __init__(self, text: str, find_op: Callable[[str], type[Op]],
                 constants: Mapping[str, np.ndarray]) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._find_op = find_op
        self._constants = constants
        self._values: dict[str, Value] = {}
        self._graph = Graph()

    def graph(self) -> Graph:
        self._expect("graph")
        self._graph.name = self._text()
        self._expect("{")
        while not self._take("}"):
            self._statement()
        if self._peek() != ("end", ""):
            self._fail("the end of the text")
        return self._graph

    def _statement(self) -> None:
        kind, word = self._peek()
        if kind == "value":
            self._node()
            return
        statement = {"symbol": self._symbol, "preprocess": self._preprocess, "input": self._input,
                     "constant": self._constant, "output": self._output}.get(word)
        self._next()
        if statement is None:
            self._fail("symbol, preprocess, input, constant, output or a node")
        statement()

    def _symbol(self) -> None:
        extent = self._factor()
        name = extent.symbol_name if isinstance(extent, Dim) else None
        if name is None:
            self._fail("the name of a symbol")
        smallest = self._integer()
        self._expect("..")
        self._graph.symbols[name] = Symbol(name, smallest, self._integer())

    def _preprocess(self) -> None:
        self._graph.preprocess = Preprocess(**self._attributes())

    def _input(self) -> None:
        name, type = self._typed()
        self._values[name] = self._graph.add_input(self._new_name(name), type)

    def _output(self) -> None:
        self._graph.outputs.append(self._operand())

    def _constant(self) -> None:
        name, type = self._typed()
        self._expect("=")
        if self._take("["):
            items = self._list("]")
            array = np.array(items, type.dtype.numpy).reshape(self._static(type))
        else:
            array = self._referred(name, type)
        self._values[name] = self._graph.constant(array, self._new_name(name))

    def _referred(self, name: str, type: TensorType) -> np.ndarray:
        self._expect("crc32")
        self._expect("(")
        _, expected = self._next()
        self._expect(")")
        if name not in self._constants:
            self._fail(f"the content of constant {name!r} to be given")
        array = np.asarray(self._constants[name])
        if TensorType.of(array) != type or checksum(array) != expected:
            self._fail(f"constant {name!r} to be {type} with checksum {expected}, "
                       f"got {TensorType.of(array)} with {checksum(array)}")
        return array

    def _static(self, type: TensorType) -> tuple[int, ...]:
        if not type.is_static:
            self._fail(f"a constant of known shape, not {type}")
        return tuple(int(extent) for extent in type.shape)

    def _node(self) -> None:
        results = [self._typed()]
        while self._take(","):
            results.append(self._typed())
        self._expect("=")
        _, word = self._next()
        self._expect("(")
        inputs = []
        while not self._take(")"):
            inputs.append(None if self._take("-") else self._operand())
            if self._peek()[1] != ")":
                self._expect(",")
        attributes = self._attributes() if self._peek()[1] == "{" else {}
        name = self._text() if self._take("@") else word
        try:
            op = self._find_op(word)(**attributes)
            made = self._graph.add(op, inputs, name=name,
                                   outputs=[self._new_name(result) for result, _ in results])
        except (LiteError, TypeError) as error:
            raise ModelFormatError(f"{word}: {error}", where=self._where()) from error
        if [value.type for value in made] != [type for _, type in results]:
            self._fail(f"{word} to make {', '.join(str(value.type) for value in made)}")
        self._values.update((value.name, value) for value in made)

    def _attributes(self) -> dict[str, Any]:
        self._expect("{")
        attributes: dict[str, Any] = {}
        while not self._take("}"):
            _, name = self._next()
            self._expect("=")
            attributes[name] = self._attribute()
            if self._peek()[1] != "}":
                self._expect(",")
        return attributes

    def _attribute(self) -> Any:
        if self._peek()[0] == "text":
            return self._text()
        if self._take("("):
            return tuple(self._list(")"))
        return self._expression()

    def _list(self, end: str) -> list[Any]:
        items = []
        while not self._take(end):
            items.append(self._attribute())
            if self._peek()[1] != end:
                self._expect(",")
        return items

    def _typed(self) -> tuple[str, TensorType]:
        name = self._value_name()
        self._expect(":")
        _, word = self._next()
        if word not in _DTYPES:
            self._fail("an element type")
        self._expect("[")
        return name, TensorType(tuple(self._list("]")), _DTYPES[word])

    def _operand(self) -> Value:
        name = self._value_name()
        if name not in self._values:
            self._fail(f"a value that exists, not {name!r}")
        return self._values[name]

    def _value_name(self) -> str:
        kind, word = self._next()
        if kind != "value":
            self._fail("a value")
        return str(json.loads(word[1:])) if word[1] == '"' else word[1:]

    def _new_name(self, name: str) -> str:
        if name in self._values:
            self._fail(f"a new name, not {name!r} again")
        return name

    def _expression(self) -> Any:
        total = self._term()
        while self._peek()[1] in ("+", "-"):
            _, sign = self._next()
            term = self._term()
            total = total + term if sign == "+" else total - term
        return total

    def _term(self) -> Any:
        result = self._factor()
        while self._take("*"):
            result = result * self._factor()
        return result

    def _factor(self) -> Any:
        kind, word = self._next()
        if word == "-":
            return -self._factor()
        if kind == "number":
            return int(word) if word.isdigit() else float(word)
        if kind != "word":
            self._fail("a number, a word or a formula")
        if word in _DIVIDERS:
            self._expect("(")
            left = self._expression()
            self._expect(",")
            right = self._expression()
            self._expect(")")
            return _DIVIDERS[word](left, right)
        if word == "symbol" and self._take("("):
            name = self._text()
            self._expect(")")
            return Dim.symbol(name)
        return _WORDS[word] if word in _WORDS else Dim.symbol(word)

    def _integer(self) -> int:
        kind, word = self._next()
        if kind != "number" or not word.isdigit():
            self._fail("a whole number")
        return int(word)

    def _text(self) -> str:
        kind, word = self._next()
        if kind != "text":
            self._fail("a text in quotes")
        return str(json.loads(word))

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at][:2]

    def _next(self) -> tuple[str, str]:
        kind, word, _ = self._tokens[self._at]
        self._at += kind != "end"
        return kind, word

    def _take(self, word: str) -> bool:
        kind, found = self._peek()
        if kind in ("sign", "word") and found == word:
            self._at += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._take(word):
            self._fail(repr(word))

    def _where(self) -> str:
        return f"line {self._tokens[max(self._at - 1, 0)][2]}"

    def _fail(self, expected: str) -> NoReturn:
        found = self._tokens[max(self._at - 1, 0)][1] or "the end"
        raise ModelFormatError(f"expected {expected}, near {found!r}", where=self._where())


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    line = 1
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "other"
        if kind == "line":
            line += 1
        elif kind != "space":
            yield kind, match.group(), line
    yield "end", "", line
