# SPDX-License-Identifier: Apache-2.0
"""Paddle's rnn op - LSTM, GRU and simple layers, one or several, in one or both directions - step by step.

Each step becomes nodes of its own, so that their number must be known when converting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.paddle.call import Call
from lite.ir import Value

MOST_STEPS = 512
_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


@dataclass(frozen=True)
class Cell:
    """Parameters of one layer in one direction: weights [in, gates * units] and biases [gates * units]."""

    mode: str
    units: int
    from_input: Value
    from_state: Value
    input_bias: Value | None
    state_bias: Value | None


def _rnn(call: Call) -> dict[str, Value | Sequence[Value]]:
    x, mode = call.input("Input"), call.text("mode")
    if mode not in _GATES:
        raise ModelFormatError(f"mode is {mode!r}, expected one of {', '.join(_GATES)}")
    if call.optional("SequenceLength") is not None:
        raise UnsupportedOpError("its sequences have lengths of their own", hint="save it without them")
    steps = x.type.shape[0] if x.type.rank == 3 else None
    if not isinstance(steps, int) or not 0 < steps <= MOST_STEPS:
        raise UnsupportedOpError(
            f"its input is {x.type}, expected rank 3 and 1 to {MOST_STEPS} steps on axis 0",
            hint="fix the input's shape: --input_shape name:1,3,32,320",
        )
    layers, directions = call.integer("num_layers", 1), 1 + call.flag("is_bidirec", False)
    cells = _cells(call, mode, layers * directions)
    begins = [_rows(call, value, len(cells)) for value in call.inputs("PreState")]
    if len(begins) != (2 if mode == "LSTM" else 1):
        raise ModelFormatError(f"it begins with {len(begins)} states, which does not fit {mode}")
    ends: list[list[Value]] = [[] for _ in begins]
    for layer in range(layers):
        outputs = []
        for direction in range(directions):
            place = layer * directions + direction
            output, states = _run(call, cells[place], x, [begin[place] for begin in begins], direction == 1)
            outputs.append(output)
            for end, state in zip(ends, states):
                end.append(state)
        x = _joined(call, outputs, 2)
    return {"Out": x, "State": [_stacked(call, end) for end in ends]}


def _cells(call: Call, mode: str, count: int) -> list[Cell]:
    """From the list of all weights, which all biases follow."""
    given, units = call.inputs("WeightList"), call.integer("hidden_size")
    if len(given) not in (2 * count, 4 * count):
        raise ModelFormatError(f"it has {len(given)} weights and biases, expected {2 * count} or {4 * count}")
    biases: list[Value | None] = [*given[2 * count :]] or [None] * (2 * count)
    cells = []
    for at in range(0, 2 * count, 2):
        for weights in given[at : at + 2]:
            if weights.type.rank != 2 or weights.type.shape[0] != _GATES[mode] * units:
                raise UnsupportedOpError(f"its weights are {weights.type} for {units} units of {mode}")
        from_input, from_state = (call.transpose(weights, (1, 0)) for weights in given[at : at + 2])
        cells.append(Cell(mode, units, from_input, from_state, biases[at], biases[at + 1]))
    return cells


def _rows(call: Call, value: Value, count: int) -> list[Value]:
    """A state of each layer and direction."""
    if value.type.rank != 3 or value.type.shape[0] != count:
        raise ModelFormatError(f"its state is {value.type}, expected {count} on axis 0 of 3")
    parts = call.add_all("split", value, axis=0, sizes=(1,) * count) if count > 1 else (value,)
    return [call.reshape(part, part.type.shape[1:]) for part in parts]


def _joined(call: Call, values: Sequence[Value], axis: int) -> Value:
    return call.add("concat", *values, axis=axis) if len(values) > 1 else values[0]


def _stacked(call: Call, values: Sequence[Value]) -> Value:
    return _joined(call, [call.add("unsqueeze", value, axes=(0,)) for value in values], 0)


def _run(
    call: Call, cell: Cell, x: Value, states: list[Value], backwards: bool
) -> tuple[Value, list[Value]]:
    """Outputs [steps, batch, units] of a layer in one direction, and its last states."""
    given = call.add("fully_connected", x, cell.from_input, cell.input_bias)
    steps = int(x.type.shape[0])
    parts = call.add_all("split", given, axis=0, sizes=(1,) * steps) if steps > 1 else (given,)
    outputs = []
    for part in reversed(parts) if backwards else parts:
        states = _STEPS[cell.mode](call, cell, call.reshape(part, part.type.shape[1:]), states)
        outputs.append(states[0])
    return _stacked(call, outputs[::-1] if backwards else outputs), states


def _gates(call: Call, cell: Cell, sums: Value) -> tuple[Value, ...]:
    return call.add_all("split", sums, axis=1, sizes=(cell.units,) * _GATES[cell.mode])


def _lstm(call: Call, cell: Cell, given: Value, states: list[Value]) -> list[Value]:
    """memory = forget * memory + take * tanh(fresh); state = show * tanh(memory)"""
    state, memory = states
    told = call.add("fully_connected", state, cell.from_state, cell.state_bias)
    take, forget, fresh, show = _gates(call, cell, call.add("add", given, told))
    kept = call.add("mul", call.add("sigmoid", forget), memory)
    taken = call.add("mul", call.add("sigmoid", take), call.add("tanh", fresh))
    memory = call.add("add", kept, taken)
    return [call.add("mul", call.add("sigmoid", show), call.add("tanh", memory)), memory]


def _gru(call: Call, cell: Cell, given: Value, states: list[Value]) -> list[Value]:
    """fresh = tanh(given + reset * told); state = keep * (state - fresh) + fresh"""
    (state,) = states
    told = _gates(call, cell, call.add("fully_connected", state, cell.from_state, cell.state_bias))
    parts = _gates(call, cell, given)
    reset, keep = (call.add("sigmoid", call.add("add", parts[at], told[at])) for at in (0, 1))
    fresh = call.add("tanh", call.add("add", parts[2], call.add("mul", reset, told[2])))
    return [call.add("add", call.add("mul", keep, call.add("sub", state, fresh)), fresh)]


def _simple(call: Call, cell: Cell, given: Value, states: list[Value]) -> list[Value]:
    told = call.add("fully_connected", states[0], cell.from_state, cell.state_bias)
    return [call.add("tanh" if cell.mode == "RNN_TANH" else "relu", call.add("add", given, told))]


_STEPS = {"LSTM": _lstm, "GRU": _gru, "RNN_TANH": _simple, "RNN_RELU": _simple}
RULES = {"rnn": _rnn}
