# SPDX-License-Identifier: Apache-2.0
"""Modules of bench/, which is no package that is installed."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture(scope="module")
def from_bench() -> Callable[[str], ModuleType]:
    """Imports a module by name."""

    def imported(name: str) -> ModuleType:
        with pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(str(BENCH))
            return importlib.import_module(name)

    return imported
