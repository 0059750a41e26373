# SPDX-License-Identifier: Apache-2.0
"""SVDF: a filter over features, then one over time, whose products are summed unit by unit.

The memory of earlier frames is 0 when a run begins, as after a reset of all variables in LiteRT. So the frame
that is given meets the last weight of each filter over time, and the others meet 0.
"""

from __future__ import annotations

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.tflite.call import Call
from lite.importers.tflite.rules.layers import bias_of, permuted
from lite.ir import Value

INPUT, FEATURES, TIMES, BIAS, STATE = range(5)
FLOATS, INTEGERS = ("FLOAT32", "FLOAT32"), ("INT8", "INT16")  # of the input and of the memory


def svdf(call: Call) -> Value:
    """x [batch, in], weights [filters, in] and [filters, frames], a bias of units = filters / rank."""
    _check(call)
    x, features, times = call.need(INPUT), call.need(FEATURES), call.need(TIMES)
    filters, frames, rank = _extents(call, features, times)
    units = filters // rank
    last = call.emit("slice", times, axes=(1,), starts=(frames - 1,), sizes=(1,), steps=(1,))
    seen = call.emit("fully_connected", x, permuted(call, features, (1, 0)))
    weighed = call.emit("mul", call.walk.rounded(call.tensor(STATE), seen), call.reshape(last, (filters,)))
    by_unit = call.reshape(weighed, (*x.type.shape[:1], units, rank))
    y = call.emit("reduce_sum", by_unit, axes=(2,), keepdims=False)
    bias = bias_of(call, BIAS, x=STATE, w=TIMES)
    y = y if bias is None else call.emit("add", y, bias)
    return call.activated(y) if _words(call) == FLOATS else y  # LiteRT's integers end where their type does


def _words(call: Call) -> tuple[str, str]:
    return call.tensor(INPUT).word, call.tensor(STATE).word


def _check(call: Call) -> None:
    """A memory that others see, too, would not be 0 for all of them."""
    state, words = call.tensor(STATE), _words(call)
    if words not in (FLOATS, INTEGERS):
        raise UnsupportedOpError(f"an SVDF of {words[0]} with a memory of {words[1]} is not supported",
                                 hint="convert the model to floats, or to INT8 with a memory of INT16")
    if not call.is_state(STATE):
        raise ModelFormatError(f"its memory {state.name!r} is no variable")
    reads = [index for operator in call.walk.model.operators for index in operator.inputs]
    if reads.count(state.index) > 1:
        raise UnsupportedOpError(f"its memory {state.name!r} is read by several operators")


def _extents(call: Call, features: Value, times: Value) -> tuple[int, int, int]:
    """How many filters there are, frames that they remember, and filters of each unit."""
    rank = int(call.options.rank)
    if features.type.rank != 2 or times.type.rank != 2 or features.type.shape[0] != times.type.shape[0]:
        raise ModelFormatError(f"the weights are {features.type} and {times.type}, expected [filters, in] "
                               "and [filters, frames]")
    filters, frames = (int(extent) for extent in times.type.shape)
    if rank < 1 or not frames or filters % rank:
        raise ModelFormatError(f"its rank is {rank}, of {filters} filters over {frames} frames")
    return filters, frames, rank


RULES = {"SVDF": svdf}
