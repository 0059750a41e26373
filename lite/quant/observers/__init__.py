# SPDX-License-Identifier: Apache-2.0
"""Room: observers - one file per way of choosing a range from what was seen.
In:   arrays, one after another.
Out:  the least and the greatest real that the integers have to reach. Found by folder, as ops are.
May import: ir, errors, numpy.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil

from lite.errors import CalibrationError
from lite.quant.observers._observer import Observer as Observer


def names() -> list[str]:
    """Names of all observers, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


@functools.cache
def get(name: str) -> type[Observer]:
    """The class of an observer.

    Raises
    ------
    CalibrationError
        If there is none of that name.
    """
    if name not in names():
        raise CalibrationError(f"there is no algorithm {name!r}, expected one of {', '.join(names())}")
    module = importlib.import_module(f"{__name__}.{name}")
    for found in vars(module).values():
        if isinstance(found, type) and issubclass(found, Observer) and found.__module__ == module.__name__:
            return found
    raise CalibrationError(f"lite/quant/observers/{name}.py defines no Observer")
