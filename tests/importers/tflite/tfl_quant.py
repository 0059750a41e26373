# SPDX-License-Identifier: Apache-2.0
"""Cases of quantized tensors: int8, uint8, int16 activations, scales per tensor and per channel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from tfl_case import Case, Options, T, case, floats, integers, ints
from tfl_math import SAME, VALID, held

LIMITS = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767)}
SCALES = {"int8": 0.05, "uint8": 0.05, "int16": 0.0002}
ZEROS = {"int8": -7, "uint8": 121, "int16": 0}
TABLES = ("LOGISTIC", "TANH", "HARD_SWISH", "ELU", "RELU", "RELU6", "ABS", "RSQRT", "EXP", "GELU")
SHAPE = (1, 5, 6, 7)


def q(seed: int, *shape: int, dtype: str = "int8", scale: float = 0.0, zero_point: int | None = None,
      fixed: bool = False, low: int | None = None) -> T:  # fmt: skip
    """A tensor of integers that stand for reals."""
    least, greatest = LIMITS[dtype]
    array = integers(seed, *shape, low=least if low is None else low, high=greatest, dtype=dtype)
    zero = ZEROS[dtype] if zero_point is None else zero_point
    return T(array, fixed, scale or SCALES[dtype], zero)


def made(dtype: str = "int8", scale: float = 0.0, zero_point: int | None = None) -> T:
    zero = ZEROS[dtype] if zero_point is None else zero_point
    return T(None, False, scale or SCALES[dtype], zero, dtype=dtype)


def cases() -> Iterator[Case]:
    for dtype in LIMITS:
        yield from _layers(dtype)
        yield from _arithmetic(dtype)
    yield from _unsigned_weights()
    yield from _functions()
    yield from _moves()
    yield from _ends()
    yield from _weights_alone()


def weights(seed: int, *shape: int, axis: int = 0, per_channel: bool = True, scale: float = 0.01) -> T:
    """Signed integers around 0, with a scale for each index of an axis."""
    scales: Any = np.linspace(scale, 2 * scale, shape[axis]).astype(np.float32) if per_channel else scale
    return T(integers(seed, *shape, low=-127), True, scales, 0, axis)


def bias(seed: int, x: T, w: T, count: int) -> T:
    scales = np.broadcast_to(np.float32(x.scale) * np.atleast_1d(w.scale), (count,)).astype(np.float32)
    reals = floats(seed, count, low=-2.0, high=2.0)
    dtype = "int64" if x.dtype == "int16" else "int32"
    per_channel = np.ndim(w.scale) > 0
    return T(np.rint(reals / scales).astype(dtype), True, scales if per_channel else scales[:1], 0)


def layer(name: str, op: str, x: T, w: T, y: T, count: int, **options: Any) -> Case:
    steps = {} if op == "FULLY_CONNECTED" else {"stride_h": 1, "stride_w": 1, "padding": SAME}
    steps |= {"depth_multiplier": 1} if op == "DEPTHWISE_CONV_2D" else {}
    return case(op, name, x, w, bias(9, x, w, count), options={**steps, **options}, outputs=(y,))


def _layers(dtype: str) -> Iterator[Case]:
    if dtype == "uint8":
        return
    x = q(1, *SHAPE, dtype=dtype)
    y = made(dtype, scale=4 * SCALES[dtype] * 4)
    yield layer(f"{dtype}_channels", "CONV_2D", x, weights(2, 8, 3, 3, 7), y, 8, fused_activation_function=1)
    yield layer(f"{dtype}_tensor", "CONV_2D", x, weights(2, 8, 1, 1, 7, per_channel=False), y, 8)
    yield layer(f"{dtype}_relu6", "CONV_2D", x, weights(2, 6, 2, 2, 7), made(dtype, zero_point=0), 6,
                fused_activation_function=3, stride_h=2, stride_w=2, padding=VALID)  # fmt: skip
    yield layer(f"{dtype}_channels", "DEPTHWISE_CONV_2D", x, weights(2, 1, 3, 3, 7, axis=3), y, 7)
    yield layer(f"{dtype}_stride", "DEPTHWISE_CONV_2D", x, weights(2, 1, 3, 3, 7, axis=3), y, 7, stride_h=2,
                stride_w=2, fused_activation_function=1)  # fmt: skip
    rows = q(1, 4, 30, dtype=dtype)
    yield layer(dtype, "FULLY_CONNECTED", rows, weights(2, 9, 30, per_channel=False), y, 9)
    w = weights(2, 4, 3, 3, 7)
    yield case("TRANSPOSE_CONV", dtype, ints(1, 10, 12, 4), w, x, options={"stride_h": 2, "stride_w": 2},
               outputs=(y,))  # fmt: skip


def _arithmetic(dtype: str) -> Iterator[Case]:
    zeros = {} if dtype != "int16" else {"zero_point": 0}
    a, b = q(1, *SHAPE, dtype=dtype), q(2, *SHAPE, dtype=dtype, scale=SCALES[dtype] * 0.7)
    y = made(dtype, scale=SCALES[dtype] * 1.5)
    for op in ("ADD", "SUB", "MUL"):
        yield case(op, dtype, a, b, outputs=(y,))
    yield case("ADD", f"{dtype}_relu", a, b, outputs=(y,), options={"fused_activation_function": 1})
    yield case("ADD", f"{dtype}_channels", a, q(3, 7, dtype=dtype), outputs=(y,))
    same = q(1, *SHAPE, dtype=dtype, **zeros)
    window = {"filter_height": 3, "filter_width": 2, "stride_h": 2, "stride_w": 1}
    for op in ("AVERAGE_POOL_2D", "MAX_POOL_2D"):
        yield case(op, dtype, same, options=window, outputs=(made(dtype),))
    yield case(
        "MEAN", dtype, a, ints(1, 2), options={"keep_dims": True}, outputs=(made(dtype, SCALES[dtype] / 2),)
    )
    scale, zero_point = {"int8": (1 / 256, -128), "uint8": (1 / 256, 0), "int16": (1 / 32768, 0)}[dtype]
    yield case("SOFTMAX", dtype, q(1, 3, 10, dtype=dtype), options={"beta": 1.0},
               outputs=(made(dtype, scale, zero_point),))  # fmt: skip
    yield case("RESIZE_BILINEAR", dtype, a, ints(10, 11), options={"half_pixel_centers": True},
               outputs=(made(dtype),))  # fmt: skip


def _unsigned_weights() -> Iterator[Case]:
    """As the first quantized models had them: a zero point anywhere, and one scale."""
    x, y = q(1, *SHAPE, dtype="uint8"), made("uint8", scale=0.3)
    for zero_point in (128, 105, 240):
        w = T(integers(2, 8, 3, 3, 7, low=0, high=255, dtype="uint8"), True, 0.004, zero_point)
        yield layer(f"uint8_zero_{zero_point}", "CONV_2D", x, w, y, 8, fused_activation_function=1)
        w = T(integers(2, 1, 3, 3, 7, low=0, high=255, dtype="uint8"), True, 0.02, zero_point)
        yield layer(f"uint8_zero_{zero_point}", "DEPTHWISE_CONV_2D", x, w, y, 7)
        rows = q(1, 4, 30, dtype="uint8")
        w = T(integers(2, 9, 30, low=0, high=255, dtype="uint8"), True, 0.01, zero_point)
        yield layer(f"uint8_zero_{zero_point}", "FULLY_CONNECTED", rows, w, y, 9)


def _functions() -> Iterator[Case]:
    x = q(1, *SHAPE)
    fixed: dict[str, tuple[float, int]] = {"LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}
    for op in TABLES:
        scale, zero_point = fixed.get(op, (0.05, -9))
        given = q(1, *SHAPE, zero_point=-128) if op == "RSQRT" else x
        yield case(op, "int8", given, outputs=(made("int8", scale, zero_point),))
    yield case("LEAKY_RELU", "int8", x, options={"alpha": 0.3}, outputs=(made(scale=0.04),))
    yield case(
        "PRELU", "int8", x, q(2, 1, 1, 7, fixed=True, scale=0.01, zero_point=3), outputs=(made(scale=0.06),)
    )
    for dtype in ("uint8", "int16"):
        for op in ("LOGISTIC", "TANH"):
            levels = {("uint8", "LOGISTIC"): (1 / 256, 0), ("uint8", "TANH"): (1 / 128, 128)}
            scale, zero = levels.get((dtype, op), (1 / 32768, 0))
            given = q(1, *SHAPE, dtype=dtype, scale=3.0 / 32768 if dtype == "int16" else 0.05)
            yield case(op, dtype, given, outputs=(made(dtype, scale, zero),))
    yield case(
        "SQUARED_DIFFERENCE", "int8", x, q(2, *SHAPE, scale=0.04), outputs=(made(scale=0.5, zero_point=-128),)
    )
    for op in ("MAXIMUM", "MINIMUM"):
        yield case(op, "int8", x, q(2, *SHAPE), outputs=(made(),))
    yield case("LESS", "int8", x, q(2, *SHAPE, scale=0.04), outputs=(T(dtype="bool"),))
    yield case("L2_NORMALIZATION", "int8", x, outputs=(made(scale=1 / 128, zero_point=0),))
    yield case("LOG_SOFTMAX", "int8", q(1, 3, 10), outputs=(made(scale=16 / 256, zero_point=127),))
    yield case("SUM", "int8", q(1, 4, 5), ints(1), outputs=(made(scale=0.2),))
    yield case("REDUCE_MAX", "int8", x, ints(1, 2), outputs=(made(),))
    yield case("ARG_MAX", "int8", x, ints(3), options={"output_type": 2}, outputs=(T(dtype="int32"),))
    yield case(
        "BATCH_MATMUL",
        "int8",
        q(1, 2, 3, 9, scale=0.02),
        q(2, 2, 9, 4, scale=0.02),
        outputs=(made(scale=0.1),),
    )


def moved(
    op: str, name: str, *inputs: Any, options: Options | None = None, outputs: Sequence[T] = ()
) -> Case:
    return case(op, f"{name}int8", *inputs, options=options, outputs=outputs or (made(),))


def _moves() -> Iterator[Case]:
    x = q(1, *SHAPE)
    yield moved("RESHAPE", "", x, ints(5, -1))
    yield moved("TRANSPOSE", "", x, ints(0, 3, 1, 2))
    yield moved("PAD", "", x, ints(np.array([[0, 0], [1, 2], [0, 1], [0, 0]])))
    yield moved("PADV2", "", x, ints(np.array([[0, 0], [1, 2], [0, 1], [0, 0]])),
                T(np.array(33, np.int8), True, 0.05, -7))  # fmt: skip
    yield moved("MIRROR_PAD", "", x, ints(np.array([[0, 0], [1, 2], [0, 1], [0, 0]])), options={"mode": 1})
    yield moved("CONCATENATION", "", x, q(2, *SHAPE), options={"axis": 3})
    parts = q(1, 2, 6, dtype="uint8"), q(2, 2, 6, dtype="uint8", scale=0.03)
    yield case("CONCATENATION", "uint8_scales", *parts, options={"axis": 1}, outputs=(made("uint8", 0.06),))
    yield moved("STRIDED_SLICE", "", x, ints(0, 1, 0, 0), ints(1, 4, 6, 7), ints(1, 1, 2, 3))
    yield moved("RESIZE_NEAREST_NEIGHBOR", "", x, ints(10, 12))
    yield moved("GATHER", "", x, ints(np.array([3, 1])), options={"axis": 1})
    yield moved("SPLIT", "", ints(3), q(1, 1, 2, 3, 8), options={"num_splits": 2}, outputs=(made(), made()))
    yield moved("PACK", "", q(1, 3, 4), q(2, 3, 4), options={"values_count": 2, "axis": 1})
    yield moved("DEPTH_TO_SPACE", "", q(1, 1, 2, 3, 8), options={"block_size": 2})
    yield moved("SPACE_TO_BATCH_ND", "", q(1, 1, 4, 4, 3), ints(2, 2), ints(np.array([[1, 1], [0, 0]])))


def _ends() -> Iterator[Case]:
    x = floats(1, 3, 50, low=-8.0, high=8.0)
    for dtype in LIMITS:
        yield case("QUANTIZE", dtype, x, outputs=(made(dtype),))
        yield case("DEQUANTIZE", dtype, q(1, 3, 50, dtype=dtype))
    yield case("QUANTIZE", "uint8_to_int8", q(1, 3, 50, dtype="uint8"), outputs=(made(zero_point=-7),))
    yield case("QUANTIZE", "int8_to_int8", q(1, 3, 50), outputs=(made(scale=0.03, zero_point=5),))
    yield case("DEQUANTIZE", "float16", x.astype(np.float16))


def _weights_alone() -> Iterator[Case]:
    """Weights of integers, activations of floats that LiteRT makes integers of as it runs."""
    w = weights(2, 9, 30, per_channel=False)
    tensors = {"x": T(floats(1, 4, 30)), "q": w, "w": T(), "b": held(floats(3, 9)), "y": T()}
    yield Case("FULLY_CONNECTED_dequantized", tensors, [
        ("DEQUANTIZE", ["q"], ["w"], {}), ("FULLY_CONNECTED", ["x", "w", "b"], ["y"], {})])  # fmt: skip
