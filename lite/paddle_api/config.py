# SPDX-License-Identifier: Apache-2.0
"""What to run and how: MobileConfig for a .nb, CxxConfig for a Paddle model that is converted in memory."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

from lite.errors import FileError, InputError, NbVersionError, TargetError
from lite.paddle_api.places import CLPrecisionType, CLTuneMode, Place, PowerMode, TargetType

if TYPE_CHECKING:
    from lite.convert import Report
    from lite.quant import WeightOnly

PathLike = Union[str, "os.PathLike[str]"]
TARGETS = {TargetType.ARM: "arm", TargetType.X86: "x86"}
_HEAD_BYTES = 32


class _OtherBackends:
    """Settings of back ends that are not here; each is taken with a warning."""

    def _ignore(self, what: str) -> None:
        warnings.warn(f"there is no {what} here: the setting has no effect", stacklevel=3)

    def set_opencl_binary_path_name(self, path: str, name: str) -> None:
        self._ignore("OpenCL")

    def set_opencl_tune(self, mode: CLTuneMode, path: str = "", name: str = "", lws_repeats: int = 4) -> None:
        self._ignore("OpenCL")

    def set_opencl_precision(self, precision: CLPrecisionType) -> None:
        self._ignore("OpenCL")

    def set_metal_lib_path(self, path: str) -> None:
        self._ignore("Metal")

    def set_metal_use_mps(self, flag: bool = True) -> None:
        self._ignore("Metal")

    def set_metal_use_memory_reuse(self, flag: bool) -> None:
        self._ignore("Metal")

    def set_nnadapter_device_names(self, names: Sequence[str]) -> None:
        self._ignore("NNAdapter")

    def set_nnadapter_context_properties(self, properties: str) -> None:
        self._ignore("NNAdapter")

    def set_nnadapter_model_cache_dir(self, folder: str) -> None:
        self._ignore("NNAdapter")


class _Config(_OtherBackends):
    """What both configurations hold."""

    def __init__(self) -> None:
        self._threads = 1
        self._power_mode = PowerMode.LITE_POWER_NO_BIND
        self._model_dir = ""
        self._buffers: tuple[bytes, bytes] | None = None

    def set_threads(self, threads: int) -> None:
        """Threads that work on one run: 1 to 256. More than there are processors only take turns.

        Raises
        ------
        InputError
        """
        if not 1 <= int(threads) <= 256:
            raise InputError(f"got {threads} threads, expected 1 to 256", where="set_threads")
        self._threads = int(threads)

    def threads(self) -> int:
        return self._threads

    def set_power_mode(self, mode: PowerMode) -> None:
        """Which cores the threads run on. Without a call the system chooses them.

        Raises
        ------
        InputError
        """
        try:
            self._power_mode = PowerMode(mode)
        except ValueError:
            raise InputError(f"got {mode!r}, expected a PowerMode", where="set_power_mode") from None

    def power_mode(self) -> PowerMode:
        return self._power_mode

    def set_model_dir(self, folder: PathLike) -> None:
        self._model_dir = os.fspath(folder)

    def model_dir(self) -> str:
        return self._model_dir

    def is_model_from_memory(self) -> bool:
        return self._buffers is not None


class MobileConfig(_Config):
    """Which .nb to run, and how."""

    def __init__(self) -> None:
        super().__init__()
        self._file = ""

    def set_model_from_file(self, path: PathLike) -> None:
        """The .nb file."""
        self._file, self._buffers = os.fspath(path), None

    def set_model_from_buffer(self, data: bytes) -> None:
        """The bytes of a .nb file."""
        self._buffers = (bytes(data), b"")

    def set_model_buffer(
        self, model: bytes, model_size: int, parameters: bytes, parameters_size: int
    ) -> None:
        """The bytes of a .nb file; parameters must be empty, for a .nb holds its own."""
        if parameters_size:
            raise InputError("a .nb has no separate parameters", hint="set_model_from_buffer(bytes)")
        self._buffers = (bytes(model[:model_size]), b"")

    def nb(self) -> str | bytes:
        """The .nb to run: its path or its bytes."""
        if self._buffers is not None:
            _refuse_paddle_lites(self._buffers[0][:32], "the buffer")
            return self._buffers[0]
        path = self._file or (str(Path(self._model_dir, "model.nb")) if self._model_dir else "")
        if not path:
            raise InputError("no model was named", hint="config.set_model_from_file('model.nb')")
        _refuse_paddle_lites(_head(path), path)
        return path


class CxxConfig(_Config):
    """Which Paddle model to convert in memory and run, and how."""

    def __init__(self) -> None:
        super().__init__()
        self._model_file = self._param_file = ""
        self._places: list[Place] = []
        self._discarded: list[str] = []

    def set_model_file(self, path: PathLike) -> None:
        """The program; ``set_param_file`` names its parameters."""
        self._model_file, self._buffers = os.fspath(path), None

    def model_file(self) -> str:
        return self._model_file

    def set_param_file(self, path: PathLike) -> None:
        """The combined parameter file."""
        self._param_file = os.fspath(path)

    def param_file(self) -> str:
        return self._param_file

    def set_model_buffer(
        self, model: bytes, model_size: int, parameters: bytes, parameters_size: int
    ) -> None:
        """The bytes of the program and of the combined parameter file."""
        self._buffers = (bytes(model[:model_size]), bytes(parameters[:parameters_size]))

    def set_valid_places(self, places: Sequence[Place]) -> None:
        """Where a saved .nb may run; the predictor itself always runs on this machine."""
        self._places = list(places)

    def set_passes_internal(self, passes: Sequence[str] = ()) -> None:
        """Paddle Lite's names of passes mean nothing here."""
        if passes:
            warnings.warn("Paddle Lite's passes are not here: the setting has no effect", stacklevel=2)

    def add_discarded_pass(self, name: str) -> None:
        """Leave out one of our passes, by name."""
        self._discarded.append(name)

    def targets(self) -> tuple[str, ...]:
        """Targets of the valid places; all if none were set."""
        return targets_of([place.target for place in self._places])

    def convert(
        self, targets: Sequence[str], quantize: WeightOnly | None = None,
        sparse_threshold: float | None = None,
    ) -> tuple[bytes, Report]:
        """The model as a .nb for some targets, and what the conversion did."""
        from lite.convert import convert_to_bytes
        from lite.passes import pipeline

        source: str | bytes = self._buffers[0] if self._buffers else self._model_file or self._model_dir
        if not source:
            raise InputError(
                "no model was named",
                hint="config.set_model_dir(folder), or set_model_file and set_param_file",
            )
        known = {each.name for each in (*pipeline.standard(), *pipeline.integers())}
        unknown = set(self._discarded) - known
        if unknown:
            warnings.warn(f"there are no passes {sorted(unknown)}: nothing to leave out", stacklevel=3)
        parameters: Any = self._buffers[1] if self._buffers else self._param_file or None
        return convert_to_bytes(
            source,
            targets=targets,
            param_file=parameters,
            quantize=quantize,
            sparse_threshold=sparse_threshold,
            discard_passes=[name for name in self._discarded if name in known],
        )


def targets_of(places: Sequence[TargetType], given: object = None) -> tuple[str, ...]:
    """Our targets for Paddle Lite's; the host goes with any, none at all means all.

    Raises
    ------
    TargetError
        If there is nothing among them that is here.
    """
    found = tuple(dict.fromkeys(TARGETS[place] for place in places if place in TARGETS))
    others = [place for place in places if place not in TARGETS and place is not TargetType.Host]
    if others and not found:
        raise TargetError(
            f"targets are {given or [place.name for place in others]}, expected some of "
            f"{', '.join(TARGETS.values())}"
        )
    return found or tuple(TARGETS.values())


def _head(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_HEAD_BYTES)
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror}", where=path) from error


def _refuse_paddle_lites(head: bytes, where: str) -> None:
    """A .nb of Paddle Lite begins with a format number and its version in 16 characters."""
    if head[:1] in (b"\x00", b"\x01", b"\x02") and head[1:3] == b"\x00v":
        version = head[2:18].split(b"\x00")[0].decode("ascii", "replace")
        raise NbVersionError(
            f"this .nb was made by Paddle Lite {version}, which is another format",
            where=where,
            hint="convert the model it was made from: lite opt --model_dir=FOLDER",
        )
