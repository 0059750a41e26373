# SPDX-License-Identifier: Apache-2.0
"""Names of a package that are imported when they are first asked for: settings need no PyTorch."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

from lite.errors import MissingDependencyError


def importing(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """A package's ``__getattr__``; ``modules`` say by name which module of it has it."""

    def getattribute(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        try:
            module = importlib.import_module(f"{package}.{modules[name]}")
        except ModuleNotFoundError as error:
            if error.name != "torch":
                raise
            hint = "pip install torch, or '.[slim]' where lite's sources are"
            raise MissingDependencyError(f"{name} needs PyTorch, which is not installed", where="lite.slim",
                                         hint=hint) from error
        value = getattr(module, name)
        setattr(sys.modules[package], name, value)
        return value

    return getattribute
