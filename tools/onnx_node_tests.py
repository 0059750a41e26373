#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run ONNX's own backend tests through lite; print each miss with its reason, and counts by group.

python tools/onnx_node_tests.py                     # all, natively
python tools/onnx_node_tests.py --reference -k pool # by the numpy interpreter, names with "pool"
python tools/onnx_node_tests.py --table             # reasons with their tests: tests/.../node_misses.txt
"""

from __future__ import annotations

import argparse
import collections
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "importers" / "onnx"))


def main() -> int:
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=layout)
    parser.add_argument("--reference", action="store_true", help="run by the numpy interpreter, not natively")
    parser.add_argument("--group", help="only this group")
    parser.add_argument("-k", dest="word", default="", help="only tests whose name contains this")
    parser.add_argument("--table", action="store_true", help="print reasons with their tests instead")
    options = parser.parse_args()

    import node_cases

    totals: collections.Counter[str] = collections.Counter()
    misses: dict[str, list[str]] = {}
    missed: collections.Counter[str] = collections.Counter()
    for case in node_cases.cases():
        if options.word not in case.name or options.group not in (None, case.group):
            continue
        totals[case.group] += 1
        reason = node_cases.run(case, native=not options.reference)
        if not reason:
            continue
        missed[case.group] += 1
        misses.setdefault(node_cases.short(reason), []).append(case.name)
        if not options.table:
            print(f"{case.group}: {case.name}: {reason}", flush=True)
    print_table(misses) if options.table else print_counts(totals, missed)
    return 0


def print_table(misses: dict[str, list[str]]) -> None:
    for reason, names in sorted(misses.items()):
        lines = textwrap.wrap(" ".join(sorted(names)), 110, initial_indent="    ", subsequent_indent="    ",
                              break_on_hyphens=False)  # fmt: skip
        print(reason, *lines, sep="\n")


def print_counts(totals: collections.Counter[str], missed: collections.Counter[str]) -> None:
    for group, total in sorted(totals.items()):
        print(f"{group:20} {total - missed[group]:5} of {total:5} pass")
    print(f"{'all':20} {sum(totals.values()) - sum(missed.values()):5} of {sum(totals.values()):5} pass")


if __name__ == "__main__":
    sys.exit(main())
