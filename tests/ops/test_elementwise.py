# SPDX-License-Identifier: Apache-2.0
"""What is promised of special values, integers and broadcasting; and the agreement with onnxruntime."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from lite import ops
from lite.errors import ShapeError
from lite.ir import DType, TensorType
from lite.ops._broadcast import broadcast

F32, S32, S8 = (np.dtype(name) for name in ("float32", "int32", "int8"))
NAN, INF = np.nan, np.inf


def op(name, **attributes):
    return ops.get(name)(**attributes)


@pytest.mark.parametrize("name", [
    "relu", "relu6", "clip", "hard_sigmoid", "hard_swish", "leaky_relu", "elu", "selu", "sigmoid", "tanh",
    "exp", "gelu", "mish", "softplus", "swish", "sign", "round"])
def test_nan_comes_through(native, name):
    (result,) = native(op(name), [np.array([NAN, 1.0, NAN], F32)])
    assert list(np.isnan(result)) == [True, False, True]


@pytest.mark.parametrize("name", ["max", "min"])
def test_nan_wins_on_either_side(native, name):
    (result,) = native(op(name), [np.array([NAN, 1, NAN], F32), np.array([1, NAN, NAN], F32)])
    assert np.isnan(result).all()


def test_round_goes_to_the_even_neighbour(native):
    (result,) = native(op("round"), [np.array([0.5, 1.5, 2.5, -0.5, -1.5, 2.4999998], F32)])
    assert result.tolist() == [0, 2, 2, 0, -2, 2]


@pytest.mark.parametrize(("name", "attributes", "expected"), [
    ("div", {}, [0, 0, -3, -3, -(2**31), 1]),
    ("mod", {}, [0, 0, 1, -1, 0, 0]),
    ("mod", {"fmod": True}, [0, 0, -1, 1, 0, 0]),
])
def test_integer_division_never_traps(native, name, attributes, expected):
    a = np.array([7, -7, -7, 7, -(2**31), -(2**31)], S32)
    b = np.array([0, 0, 2, -2, -1, -(2**31)], S32)
    (result,) = native(op(name, **attributes), [a, b])
    assert result.tolist() == expected


@pytest.mark.parametrize(("name", "a", "b", "expected"), [
    ("add", 127, 1, -128), ("sub", -128, 1, 127), ("mul", 100, 3, 44), ("pow", 3, 5, -13),
    ("pow", 2, -1, 0), ("pow", -1, -3, -1), ("pow", 0, -1, 0), ("pow", 0, 0, 1),
])  # fmt: skip
def test_integers_wrap_around(native, name, a, b, expected):
    (result,) = native(op(name), [np.array([a], S8), np.array([b], S8)])
    assert result.tolist() == [expected]


def test_least_integer_has_no_opposite(native):
    least = np.array([-(2**31)], S32)
    assert native(op("abs"), [least])[0].tolist() == [-(2**31)]
    assert native(op("neg"), [least])[0].tolist() == [-(2**31)]


@pytest.mark.parametrize(("to", "expected"), [
    (DType.S32, [1, -1, 0, 2147483647, -2147483648, 0]),
    (DType.U8, [1, 0, 0, 255, 0, 0]),
    (DType.BOOL, [True, True, False, True, True, True]),
])
def test_cast_truncates_and_clamps(native, to, expected):
    (result,) = native(op("cast", to=to), [np.array([1.9, -1.9, 0, 3e9, -INF, NAN], F32)])
    assert result.tolist() == expected


def test_clip_of_integers_rounds_its_bounds_inwards(native):
    x = np.arange(-4, 5, dtype=S32)
    (result,) = native(op("clip", lo=-1.5, hi=2.5), [x])
    assert result.tolist() == np.clip(x, -1, 2).tolist()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_broadcasting_is_numpys(native, data):
    shapes = data.draw(mutually_broadcastable_shapes(num_shapes=3, max_dims=5, max_side=5)).input_shapes
    random = np.random.default_rng(0)
    a, b = (random.standard_normal(shape).astype(F32) for shape in shapes[:2])
    np.testing.assert_array_equal(native(op("sub"), [a, b])[0], a - b)
    np.testing.assert_array_equal(native(op("less"), [a, b])[0], a < b)
    condition = random.random(shapes[2]) < 0.5
    np.testing.assert_array_equal(native(op("where"), [condition, a, b])[0], np.where(condition, a, b))


@pytest.mark.parametrize(("a", "b"), [
    ((50000, 3), (3,)), ((3,), (50000, 3)), ((33, 1), (33,)), ((31, 63), (63,)), ((32, 63), (63,)),
    ((400, 64), (64,)), ((1000, 7), (1, 7)), ((2, 600, 5), (2, 1, 5)), ((2, 600, 5), (5,)), ((40, 0), (0,)),
    ((1000, 1, 3), (1, 5, 3)), ((70000,), ()), ((3, 20000), (3, 1)), ((1, 20000), (3, 1)),
])  # fmt: skip
@pytest.mark.parametrize("threads", [1, 3])
def test_broadcasting_of_rows_that_are_repeated_or_cut(native, a, b, threads):
    random = np.random.default_rng(1)
    a, b = random.standard_normal(a).astype(F32), random.standard_normal(b).astype(F32)
    np.testing.assert_array_equal(native(op("sub"), [a, b], threads)[0], a - b)
    np.testing.assert_array_equal(native(op("greater"), [a, b], threads)[0], a > b)


def test_eight_axes(native):
    random = np.random.default_rng(2)
    a = random.standard_normal((2, 1, 2, 1, 2, 1, 2, 1)).astype(F32)
    b = random.standard_normal((1, 2, 1, 2, 1, 2, 1, 2)).astype(F32)
    np.testing.assert_array_equal(native(op("add"), [a, b])[0], a + b)


def test_extents_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match=r"\[2, 3\] and \[4\].*expected equal ones or 1"):
        broadcast((2, 3), (4,))


def test_types_are_not_mixed():
    with pytest.raises(ShapeError, match=r"f32 and s64.*\n.*cast"):
        op("add").infer(TensorType((2,), DType.F32), TensorType((2,), DType.S64))


def test_functions_of_integers_are_refused():
    with pytest.raises(ShapeError, match="s32, expected one of f32, f16, f64"):
        op("exp").infer(TensorType((2,), DType.S32))


NODES = ["Relu", "Sigmoid", "Tanh", "Exp", "Erf", "Softplus", "HardSwish", "Mish", "Sqrt", "Floor", "Ceil",
         "Round", "Sign", "Sin", "Cos", "Tan", "Atan", "Asinh", "Sinh", "Cosh"]


@pytest.mark.parametrize("kind", NODES)
def test_agrees_with_onnxruntime(native, run_node, kind):
    name = {"HardSwish": "hard_swish"}.get(kind, kind.lower())
    x = np.abs(np.linspace(-6, 6, 1001, dtype=F32)) if kind == "Sqrt" else np.linspace(-6, 6, 1001, dtype=F32)
    expected = run_node(kind, [x], opset=18)
    if expected is None:
        pytest.skip(f"onnxruntime has no {kind}")
    np.testing.assert_allclose(native(op(name), [x])[0], expected[0], rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("fmod", [False, True])
def test_mod_agrees_with_onnxruntime(native, run_node, fmod):
    random = np.random.default_rng(3)
    a, b = random.integers(-50, 50, 200).astype(S32), random.integers(1, 9, 200).astype(S32)
    b *= random.choice(np.array([-1, 1], S32), 200)
    expected = run_node("Mod", [a, b], opset=13, fmod=int(fmod))
    assert native(op("mod", fmod=fmod), [a, b])[0].tolist() == expected[0].tolist()
