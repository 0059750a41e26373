# SPDX-License-Identifier: Apache-2.0
"""Thousands of damaged programs and parameter files: each gives a sound graph or a LiteError."""

from __future__ import annotations

import base64
import random
from typing import Any

import pytest

from lite.errors import LiteError
from lite.importers.paddle import load
from lite.importers.proto import messages
from lite.ir.verify import verify

CASES = (
    "chain_attention", "chain_resize_like", "conv2d_pads4", "batch_norm_nchw_4d", "split_rest", "group_norm",
    "pool2d_avg_ceil", "range", "bilinear_interp_v2_scale", "pad3d_image", "top_k_v2_plain", "slice_tensors",
    "body_by_shape", "body_counted",
)  # fmt: skip
ROUNDS = 1000
DISTORTIONS = 20
INTS = (-(1 << 31), -7, -2, -1, 0, 1, 2, 3, 5, 17, 1 << 16, (1 << 31) - 1)
FLOATS = (0.0, -1.0, 0.5, 1e30, float("inf"), float("-inf"), float("nan"))


def _mutated(data: bytes, generator: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(generator.choice((1, 1, 2, 8))):
        if not changed:
            break
        place = generator.randrange(len(changed))
        kind = generator.randrange(5)
        if kind == 0:
            changed[place] ^= 1 << generator.randrange(8)
        elif kind == 1:
            changed[place] = generator.randrange(256)
        elif kind == 2:
            del changed[place : place + generator.randrange(1, 9)]
        elif kind == 3:
            changed[place:place] = changed[place : place + generator.randrange(1, 33)]
        else:
            del changed[place:]
    return bytes(changed)


@pytest.mark.parametrize("case", CASES)
def test_damaged_files_give_a_graph_or_an_error(zoo: dict[str, Any], case: str) -> None:
    entry = zoo[f"2.6.2/{case}"]
    program, parameters = (base64.b64decode(entry[name]) for name in ("program", "parameters"))
    generator = random.Random(case)
    refused = 0
    for round in range(ROUNDS):
        in_program = round % 4 != 0 or not parameters
        given = _mutated(program if in_program else parameters, generator)
        try:
            load(given if in_program else program, param_file=parameters if in_program else given)
        except LiteError as error:
            refused += 1
            assert len(str(error).splitlines()) <= 12
    assert refused > ROUNDS // 10


def _distort(program: Any, generator: random.Random) -> None:
    """Change a parsed program so that it still parses: attributes, extents, names, types of ops."""
    block = program.blocks[0]
    for _ in range(generator.choice((1, 1, 2, 5))):
        op = generator.choice(block.ops)
        kind = generator.randrange(6)
        if kind <= 2 and op.attrs:
            _distort_attribute(generator.choice(op.attrs), generator)
        elif kind == 3 and op.inputs:
            slot = generator.choice(op.inputs)
            others = [name for other in block.ops for given in other.inputs for name in given.arguments]
            slot.arguments[:] = generator.choices(others, k=generator.randrange(3)) if others else []
        elif kind == 4:
            dims = generator.choice(block.vars).type.lod_tensor.tensor.dims
            if dims:
                dims[generator.randrange(len(dims))] = generator.choice((*INTS, 1 << 40, 1 << 62))
        else:
            op.type = generator.choice(block.ops).type


def _distort_attribute(attr: Any, generator: random.Random) -> None:
    kind = generator.randrange(4)
    if kind == 0:
        attr.type = generator.randrange(18)
    elif kind == 1:
        attr.ints[:] = generator.choices(INTS, k=generator.randrange(6))
        attr.longs[:] = generator.choices((*INTS, 1 << 40, 1 << 62), k=generator.randrange(6))
        attr.floats[:] = generator.choices(FLOATS, k=generator.randrange(4))
    elif kind == 2:
        attr.i, attr.l, attr.f = generator.choice(INTS), generator.choice(INTS), generator.choice(FLOATS)
    else:
        attr.name = "other"


def test_distorted_programs_give_a_graph_or_an_error(zoo: dict[str, Any]) -> None:
    generator = random.Random(1)
    imported = refused = 0
    for name, entry in sorted(item for item in zoo.items() if item[0].startswith("2.6.2/")):
        parameters = base64.b64decode(entry["parameters"])
        for _ in range(DISTORTIONS):
            program = messages("framework")["ProgramDesc"].FromString(base64.b64decode(entry["program"]))
            _distort(program, generator)
            graph = None
            try:
                graph = load(program.SerializeToString(), param_file=parameters)
            except LiteError:
                refused += 1
            except Exception as error:
                raise AssertionError(f"{name}: {program}") from error
            if graph is not None:
                verify(graph)
                imported += 1
    assert min(imported, refused) > 1000
