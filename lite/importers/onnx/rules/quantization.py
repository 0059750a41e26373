# SPDX-License-Identifier: Apache-2.0
"""QuantizeLinear and DequantizeLinear, and integer products; computed parameters make plain float ops."""

from __future__ import annotations

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._building import axis_of
from lite.importers._scales import checked_scales, checked_zero_point
from lite.importers.onnx.call import Call
from lite.importers.onnx.rules import linear, windows
from lite.importers.onnx.tensors import dtype_of
from lite.ir import DType, Value
from lite.ir.quant import ACTIVATIONS, check_scale, limits

DEQUANTIZABLE = (DType.S8, DType.U8, DType.S16, DType.S32)
BYTES = (DType.S8, DType.U8)


def dequantized(call: Call, at: int, at_scale: int, at_zero: int, *, axis: int = 1) -> Value:
    """The reals that an input stands for, its scale and zero point being other inputs.

    Parameters
    ----------
    at, at_scale, at_zero : int
        Positions of the inputs; the zero point may be left out.
    axis : int
        The axis of the scales if there are several; may be negative.
    """
    x, zero = call.need(at), call.input(at_zero)
    if x.type.dtype not in (*DEQUANTIZABLE, DType.U16):
        raise _wrong_type(x.type.dtype)
    if zero is not None and zero.type.dtype is not x.type.dtype:
        raise ModelFormatError(f"the zero point is of {zero.type.dtype.value}, expected {x.type.dtype.value}")
    if not _is_fixed(call, at_scale, at_zero):
        single = None if zero is None else _single(call, at_zero, "zero point")
        return call.emit("mul", _centred(call, x, single), _single(call, at_scale, "scale"))
    if _by_steps(call, at_zero, x.type.dtype):
        scale, offset = _parameters(call, x, at_scale, at_zero, axis)
        return call.emit("mul", _centred(call, x, offset), scale)
    axis, scales = _scales(call, x, at_scale, axis)
    zero_point = _zero_point(call, at_zero, x.type.dtype, scales.size)
    if zero_point and x.type.dtype is DType.S32:
        raise ModelFormatError(f"the zero point of 32-bit integers is {zero_point}, expected 0")
    return call.emit("dequantize", x, call.constant(scales), zero_point=zero_point, axis=axis)


def quantized(call: Call, x: Value, at_scale: int, at_zero: int, *, dtype: DType, axis: int = 1) -> Value:
    """The integers nearest to a value; ``dtype`` is their type if the zero point is left out."""
    zero = call.input(at_zero)
    dtype = dtype if zero is None else zero.type.dtype
    if dtype not in (*ACTIVATIONS, DType.U16):
        raise _wrong_type(dtype)
    if x.type.dtype is not DType.F32:
        x = call.emit("cast", x, to=DType.F32)
    if not _is_fixed(call, at_scale, at_zero):
        single = None if zero is None else _single(call, at_zero, "zero point")
        return _quantized_by_steps(call, x, _single(call, at_scale, "scale"), single, dtype)
    if _by_steps(call, at_zero, dtype):
        scale, offset = _parameters(call, x, at_scale, at_zero, axis)
        return _quantized_by_steps(call, x, scale, offset, dtype)
    axis, scales = _scales(call, x, at_scale, axis)
    zero_point = _zero_point(call, at_zero, dtype, scales.size)
    return call.emit("quantize", x, call.constant(scales), zero_point=zero_point, axis=axis, dtype=dtype)


def _wrong_type(dtype: DType) -> UnsupportedOpError:
    return UnsupportedOpError(
        f"quantized tensors of {dtype.value} are not supported",
        hint="quantize to 8-bit or 16-bit integers",
    )


def _by_steps(call: Call, at_zero: int, dtype: DType) -> bool:
    """Whether quantize and dequantize do not say it: blocks, zero points that differ, unsigned 16 bits."""
    zeros = call.array(at_zero)
    differ = zeros is not None and zeros.size > 1 and bool(np.any(zeros != zeros.reshape(-1)[0]))
    return bool(call.int("block_size", 0)) or differ or dtype is DType.U16


def _parameters(call: Call, x: Value, at_scale: int, at_zero: int, axis: int) -> tuple[Value, Value | None]:
    """Scale and zero point of every element, or of what broadcasts to them."""
    scales, zeros = call.fixed(at_scale, "scale"), call.array(at_zero)
    check_scale(scales)
    return _spread(call, x, scales, axis), None if zeros is None else _spread(call, x, zeros, axis)


def _spread(call: Call, x: Value, numbers: np.ndarray, axis: int) -> Value:
    """Scales or zero points as floats in a shape that broadcasts to x."""
    rank = x.type.rank
    block = call.int("block_size", 0)
    if numbers.size == 1 and not block:
        return call.constant(numbers.reshape(()), DType.F32)
    axis = axis_of(axis, rank)
    if block and numbers.ndim == rank:
        extent = x.type.shape[axis]
        if not isinstance(extent, int):
            raise UnsupportedOpError("quantization in blocks needs fixed extents",
                                     hint="fix them with input_shapes")  # fmt: skip
        whole = np.repeat(numbers, block, axis).take(range(extent), axis)
        return call.constant(whole, DType.F32)
    if numbers.ndim != 1 or numbers.shape[0] != x.type.shape[axis]:
        raise ModelFormatError(f"parameters {list(numbers.shape)} do not fit axis {axis} of {x.type}")
    return call.constant(numbers.reshape([-1 if i == axis else 1 for i in range(rank)]), DType.F32)


def _is_fixed(call: Call, *positions: int) -> bool:
    return all(call.input(at) is None or call.array(at) is not None for at in positions)


def _single(call: Call, position: int, what: str) -> Value:
    """A parameter that is computed from data: there must be one for all of a tensor."""
    value = call.need(position)
    if value.type.count != 1:
        raise UnsupportedOpError(
            f"its {what} is computed from data and has shape {list(value.type.shape)}",
            hint="quantize statically, or with one scale for a tensor",
        )
    single = call.reshape(value, ())
    return single if single.type.dtype is DType.F32 else call.emit("cast", single, to=DType.F32)


def _scales(call: Call, x: Value, position: int, axis: int) -> tuple[int, np.ndarray]:
    """Axis and scales, checked."""
    scales = call.fixed(position, "scale")
    axis = axis_of(axis, x.type.rank) if scales.size > 1 else 0
    return axis, checked_scales(scales, x.type.shape, axis)


def _zero_point(call: Call, position: int, dtype: DType, scales: int) -> int:
    if call.input(position) is None:
        return 0
    return checked_zero_point(call.fixed(position, "zero point"), dtype, scales)


def _centred(call: Call, x: Value, zero: Value | None) -> Value:
    """x - zero in floats; the zero point's shape must broadcast."""
    reals = call.emit("cast", x, to=DType.F32)
    if zero is None:
        return reals
    zero = zero if zero.type.dtype is DType.F32 else call.emit("cast", zero, to=DType.F32)
    return call.emit("sub", reals, zero)


def _quantized_by_steps(call: Call, x: Value, scale: Value, zero: Value | None, dtype: DType) -> Value:
    """quantize with parameters that only running the model tells, or that quantize does not take."""
    steps = call.emit("round", call.emit("div", x, scale))
    if zero is not None:
        steps = call.emit("add", steps, zero)
    least, greatest = limits(dtype)
    bounded = call.emit("clip", steps, lo=float(least), hi=float(greatest))
    return call.emit("cast", bounded, to=dtype)


def quantize_linear(call: Call) -> Value:
    x, output = call.need(0), call.int("output_dtype", 0)
    dtype = dtype_of(output) if output else DType.U8
    zero = call.input(2)
    if output and zero is not None and zero.type.dtype is not dtype:
        found = zero.type.dtype.value
        raise ModelFormatError(f"output_dtype is {dtype.value}, but the zero point is of {found}")
    return quantized(call, x, 1, 2, dtype=dtype, axis=call.int("axis", 1))


def dequantize_linear(call: Call) -> Value:
    return dequantized(call, 0, 1, 2, axis=call.int("axis", 1))


def _whole(call: Call, at: int, at_zero: int, behind: int = 0) -> Value:
    """x - zero point as floats; of zero points that differ, axes of extent 1 stand ``behind`` theirs."""
    x, zero = call.need(at), call.array(at_zero)
    if x.type.dtype not in BYTES:
        raise ModelFormatError(f"input {at} is of {x.type.dtype.value}, expected s8 or u8")
    if call.input(at_zero) is not None and call.need(at_zero).type.dtype is not x.type.dtype:
        raise ModelFormatError(f"the zero point of input {at} is not of its type, {x.type.dtype.value}")
    if call.input(at_zero) is None or (zero is not None and zero.size and np.all(zero == zero.ravel()[0])):
        one = call.constant(np.float32(1))
        return call.emit("dequantize", x, one, zero_point=0 if zero is None else int(zero.ravel()[0]))
    zeros = call.need(at_zero)
    shape = () if zeros.type.count == 1 else (*zeros.type.shape, *(1,) * behind)
    return _centred(call, x, call.reshape(zeros, shape))


def matmul_integer(call: Call) -> Value:
    """Sums beyond 2^24 are rounded to 24 bits: the product is one of floats."""
    a, b = _whole(call, 0, 2, 1), _whole(call, 1, 3)
    return call.emit("cast", linear.matmul(call.as_op("MatMul", a, b)), to=DType.S32)


def conv_integer(call: Call) -> Value:
    """Like ``matmul_integer``."""
    x, w = _whole(call, 0, 2), _whole(call, 1, 3, call.need(1).type.rank - 1)
    return call.emit("cast", windows.conv(call.as_op("Conv", x, w)), to=DType.S32)


RULES = {
    "ConvInteger": conv_integer,
    "DequantizeLinear": dequantize_linear,
    "MatMulInteger": matmul_integer,
    "QuantizeLinear": quantize_linear,
}

CONTRIBUTED = {  # of the domain com.microsoft
    "DequantizeLinear": dequantize_linear,
    "QuantizeLinear": quantize_linear,
}
