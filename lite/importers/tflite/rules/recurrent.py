# SPDX-License-Identifier: Apache-2.0
"""UNIDIRECTIONAL_SEQUENCE_LSTM of floats, step by step: as many nodes as there are steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers import _stored
from lite.importers.tflite.call import Call
from lite.ir import Value

MOST_STEPS = 512
INPUT, FROM_INPUT, FROM_STATE, PEEPHOLES, BIASES, PROJECTION = 0, 1, 5, 9, 12, 16
STATE, CELL, NORMS = 18, 19, 20
GATES = ("input", "forget", "cell", "output")  # the order of weights and biases


@dataclass(frozen=True)
class Cell:
    """Constants of one step: weights [in, gates * units] of what comes in and of the state, and biases."""

    from_input: Value
    from_state: Value
    bias: Value
    projection: Value | None  # weights [units, state] of the state, if it is not the output gate's
    units: int
    coupled: bool  # there is no input gate: it is 1 - the forget gate


def unidirectional_sequence_lstm(call: Call) -> Value:
    """Outputs of all steps; the state begins with 0 in every run."""
    _check(call)
    x = call.need(INPUT)
    time_axis = 0 if call.options.time_major else 1
    steps = x.type.shape[time_axis] if x.type.rank == 3 else None
    if not isinstance(steps, int) or not 0 < steps <= MOST_STEPS:
        raise UnsupportedOpError(f"its input is {x.type}, expected rank 3 and 1 to {MOST_STEPS} steps",
                                 hint="fix the extents with input_shapes")
    cell = _cell(call)
    gates = call.emit("fully_connected", x, cell.from_input, cell.bias)
    by_step = call.emit_all("split", gates, axis=time_axis, sizes=(1,) * steps) if steps > 1 else (gates,)
    state, memory = (_begin(call, position, x, 1 - time_axis) for position in (STATE, CELL))
    outputs = []
    for step in by_step:
        state, memory = _step(call, cell, call.emit("squeeze", step, axes=(time_axis,)), state, memory)
        outputs.append(call.emit("unsqueeze", state, axes=(time_axis,)))
    return call.emit("concat", *outputs, axis=time_axis) if steps > 1 else outputs[0]


def _check(call: Call) -> None:
    if any(call.has(position) for position in range(NORMS, NORMS + 4)):
        raise UnsupportedOpError("layer normalisation in an LSTM is not supported")
    if any(call.has(position) for position in range(PEEPHOLES, PEEPHOLES + 3)):
        raise UnsupportedOpError("peephole connections of an LSTM are not supported")
    if call.tensor(INPUT).quantized is not None:
        raise UnsupportedOpError("an LSTM of integers is not supported", hint="convert the model without "
                                 "quantizing activations: weights alone may be integers")
    number = int(call.options.fused_activation_function)
    if number != 4 or call.options.diagonal_recurrent_tensors:
        raise UnsupportedOpError(f"an LSTM with activation number {number} or diagonal weights is not "
                                 "supported", hint="use tanh, which is number 4")


def _cell(call: Call) -> Cell:
    coupled = not call.has(FROM_INPUT)
    chosen = range(1 if coupled else 0, len(GATES))
    bias = [call.need(BIASES + gate) for gate in chosen]
    units = bias[0].type.shape[0] if bias[0].type.rank == 1 else None
    if not isinstance(units, int) or any(value.type != bias[0].type for value in bias):
        raise ModelFormatError(f"the biases are {', '.join(str(value.type) for value in bias)}")
    return Cell(_joined(call, [call.need(FROM_INPUT + gate) for gate in chosen]),
                _joined(call, [call.need(FROM_STATE + gate) for gate in chosen]),
                call.emit("concat", *bias, axis=0),
                _joined(call, [call.need(PROJECTION)]) if call.has(PROJECTION) else None,
                units, coupled)  # fmt: skip


def _joined(call: Call, weights: list[Value]) -> Value:
    """Weights [units, in] of the gates as one matrix [in, gates * units]; integers keep their scales."""
    if all(_stored.is_stored(w) for w in weights):
        parts = [w.producer for w in weights if w.producer is not None]
        arrays = [part.inputs[0].array for part in parts if part.inputs[0] is not None]
        scales = [np.broadcast_to(part.inputs[1].array, w.type.shape[:1])  # type: ignore[union-attr, arg-type]
                  for part, w in zip(parts, weights)]
        whole = np.concatenate([np.asarray(array) for array in arrays]).T
        scale = call.constant(np.concatenate(scales))
        return call.emit("dequantize", call.constant(np.ascontiguousarray(whole)), scale, axis=1)
    return call.emit("transpose", call.emit("concat", *weights, axis=0), perm=(1, 0))


def _begin(call: Call, position: int, x: Value, batch_axis: int) -> Value:
    """The first state: an input that is computed, or 0."""
    if not call.is_state(position):
        return call.need(position)
    shape = x.type.shape[batch_axis], call.tensor(position).shape[-1]
    return call.emit("expand", call.constant(np.float32(0)), shape=shape)


def _step(call: Call, cell: Cell, given: Value, state: Value, memory: Value) -> tuple[Value, Value]:
    """State and memory after one step.

    memory = forget * memory + input * tanh(fresh); state = output * tanh(memory)
    """
    sums = call.emit("add", given, call.emit("fully_connected", state, cell.from_state))
    parts = call.emit_all("split", sums, axis=1, sizes=(cell.units,) * (len(GATES) - cell.coupled))
    forget, fresh, output = parts[-3:]
    forget = call.emit("sigmoid", forget)
    take = (call.emit("sub", call.like(1, forget), forget) if cell.coupled
            else call.emit("sigmoid", parts[0]))
    kept = call.emit("mul", forget, memory)
    memory = call.emit("add", kept, call.emit("mul", take, call.emit("tanh", fresh)))
    memory = _clipped(call, memory, float(call.options.cell_clip))
    state = call.emit("mul", call.emit("sigmoid", output), call.emit("tanh", memory))
    if cell.projection is not None:
        state = call.emit("fully_connected", state, cell.projection, call.input(PROJECTION + 1))
        state = _clipped(call, state, float(call.options.proj_clip))
    return state, memory


def _clipped(call: Call, x: Value, bound: float) -> Value:
    return call.emit("clip", x, lo=-bound, hi=bound) if bound > 0 else x


RULES = {"UNIDIRECTIONAL_SEQUENCE_LSTM": unidirectional_sequence_lstm}
