# SPDX-License-Identifier: Apache-2.0
"""What all commands have in common: help with an example, --json, errors in a line or two, exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from lite.cli._app import app

COMMANDS = app.list_commands(click.Context(app))  # type: ignore[attr-defined]
WITH_MODEL = [name for name in COMMANDS if name not in ("demo", "doctor")]


def test_the_commands_of_the_interface_are_there() -> None:
    assert {"opt", "run", "bench", "inspect", "compare", "verify", "doctor", "demo"} <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example_and_json(cli: Callable, name: str) -> None:
    outcome = cli(name, "--help")
    assert outcome.code == 0
    assert "Example" in outcome.out
    assert f"lite {name}" in outcome.out
    assert "--json" in outcome.out


def test_no_command_is_help(cli: Callable) -> None:
    outcome = cli()
    assert outcome.code == 0
    assert "compare" in outcome.out


def test_unknown_command(cli: Callable) -> None:
    outcome = cli("frobnicate")
    assert (outcome.code, outcome.out) == (2, "")


def arguments_for(name: str, model: object) -> list[object]:
    return [name, model, model] if name == "compare" else [name, model]


@pytest.mark.parametrize("name", WITH_MODEL)
def test_a_file_that_is_not_there(cli: Callable, name: str) -> None:
    outcome = cli(*arguments_for(name, "no/such/model.nb"))
    assert (outcome.code, outcome.out) == (1, "")
    assert 1 <= len(outcome.err.splitlines()) <= 2
    assert "no/such/model.nb" in outcome.err


@pytest.mark.parametrize("name", WITH_MODEL)
@pytest.mark.parametrize("content", [b"", b"LTNB", b"\x00" * 100, b"hello, I am no model\n" * 9])
def test_a_foreign_file(cli: Callable, name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / ("model.onnx" if name == "opt" else "model.nb")
    path.write_bytes(content)
    outcome = cli(*arguments_for(name, path))
    assert (outcome.code, outcome.out) == (1, "")
    assert 1 <= len(outcome.err.splitlines()) <= 3
    assert "defect" not in outcome.err


@pytest.mark.parametrize("name", [name for name in WITH_MODEL if name != "opt"])
def test_a_truncated_file(cli: Callable, name: str, nb: Path) -> None:
    nb.write_bytes(nb.read_bytes()[:-40])
    outcome = cli(*arguments_for(name, nb))
    assert (outcome.code, outcome.out) == (1, "")
    assert str(nb) in outcome.err


def test_a_defect_is_told_without_traceback(cli: Callable, monkeypatch: pytest.MonkeyPatch, nb: Path) -> None:
    import lite.nb.reader

    monkeypatch.setattr(lite.nb.reader, "read", lambda path: 1 / 0)
    outcome = cli("inspect", nb)
    assert outcome.code == 1
    assert "ZeroDivisionError" in outcome.err and "Traceback" not in outcome.err
    monkeypatch.setenv("LITE_DEBUG", "1")
    assert "Traceback" in cli("inspect", nb).err


def test_the_process_itself(nb: Path, python: Callable) -> None:
    run = python("-m", "lite.cli", "inspect", str(nb), "--json")
    assert (run.returncode, run.stderr) == (0, "")
    assert json.loads(run.stdout)["ops"]
    run = python("-m", "lite.cli", "inspect")
    assert (run.returncode, run.stdout) == (2, "")


def test_doctor(cli: Callable) -> None:
    facts = json.loads(cli("doctor", "--json").out)
    assert facts["healthy"] is True
    assert facts["engine"]["isa"] in facts["engine"]["usable_isas"]
    text = cli("doctor").out
    assert facts["engine"]["isa"] in text and "numpy" in text


def test_doctor_tells_of_an_isa_that_cannot_be(cli: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITE_FORCE_ISA", "z80")
    outcome = cli("doctor")
    assert outcome.code == 1
    assert "z80" in outcome.out
