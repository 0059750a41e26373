# SPDX-License-Identifier: Apache-2.0
"""Counts of the emulator's blocks as counts of instructions, straight runs of them, and functions.

The emulator's blocks overlap: one that begins before a loop has the loop's first round in it. So counts are
summed for each instruction, and instructions that follow one another and ran as often make a straight run.
"""

from __future__ import annotations

import bisect
import re
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

Word = str  # an instruction as a number in hexadecimal, its bytes in pairs

BRANCH_MASKS = (
    (0x7C000000, 0x14000000),  # b, bl
    (0xFE000000, 0x54000000),  # b.cond
    (0x7C000000, 0x34000000),  # cbz, cbnz, tbz, tbnz
    (0xFE000000, 0xD6000000),  # br, blr, ret
    (0xFF000000, 0xD4000000),  # svc
)


@dataclass(frozen=True)
class Counts:
    """How often each instruction ran, by its address."""

    words: dict[int, Word]
    counts: dict[int, int]

    @property
    def instructions(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class Run:
    """Instructions that follow one another and ran as often."""

    address: int
    count: int
    words: tuple[Word, ...]

    @property
    def instructions(self) -> int:
        return self.count * len(self.words)


def read_counts(path: Path) -> list[tuple[str, Counts]]:
    """Regions of a file that counter.c wrote."""
    blocks: dict[str, tuple[int, list[Word]]] = {}
    regions: list[tuple[str, Counts]] = []
    with open(path) as lines:
        for line in lines:
            parts = line.split()
            if parts[0] == "block":
                blocks[parts[1]] = int(parts[2], 16), parts[3].split(",")
            elif parts[0] == "region":
                regions.append((parts[1], Counts({}, defaultdict(int))))
            else:
                address, words = blocks[parts[0]]
                add(regions[-1][1], address, words, int(parts[1]))
    return regions


def add(counts: Counts, address: int, words: list[Word], count: int) -> None:
    for word in words:
        counts.words[address] = word
        counts.counts[address] += count
        address += len(word) // 2


def is_branch(word: Word) -> bool:
    """Whether an instruction of AArch64 may go elsewhere."""
    value = int(word, 16)
    return any(value & mask == wanted for mask, wanted in BRANCH_MASKS)


def straight_runs(counts: Counts) -> Iterator[Run]:
    """In the order of addresses; a branch ends a run."""
    begin, words = 0, list[Word]()
    previous = -1
    for address in sorted(counts.counts):
        word = counts.words[address]
        follows = address == previous and counts.counts[address] == counts.counts[begin]
        if words and (not follows or is_branch(words[-1])):
            yield Run(begin, counts.counts[begin], tuple(words))
            words = []
        begin = begin if words else address
        words.append(word)
        previous = address + len(word) // 2
    if words:
        yield Run(begin, counts.counts[begin], tuple(words))


class Symbols:
    """Functions of a program that is loaded where it was linked, by address."""

    def __init__(self, program: Path, lister: str = "llvm-nm-19") -> None:
        command = [lister, "--demangle", "--defined-only", "--numeric-sort", str(program)]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        rows = re.findall(r"^([0-9a-f]+) [tTwWiI] (?!\$)(.+)$", text, re.MULTILINE)
        self._addresses = [int(address, 16) for address, _ in rows]
        self._names = [name for _, name in rows]

    def at(self, address: int) -> str:
        index = bisect.bisect_right(self._addresses, address) - 1
        return shortened(self._names[index]) if index >= 0 else hex(address)


def shortened(name: str) -> str:
    """Without namespaces and what a function takes."""
    name = re.sub(r"\(anonymous namespace\)::|\blite::(?!$)", "", name)
    depth = 0
    for index, letter in enumerate(name):
        depth += (letter == "<") - (letter == ">")
        if letter == "(" and depth == 0 and index > 0 and not name.endswith("operator()"):
            return re.sub(r"^(void|int|bool|long) ", "", name[:index])
    return name


def by_function(runs: Iterable[Run], name_at: Callable[[int], str]) -> dict[str, list[Run]]:
    found: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        found[name_at(run.address)].append(run)
    return dict(found)
