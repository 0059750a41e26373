#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that no object compiled for one instruction set exports a weak symbol.

Of equal weak symbols the linker keeps any one: an AVX-512 copy of an inline function could end up being the
one that everybody calls, and crash where there is no AVX-512.

    python tools/check_symbols.py BUILD_FOLDER
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ISA_ROW = re.compile(r'^LITE_ISA\((\w+), \w+, \w+, "(.*)"\)', re.MULTILINE)
WEAK = frozenset("VvWw")


def isa_names() -> list[str]:
    """ISAs that are compiled with flags of their own."""
    rows = ISA_ROW.findall(Path("csrc/base/isa.inc").read_text())
    return [name for name, flags in rows if flags]


def weak_symbols(path: Path) -> list[str]:
    """Weak symbols that an object defines, demangled."""
    command = ["nm", "--defined-only", "--extern-only", "--demangle", str(path)]
    rows = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return [row.split(maxsplit=2)[2] for row in rows if row.split()[1] in WEAK]


def main(folder: Path) -> int:
    objects = [path for name in isa_names() for path in sorted(folder.rglob(f"*_{name}.cc.o"))]
    if not objects:
        print(f"{folder} has no objects of kernels; build first", file=sys.stderr)
        return 2
    found = {path: symbols for path in objects if (symbols := weak_symbols(path))}
    for path, symbols in found.items():
        print(f"{path.name} exports weak symbols:", *symbols, sep="\n  ", file=sys.stderr)
    print(f"{len(objects)} objects of kernels, {len(found)} with weak symbols")
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
