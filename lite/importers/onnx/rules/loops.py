# SPDX-License-Identifier: Apache-2.0
"""Loop and Scan, unrolled: as many copies of the body as there are rounds, which must be known at import."""

from __future__ import annotations

from collections.abc import Sequence

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._building import axis_of
from lite.importers.onnx.call import Call
from lite.ir import DType, Value

MOST_NODES = 1 << 14  # that one loop may become
OLDEST_SCAN = 9  # before, it had a batch and lengths of its own
_HINT = "export the model with the loop unrolled, or fix what decides the number of rounds (freeze_inputs)"


def loop(call: Call) -> tuple[Value | None, ...]:
    """Loop: rounds until the count is reached or the condition, known after each round, is false."""
    body = call.graph("body")
    most = None if call.input(0) is None else int(call.number(0, "trip count"))
    state: list[Value | None] = list(call.inputs[2:])
    goes_on = call.input(1) is None or _known(call, call.input(1))
    constants, collected, rounds = call.walk.constants_of(body, call.scope), list[Sequence[Value]](), 0
    while goes_on and (most is None or rounds < most):
        rounds += 1
        _check_growth(rounds, len(body.node))
        given = [call.constant(rounds - 1, DType.S64), call.constant(goes_on, DType.BOOL), *state]
        again, *results = _whole(call.walk.run_body(body, constants, given))
        if len(results) < len(state):
            raise ModelFormatError(f"its body gives {len(results)} values for {len(state)} that go round")
        state, made = list(results[: len(state)]), results[len(state) :]
        collected.append(made)
        goes_on = (most is not None and rounds == most) or _known(call, again)
    if not rounds and len(body.output) > 1 + len(state):
        raise UnsupportedOpError("it makes no round, so what it collects is empty", hint="remove the loop")
    rows = [[call.emit("unsqueeze", value, axes=(0,)) for value in values] for values in zip(*collected)]
    return *state, *(call.emit("concat", *values, axis=0) for values in rows)


def scan(call: Call) -> tuple[Value | None, ...]:
    """Scan: a round for each slice of its inputs along an axis."""
    if call.opset < OLDEST_SCAN:
        raise UnsupportedOpError("before opset 9 it has batches of its own",
                                 hint="onnx.version_converter.convert_version(model, 13) lifts old models")
    body, count = call.graph("body"), call.int("num_scan_inputs")
    states = len(call.inputs) - count
    if count < 1 or states < 0:
        raise ModelFormatError(f"num_scan_inputs is {count}, but there are {len(call.inputs)} inputs")
    state: list[Value | None] = list(call.inputs[:states])
    backwards = _numbers(call, "scan_input_directions", count)
    axes = _numbers(call, "scan_input_axes", count)
    slices = [_slices(call, states + position, axes[position], len(body.node)) for position in range(count)]
    if len({len(row) for row in slices}) > 1:
        raise ModelFormatError(f"the axes that it goes along have {[len(row) for row in slices]} elements")
    slices = [row[::-1] if back else row for row, back in zip(slices, backwards)]
    constants, collected = call.walk.constants_of(body, call.scope), []
    for given in zip(*slices):
        results = _whole(call.walk.run_body(body, constants, [*state, *given]))
        state = list(results[:states])
        collected.append(results[states:])
    return *state, *_stacked(call, list(zip(*collected)))


def _slices(call: Call, position: int, axis: int, nodes: int) -> list[Value]:
    """An input, cut along an axis."""
    x = call.need(position)
    axis = axis_of(axis, x.type.rank)
    extent = x.type.shape[axis]
    if not isinstance(extent, int):
        raise UnsupportedOpError(f"it goes along axis {axis} of {x.type}, whose extent is open",
                                 hint=f"fix it with input_shapes (--input_shape name:{call.shape_shown})")
    if extent == 0:
        raise UnsupportedOpError("it makes no round, so what it collects is empty", hint="remove the scan")
    _check_growth(extent, nodes)
    parts = call.emit_all("split", x, axis=axis, sizes=(1,) * extent)
    return [call.emit("squeeze", part, axes=(axis,)) for part in parts]


def _stacked(call: Call, rows: Sequence[Sequence[Value]]) -> list[Value]:
    """What the rounds collected, each along its axis."""
    backwards = _numbers(call, "scan_output_directions", len(rows))
    axes = _numbers(call, "scan_output_axes", len(rows))
    stacked = []
    for row, axis, back in zip(rows, axes, backwards):
        axis = axis_of(axis, row[0].type.rank + 1)
        parts = [call.emit("unsqueeze", value, axes=(axis,)) for value in row]
        stacked.append(call.emit("concat", *(parts[::-1] if back else parts), axis=axis))
    return stacked


def _numbers(call: Call, name: str, count: int) -> tuple[int, ...]:
    found: tuple[int, ...] = call.many(name, None) or (0,) * count
    if len(found) != count:
        raise ModelFormatError(f"attribute {name!r} has {len(found)} elements, expected {count}")
    return found


def _whole(results: Sequence[Value | None]) -> list[Value]:
    """Outputs of a round, all of which must be there."""
    found = [value for value in results if value is not None]
    if len(found) < len(results):
        raise UnsupportedOpError("its body holds what is not supported", hint="see the other rows")
    if not found:
        raise ModelFormatError("its body has no outputs")
    return found


def _known(call: Call, value: Value | None) -> bool:
    array = None if value is None else call.emitter.contents.array(value)
    if array is None or array.size != 1:
        raise UnsupportedOpError("whether it goes on is known only when running", hint=_HINT)
    return bool(array.reshape(-1)[0])


def _check_growth(rounds: int, nodes: int) -> None:
    if rounds * max(nodes, 1) > MOST_NODES:
        raise UnsupportedOpError(f"unrolled, its {rounds} rounds or more of {nodes} nodes each would be more "
                                 f"than {MOST_NODES} nodes", hint=_HINT)


RULES = {"Loop": loop, "Scan": scan}
