# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from lite.ir import Graph, TensorType
from lite.ir.quant import Quantization
from lite.nb.writer import to_bytes
from lite.ops.dequantize import Dequantize
from lite.ops.lookup import Lookup
from lite.ops.quantize import Quantize
from lite.ops.sigmoid import Sigmoid
from lite.tuning.guard import Built, Line, Piece, choose_float, guard, line_through
from lite.tuning.latency_table import LatencyTable

FREE, DEAR = Line(0.0, 0.0), Line(5.0, 0.0)


def chain(*costs):
    """input -> a -> b -> ...; costs are (float, integer)."""
    pieces = {"input": Piece("input")}
    for name, (float_us, integer_us) in zip("abcdef", costs):
        pieces[name] = Piece(name, float_us, integer_us, 100, {list(pieces)[-1]}, True)
    return pieces


def test_every_slower_layer_is_float_where_conversions_cost_nothing():
    assert choose_float(chain((9, 3), (3, 9), (9, 3)), "c", FREE, FREE) == {"b"}


def test_a_chain_is_not_broken_for_less_than_two_conversions():
    assert choose_float(chain((90, 3), (3, 9), (90, 3)), "c", DEAR, DEAR) == set()
    assert choose_float(chain((90, 3), (3, 19), (90, 3)), "c", DEAR, DEAR) == {"b"}


def test_a_short_piece_on_integers_does_not_pay_for_its_ends():
    """One conversion in, one out: they cost 10, the layer gains 6."""
    assert choose_float(chain((9, 3)), "a", DEAR, DEAR) == {"a"}
    assert choose_float(chain((9, 3), (9, 3)), "b", DEAR, DEAR) == set()


def test_a_value_is_converted_once_for_all_its_readers():
    pieces = chain((90, 3), (3, 6), (3, 6), (3, 6))
    for name in "bcd":
        pieces[name].read = {"a"}
    slower = choose_float(pieces, ["b", "c", "d"], DEAR, DEAR)
    assert slower == {"b", "c", "d"}  # a's one conversion instead of three at the ends


def test_what_has_no_integers_stays_float():
    pieces = chain((9, 3), (9, 0), (9, 3))
    pieces["b"].is_integer = False
    assert choose_float(pieces, "c", FREE, FREE) == set()


def test_lines():
    assert line_through([(10, 3.0), (20, 5.0)]).of(40) == pytest.approx(9.0)
    assert line_through([(10, 3.0)]).of(20) == pytest.approx(6.0)
    assert line_through([]).of(20) == 0.0


def floats():
    graph = Graph("g")
    x = graph.add_input("x", TensorType((1, 64)))
    (h,) = graph.add(Sigmoid(), [x], name="first", outputs=["h"])
    graph.outputs = list(graph.add(Sigmoid(), [h], name="second", outputs=["y"]))
    return Built(to_bytes(graph), graph)


def integers(exclude=()):
    """The same by tables, but for the layers left out."""
    graph = Graph("g")
    value = graph.add_input("x", TensorType((1, 64)))
    scale = graph.constant(np.array(0.02, np.float32), "scale")
    table = graph.constant(np.arange(-128, 128).astype(np.int8), "table")
    for layer, name in (("first", "h"), ("second", "y")):
        is_float = value.type.dtype.is_float
        if layer in exclude:
            if not is_float:
                (value,) = graph.add(Dequantize(), [value, scale], outputs=[f"{value.name}.reals"])
            (value,) = graph.add(Sigmoid(), [value], name=layer, outputs=[name])
            continue
        if is_float:
            (value,) = graph.add(Quantize(), [value, scale], outputs=[f"{value.name}.quantize"])
        (value,) = graph.add(Lookup(), [value, table], name=layer, outputs=[f"{name}.quantize"])
        value.quantization = Quantization(0.02)
    if not value.type.dtype.is_float:
        (value,) = graph.add(Dequantize(), [value, scale], outputs=["y"])
    graph.outputs = [value]
    return Built(to_bytes(graph), graph, {"first": "h", "second": "y"})


def table(sigmoid_us, lookup_us, conversion_us):
    shape = ((1, 64),)
    rows = {("sigmoid", shape, shape): sigmoid_us, ("lookup", (*shape, (256,)), shape): lookup_us,
            ("quantize", (*shape, ()), shape): conversion_us,
            ("dequantize", (*shape, ()), shape): conversion_us}  # fmt: skip
    return LatencyTable("a phone", rows)


def test_the_guard_by_a_table():
    built, verdict = guard(floats(), integers(), integers, {}, table(10.0, 1.0, 0.5))
    assert verdict.chosen == "int8" and verdict.times_us == {"float": 20.0, "int8": 3.0}
    assert "no layer is slower" in str(verdict) and "a phone" in str(verdict)
    built, verdict = guard(floats(), integers(), integers, {}, table(1.0, 10.0, 0.5))
    assert verdict.chosen == "float" and verdict.gain == 1.0 and "float net is kept" in str(verdict)
    assert built.nb == floats().nb


def test_the_guard_measures_here():
    """Whatever is measured, what is kept is not slower than float by those measurements."""
    built, verdict = guard(floats(), integers(), integers, {})
    assert verdict.measured and verdict.gain >= 1.0
    assert verdict.times_us[verdict.chosen] == min(verdict.times_us.values())
    assert (built.nb == floats().nb) == (verdict.chosen == "float")


def test_nodes_and_layers_of_a_profile_belong_together():
    from lite.tuning.stopwatch import Net, layer_times

    built = integers()
    for node, layer, time_us in layer_times([Net(built.nb, built.graph, {})], rounds=2)[0]:
        assert (node.name, node.op.name) == (layer.name, layer.op) and time_us >= 0


def test_runs_that_were_interrupted_do_not_count():
    from lite.tuning.stopwatch import undisturbed

    assert undisturbed([(1000.0, 999.0)] * 6 + [(70000.0, 1000.0)] * 30) == 1000.0
    assert undisturbed([(1000.0, 990.0)] + [(70000.0, 1100.0)] * 30) == 1100.0
