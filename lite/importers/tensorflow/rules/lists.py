# SPDX-License-Identifier: Apache-2.0
"""Lists of tensors, with which loops over time collect what they make; positions must be known."""

from __future__ import annotations

from collections.abc import Sequence

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.tensorflow.call import Call
from lite.importers.tensorflow.scope import Item, Sequenced
from lite.ir import DType, Value

MOST_ITEMS = 1 << 14


def _list(items: Sequence[Item], position: int = 0) -> tuple[Value | None, ...]:
    found = items[position] if position < len(items) else None
    if not isinstance(found, Sequenced):
        raise ModelFormatError(f"input {position} is no list of tensors")
    return found.items


def _place(call: Call, held: Sequence[Value | None]) -> int:
    index = call.single(1, "index")
    if not 0 <= index < len(held):
        raise ModelFormatError(f"index {index} is not in a list of {len(held)}")
    return index


def reserve(call: Call, items: Sequence[Item]) -> Sequenced:
    """So many places with nothing in them."""
    count = call.single(1, "number of elements")
    if not 0 <= count <= MOST_ITEMS:
        raise UnsupportedOpError(f"its list has {count} places", hint=f"up to {MOST_ITEMS} are supported")
    return Sequenced((None,) * count)


def from_tensor(call: Call, items: Sequence[Item]) -> Sequenced:
    """The parts of a tensor along its first axis."""
    x = call.need(0)
    if not x.type.rank or not isinstance(x.type.shape[0], int):
        raise UnsupportedOpError(f"the first extent of {x.type} is open", hint="fix it with input_shapes")
    count = x.type.shape[0]
    if count > MOST_ITEMS:
        raise UnsupportedOpError(f"its list has {count} places", hint=f"up to {MOST_ITEMS} are supported")
    parts = call.emit_all("split", x, axis=0, sizes=(1,) * count) if count > 1 else (x,) * count
    return Sequenced(tuple(call.emit("squeeze", part, axes=(0,)) for part in parts))


def get_item(call: Call, items: Sequence[Item]) -> Value:
    held = _list(items)
    found = held[_place(call, held)]
    if found is None:
        raise UnsupportedOpError("it reads an element of a list that nothing was put into")
    return found


def set_item(call: Call, items: Sequence[Item]) -> Sequenced:
    held = list(_list(items))
    held[_place(call, held)] = call.need(2)
    return Sequenced(tuple(held))


def stack(call: Call, items: Sequence[Item]) -> Value:
    """The elements along a new first axis."""
    held = [value for value in _list(items) if value is not None]
    if not held or len(held) != len(_list(items)):
        raise UnsupportedOpError("it joins a list with elements that nothing was put into")
    rows = [call.emit("unsqueeze", value, axes=(0,)) for value in held]
    return rows[0] if len(rows) == 1 else call.emit("concat", *rows, axis=0)


def length(call: Call, items: Sequence[Item]) -> Value:
    return call.constant(len(_list(items)), DType.S32)


RULES = {
    "TensorListFromTensor": from_tensor, "TensorListGetItem": get_item, "TensorListLength": length,
    "TensorListReserve": reserve, "TensorListSetItem": set_item, "TensorListStack": stack,
}  # fmt: skip
