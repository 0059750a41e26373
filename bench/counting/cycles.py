# SPDX-License-Identifier: Apache-2.0
"""Instructions in words, multiply-adds, and cycles as llvm-mca models them.

Cycles of a program are the sum over its straight runs of how often one ran times its cycles in a steady
state, all loads from the first cache and no branch mispredicted. Runs that make up the last half percent of
the instructions are taken to be like the others.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from tempfile import TemporaryDirectory

from .blocks import Run, Word
from .cores import Core
from .run import CountingError, tool

VERSION = "-19"
ITERATIONS = 40
COVERED = 0.995
AT_ONCE = 200  # runs that one call of llvm-mca gets
ISSUED = 8  # instructions that no bound goes below, in a cycle

MULTIPLIED = {
    ("fmla", "4s"): 4, ("fmla", "2s"): 2, ("fmla", "8h"): 8, ("fmla", "4h"): 4, ("fmla", "2d"): 2,
    ("fmls", "4s"): 4, ("fmls", "8h"): 8, ("fmlal", "4s"): 4, ("fmlal2", "4s"): 4,
    ("sdot", "4s"): 16, ("sdot", "2s"): 8, ("udot", "4s"): 16, ("usdot", "4s"): 16,
    ("smmla", "4s"): 32, ("ummla", "4s"): 32, ("usmmla", "4s"): 32, ("bfmmla", "4s"): 16, ("bfdot", "4s"): 8,
    ("smlal", "8h"): 8, ("smlal", "4s"): 4, ("smlal2", "8h"): 8, ("smlal2", "4s"): 4,
    ("smull", "8h"): 8, ("smull", "4s"): 4, ("smull2", "8h"): 8, ("smull2", "4s"): 4,
    ("mla", "4s"): 4, ("mla", "8h"): 8, ("mla", "16b"): 16,
}  # fmt: skip
MULTIPLIED_ARMV7 = {"vfma.f32": 4, "vmla.f32": 4, "vmlal.s16": 4, "vmlal.s8": 8, "vmull.s8": 8,
                    "vmull.s16": 4, "vmla.i16": 8, "vmla.i32": 4}  # fmt: skip
LOCAL = (".Lhere:", "b\t.Lhere")


@dataclass(frozen=True)
class Cost:
    """Of one passage of a run: cycles in a steady state, and what the busiest unit needs at least."""

    cycles: float
    bound: float


@dataclass(frozen=True)
class Estimate:
    """Of some runs: executed instructions, multiply-adds, and modelled cycles with their bound."""

    instructions: int
    multiply_adds: int
    cycles: float
    bound: float


class Model:
    """A core's instructions and their cost. Answers are kept."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self._texts: dict[Word, str] = {}
        self._costs: dict[tuple[Word, ...], Cost] = {}

    def text(self, word: Word) -> str:
        """An instruction in words; those of ``learn`` only."""
        return self._texts[word]

    def learn(self, words: Iterable[Word]) -> None:
        """Disassemble what is new."""
        fresh = sorted(set(words) - set(self._texts))
        if fresh:
            self._texts.update(zip(fresh, disassembled(fresh, self.core.wide)))

    def multiply_adds(self, word: Word) -> int:
        """Of vectors, in one instruction."""
        text = self._texts[word]
        name = text.split(None, 1)[0]
        if not self.core.wide:
            per_register = MULTIPLIED_ARMV7.get(name, 0)
            return per_register if "q" in text else per_register // 2
        shape = re.search(r"\bv\d+\.(\d+[bhsd])", text)
        return MULTIPLIED.get((name, shape[1]), 0) if shape else 0

    def costs(self, runs: Sequence[Run]) -> list[Cost]:
        """Of one passage of each."""
        self.learn(word for run in runs for word in run.words)
        fresh = list(dict.fromkeys(run.words for run in runs if run.words not in self._costs))
        for begin in range(0, len(fresh), AT_ONCE):
            part = fresh[begin : begin + AT_ONCE]
            texts = [[as_input(self._texts[word]) for word in words] for words in part]
            self._costs.update(zip(part, simulated(texts, self.core.model)))
        return [self._costs[run.words] for run in runs]

    def estimate(self, runs: Iterable[Run]) -> Estimate:
        """Instructions, multiply-adds and cycles; no cycles for a core without a model."""
        ordered = sorted(runs, key=lambda run: -run.instructions)
        total = sum(run.instructions for run in ordered)
        chosen, covered = list[Run](), 0
        for run in ordered:
            if covered >= COVERED * total:
                break
            chosen.append(run)
            covered += run.instructions
        self.learn(word for run in ordered for word in run.words)
        multiplied = sum(run.count * sum(map(self.multiply_adds, run.words)) for run in ordered)
        if not self.core.model or not covered:
            return Estimate(total, multiplied, 0.0, 0.0)
        costs = self.costs(chosen)
        scale = total / covered
        return Estimate(
            total,
            multiplied,
            scale * sum(run.count * cost.cycles for run, cost in zip(chosen, costs)),
            scale * sum(run.count * cost.bound for run, cost in zip(chosen, costs)),
        )


def disassembled(words: Sequence[Word], wide: bool) -> list[str]:
    """Each instruction in words; Thumb's, of which some have two bytes, stay what they are."""
    if not wide and any(len(word) != 8 for word in words):
        return list(words)
    triple = "aarch64" if wide else "armv7a"
    source = "\n".join(f".inst 0x{word}" for word in words) + "\n"
    with TemporaryDirectory() as folder:
        target = f"{folder}/words.o"
        subprocess.run([tool("llvm-mc" + VERSION), f"-triple={triple}", "-filetype=obj", "-o", target, "-"],
                       input=source, text=True, check=True)  # fmt: skip
        command = [tool("llvm-objdump" + VERSION), "-d", "--no-show-raw-insn", "--no-leading-addr",
                   "--mattr=+all" if wide else "--mattr=+neon,+vfp4", target]  # fmt: skip
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = [line.strip() for line in text.split(":\n")[-1].splitlines() if line.strip()]
    if len(lines) != len(words):
        raise CountingError(f"llvm-objdump found {len(lines)} instructions in {len(words)} words")
    return lines


def as_input(text: str) -> str:
    """An instruction as llvm-mca reads it: branches go nowhere, calls and the system's own cost a branch."""
    text = text.split("//")[0].strip()
    name, _, operands = text.partition("\t")
    name = name.strip().lower()
    if text.startswith("<unknown>") or name in ("svc", "mrs", "msr", "udf"):
        return "nop"
    if name == "bl":
        return LOCAL[1]
    if name in ("blr", "br", "ret"):
        return "br\tx9"
    if name.startswith("b.") or name in ("b", "adr", "adrp", "cbz", "cbnz", "tbz", "tbnz"):
        kept = [part.strip() for part in operands.split(",")[:-1]]
        return f"{name}\t{', '.join([*kept, '.Lhere'])}"
    if name in ("ldr", "ldrsw", "prfm") and "[" not in operands:
        return f"{name}\t{operands.split(',')[0]}, .Lhere"
    return text


def simulated(texts: Sequence[Sequence[str]], model: str) -> list[Cost]:
    """One passage of each, of many one behind the other."""
    lines = [LOCAL[0]]
    for index, text in enumerate(texts):
        lines += [f"# LLVM-MCA-BEGIN {index}", *text, "# LLVM-MCA-END"]
    command = [tool("llvm-mca" + VERSION), "-mtriple=aarch64", f"-mcpu={model}", "-mattr=+all", "-json",
               f"-iterations={ITERATIONS}", "-instruction-info=0", "-resource-pressure=0",
               "-skip-unsupported-instructions=any", "-"]  # fmt: skip
    done = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True)
    if done.returncode != 0:
        raise CountingError(f"llvm-mca ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    found = {int(region["Name"]): region["SummaryView"] for region in json.loads(done.stdout)["CodeRegions"]}
    return [cost_of(found[index], len(text)) for index, text in enumerate(texts)]


def cost_of(summary: dict[str, float], length: int) -> Cost:
    cycles = summary["TotalCycles"] / ITERATIONS
    return Cost(cycles, min(cycles, max(summary["BlockRThroughput"], length / ISSUED)))
