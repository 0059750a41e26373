# SPDX-License-Identifier: Apache-2.0
"""Settings that mean nothing are refused, with the word that may have been meant."""

from __future__ import annotations

import pytest

from lite.errors import CalibrationError
from lite.quant import StaticPTQ
from lite.quant.settings import read_config


@pytest.mark.parametrize(("settings", "message", "hint"), [
    ({"algo": "mxe"}, "no algorithm 'mxe'", "did you mean 'mse'"),
    ({"bits": 4}, "bits is 4, expected one of 8, 16", ""),
    ({"weights": "max"}, "weights is 'max'", ""),
    ({"weight_bits": 6}, "weight_bits is 6, expected one of 8, 7", ""),
    ({"percentile": 99.9}, "percentile is 99.9", ""),
    ({"num": 0}, "num is 0", ""),
    ({"num": "many"}, "num is 'many', expected a whole number", ""),
    ({"seed": "abc"}, "seed is 'abc', expected a whole number", ""),
    ({"percentile": "high"}, "percentile is 'high', expected a number", ""),
    ({"max_drop": "x"}, "max_drop is 'x', expected a number", ""),
    ({"bias_correction": "no"}, "bias_correction is 'no', expected true or false", ""),
    ({"exclude": 5}, "exclude is 5, expected a list of names", ""),
    ({"recipe": {"conv1": {"percentile": "x"}}}, "percentile is 'x', expected a number", ""),
    ({"exclude": "conv1"}, "expected a list", ""),
    ({"exclude": [3]}, "got 3", ""),
    ({"recipe": ["conv1"]}, "expected options by name", ""),
    ({"recipe": {"conv1": {"alog": "kl"}}}, "unknown key 'alog'", "did you mean 'algo'"),
    ({"recipe": {"conv1": {"bits": 7}}}, "bits is 7", ""),
    ({"recipe": {"conv1": "kl"}}, "expected keys with values", ""),
])  # fmt: skip
def test_nonsense_is_refused(settings, message, hint):
    with pytest.raises(CalibrationError, match=message) as caught:
        StaticPTQ(**settings)
    assert hint in (caught.value.hint or "")


def test_later_entries_of_a_recipe_win():
    settings = StaticPTQ(recipe={"conv.*": {"algo": "kl", "exclude": True}, "conv1": {"exclude": False}})
    assert settings.why_excluded("conv2") == "excluded by the recipe for 'conv.*'"
    assert settings.why_excluded("conv1") is None and settings.options("conv1").algo == "kl"
    assert settings.options("fc") == settings.defaults


def test_bits_choose_the_algorithm_unless_one_is_said():
    settings = StaticPTQ(recipe={"wide": {"bits": 16}, "said": {"bits": 16, "algo": "mse"}})
    found = [settings.options(layer).observer for layer in ("other", "wide", "said")]
    assert found == ["percentile", "minmax", "mse"]


def test_names_need_not_be_expressions():
    assert StaticPTQ(exclude=["conv[1"]).why_excluded("conv[1") == "excluded by 'conv[1'"
    assert StaticPTQ(exclude=["conv[1"]).why_excluded("conv") is None


def test_config_is_read(tmp_path):
    pytest.importorskip("yaml")
    path = tmp_path / "q.yaml"
    path.write_text("algo: kl\nexclude: [first]\nrecipe:\n  'conv.*': {bits: 16}\n")
    settings = StaticPTQ(**read_config(path))
    assert settings.options("conv3").bits == 16 and settings.algo == "kl"


@pytest.mark.parametrize(("text", "message"), [
    ("algos: kl", "unknown key 'algos'"), ("- algo", "expected keys"), ("a: [", "YAML")])
def test_bad_config_is_refused(tmp_path, text, message):
    pytest.importorskip("yaml")
    path = tmp_path / "q.yaml"
    path.write_text(text)
    with pytest.raises(CalibrationError, match=message):
        read_config(path)
