#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run ONNX's own backend tests through lite; print counts by group and each miss with its reason.

python tools/onnx_node_tests.py                     # all, natively
python tools/onnx_node_tests.py --reference -k pool # by the numpy interpreter, names with "pool"
python tools/onnx_node_tests.py --table             # reasons with their tests, as in node_misses.txt
"""

from __future__ import annotations

import argparse
import collections
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "importers" / "onnx")]


def main() -> int:
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=layout)
    parser.add_argument("--reference", action="store_true", help="run by the numpy interpreter, not natively")
    parser.add_argument("--group", help="only this group")
    parser.add_argument("-k", dest="word", default="", help="only tests whose name contains this")
    parser.add_argument("--table", action="store_true", help="print reasons with their tests instead")
    options = parser.parse_args()

    import node_cases

    misses: dict[str, list[str]] = {}
    counts: dict[str, collections.Counter[str]] = {}
    for case in node_cases.cases():
        if options.word not in case.name or options.group not in (None, case.group):
            continue
        reason = node_cases.run(case, native=not options.reference)
        counts.setdefault(case.group, collections.Counter())["passed" if not reason else "missed"] += 1
        if reason:
            misses.setdefault(reason, []).append(case.name)
            if not options.table:
                print(f"{case.group}: {case.name}: {reason}", flush=True)
    if options.table:
        for reason, names in sorted(misses.items()):
            print(reason, *(f"    {name}" for name in sorted(names)), sep="\n")
    for group, count in sorted(counts.items()):
        total = sum(count.values())
        print(f"{group:20} {count['passed']:5} of {total:5} pass", file=sys.stderr)
    passed = sum(count["passed"] for count in counts.values())
    print(
        f"{'all':20} {passed:5} of {sum(map(lambda c: sum(c.values()), counts.values())):5} pass",
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
