# SPDX-License-Identifier: Apache-2.0
"""Processors that are emulated, and the models of llvm-mca that stand for them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PLAIN = "fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid"
DOT = f"{PLAIN} atomics fphp asimdhp asimdrdm lrcpc dcpop asimddp"
NEWER = f"{DOT} flagm ssbs sb i8mm bf16"


@dataclass(frozen=True)
class Core:
    """A processor.

    Attributes
    ----------
    name : str
    emulated : str
        What QEMU is told; its version 7.2 has no newer ones.
    part : str
        Of /proc/cpuinfo, by which engines choose kernels.
    features : str
        Of /proc/cpuinfo.
    model : str
        llvm-mca's; "" where it has none. Its entries for cortex-a76 and later describe an older core.
    cache : int
        Bytes of the second cache: layers are planned for it. The emulator would tell that of the machine it
        runs on.
    in_order : bool
        Models of such cores make loads wait longer than cores do: the truth lies somewhere below.
    wide : bool
        64-bit.
    """

    name: str
    emulated: str
    part: str
    features: str
    model: str
    cache: int
    in_order: bool = False
    wide: bool = True

    @property
    def emulator(self) -> str:
        return "qemu-aarch64" if self.wide else "qemu-arm"

    def write_root(self, folder: Path) -> None:
        """A folder in which the emulator looks first: its /proc/cpuinfo is the core's."""
        lines = [f"processor\t: {{}}\nFeatures\t: {self.features}\nCPU implementer\t: 0x41\n"
                 f"CPU architecture: {8 if self.wide else 7}\nCPU variant\t: 0x1\nCPU part\t: {self.part}\n"
                 "CPU revision\t: 0\n"]  # fmt: skip
        (folder / "proc").mkdir(parents=True, exist_ok=True)
        (folder / "proc" / "cpuinfo").write_text("\n".join(lines[0].format(index) for index in range(2)))


CORES = {
    core.name: core
    for core in (
        Core("a53", "cortex-a53", "0xd03", PLAIN, "cortex-a53", 256 << 10, in_order=True),
        Core("a55", "cortex-a76", "0xd05", DOT, "cortex-a55", 128 << 10, in_order=True),
        Core("a76", "cortex-a76", "0xd0b", DOT, "neoverse-n1", 256 << 10),
        Core("a710", "max,sve=off,sme=off", "0xd47", NEWER, "neoverse-n2", 512 << 10),
        Core("x1", "cortex-a76", "0xd44", DOT, "neoverse-v1", 1 << 20),
        Core("a15", "cortex-a15", "0xc0f", "half thumb vfp neon vfpv3 vfpv4 idiva", "", 1 << 20, wide=False),
    )
}
