#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the files of a new op or pass: they build, and their tests pass, before you change them.

    python tools/new.py op NAME              an elementwise op with a kernel: lite/ops, csrc/ops, tests/ops
    python tools/new.py op NAME --lowers     an op that is made of others: lite/ops, tests/ops
    python tools/new.py pass VERB_OBJECT     a pass of one rewrite rule: lite/passes, tests/passes

Run it from the project's root. It never overwrites a file.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from string import Template

TEMPLATES = Path(__file__).parent / "templates"
TESTED_OP = {"test_op.py.in": "tests/ops/test_{name}.py"}
FILES = {
    "op": {"op.py.in": "lite/ops/{name}.py", "op.cc.in": "csrc/ops/{name}.cc", **TESTED_OP},
    "lowering": {"lowering.py.in": "lite/ops/{name}.py", **TESTED_OP},
    "pass": {"pass.py.in": "lite/passes/{name}.py", "test_pass.py.in": "tests/passes/test_{name}.py"},
}
NEXT = {
    "op": "write `function` and `apply`, and build; `pytest tests/every -k {name}` runs it with every "
    "instruction set; then python tools/make_docs.py",
    "lowering": "write `function` and `lower`; `pytest tests/every -k {name}` holds the one to the other; "
    "then python tools/make_docs.py",
    "pass": "write the rule, and add the pass to `standard` in lite/passes/pipeline.py; "
    "`pytest tests/passes tests/every/test_passes.py` runs it alone, and over every op",
}


def write_files(kind: str, name: str, root: Path) -> list[Path]:
    """The new files of one thing.

    Raises
    ------
    SystemExit
        If the name cannot be one, or a file is there already; then nothing is written.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        sys.exit(f"{name!r} is no name: write words in lower case with underscores between them")
    words = {"name": name, "Class": "".join(word.capitalize() for word in name.split("_"))}
    texts = {root / place.format(name=name): Template((TEMPLATES / template).read_text()).substitute(words)
             for template, place in FILES[kind].items()}  # fmt: skip
    for path in texts:
        if path.exists():
            sys.exit(f"{path} is there already")
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return list(texts)


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("kind", choices=("op", "pass"))
    parser.add_argument("name")
    parser.add_argument("--lowers", action="store_true", help="the op is made of others and has no kernel")
    arguments = parser.parse_args()
    kind = "lowering" if arguments.kind == "op" and arguments.lowers else arguments.kind
    written = write_files(kind, arguments.name, Path())
    print(*written, f"Next: {NEXT[kind].format(name=arguments.name)}.", sep="\n")


if __name__ == "__main__":
    main()
