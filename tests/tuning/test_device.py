# SPDX-License-Identifier: Apache-2.0
"""A device over adb: a stand-in for adb keeps files in a folder and runs programs emulated."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lite.cli._app import run_app
from lite.errors import DeviceError, FileError, MissingDependencyError
from lite.tuning.device import Device
from lite.tuning.latency_table import read_latency_table
from lite.tuning.paddle_table import read_paddle_table

ADB = """#!{python} -I
import os, shutil, subprocess, sys
storage, emulator = {storage!r}, {emulator!r}
def here(path):
    return path.replace("/data/local/tmp", storage)
flag, serial, verb, *words = sys.argv[1:]
if flag != "-s" or serial != "emulator-5554":
    sys.exit(f"adb: device '{{serial}}' not found")
if verb == "shell":
    command = here(words[0]).replace("./benchmark_bin", f"{{emulator}} ./benchmark_bin")
    sys.exit(subprocess.run(["sh", "-c", command], stderr=subprocess.STDOUT).returncode)
source, target = map(here, words)
if not os.path.exists(source):
    sys.exit(f"adb: error: failed to stat '{{source}}'")
shutil.copyfile(source, target)
"""
Adb = Callable[[str], Path]


@pytest.fixture
def adb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Adb:
    """Puts an adb on the path that runs programs with an emulator; gives the device's folder."""

    def made(emulator: str) -> Path:
        storage, tools = tmp_path / "storage", tmp_path / "tools"
        storage.mkdir()
        tools.mkdir()
        program = tools / "adb"
        program.write_text(ADB.format(python=sys.executable, storage=str(storage), emulator=emulator))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
        return storage

    return made


def lite(*arguments: object) -> int:
    """How a command ends."""
    with pytest.raises(SystemExit) as end:
        run_app(None, [str(word) for word in arguments])
    return int(end.value.code or 0)


def program_that(does: str, folder: Path) -> Path:
    """A stand-in for benchmark_bin: a shell script."""
    program = folder / "benchmark_bin"
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def test_without_adb_or_the_program(tmp_path, adb, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        with pytest.raises(MissingDependencyError, match="adb is not installed"):
            Device("emulator-5554", __file__)
    adb("")
    with pytest.raises(FileError, match="benchmark_bin for the device is not there"):
        Device("emulator-5554", tmp_path / "none")


def test_a_device_that_is_not_there(tmp_path, adb, model, capsys):
    adb("")
    program = program_that("exit 0", tmp_path)
    assert lite("bench", model, "--adb", "other", "--binary", program) == 1
    said = capsys.readouterr()
    assert said.out == "" and "adb shell failed: adb: device 'other' not found" in said.err


@pytest.mark.parametrize("does, said", [
    ("echo broken; exit 3", "adb shell failed: broken"),
    ("echo nothing; exit 0", "benchmark_bin left no result: nothing"),
    ("echo '{' > result.json", "benchmark_bin left no result"),
])  # fmt: skip
def test_a_run_that_fails(does, said, tmp_path, adb):
    storage = adb("")
    device = Device("emulator-5554", program_that(does, tmp_path))
    with pytest.raises(DeviceError, match=said), device.holding(b"nb") as folder:
        device.measure(folder, {})
    assert list(storage.iterdir()) == []


def test_flags_that_do_not_go_together(model, capsys):
    assert lite("bench", model, "--table", "t") == 2
    assert lite("bench", model, "--adb", "x", "--trace", "t") == 2
    assert "go with --adb" in capsys.readouterr().err


@pytest.mark.slow
def test_figures_and_tables_come_from_the_device(tmp_path, adb, model, arm_program, capsys):
    program = arm_program("aarch64")
    storage = adb("qemu-aarch64 -cpu cortex-a76")
    command = ["bench", model, "--adb", "emulator-5554", "--binary", program,
               "--warmup", "1", "--repeats", "3", "--power-mode", "high"]  # fmt: skip
    tables = ["--table", f"{tmp_path}/paddle", "--latency-table", f"{tmp_path}/lite"]
    assert lite(*command, *tables, "--profile", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["machine"]["isa"] == "arm64_fp16" and said["machine"]["device"] == "emulator-5554"
    assert said["load_ms"] >= said["prepare_ms"] > 0 and said["min_ms"] <= said["median_ms"]
    layers = said["profile"]["layers"]
    assert {"conv2d", "softmax", "fully_connected"} <= {layer["op"] for layer in layers}
    rows = read_latency_table(tmp_path / "lite").rows
    assert len(rows) == len(layers) and all(time_us > 0 for time_us in rows.values())
    assert any(key.startswith("conv,") for key in read_paddle_table(tmp_path / "paddle").rows)
    assert list(storage.iterdir()) == []
    assert lite(*command, "--raw") == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
