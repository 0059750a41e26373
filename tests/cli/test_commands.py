# SPDX-License-Identifier: Apache-2.0
"""What all commands have in common: help with an example, --json, errors in a line or two, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

import lite
from lite.cli._app import app, run_app

COMMANDS = app.list_commands(click.Context(app))  # type: ignore[attr-defined]
WITH_MODEL = [name for name in COMMANDS if name not in ("demo", "doctor")]


def test_the_commands_of_the_interface_are_there() -> None:
    expected = {"opt", "export", "run", "bench", "inspect", "compare", "verify", "doctor", "demo"}
    assert expected <= set(COMMANDS)


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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("where, word", [("> /dev/full", "No space left"), (">&-", "closed")])
@pytest.mark.parametrize("flag", ["", "--json", "--help"])
def test_a_stdout_that_takes_nothing(nb: Path, where: str, word: str, flag: str, tmp_path: Path) -> None:
    run = subprocess.run(
        f"exec '{sys.executable}' -m lite.cli inspect '{nb}' {flag} {where}",
        shell=True, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert run.returncode == 1
    assert run.stderr.startswith("error: stdout") and word in run.stderr
    assert len(run.stderr.splitlines()) == 1


@pytest.mark.parametrize("command, called", [(None, "lite opt"), ("opt", "opt")])
def test_opt_is_called_as_it_was_called(
    capfd: pytest.CaptureFixture[str], command: str | None, called: str
) -> None:
    def said(*arguments: str) -> str:
        with pytest.raises(SystemExit):
            run_app(command, [*([] if command else ["opt"]), *arguments])
        return "".join(capfd.readouterr())

    for help_ in ("--help", "-h"):
        assert said(help_).startswith(f"Usage: {called} [OPTIONS]")
    for mistake in (["--no_such_flag"], ["--quant_model=maybe"], ["--quant_model"]):
        assert f"try `{called} --help`" in said(*mistake)
    assert said("--version").strip().endswith(lite.__version__)


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
