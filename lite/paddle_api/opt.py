# SPDX-License-Identifier: Apache-2.0
"""Opt: the converter as an object."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lite.convert import SPARSE_THRESHOLD
from lite.errors import InputError
from lite.paddle_api.config import CxxConfig, PathLike, targets_of
from lite.paddle_api.places import TargetType

if TYPE_CHECKING:
    from lite.quant import WeightOnly

_PLACES = {"arm": TargetType.ARM, "x86": TargetType.X86, "host": TargetType.Host}


class Opt:
    """Set what to convert, then ``run()``; tells what it does on stdout, as Paddle Lite's does."""

    def __init__(self) -> None:
        self._config = CxxConfig()
        self._out = ""
        self._places = "arm"
        self._type = "naive_buffer"
        self._quantizes = False
        self._bits = 16
        self._is_sparse = False
        self._sparse_threshold = SPARSE_THRESHOLD
        self._checks_only = False

    def set_model_dir(self, folder: PathLike) -> None:
        self._config.set_model_dir(folder)

    def set_model_file(self, path: PathLike) -> None:
        self._config.set_model_file(path)

    def set_param_file(self, path: PathLike) -> None:
        self._config.set_param_file(path)

    def set_valid_places(self, places: str) -> None:
        """Where the file may run: "arm", "x86", or both with a comma."""
        self._places = places

    def set_optimize_out(self, path: PathLike) -> None:
        """The file to write, without ".nb"."""
        self._out = os.fspath(path)

    def set_model_type(self, type: str) -> None:
        """Only "naive_buffer", the .nb, is written."""
        self._type = type

    def set_quant_model(self, quantize: bool) -> None:
        """Store weights as integers; layers still compute in floats."""
        self._quantizes = bool(quantize)

    def set_quant_type(self, type: str) -> None:
        """QUANT_INT8 or QUANT_INT16, which is the default.

        Raises
        ------
        InputError
        """
        from lite.quant.weights import bits_of

        self._bits = bits_of(type)

    def check_if_model_supported(self, check: bool) -> None:
        """Let ``run`` tell whether the model can be converted, and write nothing."""
        self._checks_only = bool(check)

    def set_passes_internal(self, passes: Sequence[str] = ()) -> None:
        self._config.set_passes_internal(passes)

    def enable_fp16(self) -> None:
        self._without_effect(
            'files hold floats; sessions with precision="fast" compute in halves where they can'
        )

    def set_sparse_model(self, sparse: bool) -> None:
        """Store 1 x 1 convolutions sparse whose weights are mostly zeros."""
        self._is_sparse = bool(sparse)

    def set_sparse_threshold(self, threshold: float) -> None:
        """The part of a layer's weights, 0 to 1, that must be zero for ``set_sparse_model``; at first 0.6."""
        self._sparse_threshold = float(threshold)

    def record_model_info(self, record: bool) -> None:
        if record:
            self._without_effect("the library is not cut to models")

    def _without_effect(self, why: str) -> None:
        warnings.warn(f"{why}: the setting has no effect", stacklevel=3)

    def run(self) -> None:
        """Convert.

        Raises
        ------
        LiteError
            If something is missing or not supported, or the model cannot be read.
        """
        targets = targets_of(
            [_PLACES.get(name.strip(), TargetType.Unk) for name in self._places.split(",")], self._places
        )
        if self._type != "naive_buffer":
            raise InputError(f"model type is {self._type!r}, expected naive_buffer")
        if not self._out and not self._checks_only:
            raise InputError("there is no name for the .nb file", hint="set_optimize_out('model')")
        sparse = self._sparse_threshold if self._is_sparse else None
        data, report = self._config.convert(targets, self._quantization(), sparse)
        if self._checks_only:
            print(f"{report.source} is supported on {', '.join(targets)}.")
            return
        from lite.nb.writer import write_atomically

        path = self._out if self._out.endswith(".nb") else f"{self._out}.nb"
        write_atomically(Path(path), data)
        report.path = path
        print(report)

    def _quantization(self) -> WeightOnly | None:
        if not self._quantizes:
            return None
        from lite.quant import WeightOnly

        return WeightOnly(bits=self._bits)

    def run_optimize(
        self,
        model_dir: str,
        model_file: str,
        param_file: str,
        model_type: str,
        valid_places: str,
        optimized_out: str,
    ) -> None:
        """Set all of these, then ``run``."""
        self.set_model_dir(model_dir)
        self.set_model_file(model_file)
        self.set_param_file(param_file)
        self.set_model_type(model_type)
        self.set_valid_places(valid_places)
        self.set_optimize_out(optimized_out)
        self.run()

    def version(self) -> str:
        """Version of this engine."""
        from lite import __version__

        return __version__

    def help(self) -> None:
        """Print how to use this class."""
        print(
            "opt = Opt()\n"
            "opt.set_model_dir(folder), or opt.set_model_file(program) and opt.set_param_file(parameters)\n"
            "opt.set_valid_places('arm,x86'); opt.set_optimize_out('model'); opt.run()"
        )

    def executablebin_help(self) -> None:
        """Print where the command's help is."""
        print("opt --help")

    def print_supported_ops(self) -> None:
        """Print the names of Paddle's ops that are converted."""
        from lite.importers import known_ops

        print("\n".join(known_ops("paddle")))

    def print_all_ops(self) -> None:
        """Print the names of all ops of the engine."""
        from lite import ops

        print("\n".join(ops.names()))

    def print_all_ops_in_md_dormat(self) -> None:
        """Print Paddle's ops as a table in Markdown."""
        from lite.importers import known_ops

        print("| op |\n|---|\n" + "\n".join(f"| {name} |" for name in known_ops("paddle")))

    def display_kernels_info(self) -> None:
        """Print the ops that have kernels of their own."""
        from lite import _native

        print("\n".join(_native.ops()))
