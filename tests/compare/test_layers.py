# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from lite.compare import Side, compare
from lite.errors import InputError
from lite.executor import preparer
from lite.ir import Graph
from lite.ir.distance import Distance
from lite.nb.reader import read
from lite.nb.writer import to_bytes


def compared(a, b, samples, **options):
    reference = preparer("reference")
    return compare(Side(a, "a", reference), Side(b, "b", reference), samples, **options)


def rows_of(result):
    return {row.name: row for row in result.rows}


def test_equal_graphs_differ_nowhere(float_graph, samples):
    result = compared(float_graph, float_graph, samples)
    assert list(rows_of(result)) == ["first", "second", "scores"]
    assert result.worst_output == 0 and not result.worst()
    assert all(row.isolated is not None and row.isolated.sqnr_db == np.inf for row in result.rows)
    assert "no layer adds" in result.verdict()


def test_engines_agree(float_graph, samples):
    sides = [Side(float_graph, engine, preparer(engine), engine) for engine in ("reference", "native")]
    result = compare(*sides, samples)
    assert result.worst_output < 1e-5
    assert all(row.isolated is not None and row.isolated.sqnr_db > 100 for row in result.rows)


def test_isolated_sees_the_layer_alone(float_graph, make_quantized, samples):
    """A coarse input spoils everything after it, cumulatively; in isolation only what reads it."""
    result = compared(float_graph, make_quantized(0.5, 1e-1), samples)
    rows = rows_of(result)
    assert rows["first"].stored == "f32" and result.samples == 3
    assert 15 < rows["first"].isolated.sqnr_db < 25
    assert rows["first"].isolated.sqnr_db == pytest.approx(rows["first"].cumulative.sqnr_db, abs=0.5)
    assert rows["second"].isolated.sqnr_db > rows["second"].cumulative.sqnr_db + 10
    assert rows["scores"].isolated.sqnr_db > 100
    assert result.worst()[0].name == "first"
    assert "worst layers: first (" in result.verdict(1e-3) and "beyond 0.001" in result.verdict(1e-3)


def test_what_comes_back_from_the_integers_stands_for_the_value(float_graph, make_quantized, samples):
    """The input is exact nearly, so all that is off is half a step of the first layer's integers."""
    coarse, fine = (rows_of(compared(float_graph, make_quantized(0.04, step), samples))["first"]
                    for step in (0.5, 0.25))
    assert 0.25 < coarse.cumulative.max_error < 0.5
    assert fine.cumulative.noise < 0.5 * coarse.cumulative.noise


def test_integers_are_read_with_what_they_stand_for(float_graph, make_quantized, samples):
    """A .nb whose output is integers: nothing but the value itself says what they mean."""
    graph = make_quantized(0.05, 0.25)
    integers = next(value for value in graph.values() if value.name == "first:0231.integers")
    graph.outputs = [integers]
    for node in reversed(list(graph.nodes)):
        if not node.outputs[0].uses and node.outputs[0] is not integers:
            graph.remove(node)
    result = compared(float_graph, read(to_bytes(graph)), samples)
    (first,) = result.rows
    assert (first.name, first.stored) == ("first", "s8") and first.cumulative.sqnr_db > 20


def test_inputs_of_other_names_are_taken_in_order(float_graph, samples):
    other = read(to_bytes(float_graph))
    other.rename(other.inputs[0], "picture")
    assert compared(float_graph, other, samples).worst_output == 0


@pytest.mark.parametrize("graph", [Graph("empty")])
def test_models_without_anything_in_common(float_graph, samples, graph):
    graph.outputs = [graph.add_input("image", float_graph.inputs[0].type)]
    with pytest.raises(InputError, match="no value of the same name"):
        compared(float_graph, graph, samples)
    with pytest.raises(InputError, match="no samples"):
        compared(float_graph, float_graph, [])


def test_distances_add_up_over_samples():
    random = np.random.default_rng(0)
    left = random.standard_normal((4, 50))
    right = left + 0.01 * random.standard_normal((4, 50))
    whole, parts = Distance().add(left, right), Distance()
    for position in range(4):
        parts.add(left[position], right[position])
    assert parts.figures() == pytest.approx(whole.figures())
    assert 35 < whole.sqnr_db < 45 and whole.cosine > 0.999


def test_what_is_not_a_number_is_an_endless_error_on_one_side_only():
    nan = np.array([1.0, np.nan])
    assert Distance().add(nan, nan).sqnr_db == np.inf
    assert Distance().add(np.array([1.0, 2.0]), nan).max_error == np.inf
