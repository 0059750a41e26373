# SPDX-License-Identifier: Apache-2.0
"""Thousands of damaged models: each gives a sound graph or a LiteError."""

from __future__ import annotations

import base64
import json
import lzma
import random
from pathlib import Path
from typing import Any

import pytest
from damage import is_read

from lite.importers.tflite import load

ZOO: dict[str, Any] = json.loads(lzma.decompress(Path(__file__).with_name("zoo.json.xz").read_bytes()))
ROUNDS = 4000
ALL_ROUNDS = 20_000
WORDS = (0, 1, 2, 3, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE)


def _mutated(data: bytes, dice: random.Random) -> bytes:
    """Bits flipped, bytes and words set, parts cut out, repeated or cut off."""
    changed = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 8))):
        place = dice.randrange(len(changed))
        kind = dice.randrange(8)
        if kind == 0:
            changed[place] ^= 1 << dice.randrange(8)
        elif kind == 1:
            changed[place] = dice.randrange(256)
        elif kind <= 4:
            aligned = place // 4 * 4
            changed[aligned : aligned + 4] = dice.choice(WORDS).to_bytes(4, "little")
        elif kind == 5:
            del changed[place : place + dice.randrange(1, 9)]
        elif kind == 6:
            changed[place:place] = changed[place : place + dice.randrange(1, 33)]
        else:
            other = dice.randrange(len(changed)) // 4 * 4
            changed[place // 4 * 4 : place // 4 * 4 + 4] = changed[other : other + 4]
    return bytes(changed[: dice.randrange(8, len(changed) + 1)] if dice.random() < 0.05 else changed)


def _try(rounds: int, seed: int) -> tuple[int, int]:
    """How many damaged models were imported, and how many refused."""
    dice = random.Random(seed)
    models = [base64.b64decode(entry["model"]) for _, entry in sorted(ZOO.items())]
    imported = 0
    for number in range(rounds):
        given = _mutated(models[number % len(models)], dice)
        imported += is_read(load, given)
    return imported, rounds - imported


def test_damaged_models_give_a_graph_or_an_error() -> None:
    assert min(_try(ROUNDS, 1)) > ROUNDS // 20


@pytest.mark.slow
def test_many_damaged_models_give_a_graph_or_an_error() -> None:
    assert min(_try(ALL_ROUNDS, 2)) > ALL_ROUNDS // 20
