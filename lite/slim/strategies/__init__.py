# SPDX-License-Identifier: Apache-2.0
"""Room: strategies - one file per way to compress: settings as a frozen dataclass, and a section in YAML.
In:   keyword arguments, or what a file says.
Out:  settings that were checked; lite.slim.act does what they say. Found by folder, as observers are.
May import: errors, hints at near names (quant), and the settings of rooms that have their own.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import Any

from lite.slim.strategies._form import Form as Form
from lite.slim.strategies._strategy import Strategy as Strategy


@functools.cache
def forms() -> dict[str, Form]:
    """How each strategy is written, by name of its class."""
    found = []
    for module in pkgutil.iter_modules(__path__):
        if not module.name.startswith("_"):
            loaded = importlib.import_module(f"{__name__}.{module.name}")
            found += [Form.of(value) if isinstance(value, type) else value for value in vars(loaded).values()
                      if isinstance(value, Form) or _is_own(value, loaded.__name__)]
    return {form.kind.__name__: form for form in sorted(found, key=lambda form: form.kind.__name__)}


def _is_own(value: Any, module: str) -> bool:
    return isinstance(value, type) and issubclass(value, Strategy) and value.__module__ == module


def classes() -> dict[str, type[Any]]:
    """All strategies, by name of the class."""
    return {name: form.kind for name, form in forms().items()}


@functools.cache
def sections() -> dict[str, Form]:
    """The form of each section that a file may have."""
    return {section: form for form in forms().values() for section in form.sections}


def __getattr__(name: str) -> Any:
    if name not in classes():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return classes()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *classes()})
