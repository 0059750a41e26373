# SPDX-License-Identifier: Apache-2.0
"""Thousands of damaged texts and weights: each gives a sound graph or a LiteError."""

from __future__ import annotations

import random
import re

import pytest
from caffe_zoo import cases
from damage import is_read, mutate_bytes

from lite.importers.caffe import load

CASES = cases()
TOKEN = re.compile(r'"[^"]*"|[-\w.]+|\S')
NUMBERS = ("0", "1", "-1", "2", "3", "7", "-2", "0.5", "1e30", "nan", "inf", "4294967295", "-2147483648",
           "9223372036854775807")  # fmt: skip
WORDS = ('"x"', '"y"', '"it"', '"a"', "true", "AVE", "MAX", "WITHIN_CHANNEL", "{", "}", "axis", "kernel_size")


def _mutate_text(text: bytes, dice: random.Random) -> bytes:
    """Tokens replaced by others of the text or of its grammar, doubled or left out."""
    tokens = TOKEN.findall(text.decode())
    for _ in range(dice.choice((1, 1, 2, 3))):
        place = dice.randrange(len(tokens))
        kind = dice.randrange(5)
        if kind <= 1:
            numbers = [at for at, token in enumerate(tokens) if token.lstrip("-")[:1].isdigit()]
            tokens[dice.choice(numbers)] = dice.choice(NUMBERS)
        elif kind == 2:
            tokens[place] = dice.choice((*WORDS, dice.choice(tokens)))
        elif kind == 3:
            del tokens[place : place + dice.choice((1, 3, 4))]
        else:
            tokens[place:place] = tokens[place : place + dice.choice((1, 3, 9))]
        tokens = tokens or ["layer"]
    return " ".join(tokens).encode()


def _outcome(text: bytes, weights: bytes) -> str:
    return "read" if is_read(load, text, param_file=weights) else "refused"


def _run(seeds: range) -> dict[str, int]:
    names, outcomes = sorted(CASES), {"read": 0, "refused": 0}
    for seed in seeds:
        dice = random.Random(seed)
        net = CASES[dice.choice(names)]
        kind = dice.randrange(4)
        mutate = (lambda text, _: text, mutate_bytes, _mutate_text, _mutate_text)[kind]
        text = mutate(net.text, dice)
        try:
            outcomes[_outcome(text, mutate_bytes(net.model, dice) if kind == 0 else net.model)] += 1
        except Exception as error:
            raise AssertionError(f"seed {seed}: {text.decode('latin1')}") from error
    return outcomes


def test_damaged_files_give_a_graph_or_an_error() -> None:
    assert min(_run(range(1500)).values()) > 100


@pytest.mark.slow
def test_many_damaged_files_give_a_graph_or_an_error() -> None:
    assert min(_run(range(1500, 21500)).values()) > 1500
