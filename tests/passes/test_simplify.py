# SPDX-License-Identifier: Apache-2.0
"""Arithmetic with constants, duplicates, constants."""

from __future__ import annotations

import numpy as np

from lite.ir import Dim, DType, TensorType
from lite.ops import get
from lite.passes.eliminate_dead import EliminateDead
from lite.passes.fold_constants import FoldConstants
from lite.passes.merge_duplicates import MergeDuplicates
from lite.passes.simplify_arithmetic import SimplifyArithmetic


def test_neutral_operands_go(sketch, try_passes) -> None:
    def body(build, x):
        for name, neutral in (("add", 0), ("sub", 0), ("mul", 1), ("div", 1), ("pow", 1)):
            x = build.add(get(name)(), x, build.constant(neutral, np.float32))
        one = build.constant(np.ones((1, 3)), np.float32)
        return build.add(get("exp")(), build.add(get("mul")(), one, x))

    assert try_passes(sketch(body, (2, 3)), SimplifyArithmetic()).ops == ["exp"]


def test_what_broadcasts_or_is_not_commutative_is_not_neutral(sketch, try_passes) -> None:
    def body(build, x):
        one = build.constant(1, np.float32)
        return (build.add(get("mul")(), x, build.constant(np.ones((2, 1, 3)), np.float32)),
                build.add(get("div")(), one, x), build.add(get("pow")(), one, x))

    assert try_passes(sketch(body, (2, 3)), SimplifyArithmetic()).ops == ["mul", "div", "pow"]


def test_simple_powers(sketch, try_passes) -> None:
    def body(build, x):
        return tuple(build.add(get("pow")(), build.add(get("exp")(), x), build.constant(power, np.float32))
                     for power in (2, 0.5, 3))

    assert try_passes(sketch(body, (5,)), SimplifyArithmetic(), MergeDuplicates()).ops == [
        "exp", "mul", "sqrt", "pow"]


def test_constants_in_a_row_become_one(sketch, try_passes) -> None:
    def body(build, x):
        for name in ("add", "mul"):
            x = build.add(get(name)(), x, build.constant([1, 2, 3], np.float32))
            x = build.add(get(name)(), build.constant(5, np.float32), x)
        return x

    assert try_passes(sketch(body, (2, 3)), SimplifyArithmetic()).ops == ["add", "mul"]


def test_constants_in_a_row_that_stay(sketch, try_passes) -> None:
    def body(build, x, i):
        read_twice = build.add(get("add")(), x, build.constant(1, np.float32))
        row = build.add(get("mul")(), x, build.constant([1, 2, 3], np.float32))
        return (read_twice, build.add(get("add")(), read_twice, build.constant(1, np.float32)),
                build.add(get("mul")(), row, build.constant([[1], [2]], np.float32)),
                build.add(get("mul")(), build.add(get("mul")(), i, build.constant(3, np.int32)),
                          build.constant(5, np.int32)))

    tried = try_passes(sketch(body, (2, 3), TensorType((2,), DType.S32)), SimplifyArithmetic())
    assert len(tried.ops) == 6
    assert sorted(tried.reasons) == ["'y0' is an output of the graph", "integers may overflow on the way",
                                     "the two constants would become a greater one"]


def test_duplicates_merge_unless_both_are_outputs(sketch, try_passes) -> None:
    def body(build, x):
        pairs = [build.add(get("add")(), build.add(get("leaky_relu")(0.1), x),
                           build.constant([1, 2, 3], np.float32)) for _ in range(2)]
        other = build.add(get("leaky_relu")(0.2), x)
        return (*pairs, build.add(get("mul")(), build.add(get("tanh")(), other),
                                  build.add(get("tanh")(), other)))

    tried = try_passes(sketch(body, (2, 3)), MergeDuplicates())
    assert sorted(tried.ops) == ["add", "add", "leaky_relu", "leaky_relu", "mul", "tanh"]
    assert tried.reasons == ["output 'y1' of the graph would lose its name to 'y0'"]


def test_zeros_of_both_signs_and_equal_numbers_of_other_types_differ(sketch, try_passes) -> None:
    def body(build, x):
        return tuple(build.add(get("div")(), x, build.constant(zero, np.float32)) for zero in (0.0, -0.0))

    assert len(try_passes(sketch(body, (3,)), MergeDuplicates()).ops) == 2


def test_known_results_are_computed(sketch, try_passes) -> None:
    n = Dim.symbol("n")

    def body(build, x):
        zeros = build.constant(np.zeros((3, 4)), np.float32)
        shape = build.add(get("shape")(), build.add(get("tanh")(), zeros))
        steps = build.add(get("range")(start=0, limit=4, delta=2, dtype=DType.S64))
        table = build.add(get("cast")(DType.F32), build.add(get("gather")(0), shape, build.add(
            get("div")(), steps, build.constant(2, np.int64))))
        return build.add(get("add")(), x, table)

    tried = try_passes(sketch(body, (n, 2)), FoldConstants(), EliminateDead())
    assert tried.ops == ["add"]
    np.testing.assert_array_equal(tried.node("add").inputs[1].array, [3, 4])


def test_what_only_running_knows_is_not_computed(sketch, try_passes) -> None:
    n = Dim.symbol("n")

    def body(build, x):
        return build.add(get("shape")(), x), build.add(get("expand")((n, 2)), build.constant(1, np.float32))

    assert try_passes(sketch(body, (n, 2)), FoldConstants()).ops == ["shape", "expand"]


def test_a_result_much_greater_than_its_parts_is_not_stored(sketch, try_passes) -> None:
    def body(build, x):
        return build.add(get("add")(), x, build.add(get("expand")((300, 300)), build.constant(1, np.float32)))

    tried = try_passes(sketch(body, (300, 300)), FoldConstants())
    assert tried.ops == ["expand", "add"]
    assert tried.reasons == ["360000 bytes would be stored for 4"]


def test_a_sum_with_a_product_of_the_same_is_one_product(sketch, try_passes) -> None:
    def body(build, x, s):
        first = build.add(get("add")(), x, build.add(get("mul")(), x, s))
        return build.add(get("add")(), build.add(get("mul")(), s, first), first)

    tried = try_passes(sketch(body, (2, 3, 4, 5), (2, 3, 1, 1)), SimplifyArithmetic(), MergeDuplicates())
    assert tried.ops == ["add", "mul", "mul"]


def test_sums_with_products_that_stay(sketch, try_passes) -> None:
    def body(build, x, i):
        square = build.add(get("add")(), x, build.add(get("mul")(), x, x))
        read_twice = build.add(get("mul")(), x, build.constant(3, np.float32))
        integers = build.add(get("add")(), i, build.add(get("mul")(), i, build.constant(3, np.int32)))
        return square, build.add(get("add")(), x, read_twice), build.add(get("exp")(), read_twice), integers

    tried = try_passes(sketch(body, (2, 3), TensorType((4,), DType.S32)), SimplifyArithmetic())
    assert tried.ops == ["mul", "add", "mul", "mul", "add", "add", "exp"]
    assert any("also read by" in reason for reason in tried.reasons)
