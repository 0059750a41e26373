# SPDX-License-Identifier: Apache-2.0
"""A node's attributes as the .nb holds them, and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

from lite.errors import LiteError, NbCorruptError
from lite.ir import Dim, DType, Extent, Op
from lite.nb import schema

Kind = schema.AttributeKind
EncodeExtent = Callable[[Extent], schema.ExtentT]
DecodeExtent = Callable[[schema.ExtentT], Extent]


def encode(op: Op, extent: EncodeExtent) -> list[schema.AttributeT]:
    """The op's attributes, sorted by name; those that are None are left out."""
    types = {field.name: str(field.type) for field in dataclasses.fields(op)}
    return [_encode_one(name, value, types[name], extent)
            for name, value in sorted(op.attributes().items()) if value is not None]


def _encode_one(name: str, value: Any, declared: str, extent: EncodeExtent) -> schema.AttributeT:
    several = isinstance(value, (tuple, list))
    items = list(value) if several else [value]
    if _is_real(items, declared):
        return schema.AttributeT(name=name, kind=Kind.reals if several else Kind.real,
                                 reals=[float(item) for item in items])
    if items and all(isinstance(item, (str, DType)) for item in items):
        texts = [item.value if isinstance(item, DType) else item for item in items]
        return schema.AttributeT(name=name, kind=Kind.texts if several else Kind.text, texts=texts)
    if isinstance(value, bool):
        return schema.AttributeT(name=name, kind=Kind.boolean, integers=[extent(int(value))])
    if all(isinstance(item, (int, Dim)) for item in items):
        extents = [extent(item if isinstance(item, Dim) else int(item)) for item in items]
        return schema.AttributeT(name=name, kind=Kind.integers if several else Kind.integer, integers=extents)
    raise LiteError(f"attribute {name!r} has value {value!r}, which a .nb cannot hold",
                    hint="attributes are bool, int, Dim, float, str, DType and tuples of int, float or str")


def _is_real(items: list[Any], declared: str) -> bool:
    """Whether to store as reals: the declared type decides where a whole number was given."""
    if any(isinstance(item, float) for item in items):
        return True
    only_float = "float" in declared and not any(word in declared for word in ("int", "Extent", "Dim"))
    return only_float and all(isinstance(item, int) for item in items)


def decode(op_class: type[Op], attributes: Iterable[schema.AttributeT], extent: DecodeExtent) -> Op:
    """The op with the attributes of a .nb.

    Raises
    ------
    NbCorruptError
        If there is an attribute that the op does not have.
    """
    types = {field.name: str(field.type) for field in dataclasses.fields(op_class)}
    values: dict[str, Any] = {name: None for name, declared in types.items() if "None" in declared}
    for attribute in attributes:
        name = attribute.name.decode()
        if name not in types:
            raise NbCorruptError(f"op {op_class.name} has no attribute {name!r}; it has {sorted(types)}")
        values[name] = _decode_one(attribute, types[name], extent)
    return op_class(**values)


def _decode_one(attribute: schema.AttributeT, declared: str, extent: DecodeExtent) -> Any:
    items: list[Any]
    if attribute.kind in (Kind.real, Kind.reals):
        items = [float(item) for item in _present(attribute.reals)]
    elif attribute.kind in (Kind.text, Kind.texts):
        items = [item.decode() for item in _present(attribute.texts)]
        items = [DType(item) for item in items] if "DType" in declared else items
    else:
        items = [extent(item) for item in _present(attribute.integers)]
        items = [bool(item) for item in items] if attribute.kind == Kind.boolean else items
    if attribute.kind in (Kind.integers, Kind.reals, Kind.texts):
        return tuple(items)
    if len(items) != 1:
        raise NbCorruptError(f"attribute {attribute.name!r} has {len(items)} values, expected 1")
    return items[0]


def _present(items: Any) -> Any:
    return [] if items is None else items
