# SPDX-License-Identifier: Apache-2.0
"""LSTM, GRU and RNN, step by step: as many nodes as there are steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.onnx.call import Call
from lite.ir import Value

MOST_STEPS = 512
X, W, R, BIAS, LENGTHS, STATE, CELL, PEEPHOLES = range(8)
DIRECTIONS = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
USUAL = {"RNN": ("Tanh",), "GRU": ("Sigmoid", "Tanh"), "LSTM": ("Sigmoid", "Tanh", "Tanh")}

Function = Callable[[Value], Value]
State = tuple[Value, ...]  # what one step hands to the next: hidden state, and an LSTM's memory


@dataclass(frozen=True)
class Parameter:
    """An activation of ONNX that takes numbers: ours, and what they are usually; None: it takes none."""

    op: str
    alpha: float | None = None
    beta: float | None = None


ACTIVATIONS = {
    "relu": Parameter("relu"), "tanh": Parameter("tanh"), "sigmoid": Parameter("sigmoid"),
    "softsign": Parameter("softsign"), "softplus": Parameter("softplus"),
    "leakyrelu": Parameter("leaky_relu", 0.01), "thresholdedrelu": Parameter("thresholded_relu", 1.0),
    "elu": Parameter("elu", 1.0), "hardsigmoid": Parameter("hard_sigmoid", 0.2, 0.5),
    "affine": Parameter("affine", 1.0, 0.0), "scaledtanh": Parameter("scaled_tanh", 1.0, 1.0),
}  # fmt: skip


@dataclass(frozen=True)
class Direction:
    """One direction of a layer: its weights, and the functions of its gates."""

    recurrent: tuple[Value, ...]  # weights [units, gates * units] of the state
    from_input: Value  # [steps, batch, gates * units], with the biases
    recurrent_bias: Value | None  # of a GRU's last gate, if it is reset with the state
    peepholes: tuple[Value, ...]
    functions: tuple[Function, ...]
    units: int


def layer(call: Call) -> tuple[Value | None, ...]:
    """Outputs of all steps, and the last state (and memory) of each direction."""
    word = call.text("direction", "forward")
    if word not in DIRECTIONS:
        raise ModelFormatError(f"direction is {word!r}, expected one of {', '.join(DIRECTIONS)}")
    by_batch = bool(call.int("layout", 0))
    x = call.transpose(call.need(X), (1, 0, 2)) if by_batch else call.need(X)
    steps = x.type.shape[0] if x.type.rank == 3 else None
    if not isinstance(steps, int) or not 0 < steps <= MOST_STEPS:
        raise UnsupportedOpError(f"its input is {x.type}, expected 3 axes and 1 to {MOST_STEPS} steps",
                                 hint="fix the extents with input_shapes")  # fmt: skip
    reversals = DIRECTIONS[word]
    ys, ends = [], []
    for number, backwards in enumerate(reversals):
        direction = _direction(call, x, number, len(reversals))
        y, state = _run(call, x, direction, _begin(call, x, direction, number, by_batch), backwards)
        ys.append(y)
        ends.append(state)
    y = _joined(call, ys, 1)  # [steps, directions, batch, units]
    lasts = [_joined(call, [end[part] for end in ends], 0) for part in range(len(ends[0]))]
    if by_batch:
        y = call.transpose(y, (2, 0, 1, 3))
        lasts = [call.transpose(last, (1, 0, 2)) for last in lasts]
    return (y, *lasts)


def _joined(call: Call, values: Sequence[Value], axis: int) -> Value:
    wide = [call.emit("unsqueeze", value, axes=(axis,)) for value in values]
    return call.emit("concat", *wide, axis=axis) if len(wide) > 1 else wide[0]


def _of_direction(call: Call, position: int, number: int, axis: int = 0) -> Value | None:
    """What an input holds for one direction."""
    value = call.input(position)
    if value is None or value.type.count == 0:
        return None
    part = call.emit("slice", value, axes=(axis,), starts=(number,), sizes=(1,), steps=(1,))
    return call.emit("squeeze", part, axes=(axis,))


def _direction(call: Call, x: Value, number: int, count: int) -> Direction:
    gates = GATES[call.op]
    call.need(W), call.need(R)
    w, r, bias = (_of_direction(call, position, number) for position in (W, R, BIAS))
    assert w is not None and r is not None
    units = r.type.shape[1]
    if not isinstance(units, int) or w.type.shape != (gates * units, x.type.shape[2]):
        raise ModelFormatError(f"W of {w.type} and R of {r.type} do not fit {x.type}")
    from_input = _product(call, x, call.transpose(w, (1, 0)))
    recurrent_bias = None
    if bias is not None:
        of_input, of_state = call.emit_all("split", bias, axis=0, sizes=(gates * units,) * 2)
        if call.op == "GRU" and call.int("linear_before_reset", 0):
            kept, recurrent_bias = call.emit_all("split", of_state, axis=0, sizes=(2 * units, units))
            of_state = call.emit("concat", kept, call.constant(np.zeros(units), x.type.dtype), axis=0)
        from_input = call.emit("add", from_input, call.emit("add", of_input, of_state))
    peepholes = _of_direction(call, PEEPHOLES, number) if call.op == "LSTM" else None
    parts = () if peepholes is None else call.emit_all("split", peepholes, axis=0, sizes=(units,) * 3)
    functions = tuple(_functions(call, count))[number * len(USUAL[call.op]) :][: len(USUAL[call.op])]
    turned = call.transpose(r, (1, 0))
    of_gates = (2 * units, units)  # a GRU's last gate reads another state than the others
    recurrent = call.emit_all("split", turned, axis=1, sizes=of_gates) if call.op == "GRU" else (turned,)
    return Direction(recurrent, from_input, recurrent_bias, parts, functions, units)


def _functions(call: Call, directions: int) -> Iterator[Function]:
    """The activations of all directions, behind the clip; the memory is not clipped, nor by onnxruntime."""
    raw = call.attributes.get("activations")
    names = [text.decode() for text in raw.strings] if raw is not None else list(USUAL[call.op] * directions)
    alphas, betas = (iter(call.floats(f"activation_{which}", ())) for which in ("alpha", "beta"))
    expected = directions * len(USUAL[call.op])
    if len(names) != expected:
        raise ModelFormatError(f"activations are {names}, expected {expected} of them")
    bound = call.float("clip", 0.0)
    for position, name in enumerate(names):
        known = ACTIVATIONS.get(name.lower())
        if known is None:
            raise UnsupportedOpError(f"its activation {name!r} is not supported",
                                     hint=f"known are {', '.join(ACTIVATIONS)}")  # fmt: skip
        alpha = None if known.alpha is None else next(alphas, known.alpha)
        beta = None if known.beta is None else next(betas, known.beta)
        is_of_memory = call.op == "LSTM" and position % 3 == 2
        yield _function(call, known.op, alpha, beta, 0.0 if is_of_memory else bound)


def _function(call: Call, op: str, alpha: float | None, beta: float | None, bound: float) -> Function:
    def apply(x: Value) -> Value:
        inner = call.emit("clip", x, lo=-bound, hi=bound) if bound > 0 else x
        if op == "affine":
            return call.emit("add", call.emit("mul", inner, call.like(alpha, x)), call.like(beta, x))
        if op == "scaled_tanh":
            bent = call.emit("tanh", call.emit("mul", inner, call.like(beta, x)))
            return call.emit("mul", bent, call.like(alpha, x))
        numbers = {"alpha": alpha, "beta": beta}
        return call.emit(op, inner, **{name: value for name, value in numbers.items() if value is not None})

    return apply


def _begin(call: Call, x: Value, direction: Direction, number: int, by_batch: bool) -> State:
    """The first state: inputs, or 0."""
    shape = (x.type.shape[1], direction.units)
    values = []
    for position in (STATE, CELL) if call.op == "LSTM" else (STATE,):
        given = _of_direction(call, position, number, 1 if by_batch else 0)
        values.append(given or call.emit("expand", call.like(0, x), shape=shape))
    return tuple(values)


def _run(call: Call, x: Value, direction: Direction, state: State, backwards: bool) -> tuple[Value, State]:
    """Hidden states of all steps, in the order of the input, and the last state."""
    steps = int(x.type.shape[0])
    parts = call.emit_all("split", direction.from_input, axis=0, sizes=(1,) * steps)
    lengths = call.input(LENGTHS)
    ys: list[Any] = [None] * steps
    for place in reversed(range(steps)) if backwards else range(steps):
        given = call.emit("squeeze", parts[place], axes=(0,))
        fresh = STEPS[call.op](call, direction, given, state)
        y = fresh[0]
        if lengths is not None and lengths.type.count != 0:  # behind its end, it keeps its state and gives 0
            inside = call.emit("unsqueeze", call.emit("less", call.like(place, lengths), lengths), axes=(1,))
            y = call.emit("where", inside, y, call.like(0, y))
            fresh = tuple(call.emit("where", inside, new, old) for new, old in zip(fresh, state))
        state, ys[place] = fresh, y
    return _joined(call, ys, 0), state


def _product(call: Call, x: Value, w: Value) -> Value:
    """x @ w: constant weights are one tensor for all steps."""
    return call.emit("fully_connected" if w.is_constant else "matmul", x, w)


def _rnn(call: Call, d: Direction, given: Value, state: State) -> State:
    (f,) = d.functions
    return (f(call.emit("add", given, _product(call, state[0], d.recurrent[0]))),)


def _gru(call: Call, d: Direction, given: Value, state: State) -> State:
    """h = (1 - z) * fresh + z * h, where r resets the state that fresh is made of, or its product."""
    (f, g), (h,), units = d.functions, state, d.units
    r_gates, r_fresh = d.recurrent
    given_gates, given_fresh = call.emit_all("split", given, axis=1, sizes=(2 * units, units))
    gates = f(call.emit("add", given_gates, _product(call, h, r_gates)))
    z, r = call.emit_all("split", gates, axis=1, sizes=(units, units))
    if call.int("linear_before_reset", 0):
        product = _product(call, h, r_fresh)
        if d.recurrent_bias is not None:
            product = call.emit("add", product, d.recurrent_bias)
        recurrent = call.emit("mul", r, product)
    else:
        recurrent = _product(call, call.emit("mul", r, h), r_fresh)
    fresh = g(call.emit("add", given_fresh, recurrent))
    rest = call.emit("sub", call.like(1, z), z)
    return (call.emit("add", call.emit("mul", rest, fresh), call.emit("mul", z, h)),)


def _lstm(call: Call, d: Direction, given: Value, state: State) -> State:
    """c = forget * c + input * fresh; h = output * h(c)."""
    (f, g, last), (h, c) = d.functions, state
    sums = call.emit("add", given, _product(call, h, d.recurrent[0]))
    into, output, forget, fresh = call.emit_all("split", sums, axis=1, sizes=(d.units,) * 4)
    if d.peepholes:
        into = call.emit("add", into, call.emit("mul", d.peepholes[0], c))
        forget = call.emit("add", forget, call.emit("mul", d.peepholes[2], c))
    take = f(into)
    keep = call.emit("sub", call.like(1, take), take) if call.int("input_forget", 0) else f(forget)
    c = call.emit("add", call.emit("mul", keep, c), call.emit("mul", take, g(fresh)))
    if d.peepholes:
        output = call.emit("add", output, call.emit("mul", d.peepholes[1], c))
    return call.emit("mul", f(output), last(c)), c


STEPS: dict[str, Callable[[Call, Direction, Value, State], State]] = {"RNN": _rnn, "GRU": _gru, "LSTM": _lstm}
RULES = dict.fromkeys(STEPS, layer)
