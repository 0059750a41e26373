#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints what a build needs to run some models and nothing else, as CMake's options.

    python tools/tailor.py MODEL.nb...        -DLITE_OPS=conv2d;softmax
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).parents[1]


def ops_of(models: Sequence[str]) -> list[str]:
    """The ops of some .nb files, sorted.

    Raises
    ------
    LiteError
        If a file cannot be read.
    """
    from lite.nb.reader import read

    return sorted({node.op.name for model in models for node in read(model).nodes})


def main(models: Sequence[str]) -> int:
    if not models:
        print("usage: python tools/tailor.py MODEL.nb...", file=sys.stderr)
        return 2
    sys.path.append(str(PROJECT))  # where lite is not installed, its sources will do, once they are built
    try:
        from lite.errors import LiteError
    except ImportError as error:
        print(f"models are read with the Python package, which is not here ({error}): run "
              f"`{sys.executable} -m pip install {PROJECT}`", file=sys.stderr)
        return 1
    try:
        print(f"-DLITE_OPS={';'.join(ops_of(models))}")
    except (ImportError, LiteError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
