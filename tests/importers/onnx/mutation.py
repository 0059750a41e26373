# SPDX-License-Identifier: Apache-2.0
"""Seeded damage to what ONNX models say; damage.py of the folder above damages bytes."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto, helper

NUMBERS = (0, 1, -1, 2, 3, 7, -2, 127, 1 << 31, -(1 << 31), (1 << 63) - 1, -(1 << 63))
REALS = (0.0, -1.0, 1e30, float("nan"), float("inf"), -0.5, 1e-30)


def mutate_model(model: Any, dice: random.Random) -> Any:
    """A copy with one to three fields changed to other legal or illegal content."""
    mutated = onnx.ModelProto()
    mutated.CopyFrom(model)
    for _ in range(dice.choice((1, 1, 2, 3))):
        dice.choice(
            (
                _mutate_node,
                _mutate_node,
                _mutate_attribute,
                _mutate_attribute,
                _mutate_type,
                _mutate_tensor,
                _mutate_opset,
            )
        )(mutated, dice)
    return mutated


def _mutate_node(model: Any, dice: random.Random) -> None:
    if not model.graph.node:
        return
    node = dice.choice(model.graph.node)
    names = [name for other in model.graph.node for name in (*other.input, *other.output)] + [""]
    kind = dice.randrange(6)
    if kind == 0 and node.input:
        node.input[dice.randrange(len(node.input))] = dice.choice(names)
    elif kind == 1 and node.input:
        del node.input[dice.randrange(len(node.input))]
    elif kind == 2:
        node.input.append(dice.choice(names))
    elif kind == 3:
        node.op_type = dice.choice(_OPS)
    elif kind == 4 and node.output:
        node.output[dice.randrange(len(node.output))] = dice.choice(names)
    else:
        node.output.append(f"more{dice.randrange(9)}")


def _mutate_attribute(model: Any, dice: random.Random) -> None:
    if not model.graph.node:
        return
    node = dice.choice(model.graph.node)
    if not node.attribute or dice.random() < 0.2:
        name = dice.choice(
            ("axis", "axes", "keepdims", "perm", "pads", "strides", "group", "to", "mode", "k")
        )
        values: list[Any] = [
            dice.choice(NUMBERS),
            [dice.choice(NUMBERS) for _ in range(dice.randrange(6))],
            "word",
        ]
        node.attribute.append(helper.make_attribute(name, dice.choice(values) or 1))
        return
    attribute = dice.choice(node.attribute)
    if attribute.type == AttributeProto.INT:
        attribute.i = dice.choice(NUMBERS)
    elif attribute.type == AttributeProto.FLOAT:
        attribute.f = dice.choice(REALS)
    elif attribute.type == AttributeProto.INTS and attribute.ints:
        position = dice.randrange(len(attribute.ints) + 1)
        if position == len(attribute.ints):
            attribute.ints.append(dice.choice(NUMBERS))
        else:
            attribute.ints[position] = dice.choice(NUMBERS)
    elif attribute.type == AttributeProto.STRING:
        attribute.s = dice.choice((b"", b"\xff", b"nothing"))
    else:
        attribute.type = dice.randrange(14)


def _mutate_type(model: Any, dice: random.Random) -> None:
    item = dice.choice([*model.graph.input, *model.graph.output])
    tensor = item.type.tensor_type
    if dice.random() < 0.3:
        tensor.elem_type = dice.randrange(26)
    elif tensor.shape.dim and dice.random() < 0.7:
        dim = dice.choice(tensor.shape.dim)
        if dice.random() < 0.4:
            dim.dim_param = dice.choice(("n", "?", "1", "height / 2"))
        else:
            dim.dim_value = dice.choice(NUMBERS)
    else:
        tensor.shape.dim.add().dim_value = dice.choice((1, 2))


def _mutate_tensor(model: Any, dice: random.Random) -> None:
    tensors = [*model.graph.initializer]
    tensors += [
        attribute.t for node in model.graph.node for attribute in node.attribute if attribute.HasField("t")
    ]
    if not tensors:
        return
    tensor = dice.choice(tensors)
    kind = dice.randrange(4)
    if kind == 0:
        tensor.data_type = dice.randrange(26)
    elif kind == 1 and tensor.dims:
        tensor.dims[dice.randrange(len(tensor.dims))] = dice.choice(NUMBERS)
    elif kind == 2 and tensor.HasField("raw_data"):
        tensor.raw_data = tensor.raw_data[: dice.randrange(len(tensor.raw_data) + 1)]
    elif (
        tensor.data_type == TensorProto.INT64
        and tensor.HasField("raw_data")
        and len(tensor.raw_data) % 8 == 0
    ):
        count = len(tensor.raw_data) // 8
        tensor.raw_data = np.array([dice.choice(NUMBERS) for _ in range(count)], np.int64).tobytes()


def _mutate_opset(model: Any, dice: random.Random) -> None:
    if model.opset_import:
        dice.choice(model.opset_import).version = dice.choice((0, 1, 6, 7, 9, 11, 13, 18, 21, 26, 1 << 40))


def random_freeze(inputs: dict[str, Any], dice: random.Random) -> dict[str, np.ndarray]:
    """Contents for inputs whose content decides shapes: mostly as given, else damaged."""
    frozen = {}
    for name, array in inputs.items():
        array = np.array(array)
        if array.size and array.dtype.kind in "iu" and dice.random() < 0.6:
            array.reshape(-1)[dice.randrange(array.size)] = np.array(dice.choice(NUMBERS)).astype(array.dtype)
        frozen[name] = array
    return frozen


_OPS = sorted({schema.name for schema in onnx.defs.get_all_schemas() if schema.domain == ""})
