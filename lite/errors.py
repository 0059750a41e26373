# SPDX-License-Identifier: Apache-2.0
"""Every exception class of the project: one root, each also a builtin's child."""

from __future__ import annotations

from typing import Any


class LiteError(Exception):
    """Root of all errors.

    Parameters
    ----------
    message : str
        What was found and what was expected.
    where : str, optional
        File, node or option at which it was found.
    hint : str, optional
        What to do about it.
    """

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\n  hint: {self.hint}" if self.hint else text


class ModelFormatError(LiteError, ValueError):
    """A source model is damaged, foreign or inconsistent."""


class UnsupportedOpError(LiteError, NotImplementedError):
    """A model uses ops, attributes or types that nothing here runs.

    ``ops`` lists them (``op``, ``nodes``, ``why``, ``todo``) where a whole model was looked at.
    """

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None,
                 ops: tuple[Any, ...] = ()) -> None:
        super().__init__(message, where=where, hint=hint)
        self.ops = ops


class ShapeError(LiteError, ValueError):
    """Shapes do not fit together."""


class PassError(LiteError, RuntimeError):
    """A pass broke an invariant of the graph."""


class CalibrationError(LiteError, ValueError):
    """Calibration data is empty, unreadable or unusable."""


class TrainingError(LiteError, ArithmeticError):
    """A training cannot go on: its loss or its weights are no finite numbers, or nothing depends on them."""


class NbVersionError(LiteError, ValueError):
    """A .nb file needs another version of lite."""


class NbCorruptError(LiteError, ValueError):
    """A .nb file is damaged or is not one."""


class InputError(LiteError, ValueError):
    """An input or argument has the wrong name, type, shape or content."""


class TargetError(LiteError, ValueError):
    """A .nb file was not made for this machine, or a target is unknown."""


class ArenaError(LiteError, MemoryError):
    """Memory is exhausted or over the given limit."""


class FileError(LiteError, OSError):
    """A file cannot be read or written."""


class DeviceError(LiteError, RuntimeError):
    """A device cannot be reached, or what was run on it failed."""


class MissingDependencyError(LiteError, ImportError):
    """An optional package is missing; the hint is the command that installs it."""
