# SPDX-License-Identifier: Apache-2.0
"""DFT and STFT as products with matrices of sines and cosines; mel weights, where all of it is known."""

from __future__ import annotations

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._building import axis_of
from lite.importers.onnx.call import Call
from lite.importers.onnx.tensors import computed, dtype_of
from lite.ir import Value

LONGEST = 4096  # of a transform: its matrix has the square of that
AXIS_IS_INPUT = 20  # opset
MEL, BREAK_HZ = 2595.0, 700.0  # mel = MEL log10(1 + f / BREAK_HZ)


def dft(call: Call) -> Value:
    """Along an axis of [..., 1 or 2]: one product with a matrix over the axis and the parts."""
    x, by_input = call.need(0), call.opset >= AXIS_IS_INPUT
    if by_input:
        axis = int(call.number(2, "axis")) if call.input(2) is not None else -2
    else:
        axis = call.int("axis", 1)
    axis = axis_of(axis, x.type.rank)
    parts, extent = x.type.shape[-1], x.type.shape[axis]
    if parts not in (1, 2) or axis == x.type.rank - 1:
        raise ModelFormatError(f"the signal is {x.type}, expected 1 or 2 parts along the last axis")
    if not isinstance(extent, int):
        raise UnsupportedOpError(f"the signal {x.type} has an open length", hint="fix it with input_shapes")
    half, inverse = bool(call.int("onesided", 0)), bool(call.int("inverse", 0))
    whole = 2 * (extent - 1) if half and inverse else extent
    length = call.single(1, "length") if call.input(1) is not None else whole
    _check_length(length)
    matrix = _transform(length, inverse)[:, : length // 2 + 1 if half and not inverse else length]
    if half and inverse:  # what is left out mirrors what is there
        kept = np.arange(length // 2 + 1)
        matrix = matrix[kept] * np.where((kept == 0) | (2 * kept == length), 1, 2)[:, None]
    results = 1 if half and inverse else 2
    return _along(call, x, axis, _as_reals(_resized(matrix, extent), int(parts), results))


def _check_length(length: int) -> None:
    if not 0 < length <= LONGEST:
        raise UnsupportedOpError(f"a transform has {length} elements, expected 1 to {LONGEST}",
                                 hint="do this step before the model")  # fmt: skip


def _transform(length: int, inverse: bool) -> np.ndarray:
    """Complex factors [element, frequency]."""
    turns = np.outer(np.arange(length), np.arange(length)) % length / length
    return np.asarray(np.exp(2j * np.pi * turns) / length if inverse else np.exp(-2j * np.pi * turns))


def _resized(matrix: np.ndarray, extent: int) -> np.ndarray:
    """For a signal that is cut, or filled up with zeros, to the length of the transform."""
    rows = matrix[:extent]
    return np.pad(rows, ((0, extent - len(rows)), (0, 0)))


def _as_reals(matrix: np.ndarray, parts: int, results: int) -> np.ndarray:
    """Complex [n, k] as [n, parts, k, results]."""
    of_real = np.stack([matrix.real, matrix.imag], -1)
    of_imaginary = np.stack([-matrix.imag, matrix.real], -1)
    return np.stack([of_real, of_imaginary][:parts], 1)[..., :results]


def _along(call: Call, x: Value, axis: int, matrix: np.ndarray) -> Value:
    rank = x.type.rank
    perm = [at for at in range(rank) if at not in (axis, rank - 1)] + [axis, rank - 1]
    leading = [x.type.shape[at] for at in perm[:-2]]
    rows = call.reshape(call.transpose(x, perm), (*leading, matrix.shape[0] * matrix.shape[1]))
    flat = call.constant(matrix.reshape(rows.type.shape[-1], -1), x.type.dtype)
    result = call.reshape(call.emit_single("matmul", rows, flat), (*leading, *matrix.shape[2:]))
    return call.transpose(result, [perm.index(at) for at in range(rank)])


def stft(call: Call) -> Value:
    """Of each frame, by a convolution whose kernels are windowed sines and cosines."""
    x, step = call.need(0), call.single(1, "frame step")
    if x.type.rank == 2:
        x = call.emit("unsqueeze", x, axes=(2,))
    if x.type.rank != 3 or x.type.shape[2] not in (1, 2) or step < 1:
        raise ModelFormatError(f"the signal is {x.type}, the step {step}, expected [batch, length, 1 or 2]")
    window = None if call.input(2) is None else call.fixed(2, "window").astype(np.float64).reshape(-1)
    length = call.single(3, "frame length") if call.input(3) is not None else len(window) if (
        window is not None) else x.type.shape[1]
    if not isinstance(length, int) or (window is not None and len(window) != length):
        raise ModelFormatError(f"the frames have {length} elements, and the window does not fit them")
    _check_length(length)
    bins = length // 2 + 1 if call.int("onesided", 1) else length
    matrix = _transform(length, False)[:, :bins] * (1 if window is None else window[:, None])
    kernels = _as_reals(matrix, int(x.type.shape[2]), 2).transpose(2, 3, 1, 0)
    weights = call.constant(kernels.reshape(2 * bins, kernels.shape[2], 1, length), x.type.dtype)
    image = call.emit("unsqueeze", call.transpose(x, (0, 2, 1)), axes=(2,))
    y = call.emit_single("conv2d", image, weights, strides=(1, step))
    frames = call.reshape(y, (x.type.shape[0], bins, 2, y.type.shape[3]))
    return call.transpose(frames, (0, 3, 1, 2))


def mel_weights(call: Call) -> Value:
    """Triangles over the bins of a spectrum, a column for each band; all inputs must be known."""
    names = ("count of bands", "length", "sample rate", "lower edge", "upper edge")
    bands, length, rate, lowest, highest = (float(call.number(at, name)) for at, name in enumerate(names))
    if not (0 < bands <= LONGEST and 0 < length <= LONGEST * 64 and rate > 0 and 0 <= lowest < highest):
        raise ModelFormatError(f"{bands:g} bands of {length:g} elements from {lowest:g} to {highest:g} Hz")
    low, high = (MEL * np.log10(1 + edge / BREAK_HZ) for edge in (lowest, highest))
    mels = low + (high - low) / (bands + 2) * np.arange(int(bands) + 2)
    edges = np.floor((length + 1) * BREAK_HZ * (10 ** (mels / MEL) - 1) / rate)
    bins = np.arange(int(length) // 2 + 1)[:, None]
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    rising = (bins - lower) / np.maximum(centre - lower, 1)
    falling = (upper - bins) / np.maximum(upper - centre, 1)
    weights = np.where((bins >= lower) & (bins < centre), rising, 0)
    weights = np.where((bins >= centre) & (bins < upper), falling, weights)
    weights = np.where(bins == centre, 1, weights)
    return call.constant(weights, computed(dtype_of(call.int("output_datatype", 1))))


RULES = {"DFT": dft, "MelWeightMatrix": mel_weights, "STFT": stft}
