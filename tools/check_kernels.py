#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that the innermost loops of the kernels that multiply keep their vectors in registers.

A sum that the compiler puts on the stack and takes back costs more than the multiplication beside it, and no
test of values notices. Looked at are the innermost loops with multiply-adds of the family's kind; what a
compiler cannot help is in KNOWN, with the reason.

    python tools/check_kernels.py BUILD_FOLDER
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

FLOATS = re.compile(r"vfn?m(add|sub)\d+ps|fml[as]|v(fm|ml)[as]\.f32")
BYTES = re.compile(r"vpdp\w+|vpmadd\w+|tdp\w+|[su]?sdot|smmla|sml[as]l2?|smull2?|ml[as]|vm(la|ul)l?\.[is]\d+")
PAIRS = re.compile(r"[vt]dpbf16ps")
FAMILIES = {"gemm": FLOATS, "winograd": FLOATS, "depthwise": FLOATS, "qgemm": BYTES, "qdepthwise": BYTES,
            "bgemm": PAIRS, "hgemm": FLOATS, "hdepthwise": FLOATS, "hwinograd": FLOATS}
# Families that only some instruction sets have objects of.
ELSEWHERE = {"bgemm": {"x86_avx512bf16", "x86_amx"}, "hgemm": {"arm64_fp16"}, "hdepthwise": {"arm64_fp16"},
             "hwinograd": {"arm64_fp16"}}

ISA_ROW = re.compile(r'^LITE_ISA\((\w+), (\w+), \w+, "', re.MULTILINE)
DISASSEMBLERS = {"arm64": "aarch64-linux-gnu-objdump", "armv7": "arm-linux-gnueabihf-objdump"}
BRANCH = re.compile(r"j\w+|b(\.?(eq|ne|cs|cc|hs|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le))?(\.[nw])?|[ct]bn?z")
VECTOR = re.compile(r"%[txyz]mm\d|\b[qdsv]\d+\b")


class Known(NamedTuple):
    """Loops that may hold vectors on the stack; the patterns match whole names."""

    family: str
    isa: str
    compiler: str
    function: str
    most: float  # accesses for each multiply-add
    reason: str


ANY = ".*"
KNOWN = (
    Known("winograd", "x86.*|arm64_neon", ANY, r".*transform_(in|out)puts<.*", 1.0,
          "the 36 or 64 vectors of a tile pass through an array between rows and columns"),
    Known("hwinograd", "arm64_fp16", ANY, r".*transform_(in|out)puts<.*", 1.0, "the same"),
    Known("h.*", "arm64_fp16", ANY, r"(apply_activation|depthwise::run_generic)\(.*", 4.0,
          "vectors of which some halves do not exist pass through memory"),
    Known("winograd", "armv7_neon", "clang", r".*transform_(in|out)puts<.*", 1.0,
          "the same, where clang unrolls those loops"),
    Known("gemm|winograd", "armv7_neon", r"g\+\+", r".*(multiply|activate_rows).*", 2.3,
          "an activation's polynomial, behind the product"),
    Known("depthwise", "armv7_neon", r"g\+\+", r"depthwise::run\(.*", 0.8,
          "an activation's polynomial, behind the product"),
    Known("gemm", "armv7_neon", r"g\+\+", r".*run_tiles<float, [56], 2>.*", 1.2,
          "ten or twelve sums, and g++ 12 loads ahead into more than the other registers"),
    Known("gemm", "arm64_neon", r"g\+\+", r".*run_lane_tiles<[56], 4>.*", 0.26,
          "the tile needs all registers, and g++ 12 one or two more; clang does not"),
    Known("depthwise", "x86_avx2", ANY, r".*run_tile<[35], [12], 2, [24]>.*", 0.75,
          "taps of two rows and their sums are more than 16 registers"),
    Known("depthwise", "x86_avx512", "clang", r".*run_tile<[35], [12], [12], [47]>.*", 0.55,
          "clang 19 loads inputs of later rows ahead of the sums; g++ 12 does not"),
    Known("depthwise", "x86_avx512", r"g\+\+", r".*run_tile<5, 1, 1, 7>.*", 0.05,
          "g++ 12 keeps one vector of the taps' rows on the stack"),
    Known("depthwise", "arm64_neon", r"g\+\+", r".*run_row_tile<5, 2, 2, 7>.*", 0.15,
          "14 sums, ten taps and 17 inputs of a row; clang loads fewer inputs ahead"),
    Known("depthwise", "armv7_neon", r"g\+\+", r".*run_tile<[35], [12], [12], [24]>.*", 1.6,
          "taps of two rows and their sums are more than 16 registers"),
    Known("qgemm", "x86_avx512", r"g\+\+", r".*run_tiles<X86NarrowDot<.*, 6, 3>.*", 0.1,
          "g++ 12 keeps a vector of weights on the stack; clang does not"),
    Known("qgemm", "x86_avxvnni", "clang", r".*run_tiles<Dot, 6, 2>.*", 0.2,
          "clang 19 turns the sums through one register too many; g++ does not"),
    Known("qgemm", "arm64_neon", ANY, r".*run_tiles<Dot, .*", 0.6,
          "products of 16 bits wait in registers until they are added up"),
    Known("qgemm", "arm64_neon", r"g\+\+", r".*run_unit_tiles<3, 2>.*", 0.15,
          "g++ 12 keeps a vector of products too many"),
    Known("qgemm", "arm64_(dotprod|i8mm)", r"g\+\+", r".*run_tiles<Dot, [56], 4>.*", 0.4,
          "g++ 12 loads the inputs of all rows ahead of the sums; clang does not"),
    Known("qgemm", "arm64_i8mm", ANY, r".*run_unit_tiles<[56], 4>.*", 1.4,
          "tiles of a single step are finished in the same loop"),
    Known("qgemm", "armv7_neon", r"g\+\+", r".*run_tiles<Dot, .*", 0.4,
          "products of 16 bits wait in registers until they are added up"),
    Known("qdepthwise", "arm.*", r"g\+\+", r".*run_generic.*", 6.5,
          "the generic kernel sums up 32 channels in an array"),
    Known("qdepthwise", "x86_avx2|x86_avx512", ANY, r".*run_tiles<.*", 2.5,
          "without dot products of bytes a product takes two steps, and more registers than there are"),
    Known("qdepthwise", "x86_avxvnni", ANY, r".*run_tiles<.*", 0.95,
          "eight sums and eight vectors of zipped inputs are all 16 registers"),
    Known("qdepthwise", "x86_avx512vnni|x86_amx", ANY, r".*run_tiles<.*Window<(3, 2>, .*, 2,|5, ).*", 0.65,
          "measured: tiles that fit, of half the outputs, take 1.1 to 1.5 times as long"),
    Known("qdepthwise", "arm64_(dotprod|i8mm)", ANY, r".*run_tiles<.*", 0.5,
          "the tiles are those of x86_avx512vnni"),
    Known("qdepthwise", "arm64_neon", r"g\+\+", r".*run_tiles<.*Window<5, 2>.*", 0.1,
          "g++ 12 keeps a few inputs that two windows share on the stack"),
    Known("qdepthwise", "armv7_neon", r"g\+\+", r".*run_tiles<.*", 3.3,
          "a product takes two steps, and more registers than there are"),
)


class Instruction(NamedTuple):
    address: int
    name: str
    operands: str


class Loop(NamedTuple):
    function: str
    multiply_adds: int
    spills: list[Instruction]


class Unit(NamedTuple):
    """What was compiled for a kernel family and an instruction set."""

    path: Path
    family: str
    isa: str
    architecture: str

    def compiler(self) -> str:
        return "clang" if b"clang version" in self.path.read_bytes() else "g++"


def units(folder: Path) -> list[Unit]:
    rows = ISA_ROW.findall((Path(__file__).parents[1] / "csrc/base/isa.inc").read_text())
    return [Unit(path, family, isa, architecture) for family in FAMILIES for isa, architecture in rows
            if isa != "scalar" for path in sorted(folder.rglob(f"{family}_{isa}.cc.o"))]


def functions(unit: Unit) -> Iterator[tuple[str, list[Instruction]]]:
    """Names, demangled, and instructions of a unit's functions."""
    cross = DISASSEMBLERS.get(unit.architecture, "")
    program = cross if shutil.which(cross) else "objdump"
    command = [program, "--disassemble", "--wide", "--no-show-raw-insn", str(unit.path)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for part in re.split(r"^[0-9a-f]+ <", text, flags=re.MULTILINE)[1:]:
        name, _, lines = part.partition(">:\n")
        rows = re.findall(r"^ *([0-9a-f]+):\t(?:\{\w+\} )?(\S+)[ \t]*(.*)$", lines, re.MULTILINE)
        yield name, [Instruction(int(address, 16), word, operands) for address, word, operands in rows]


def innermost_loops(body: list[Instruction]) -> list[list[Instruction]]:
    """From where a branch goes back to, to the branch; those that hold no other."""
    places = {instruction.address: i for i, instruction in enumerate(body)}
    ranges = set()
    for end, instruction in enumerate(body):
        target = re.search(r"([0-9a-f]+) <", instruction.operands)
        if target is None or BRANCH.fullmatch(instruction.name) is None:
            continue
        begin = places.get(int(target[1], 16), end + 1)
        if begin <= end:
            ranges.add((begin, end))
    return [body[begin:end + 1] for begin, end in sorted(ranges)
            if not any(other != (begin, end) and begin <= other[0] and other[1] <= end for other in ranges)]


def stack_pattern(architecture: str, body: list[Instruction]) -> re.Pattern[str]:
    """Operands that are memory at the stack pointer, or at the frame pointer if the function has one."""
    if architecture == "x86":
        framed = any(row.name.startswith("mov") and row.operands == "%rsp,%rbp" for row in body)
        return re.compile(r"\(%r(sp|bp)\b" if framed else r"\(%rsp\b")
    frames = "x29|fp" if architecture == "arm64" else "r7|r11|fp"
    framed = any(re.match(rf"({frames}), sp\b", row.operands) for row in body)
    return re.compile(rf"\[(sp|{frames})\b" if framed else r"\[sp\b")


def spills(loop: list[Instruction], pattern: re.Pattern[str]) -> list[Instruction]:
    """Vectors that the loop writes to the stack, and reads from where it wrote. Constants are only read."""
    accesses = [row for row in at_stack(loop, pattern) if VECTOR.search(row.operands)]
    written = {place(row) for row in accesses if is_store(row)}
    return [row for row in accesses if place(row) in written]


def at_stack(loop: list[Instruction], pattern: re.Pattern[str]) -> Iterator[Instruction]:
    """What accesses the stack. On ARM, an addition in the loop may first compute where."""
    derived: set[str] = set()
    for row in loop:
        base = re.search(r"\[(\w+)", row.operands)
        if pattern.search(row.operands) or (base and base[1] in derived):
            yield row
        first = row.operands.split(",")[0]
        if row.name.startswith("add") and re.match(r"\w+, (sp|x29|r7|r11|fp), ", row.operands):
            derived.add(first)
        else:
            derived.discard(first)


def is_store(row: Instruction) -> bool:
    """Whether memory is written: AT&T's last operand, or ARM's names that begin so."""
    return (row.operands.endswith(")") and "mov" in row.name) or row.name.startswith(("st", "vst"))


def place(row: Instruction) -> str:
    found = re.search(r"[-\w]*\([^)]*\)|\[[^]]*\]", row.operands)
    return found[0] if found else ""


def multiplies(family: str, row: Instruction) -> bool:
    return bool(FAMILIES[family].fullmatch(row.name) and VECTOR.search(row.operands))


def multiplying_loops(unit: Unit) -> list[Loop]:
    loops = []
    for name, body in functions(unit):
        pattern = stack_pattern(unit.architecture, body)
        for loop in innermost_loops(body):
            count = sum(multiplies(unit.family, row) for row in loop)
            if count:
                loops.append(Loop(name, count, spills(loop, pattern)))
    names = demangled([loop.function for loop in loops])
    return [loop._replace(function=name) for loop, name in zip(loops, names)]


def demangled(names: list[str]) -> list[str]:
    run = subprocess.run(["c++filt"], input="\n".join(names), check=True, capture_output=True, text=True)
    return [re.sub(r"lite::|\(anonymous namespace\)::", "", name) for name in run.stdout.splitlines()]


def applies(known: Known, unit: Unit) -> bool:
    found = zip(known, (unit.family, unit.isa, unit.compiler()))
    return all(re.fullmatch(pattern, name) for pattern, name in found)


def judge(unit: Unit, loops: list[Loop], table: Sequence[Known]) -> tuple[list[str], set[Known]]:
    """What is wrong with a unit, and the rows of the table that excuse something."""
    if not loops:
        return [f"no loop multiplies: {Path(__file__).name} does not know its instructions"], set()
    found = []
    used = set()
    rows = [row for row in table if applies(row, unit)]
    for loop in (loop for loop in loops if loop.spills):
        row = next((row for row in rows if re.fullmatch(row.function, loop.function)), None)
        if row is not None:
            used.add(row)
        if row is None or len(loop.spills) > row.most * loop.multiply_adds:
            found.append(description(loop))
    return found, used


def description(loop: Loop) -> str:
    first = loop.spills[0]
    return (f"{len(loop.spills)} accesses to spilled vectors beside {loop.multiply_adds} multiply-adds,\n"
            f"    the first {first.address:x}: {first.name} {first.operands}\n    in {loop.function}")


def main(folder: Path, table: Sequence[Known] = KNOWN) -> int:
    compiled = units(folder)
    isas = {unit.isa for unit in compiled}
    absent = {family for family, having in ELSEWHERE.items() if not having & isas}
    missing = FAMILIES.keys() - {unit.family for unit in compiled} - absent
    if missing:
        print(f"{folder} has no objects of {', '.join(sorted(missing))}; build first", file=sys.stderr)
        return 2
    problems: list[str] = []
    loops: list[Loop] = []
    unused = {row for row in table if any(applies(row, unit) for unit in compiled)}
    for unit in compiled:
        loops_here = multiplying_loops(unit)
        found, used = judge(unit, loops_here, table)
        problems += [f"{unit.path.name}, {unit.compiler()}: {text}" for text in found]
        unused -= used
        loops += loops_here
    problems += [f"nothing is spilled any more where {row} applies: remove it" for row in sorted(unused)]
    print(*problems, sep="\n", end="\n" if problems else "", file=sys.stderr)
    print(f"{len(loops)} innermost loops that multiply in {len(compiled)} objects, "
          f"{sum(bool(loop.spills) for loop in loops)} with spilled vectors")
    return 1 if problems else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
