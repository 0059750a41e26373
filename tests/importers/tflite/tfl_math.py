# SPDX-License-Identifier: Apache-2.0
"""Cases of what computes on floats, and on plain integers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from tfl_case import Case, T, case, floats, integers, ints

SAME, VALID = 0, 1
RELU, RELU_N1_TO_1, RELU6 = 1, 2, 3
BOOL = T(dtype="bool")
UNARY = ("ABS", "CEIL", "COS", "EXP", "FLOOR", "NEG", "SIN", "LOGISTIC", "TANH", "HARD_SWISH", "ELU", "RELU",
         "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "SQUARE", "SIGN", "ROUND")  # fmt: skip
POSITIVE = ("LOG", "SQRT", "RSQRT")
BINARY = ("ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE", "FLOOR_DIV", "FLOOR_MOD")
COMPARISONS = ("LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL", "EQUAL", "NOT_EQUAL")
REDUCTIONS = ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD")


def held(array: np.ndarray) -> T:
    return T(array, fixed=True)


def cases() -> Iterator[Case]:
    yield from _elementwise()
    yield from _integers()
    yield from _activations()
    yield from _convolutions()
    yield from _transposed()
    yield from _pools()
    yield from _products()
    yield from _reductions()
    yield from _chains()


def _elementwise() -> Iterator[Case]:
    x, y = floats(1, 2, 3, 4, 5), floats(2, 2, 3, 4, 5, low=0.5)
    for op in UNARY:
        yield case(op, "", x)
    for op in POSITIVE:
        yield case(op, "", y)
    for op in BINARY:
        yield case(op, "", x, y)
    yield case("ADD", "channels_relu6", x, held(floats(3, 5)), options={"fused_activation_function": RELU6})
    yield case("MUL", "rows_relu", x, floats(3, 2, 1, 4, 1), options={"fused_activation_function": RELU})
    yield case("SUB", "number_n1", x, held(floats(3)), options={"fused_activation_function": RELU_N1_TO_1})
    yield case("DIV", "relu", x, y, options={"fused_activation_function": RELU})
    yield case("POW", "", y, floats(4, 5))
    yield case("ADD_N", "", x, y, floats(3, 2, 3, 4, 5))
    for op in COMPARISONS:
        yield case(op, "", np.round(x), np.round(floats(2, 2, 3, 4, 5)), outputs=(BOOL,))
    yield case("SELECT", "rows", np.array([True, False]), x, y)
    yield case("SELECT", "all", np.array([[True, False, True]] * 2), floats(1, 2, 3), floats(2, 2, 3))
    yield case("SELECT_V2", "", np.array([[True], [False]]), floats(1, 2, 3), floats(2, 3))
    yield case("ZEROS_LIKE", "", x)


def _integers() -> Iterator[Case]:
    a, b = (integers(seed, 3, 4, low=-20, high=20, dtype="int32") for seed in (1, 2))
    whole = T(dtype="int32")
    for op in ("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM"):
        yield case(op, "int32", a, b, outputs=(whole,))
    for op in ("FLOOR_DIV", "FLOOR_MOD", "DIV"):
        yield case(op, "int32", a, np.where(b == 0, 3, b).astype(np.int32), outputs=(whole,))
    for op in ("LOGICAL_AND", "LOGICAL_OR"):
        yield case(op, "", a > 0, b > 0, outputs=(BOOL,))
    yield case("LOGICAL_NOT", "", a > 0, outputs=(BOOL,))
    yield case("BITWISE_XOR", "", a, b, outputs=(whole,))
    yield case("LESS", "int64", a.astype(np.int64), b.astype(np.int64), outputs=(BOOL,))
    yield case("CAST", "to_int", floats(3, 3, 4), outputs=(whole,),
               options={"in_data_type": 0, "out_data_type": 2})  # fmt: skip
    yield case("CAST", "to_float", a, options={"in_data_type": 2, "out_data_type": 0})
    yield case("CAST", "to_bool", a, options={"in_data_type": 2, "out_data_type": 6}, outputs=(BOOL,))
    yield case("CAST", "of_bytes", integers(4, 3, 4, low=0, high=255, dtype="uint8"),
               options={"in_data_type": 3, "out_data_type": 0})  # fmt: skip
    yield case("CUMSUM", "", floats(3, 2, 5), ints(1))
    yield case(
        "CUMSUM", "reverse", a, ints(-2), options={"exclusive": True, "reverse": True}, outputs=(whole,)
    )


def _activations() -> Iterator[Case]:
    x = floats(1, 2, 3, 4, 5)
    yield case("LEAKY_RELU", "", x, options={"alpha": 0.2})
    yield case("GELU", "", x)
    yield case("GELU", "tanh", x, options={"approximate": True})
    yield case("PRELU", "", x, held(floats(2, 1, 1, 5)))
    yield case("SOFTMAX", "", x, options={"beta": 1.0})
    yield case("SOFTMAX", "beta", floats(1, 3, 7), options={"beta": 0.4})
    yield case("LOG_SOFTMAX", "", floats(1, 3, 7))
    yield case("L2_NORMALIZATION", "", x)
    yield case("L2_NORMALIZATION", "zeros", np.zeros((2, 4), np.float32))
    yield case("LOCAL_RESPONSE_NORMALIZATION", "", floats(1, 1, 2, 3, 9),
               options={"radius": 2, "bias": 1.5, "alpha": 0.3, "beta": 0.6})  # fmt: skip
    yield case("FAKE_QUANT", "", x, options={"min": -2.0, "max": 2.5, "num_bits": 8})


def conv(name: str, x: tuple[int, ...], w: tuple[int, ...], op: str = "CONV_2D", **options: int) -> Case:
    steps = {"stride_h": 1, "stride_w": 1, "padding": SAME, **options}
    out = w[3] if op == "DEPTHWISE_CONV_2D" else w[0]
    return case(op, name, floats(1, *x), held(floats(2, *w, low=-0.5, high=0.5)),
                held(floats(3, out)), options=steps)  # fmt: skip


def _convolutions() -> Iterator[Case]:
    yield conv("same", (2, 7, 8, 3), (5, 3, 3, 3), fused_activation_function=RELU6)
    yield conv("valid", (1, 7, 8, 3), (5, 3, 2, 3), padding=VALID, stride_h=2, stride_w=3)
    yield conv(
        "stride_same", (1, 8, 7, 3), (4, 3, 3, 3), stride_h=2, stride_w=2, fused_activation_function=RELU
    )
    yield conv("dilated", (1, 9, 9, 2), (4, 3, 3, 2), dilation_h_factor=2, dilation_w_factor=3)
    yield conv("grouped", (1, 5, 5, 6), (4, 3, 3, 3))
    yield conv("pointwise", (1, 5, 4, 6), (7, 1, 1, 6), fused_activation_function=RELU_N1_TO_1)
    depthwise = {"op": "DEPTHWISE_CONV_2D", "depth_multiplier": 1}
    yield conv("same", (1, 7, 8, 5), (1, 3, 3, 5), fused_activation_function=RELU, **depthwise)
    yield conv("stride", (2, 8, 7, 5), (1, 3, 3, 5), stride_h=2, stride_w=2, **depthwise)
    yield conv("dilated", (1, 9, 9, 4), (1, 3, 3, 4), dilation_h_factor=2, dilation_w_factor=2,
               padding=VALID, **depthwise)  # fmt: skip
    yield conv("multiplied", (1, 6, 6, 3), (1, 3, 3, 6), op="DEPTHWISE_CONV_2D", depth_multiplier=2)
    half = floats(2, 4, 1, 1, 3).astype(np.float16)
    tensors = {"x": T(floats(1, 1, 5, 5, 3)), "half": held(half), "w": T(), "bias": held(floats(3, 4)),
               "y": T()}  # fmt: skip
    yield Case("DEQUANTIZE_half_weights", tensors, [
        ("DEQUANTIZE", ["half"], ["w"], {}),
        ("CONV_2D", ["x", "w", "bias"], ["y"], {"stride_h": 1, "stride_w": 1})])  # fmt: skip


def _transposed() -> Iterator[Case]:
    for name, padding, stride, kernel, shape in (
        ("same", SAME, 2, 3, (1, 8, 10, 4)), ("same_even", SAME, 2, 4, (1, 8, 10, 4)),
        ("same_odd", SAME, 2, 3, (1, 7, 9, 4)), ("valid", VALID, 2, 3, (1, 9, 11, 4)),
        ("valid_more", VALID, 3, 2, (1, 12, 15, 4)), ("step_1", SAME, 1, 3, (1, 4, 5, 4)),
    ):  # fmt: skip
        steps = {"padding": padding, "stride_h": stride, "stride_w": stride}
        w, x = held(floats(2, 4, kernel, kernel, 3)), floats(1, 1, 4, 5, 3)
        yield case("TRANSPOSE_CONV", name, ints(*shape), w, x, options=steps)
    w, x = held(floats(2, 4, 3, 3, 3)), floats(1, 1, 4, 5, 3)
    steps = {"stride_h": 2, "stride_w": 2}
    yield case("TRANSPOSE_CONV", "bias", ints(1, 8, 10, 4), w, x, held(floats(3, 4)), options=steps)


def _pools() -> Iterator[Case]:
    for op in ("AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D"):
        window = {"stride_h": 2, "stride_w": 1, "filter_height": 3, "filter_width": 2}
        yield case(op, "same", floats(1, 1, 7, 6, 4), options={**window, "padding": SAME})
        yield case(op, "valid_relu6", floats(1, 1, 7, 6, 4),
                   options={**window, "padding": VALID, "fused_activation_function": RELU6})  # fmt: skip


def _products() -> Iterator[Case]:
    w, bias = held(floats(2, 7, 6)), held(floats(3, 7))
    yield case("FULLY_CONNECTED", "", floats(1, 3, 6), w, bias, options={"fused_activation_function": RELU})
    yield case("FULLY_CONNECTED", "flattened", floats(1, 2, 1, 3, 6), w, None)
    yield case("FULLY_CONNECTED", "rows", floats(1, 2, 3, 6), w, bias, options={"keep_num_dims": True})
    yield case("FULLY_CONNECTED", "computed", floats(1, 3, 6), floats(2, 7, 6), bias)
    yield case("BATCH_MATMUL", "", floats(1, 2, 3, 4), floats(2, 2, 4, 5))
    yield case("BATCH_MATMUL", "adjoint", floats(1, 2, 4, 3), floats(2, 2, 5, 4),
               options={"adj_x": True, "adj_y": True})  # fmt: skip
    yield case("BATCH_MATMUL", "constant", floats(1, 2, 3, 4), held(floats(2, 1, 4, 5)))


def _reductions() -> Iterator[Case]:
    x = floats(1, 2, 3, 4, 5)
    for op in REDUCTIONS:
        yield case(op, "spatial", x, ints(np.array([1, 2])), options={"keep_dims": True})
        yield case(op, "last", x, ints(-1))
    yield case("MEAN", "all", x, ints(np.array([0, 1, 2, 3])))
    for op in ("REDUCE_ANY", "REDUCE_ALL"):
        yield case(op, "", x > 0, ints(np.array([1, 3])), outputs=(BOOL,))
    for op in ("ARG_MAX", "ARG_MIN"):
        yield case(op, "int64", x, ints(3), options={"output_type": 4}, outputs=(T(dtype="int64"),))
        yield case(op, "int32", x, ints(-3), options={"output_type": 2}, outputs=(T(dtype="int32"),))


def _chains() -> Iterator[Case]:
    """Dilation as older converters write it, quantized weights under float layers."""
    steps = {"stride_h": 1, "stride_w": 1, "padding": VALID}
    for op, w, out in (("CONV_2D", (4, 3, 3, 3), 4), ("DEPTHWISE_CONV_2D", (1, 3, 3, 3), 3)):
        tensors = {
            "x": T(floats(1, 1, 7, 8, 3)), "block": ints(np.array([2, 2])),
            "pads": ints(np.array([[2, 3], [2, 2]])), "a": T(), "w": held(floats(2, *w)), "b": T(),
            "crops": ints(np.array([[0, 1], [0, 0]])), "bias": held(floats(3, out)),
            "y": T(),
        }  # fmt: skip
        options = {**steps, "depth_multiplier": 1} if op.startswith("D") else steps
        yield Case(f"{op}_atrous", tensors, [
            ("SPACE_TO_BATCH_ND", ["x", "block", "pads"], ["a"], {}),
            (op, ["a", "w", "bias"], ["b"], options),
            ("BATCH_TO_SPACE_ND", ["b", "block", "crops"], ["y"], {})])  # fmt: skip
