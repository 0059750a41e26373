# SPDX-License-Identifier: Apache-2.0
"""The engine's loader: whatever the bytes are, it runs them or says what is wrong with them."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable

import numpy as np
import pytest

import lite
from lite import _native
from lite.errors import ArenaError, LiteError, NbCorruptError, NbVersionError, ShapeError, UnsupportedOpError
from lite.ir import Dim, DType, Graph, Symbol, TensorType
from lite.ir.dim import evaluate, floor_div, maximum, minimum
from lite.nb import reader, schema, writer
from lite.nb.writer import to_bytes
from lite.ops.conv2d import Conv2d
from lite.ops.cumsum import Cumsum
from lite.ops.expand import Expand
from lite.ops.leaky_relu import LeakyRelu
from lite.ops.q_conv2d import QConv2d

Edit = Callable[[schema.GraphT], None]
Code = schema.FormulaCode


def _edited(graph: Graph, edit: Edit) -> bytes:
    """The graph's file with right checksums after an edit of its tables."""
    _, sections = reader._sections(to_bytes(graph))
    root = schema.GraphT.InitFromPackedBuf(sections["graph"])
    edit(root)
    return _file({**sections, "graph": writer._finish(root)}, ["arm", "x86"])


def _file(sections: dict[str, bytes], targets: list[str]) -> bytes:
    return b"".join(writer._assemble({name: [data] for name, data in sections.items()}, targets))


def _set(item: object, **fields: object) -> None:
    for name, value in fields.items():
        assert hasattr(item, name)
        setattr(item, name, value)


def _number(extent: int) -> schema.ExtentT:
    return schema.ExtentT(value=extent, formula=-1)


def _program(*steps: tuple[int, int], index: int = 0) -> Edit:
    """Makes steps (code, operand) the program of a formula."""
    rows = [schema.FormulaStepT(operand=operand, code=code) for code, operand in steps]
    return lambda root: _set(root.formulas[index], steps=rows)


def _constant(root: schema.GraphT) -> schema.ValueT:
    return next(value for value in root.values if value.constant is not None)


def _on_value(**fields: object) -> Edit:
    """Changes the first constant."""
    return lambda root: _set(_constant(root), **fields)


def _on_constant(**fields: object) -> Edit:
    """Changes where and how the first constant lies."""
    return lambda root: _set(_constant(root).constant, **fields)


def _on_shape(*extents: int) -> Edit:
    """Changes the input's shape."""
    return lambda root: _set(root.values[0], shape=list(map(_number, extents)))


BROKEN: dict[str, tuple[Edit, str]] = {
    "input of a node out of range": (lambda g: _set(g.nodes[0], inputs=[99, 1]), "no value 99"),
    "input of a node negative": (lambda g: _set(g.nodes[0], inputs=[-2, 1]), "no value -2"),
    "output of a node out of range": (lambda g: _set(g.nodes[0], outputs=[99]), "no value 99"),
    "node without outputs": (lambda g: _set(g.nodes[0], outputs=[]), "no output"),
    "value written twice": (lambda g: _set(g.nodes[1], outputs=g.nodes[0].outputs), "written twice"),
    "constant written": (lambda g: _set(g.nodes[1], outputs=[1]), "written twice"),
    "node that reads itself": (lambda g: _set(g.nodes[0], inputs=[*g.nodes[0].outputs, 1]), "before it is"),
    "cycle": (lambda g: _set(g.nodes[0], inputs=[*g.nodes[2].outputs, 1]), "before it is written"),
    "nodes in a wrong order": (lambda g: g.nodes.reverse(), "before it is written"),
    "value that nothing writes": (lambda g: g.nodes.pop(), "never written"),
    "input twice": (lambda g: _set(g, inputs=[0, 0]), "written twice"),
    "input out of range": (lambda g: _set(g, inputs=[99]), "no value 99"),
    "output out of range": (lambda g: _set(g, outputs=[99]), "no value 99"),
    "element type": (lambda g: _set(g.values[0], dtype=99), "no element type 99"),
    "rank": (_on_shape(*[1] * 9), "rank 9"),
    "negative extent": (_on_shape(-1), "negative extent"),
    "product over 64 bits": (_on_shape(*[1 << 30] * 3), "2\\^40 elements"),
    "product over 64 bits, with a 0": (_on_shape(0, 1 << 30, 1 << 30), "2\\^40 elements"),
    "extent over 32 bits": (_on_shape(1 << 31), "2\\^31"),
    "extent over 32 bits, with a 0": (_on_shape(0, 1 << 62), "2\\^31"),
    "formula out of range": (lambda g: _set(g.values[0], shape=[schema.ExtentT(0, 99)]), "no formula 99"),
    "formula negative": (lambda g: _set(g.values[0], shape=[schema.ExtentT(0, -2)]), "no formula -2"),
    "formula in a constant": (_on_value(shape=[schema.ExtentT(0, 0)]), "a formula"),
    "formula reads too much": (_program((Code.add, 0)), "more than was pushed"),
    "formula leaves too much": (_program((0, 1), (0, 1)), "2 values are left"),
    "formula is empty": (_program(), "0 values are left"),
    "formula with an unknown code": (_program((9, 1)), "no step code 9"),
    "formula with an unknown symbol": (_program((Code.symbol, 9)), "no symbol 9"),
    "formula too deep": (_program(*[(0, 1)] * 65, *[(2, 0)] * 64), "over 64"),
    "formula too long": (_program((0, 1), *[(0, 1), (2, 0)] * 3000), "6001 steps"),
    "symbol of no input": (lambda g: _set(g.symbols[0], input=9), "input 9"),
    "symbol of no axis": (lambda g: _set(g.symbols[0], axis=9), "axis 9"),
    "symbol with an empty range": (lambda g: _set(g.symbols[0], smallest=5, greatest=4), "range 5 to 4"),
    "symbol below 0": (lambda g: _set(g.symbols[0], smallest=-5), "range -5"),
    "constant out of the weights": (_on_constant(offset=1 << 20), "outside the weights"),
    "constant over the end": (_on_constant(offset=64), "outside the weights"),
    "constant that wraps around": (_on_constant(offset=(1 << 64) - 64, size=80), "outside"),
    "constant not aligned": (_on_constant(offset=4, size=8), "not 64-byte aligned"),
    "constant too small": (_on_constant(size=8), "8 bytes of data"),
    "constant of another type": (_on_value(dtype=3), "need 32"),
    "constant's packing": (_on_constant(packing=9), "no packing 9"),
    "packed what cannot be": (_on_constant(packing=1), "cannot be|wrong size"),
    "attribute kind": (lambda g: _set(g.nodes[1].attributes[0], kind=9), "no attribute kind 9"),
    "attribute of two kinds": (lambda g: _set(g.nodes[1].attributes[0], texts=["x"]), "more than one kind"),
    "attribute of another kind": (lambda g: _set(g.nodes[1].attributes[0], kind=1), "more than one kind"),
    "attribute with two values": (lambda g: _set(g.nodes[1].attributes[0], reals=[1.0, 2.0]), "holds 2"),
    "attribute without a value": (lambda g: _set(g.nodes[1].attributes[0], reals=[]), "holds 0 values"),
    "attribute twice": (lambda g: g.nodes[1].attributes.append(g.nodes[1].attributes[0]), "repeated"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_graphs_are_refused_with_the_reason(graph, name):
    edit, reason = BROKEN[name]
    with pytest.raises(NbCorruptError, match=reason):
        lite.Model(_edited(graph, edit))


def test_unedited_graph_is_taken(graph, feeds):
    assert lite.Model(_edited(graph, lambda root: None)).session().run(feeds)["y"].shape == (2, 40)


REFUSED_WHEN_PLANNED: dict[str, tuple[Edit, type[LiteError], str]] = {
    "ops that are not there": (lambda g: [_set(g.nodes[0], op="frobnicate"), _set(g.nodes[1], op="defrag")],
                               UnsupportedOpError, "defrag, frobnicate"),
    "division by zero": (_program((0, 1), (0, 0), (Code.floor_divide, 0), index=-1),
                         ShapeError, "divides by zero"),
    "least int64 by -1": (_program((0, -1 << 63), (0, -1), (Code.floor_divide, 0), index=-1),
                          ShapeError, "overflows"),
    "overflow": (_program((0, 1 << 62), (0, 4), (Code.multiply, 0), index=-1),
                 ShapeError, "overflows"),
    "negative": (_program((0, -7), index=-1), ShapeError, "negative or too large"),
    "alias of another size": (lambda g: _set(g.nodes[5], op="reshape", inputs=[0]), ShapeError,
                              "another shape|expected"),
    "missing inputs": (lambda g: _set(g.nodes[0], inputs=[]), LiteError, "shift"),
    "inputs left out": (lambda g: _set(g.nodes[0], inputs=[-1, -1]), LiteError, "shift"),
    "too many inputs": (lambda g: _set(g.nodes[1], inputs=[0, 0, 0]), LiteError, "bend"),
}


@pytest.mark.parametrize("name", REFUSED_WHEN_PLANNED)
def test_what_only_a_plan_can_find(graph, feeds, name):
    edit, kind, reason = REFUSED_WHEN_PLANNED[name]
    with pytest.raises(kind, match=reason):
        lite.Model(_edited(graph, edit)).session().run(feeds)


@pytest.mark.parametrize("attribute", ["strides", "pads", "dilations", "groups"])
@pytest.mark.parametrize("number", [0, -1, 2**31 - 1, -(2**31), 2**31, 2**63 - 1, -(2**63)])
def test_extreme_attributes(attribute, number):
    """A convolution whose attributes have nothing to do with its shapes any more."""
    graph = Graph()
    x = graph.add_input("x", TensorType((1, 6, 6, 4)))
    w = graph.constant(np.ones((4, 4, 3, 3), np.float32))
    graph.outputs = list(graph.add(Conv2d(layout="nhwc"), [x, w]))

    def edit(root: schema.GraphT) -> None:
        found = next(row for row in root.nodes[0].attributes if row.name == attribute.encode())
        for extent in found.integers:
            extent.value = number

    data = _edited(graph, edit)
    if (attribute, number) == ("pads", 0):
        assert data == to_bytes(graph)
        return
    with pytest.raises(LiteError):
        lite.Model(data).session(arena_limit=1 << 24).run({"x": np.ones((1, 6, 6, 4), np.float32)})


@pytest.mark.parametrize("edit, reason", [
    (_on_constant(size=704), "wrong size"),
    (_on_value(shape=[_number(extent) for extent in (20, 3, 3, 3)]), "wrong size"),
    (_on_value(shape=[_number(extent) for extent in (20, 3, 6)]), "cannot be"),
    (_on_value(dtype=schema.DType.u8), "cannot be"),
    (_on_constant(packing=schema.Packing.p16), "wrong size"),
])
def test_weights_in_quads_have_their_size(edit, reason):
    graph = Graph()
    inputs = [graph.add_input("x", TensorType((1, 6, 6, 3), DType.S8)),
              graph.constant(np.ones((20, 3, 3, 2), np.int8)),
              graph.constant(np.zeros(20, np.int32)), graph.constant(np.full(20, 0.01, np.float32))]
    graph.outputs = list(graph.add(QConv2d(), inputs))
    assert lite.Model(to_bytes(graph)).session() is not None
    with pytest.raises(NbCorruptError, match=reason):
        lite.Model(_edited(graph, edit))


def test_truth_values_are_0_or_1():
    graph = Graph()
    graph.outputs = [graph.constant(np.array([0, 1, 2], np.uint8), "c")]
    x = graph.add_input("x", TensorType((1,)))
    graph.outputs += graph.add(LeakyRelu(), [x])
    boolean = list(DType).index(DType.BOOL)
    with pytest.raises(NbCorruptError, match="neither 0 nor 1"):
        lite.Model(_edited(graph, lambda root: _set(_constant(root), dtype=boolean)))


def _with_header(data: bytes, **fields: object) -> bytes:
    header, sections = reader._sections(data)
    assert header.format_version == writer.FORMAT_VERSION
    original = schema.HeaderT.__init__

    def changed(self, **given):
        original(self, **{**given, **fields})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema.HeaderT, "__init__", changed)
        return _file(sections, list(header.targets))


def test_versions_agree():
    assert _native.version == lite.__version__
    assert f"lite {lite.__version__}" == writer.MADE_BY
    assert _native.format_version == writer.FORMAT_VERSION


def test_newer_format_says_what_it_needs(graph):
    data = _with_header(to_bytes(graph), formatVersion=7, madeBy="lite 9.1.0", needs="lite 9.0.0")
    for load in (lite.Model, reader.read):
        with pytest.raises(NbVersionError, match=r"made by lite 9\.1\.0.* needs lite 9\.0\.0"):
            load(data)


def test_format_0_is_refused(graph):
    with pytest.raises(NbCorruptError, match="version 0"):
        lite.Model(_with_header(to_bytes(graph), formatVersion=0))


def test_unknown_sections_are_left_alone(graph, feeds):
    _, sections = reader._sections(to_bytes(graph))
    data = _file({**sections, "later": b"more"}, ["arm", "x86"])
    assert lite.Model(data).session().run(feeds)


def test_golden_vectors_are_no_burden(graph, feeds):
    from lite.nb.golden import record

    plain = lite.Model(to_bytes(graph)).session().run(feeds)
    golden = record([feeds], lambda feeds: plain, count=1)
    again = lite.Model(to_bytes(graph, golden=golden)).session().run(feeds)
    assert np.array_equal(again["y"], plain["y"])


def test_cut_off_anywhere_is_an_error(graph):
    data = to_bytes(graph)
    for size in range(len(data)):
        with pytest.raises(LiteError):
            lite.Model(data[:size])


def test_every_byte_changed_once_ends_in_an_error_or_a_run(graph, feeds):
    data = to_bytes(graph)
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 0xFF
        _run_or_error(bytes(changed), feeds)


def test_random_changes_with_right_checksums_end_in_an_error_or_a_run(graph, feeds, mutated):
    """More of them, under sanitizers: tests/csrc/test_programs.py."""
    data, source = to_bytes(graph), random.Random(3)
    for _ in range(5000):
        _run_or_error(mutated(data, source), feeds)


def _run_or_error(data: bytes, feeds: dict[str, np.ndarray]) -> None:
    with contextlib.suppress(LiteError):
        lite.Model(data).session(arena_limit=1 << 24).run(feeds)


def test_empty_tensor_with_a_great_extent_takes_no_time():
    """[0, 2^30] has no elements, but is 2^30 columns wide."""
    graph = Graph()
    x = graph.add_input("x", TensorType((0, 1 << 30)))
    graph.outputs = list(graph.add(Cumsum(axis=0), [x]))
    result = lite.Model(to_bytes(graph)).session()(np.zeros((0, 1 << 30), np.float32))
    assert result.shape == (0, 1 << 30)


BATCH, WIDTH = Dim.symbol("batch"), Dim.symbol("width")


@pytest.mark.parametrize("formula", [
    floor_div(-WIDTH, 3) + 30, floor_div(WIDTH * BATCH - 40, 7) + 20, maximum(BATCH, WIDTH) * 2,
    minimum(BATCH - WIDTH, 3) + 70, floor_div(WIDTH, BATCH) + 1, floor_div(-WIDTH * 5, BATCH) + 200,
], ids=str)
def test_formulas_give_what_they_mean(formula):
    """The engine's arithmetic against Python's, floors of negative numbers included."""
    graph = Graph()
    graph.symbols = {"batch": Symbol("batch"), "width": Symbol("width")}
    x = graph.add_input("x", TensorType((BATCH, WIDTH)))
    one = graph.constant(np.ones(1, np.float32))
    graph.outputs = [x, *graph.add(Expand(shape=(formula,)), [one])]
    session = lite.Model(to_bytes(graph)).session()
    for batch, width in ((1, 2), (3, 5), (8, 64), (7, 1)):
        session.resize({"x": (batch, width)})
        assert session.outputs[1].shape == (evaluate(formula, {"batch": batch, "width": width}),)


def test_arena_limit_holds_before_memory_is_taken(graph):
    session = lite.Model(to_bytes(graph)).session(arena_limit=2048)
    session.resize({"x": (1, 4, 2)})
    with pytest.raises(ArenaError, match="the limit is 2048"):
        session.resize({"x": (8, 4, 64)})
    assert session.run({"x": np.ones((1, 4, 2), np.float32)})
