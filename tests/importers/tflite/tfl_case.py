# SPDX-License-Identifier: Apache-2.0
"""Tiny models, one case an op and setting; ``make_zoo.py`` runs them with LiteRT's reference kernels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from tfl_writer import OPS, TYPES, WORDS

from lite.importers.tflite.model import OPTIONS

Options = dict[str, Any]


@dataclass
class T:
    """A tensor of a model.

    Attributes
    ----------
    array : ndarray or None
        What is fed, or the content of a constant; None of what is computed.
    fixed : bool
        A constant.
    scale : float or sequence of float, optional
        With ``zero_point`` and ``axis``: how it is quantized.
    dtype : str
        Of what is computed.
    """

    array: np.ndarray | None = None
    fixed: bool = False
    scale: Any = None
    zero_point: int = 0
    axis: int = 0
    dtype: str = "float32"
    more: dict[str, Any] = field(default_factory=dict)  # other fields of its table

    def __post_init__(self) -> None:
        if self.array is not None:
            self.dtype = self.array.dtype.name


Step = tuple[str, Sequence[str], Sequence[str], Options]


@dataclass
class Case:
    """A model: tensors by name, those that are fed first; and ops as (op, inputs, outputs, options)."""

    name: str
    tensors: dict[str, T]
    steps: list[Step]
    outputs: Sequence[str] = ("y",)
    bodies: Sequence[Case] = ()  # subgraphs from 1 on, which loops and branches run

    @property
    def fed(self) -> dict[str, np.ndarray]:
        return {name: t.array for name, t in self.tensors.items() if t.array is not None and not t.fixed}

    def model(self) -> dict[str, Any]:
        """The model as fields of tflite.fbs."""
        graphs = [self, *self.bodies]
        codes = sorted({op for graph in graphs for op, *_ in graph.steps})
        buffers: list[dict[str, Any]] = [{}]
        subgraphs = [graph._subgraph(codes, buffers) for graph in graphs]
        rows = [_code(op) for op in codes]
        return {"version": 3, "operator_codes": rows, "subgraphs": subgraphs, "buffers": buffers}

    def _subgraph(self, codes: list[str], buffers: list[dict[str, Any]]) -> dict[str, Any]:
        """Its constants go behind the buffers that there are."""
        names = list(self.tensors)
        tensors = []
        for name, t in self.tensors.items():
            entry: dict[str, Any] = {"name": name, "type": TYPES[WORDS[t.dtype]], "buffer": 0}
            entry["shape"] = t.array.shape if t.array is not None else ()
            if t.fixed and t.array is not None:
                entry["buffer"] = len(buffers)
                buffers.append({"data": np.frombuffer(t.array.tobytes(), np.uint8)})
            if t.scale is not None:
                scales = np.atleast_1d(t.scale)
                entry["quantization"] = {"scale": scales, "zero_point": [t.zero_point] * len(scales),
                                         "quantized_dimension": t.axis}  # fmt: skip
            tensors.append({**entry, **t.more})
        operators = [self._operator(step, names, codes) for step in self.steps]
        return {"tensors": tensors, "operators": operators, "name": self.name,
                "inputs": [names.index(name) for name in self.fed],
                "outputs": [names.index(name) for name in self.outputs]}  # fmt: skip

    def _operator(self, step: Step, names: list[str], codes: list[str]) -> dict[str, Any]:
        op, inputs, outputs, options = step
        entry: dict[str, Any] = {
            "opcode_index": codes.index(op), "inputs": [names.index(name) if name else -1 for name in inputs],
            "outputs": [names.index(name) for name in outputs],
        }  # fmt: skip
        if "custom" in options:
            entry["custom_options"] = np.frombuffer(options["custom"], np.uint8)
        elif op in OPTIONS:
            entry["builtin_options"] = (OPTIONS[op], options)
        return entry


VERSIONS = {  # of ops that older ones of which cannot do what the cases ask
    "ADD": 4, "AVERAGE_POOL_2D": 3, "BATCH_MATMUL": 3, "BROADCAST_TO": 2, "CONCATENATION": 3, "CONV_2D": 6,
    "DEPTHWISE_CONV_2D": 6,
    "DEQUANTIZE": 5, "FULLY_CONNECTED": 9, "LOGISTIC": 3, "MAX_POOL_2D": 3, "MEAN": 3, "MUL": 5, "PAD": 4,
    "QUANTIZE": 2, "RELU": 3, "RESIZE_BILINEAR": 4, "SOFTMAX": 3, "SUB": 5, "SUM": 2, "SVDF": 3,
    "TANH": 3,
    "TRANSPOSE_CONV": 4,
}  # fmt: skip


def _code(op: str) -> dict[str, Any]:
    if op not in OPS:
        number = OPS["CUSTOM"]
        return {"deprecated_builtin_code": number, "builtin_code": number, "custom_code": op}
    number = OPS[op]
    older = min(number, OPS["PLACEHOLDER_FOR_GREATER_OP_CODES"])
    return {"deprecated_builtin_code": older, "builtin_code": number, "version": VERSIONS.get(op, 1)}


def floats(seed: int, *shape: int, low: float = -3.0, high: float = 3.0) -> np.ndarray:
    """Numbers from an even distribution, of a generator that is the same everywhere."""
    return np.random.RandomState(seed).uniform(low, high, shape).astype(np.float32)


def integers(seed: int, *shape: int, low: int = -128, high: int = 127, dtype: str = "int8") -> np.ndarray:
    return np.random.RandomState(seed).randint(low, high + 1, shape).astype(dtype)


def ints(*numbers: Any, dtype: str = "int32") -> T:
    """A constant of whole numbers; one number alone has rank 0."""
    array = np.array(numbers[0] if len(numbers) == 1 else numbers, dtype)
    return T(array, fixed=True)


def case(op: str, name: str = "", *inputs: T | np.ndarray | None, options: Options | None = None,
         outputs: Sequence[T] = (T(),)) -> Case:  # fmt: skip
    """A case of one op. Arrays are fed; None is an input that is left out."""
    tensors: dict[str, T] = {}
    names = []
    while inputs and inputs[-1] is None:
        inputs = inputs[:-1]
    for position, given in enumerate(inputs):
        if given is None:
            names.append("")
            continue
        names.append(f"i{position}")
        tensors[f"i{position}"] = T(given) if isinstance(given, np.ndarray) else given
    made = ["y", *(f"y{number}" for number in range(1, len(outputs)))]
    tensors.update(zip(made, outputs))
    label = f"{op}{'_' + name if name else ''}"
    return Case(label, tensors, [(op, names, made, options or {})], made)
