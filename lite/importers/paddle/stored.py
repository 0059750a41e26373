# SPDX-License-Identifier: Apache-2.0
"""Parameters that hold integers, and what they stand for, from the ops around them.

PaddleSlim leaves the scale of integer weights in an attribute of the layer (``<name>_quant_scale``), in an
op that reads them (dequantize_linear), or in the op behind the layer (fake_..dequantize_max_abs): there the
layer multiplies the integers of its input by those of its weights, and the op behind it applies both scales.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._scales import checked_scales
from lite.importers.paddle.program import Operator
from lite.importers.paddle.quantization import dtype_of_bits, highest, steps_of, whole

_SUFFIX = "_quant_scale"
_LAYERS = {  # op: slots of its input and of its weights, and the axis of the weights' output channels
    "conv2d": ("Input", "Filter", 0), "depthwise_conv2d": ("Input", "Filter", 0),
    "conv2d_transpose": ("Input", "Filter", 1), "depthwise_conv2d_transpose": ("Input", "Filter", 1),
    "fc": ("Input", "W", 1), "mul": ("X", "Y", 1), "matmul": ("X", "Y", 1), "matmul_v2": ("X", "Y", 1),
}  # fmt: skip
_QUANTIZE = ("fake_quantize_range_abs_max", "fake_quantize_moving_average_abs_max")
_DEQUANTIZE = ("fake_channel_wise_dequantize_max_abs", "fake_dequantize_max_abs")
_HINT = "export the model with PaddleSlim's onnx_format=True"


@dataclass(frozen=True)
class Stored:
    """Integers; with ``scales``, what they stand for along an axis; else an op that reads them knows."""

    integers: np.ndarray
    scales: np.ndarray | None = None
    axis: int = 0


def stored(operators: Sequence[Operator], arrays: Mapping[str, np.ndarray]) -> dict[str, Stored]:
    """Parameters that hold integers.

    Raises
    ------
    ModelFormatError, UnsupportedOpError
        If ops around them contradict each other, or are put together in ways that are not known.
    """
    found = _read_by_dequantize_linear(operators, arrays)
    for operator in operators:
        for name in operator.attributes:
            held = arrays.get(name[: -len(_SUFFIX)]) if name.endswith(_SUFFIX) else None
            if held is not None and held.dtype.kind == "i":
                found[name[: -len(_SUFFIX)]] = _by_attribute(operator, name, held)
    found.update(_Fakes(operators, arrays).stored())
    return found


def _read_by_dequantize_linear(
    operators: Sequence[Operator], arrays: Mapping[str, np.ndarray]
) -> dict[str, Stored]:
    names = {name for op in operators if op.type == "dequantize_linear" for name in op.inputs.get("X", ())}
    return {name: Stored(arrays[name]) for name in names if name in arrays and arrays[name].dtype.kind == "i"}


def _by_attribute(operator: Operator, attribute: str, held: np.ndarray) -> Stored:
    scales = operator.attributes[attribute]
    several = np.asarray(scales if isinstance(scales, tuple) else (scales,))
    axis = _LAYERS[operator.type][2] if operator.type in _LAYERS and held.ndim > 1 else 0
    if held.ndim > 1 and held.shape[axis] != several.size == held.shape[1 - axis]:
        axis = 1 - axis  # matrices have been quantized along either axis
    several, held = _without_zeros(several, held, axis)
    try:
        return Stored(held, checked_scales(several, held.shape, axis, f"attribute {attribute!r}"), axis)
    except ModelFormatError as error:
        error.where = operator.title
        raise


def _without_zeros(scales: np.ndarray, held: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """A scale of 0 makes zeros of all integers; zeros have any scale."""
    zeros = scales == 0
    if not zeros.any() or scales.ndim != 1 or not 0 <= axis < held.ndim or held.shape[axis] != scales.size:
        return scales, held
    kept = (~zeros).reshape([-1 if place == axis else 1 for place in range(held.ndim)])
    return np.where(zeros, 1.0, scales), np.where(kept, held, held.dtype.type(0))


class _Fakes:
    """Layers between fake quantize and fake dequantize ops."""

    def __init__(self, operators: Sequence[Operator], arrays: Mapping[str, np.ndarray]) -> None:
        self.operators = operators
        self.arrays = arrays
        self.writers = {name: op for op in operators for name in op.outputs.get(op.main_slot, ())}

    def stored(self) -> dict[str, Stored]:
        found = {}
        layers = set()
        for operator in self.operators:
            if operator.type in _DEQUANTIZE:
                layer = self._writer(operator, "X", tuple(_LAYERS))
                layers.add(layer.index)
                name = self._only(layer, _LAYERS[layer.type][1])
                try:
                    found[name] = self._weights(operator, layer, name)
                except ModelFormatError as error:
                    error.where = error.where or operator.title
                    raise
        self._check_readers(layers)
        return found

    def _weights(self, operator: Operator, layer: Operator, name: str) -> Stored:
        if name not in self.arrays:
            raise UnsupportedOpError(
                f"the weights {name!r} of {layer.title} are no parameter", where=operator.title, hint=_HINT
            )
        quantize = self._writer(layer, _LAYERS[layer.type][0], _QUANTIZE)
        held, bits = self.arrays[name], _integer(quantize, "bit_length", 8)
        if operator.type == "fake_dequantize_max_abs":
            self._check_same_scale(quantize, self._only(operator, "Scale"), operator)
            wide = np.asarray([highest(bits) / _positive(operator, "max_range")], np.float32)
            steps, axis = checked_scales(wide, held.shape, 0, "127 / max_range"), 0
        else:
            names = operator.inputs.get("Scales", ())
            if len(names) != 2 or names[0] not in self.arrays:
                raise UnsupportedOpError(f"it has {len(names)} scales", where=operator.title, hint=_HINT)
            self._check_same_scale(quantize, names[1], operator)
            axis = _integer(operator, "quant_axis", _LAYERS[layer.type][2])
            several = operator.attributes.get("quant_bits", (8, 8))
            first = several[0] if isinstance(several, tuple) and several else several
            if not isinstance(first, int):
                raise ModelFormatError(f"attribute 'quant_bits' is {several!r}, expected ints")
            bits = first
            steps = steps_of(self.arrays[names[0]], bits, held.shape, axis)
        return Stored(whole(held, dtype_of_bits(bits), repr(name)), steps, axis if steps.ndim else 0)

    def _check_same_scale(self, quantize: Operator, name: str, operator: Operator) -> None:
        """The scale behind a layer must be that before it."""
        before = self._only(quantize, "InScale")
        if name != before and not np.array_equal(self.arrays.get(name, 0), self.arrays.get(before, 1)):
            raise ModelFormatError(
                f"it takes {name!r} for the scale of what {quantize.title} quantized by {before!r}",
                where=operator.title,
            )

    def _check_readers(self, layers: set[int]) -> None:
        """Integers held by floats must not reach ops that take them for reals."""
        fakes = {name for op in self.operators if op.type in _QUANTIZE for name in op.outputs.get("Out", ())}
        sums = {name for op in self.operators if op.index in layers
                for name in op.outputs.get(op.main_slot, ())}  # fmt: skip
        for operator in self.operators:
            reads = {name for names in operator.inputs.values() for name in names}
            if (reads & fakes and operator.index not in layers) or (
                reads & sums and operator.type not in _DEQUANTIZE
            ):
                raise UnsupportedOpError(
                    "it reads integers that nothing turns back to reals", where=operator.title, hint=_HINT
                )

    def _writer(self, operator: Operator, slot: str, types: tuple[str, ...]) -> Operator:
        name = self._only(operator, slot)
        writer = self.writers.get(name)
        if writer is None or writer.type not in types:
            found = "nothing" if writer is None else writer.type
            raise UnsupportedOpError(
                f"its {slot} is written by {found}, expected {' or '.join(types)}",
                where=operator.title,
                hint=_HINT,
            )
        return writer

    def _only(self, operator: Operator, slot: str) -> str:
        names = operator.inputs.get(slot, ())
        if len(names) != 1:
            message = f"input {slot!r} has {len(names)} values, expected one"
            raise ModelFormatError(message, where=operator.title)
        return names[0]


def _integer(operator: Operator, name: str, default: int) -> int:
    found = operator.attributes.get(name, default)
    if not isinstance(found, int):
        raise ModelFormatError(f"attribute {name!r} is {found!r}, expected an int", where=operator.title)
    return found


def _positive(operator: Operator, name: str) -> float:
    found = operator.attributes.get(name)
    if not isinstance(found, (int, float)) or not found > 0:
        message = f"attribute {name!r} is {found!r}, expected a number > 0"
        raise ModelFormatError(message, where=operator.title)
    return float(found)
