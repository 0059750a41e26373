# SPDX-License-Identifier: Apache-2.0
"""Room: strategies - one file per way to compress: settings as a frozen dataclass, and a section in YAML.
In:   keyword arguments, or what a file says.
Out:  settings that were checked; lite.slim.act does what they say. Found by folder, as observers are.
May import: errors.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import Any

from lite.slim.strategies._strategy import Strategy as Strategy


@functools.cache
def classes() -> dict[str, type[Strategy]]:
    """All strategies, by name of the class."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        if not module.name.startswith("_"):
            loaded = importlib.import_module(f"{__name__}.{module.name}")
            found.update({name: value for name, value in vars(loaded).items()
                          if isinstance(value, type) and issubclass(value, Strategy)
                          and value.__module__ == loaded.__name__})
    return dict(sorted(found.items()))


@functools.cache
def sections() -> dict[str, type[Strategy]]:
    """The strategy of each section that a file may have."""
    return {section: found for found in classes().values() for section in found.sections}


def __getattr__(name: str) -> Any:
    if name not in classes():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return classes()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *classes()})
