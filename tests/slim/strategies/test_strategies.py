# SPDX-License-Identifier: Apache-2.0
"""Settings of strategies: checked when they are made, and found by folder."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from lite.errors import InputError
from lite.slim import strategies
from lite.slim.strategies._rule import Rule

WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("Goal", {"max_loss": -0.1}, "expected a number from 0 to 1"),
    ("Goal", {"max_loss": float("nan")}, "expected a number from 0 to 1"),
    ("Goal", {"seed": 1.5}, "expected a whole number"),
    ("Goal", {"prune": "yes"}, "expected true or false"),
    ("Goal", {"target_speedup": 2.0, "target_latency_ms": 3.0}, "give one"),
    ("PruneChannels", {"ratio": 1.0}, "0.01 to 0.95"),
    ("PruneChannels", {"ratio": (0.1, 0.2), "layers": ("a",)}, "2 ratios for 1 layers"),
    ("PruneChannels", {"criterion": "l9"}, "one of l1_norm"),
    ("PruneWeights", {"gmp": {"pruning_step": 3}, "schedule": "gmp"}, "did you mean 'pruning_steps'"),
    ("PruneWeights", {"gmp": {"pruning_steps": 3}}, "prune_strategy: gmp"),
    ("PruneNofM", {"n": 4, "m": 4}, "nothing would be pruned"),
    ("PTQ", {"algo": "hits"}, "one of hist"),
    ("PTQ", {"algo": "KL", "hist_percent": 0.99}, "for the algorithm hist"),
    ("PTQ", {"activation_bits": 9}, "8 or 16"),
    ("Search", {"ptq_algo": ()}, "no elements"),
    ("Search", {"hist_percent": (0.99, 0.98)}, "lesser one first"),
    ("Search", {"batch_num": (1, 2, 3)}, "2 elements, not 3"),
    ("Train", {"epochs": True}, "expected a whole number"),
    ("Train", {"optimizer": "lion"}, "one of sgd"),
]


@pytest.mark.parametrize(("name", "settings", "words"), WRONG)
def test_what_is_wrong_is_told(name: str, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as told:
        strategies.classes()[name](**settings)
    assert words in str(told.value) and name in str(told.value)


@pytest.mark.parametrize("name", strategies.forms())
def test_usual_settings_are_allowed_and_frozen(name: str) -> None:
    form = strategies.forms()[name]
    usual = form.kind()
    assert form.to_mapping(usual) == {} and form.sections
    with pytest.raises(dataclasses.FrozenInstanceError):
        usual.extra = 1  # type: ignore[attr-defined]


def test_every_key_leads_to_one_setting() -> None:
    for form in strategies.forms().values():
        fields = {field.name for field in dataclasses.fields(form.kind)}
        assert set(form.keys.values()) == fields and not set(form.keys) & {*form.unused, *form.folded}
    sections = [section for form in strategies.forms().values() for section in form.sections]
    assert len(sections) == len(set(sections))


def test_names_of_the_package() -> None:
    assert strategies.PTQ is strategies.classes()["PTQ"] and "PTQ" in dir(strategies)
    with pytest.raises(AttributeError, match="PTO"):
        strategies.PTO  # noqa: B018


@pytest.mark.parametrize(("kind", "found", "expected"), [
    ("number", "1e-5", 1e-5), ("whole", "12", 12), ("words", "a, b", ("a", "b")), ("words", "a", ("a",)),
    ("numbers", 0.5, (0.5,)), ("word", 3, "3")])
def test_files_may_say_it_otherwise(kind: str, found: Any, expected: Any) -> None:
    assert Rule(kind).fitted(found, lenient=True) == expected
    with pytest.raises(ValueError, match="a"):
        Rule(kind).fitted(found)
