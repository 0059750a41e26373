# SPDX-License-Identifier: Apache-2.0
"""Room: ops - one file per op: attributes, shape inference, numpy reference, renames, samples.
In:   arrays, types and builders from ir.
Out:  Op classes, found by folder: the file's name is the op's name.
May import: ir, errors, numpy.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil

from lite.errors import UnsupportedOpError
from lite.ir.op import Op, Rename


def names() -> list[str]:
    """Names of all ops, sorted."""
    modules = pkgutil.iter_modules(__path__)
    return sorted(module.name for module in modules if not module.name.startswith("_"))


@functools.cache
def get(name: str) -> type[Op]:
    """The class of an op.

    Raises
    ------
    UnsupportedOpError
        If there is no such op.
    """
    if name not in names():
        raise UnsupportedOpError(f"there is no op {name!r}", hint="`lite opt --print_all_ops` lists the ops")
    module = importlib.import_module(f"{__name__}.{name}")
    for found in vars(module).values():
        if isinstance(found, type) and issubclass(found, Op) and found.__dict__.get("name") == name:
            return found
    raise UnsupportedOpError(f"lite/ops/{name}.py defines no Op with name={name!r}")


def all_ops() -> list[type[Op]]:
    """Classes of all ops, sorted by name."""
    return [get(name) for name in names()]


def renames(framework: str) -> list[tuple[type[Op], Rename]]:
    """What op files say of the ops of a framework that are theirs under another name."""
    return [(op, rename) for op in all_ops() for rename in op.imports if rename.framework == framework]
