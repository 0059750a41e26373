# SPDX-License-Identifier: Apache-2.0
"""WHILE, unrolled: as many copies of its body as there are rounds; IF: the branch that is taken.

Both must be known at import.
"""

from __future__ import annotations

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.tflite.call import Call
from lite.ir import DType, Value
from lite.ir.contents import Contents

_HINT = "convert the model without it, or fix what decides (freeze_inputs)"


def while_loop(call: Call) -> list[Value]:
    """Rounds of the body for as long as the other subgraph gives true."""
    condition = call.walk.body(int(call.options.cond_subgraph_index))
    body = call.walk.body(int(call.options.body_subgraph_index))
    state = [call.stored(position) for position in range(call.count)]
    while _goes_on(call.emitter.contents, condition.run_body(state)):
        results = body.run_body(state)
        if len(results) != len(state):
            raise ModelFormatError(f"its body gives {len(results)} values for {len(state)} that go round")
        state = results
    return state


def _goes_on(contents: Contents, results: list[Value]) -> bool:
    if len(results) != 1 or results[0].type.dtype is not DType.BOOL:
        found = ", ".join(str(value.type) for value in results)
        raise ModelFormatError(f"its condition gives {found or 'nothing'}, expected one bool")
    array = contents.array(results[0])
    if array is None:
        raise UnsupportedOpError("whether it goes on is known only when running", hint=_HINT)
    if array.size != 1:
        raise ModelFormatError(f"its condition is {results[0].type}, expected one element")
    return bool(array.reshape(-1)[0])


def branch(call: Call) -> list[Value]:
    """Input 0 decides; the branch is given the others."""
    if call.array(0) is None:
        raise UnsupportedOpError("which branch is taken is known only when running", hint=_HINT)
    options = call.options
    taken = options.then_subgraph_index if call.number(0, "condition") else options.else_subgraph_index
    return call.walk.body(int(taken)).run_body([call.stored(position) for position in range(1, call.count)])


RULES = {"IF": branch, "WHILE": while_loop}
