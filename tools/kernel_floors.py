#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Multiply-adds per cycle of arm64's innermost loops, as llvm-mca models them, against what they must do.

A loop that waits for itself, or loads more than it must, shows here and not in tests of values. Of the loops
of a function the one with most multiply-adds counts, in its steady state. Objects must be clang's.

    python tools/kernel_floors.py BUILD_FOLDER
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from check_kernels import BRANCH, Instruction, Unit, demangled, functions, innermost_loops, units

MODEL_TOOL = "llvm-mca-19"  # the models of other versions differ
ITERATIONS = 200
LANES = {"fmla": {"4s": 4, "8h": 8}, "sdot": {"4s": 16}, "smmla": {"4s": 32}, "smull": {"8h": 8},
         "smlal": {"8h": 8}, "smull2": {"8h": 8}, "smlal2": {"8h": 8}}  # fmt: skip


class Floor(NamedTuple):
    """The least of the multiply-adds per cycle; the patterns match whole names."""

    family: str
    isa: str
    function: str
    model: str  # neoverse-n1 stands for Cortex-A76 to A78, neoverse-n2 for Cortex-A710
    least: float


FLOORS = (
    Floor("gemm", "arm64_neon", r".*run_lane_tiles<[56], 4>.*", "neoverse-n1", 7.8),
    Floor("gemm", "arm64_neon", r".*run_lane_tiles<[78], 2>.*", "neoverse-n1", 7.8),
    Floor("hgemm", "arm64_fp16", r".*run_packed_tile<(6|7|8|10|11|12)>.*", "neoverse-n1", 15.8),
    Floor("hgemm", "arm64_fp16", r".*run_tiles<[5-8], 2>.*", "neoverse-n1", 15.5),
    Floor("hgemm", "arm64_fp16", r".*run_tiles<[45], 4>.*", "neoverse-n1", 15.5),
    Floor("hdepthwise", "arm64_fp16", r".*run_row_tile<3, 1, 2, 7>.*", "neoverse-n1", 10.5),
    Floor("qgemm", "arm64_neon", r".*run_unit_tiles<3, [12]>.*", "neoverse-n1", 7.8),
    Floor("qgemm", "arm64_dotprod", r".*run_tiles<Dot, [3-6], 4>.*", "neoverse-n1", 31.0),
    Floor("qgemm", "arm64_i8mm", r".*run_unit_tiles<6, [24]>.*", "neoverse-n2", 62.0),
)


def multiply_adds(row: Instruction) -> int:
    shape = re.search(r"\bv\d+\.(\d+[bhsd])", row.operands)
    return LANES.get(row.name, {}).get(shape[1], 0) if shape else 0


def busiest_loop(body: list[Instruction]) -> list[Instruction]:
    """The innermost loop with most multiply-adds; empty if none multiplies."""
    loops = innermost_loops(body)
    return max(loops, key=lambda loop: sum(map(multiply_adds, loop)), default=[])


def as_input(row: Instruction) -> str:
    """An instruction as llvm-mca reads it: branches go nowhere."""
    operands = row.operands.split("//")[0].strip()
    if BRANCH.fullmatch(row.name):
        operands = ", ".join([*(part.strip() for part in operands.split(",")[:-1]), ".Lhere"])
    return f"{row.name} {operands}"


def rate(loop: list[Instruction], model: str) -> float:
    """Multiply-adds per cycle."""
    source = "\n".join([".Lhere:", "# LLVM-MCA-BEGIN loop", *map(as_input, loop), "# LLVM-MCA-END", ""])
    command = [MODEL_TOOL, "-mtriple=aarch64", f"-mcpu={model}", "-mattr=+all", "-json",
               f"-iterations={ITERATIONS}"]  # fmt: skip
    text = subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout
    (region,) = json.loads(text)["CodeRegions"]
    return ITERATIONS * sum(map(multiply_adds, loop)) / float(region["SummaryView"]["TotalCycles"])


def rates(unit: Unit, floor: Floor) -> list[tuple[str, float]]:
    """Of the functions of a unit that a floor is for."""
    bodies = list(functions(unit))
    names = demangled([name for name, _ in bodies])
    chosen = [(name, busiest_loop(body)) for name, (_, body) in zip(names, bodies)
              if re.fullmatch(floor.function, name)]  # fmt: skip
    return [(name, rate(loop, floor.model)) for name, loop in chosen]


def main(folder: Path, floors: Sequence[Floor] = FLOORS) -> int:
    if shutil.which(MODEL_TOOL) is None:
        print(f"there is no {MODEL_TOOL}: apt-get install llvm-19", file=sys.stderr)
        return 2
    compiled = [unit for unit in units(folder) if unit.architecture == "arm64" and unit.compiler() == "clang"]
    failed = 0
    for floor in floors:
        found = [pair for unit in compiled if (unit.family, unit.isa) == (floor.family, floor.isa)
                 for pair in rates(unit, floor)]  # fmt: skip
        if not found:
            missing = f"{floor.function} of {floor.family} for {floor.isa} by clang"
            print(f"{folder} has no {missing}", file=sys.stderr)
            failed += 1
        for name, value in found:
            low = value < floor.least
            failed += low
            print(f"{value:6.2f} multiply-adds a cycle on {floor.model}, at least {floor.least:.1f}"
                  f"{' MISSED' if low else ''}: {name.partition('(')[0]}")  # fmt: skip
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
