# SPDX-License-Identifier: Apache-2.0
"""Seeded damage to the bytes of any format, and what must come of it."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from lite.errors import LiteError
from lite.ir import Graph
from lite.ir.verify import verify

MOST_LINES = 12  # of an error


def is_read(load: Callable[..., Graph], source: Any, **options: Any) -> bool:
    """Whether something damaged is read, as a sound graph; else it was refused in words."""
    try:
        graph = load(source, **options)
    except LiteError as error:
        assert len(str(error).splitlines()) <= MOST_LINES
        return False
    verify(graph)
    return True


def mutate_bytes(content: bytes, dice: random.Random) -> bytes:
    """Bits flipped, bytes set, cut out and repeated."""
    mutated = bytearray(content)
    for _ in range(dice.choice((1, 1, 2, 5))):
        place = dice.randrange(len(mutated))
        kind = dice.randrange(5)
        if kind == 0:
            mutated[place] ^= 1 << dice.randrange(8)
        elif kind == 1:
            mutated[place] = dice.choice((0, 1, 0x7F, 0x80, 0xFF))
        elif kind == 2:
            del mutated[place : place + dice.choice((1, 2, 8))]
        elif kind == 3:
            mutated[place:place] = mutated[place : place + dice.choice((1, 4, 16))]
        else:
            mutated[place : place + 10] = b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"  # the greatest varint
    return bytes(mutated)
