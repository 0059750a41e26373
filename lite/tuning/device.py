# SPDX-License-Identifier: Apache-2.0
"""Times on a device that adb reaches: a static benchmark_bin and a model go there, its results come back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lite.errors import DeviceError, FileError, MissingDependencyError
from lite.profile import LayerTime
from lite.tuning.stopwatch import Net

FOLDER = "/data/local/tmp"
APART = "LITE_CACHE_BYTES=0 "  # layers run one by one, so that each has a time
MOST_SHOWN = 600
POWER_MODES = ("high", "low", "full", "no_bind", "rand_high", "rand_low")  # as benchmark_bin counts them


class Device:
    """A device of adb's list.

    Parameters
    ----------
    serial : str
    program : path
        benchmark_bin, static, for the device's processor.

    Raises
    ------
    MissingDependencyError
        Without adb.
    FileError
        Without the program.
    """

    def __init__(self, serial: str, program: str | os.PathLike[str]) -> None:
        adb = shutil.which("adb")
        if adb is None:
            raise MissingDependencyError("adb is not installed", hint="apt-get install adb")
        if not Path(program).is_file():
            raise FileError("benchmark_bin for the device is not there", where=str(program),
                            hint="tools/build_arm.sh aarch64 builds it; --binary names another place")
        self.serial, self._adb, self._program = serial, adb, str(program)

    @contextmanager
    def holding(self, nb: bytes) -> Iterator[str]:
        """A folder on the device with the program and a model; it is gone afterwards."""
        folder = f"{FOLDER}/lite-{os.getpid()}"
        with tempfile.TemporaryDirectory() as here:
            model = Path(here, "model.nb")
            model.write_bytes(nb)
            try:
                self._call("shell", f"mkdir -p {folder}")
                self._call("push", self._program, f"{folder}/benchmark_bin")
                self._call("push", str(model), f"{folder}/model.nb")
                self._call("shell", f"chmod 755 {folder}/benchmark_bin")
                yield folder
            finally:
                subprocess.run([self._adb, "-s", self.serial, "shell", f"rm -rf {folder}"],
                               capture_output=True)

    def measure(self, folder: str, flags: Mapping[str, object], environment: str = "") -> dict[str, Any]:
        """What benchmark_bin measures with flags, as its JSON has it.

        Raises
        ------
        DeviceError
            With what the program or adb said.
        """
        words = " ".join(f"--{name}={value}" for name, value in flags.items())
        said = self._call("shell", f"cd {folder} && {environment}./benchmark_bin "
                                   f"--optimized_model_file=model.nb --json_path=result.json {words}")
        with tempfile.TemporaryDirectory() as here:
            result = Path(here, "result.json")
            try:
                self._call("pull", f"{folder}/result.json", str(result))
                measured: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
            except (DeviceError, OSError, ValueError) as error:
                raise DeviceError(f"benchmark_bin left no result: {said[-MOST_SHOWN:].strip() or error}",
                                  where=f"device {self.serial}") from None
        return measured

    def _call(self, *words: str) -> str:
        done = subprocess.run([self._adb, "-s", self.serial, *words], capture_output=True, text=True)
        said = f"{done.stdout}{done.stderr}"
        if done.returncode != 0:
            text = said[-MOST_SHOWN:].strip() or f"it ended with {done.returncode}"
            raise DeviceError(f"adb {words[0]} failed: {text}", where=f"device {self.serial}",
                              hint="`adb devices` lists what is connected")
        return said


def device_layers(net: Net, layers: Sequence[Mapping[str, Any]]) -> list[LayerTime]:
    """The layers of a net of this machine, with the times that a device's JSON says.

    Raises
    ------
    DeviceError
        If the device ran other layers.
    """
    here = list(net.profile(1))
    names = [(layer["name"], layer["op"]) for layer in layers]
    if names != [(layer.name, layer.op) for layer in here]:
        raise DeviceError(f"the device ran {len(names)} layers that are not the {len(here)} of this machine",
                          hint="build benchmark_bin from the version that this machine has")
    return [LayerTime(layer.name, layer.op, there["kernel"], layer.inputs, layer.outputs,
                      float(there["median_us"]), ()) for layer, there in zip(here, layers)]  # fmt: skip

