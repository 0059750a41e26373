# SPDX-License-Identifier: Apache-2.0
"""What the commands say about this machine; read from /proc and /sys, nothing is run."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def cpu_name() -> str:
    """The processor's name, or its architecture where the system does not tell."""
    fields = _cpuinfo()
    return fields.get("model name") or fields.get("Hardware") or platform.machine()


def cpu_features() -> list[str]:
    """Instruction set extensions as the system lists them."""
    fields = _cpuinfo()
    return (fields.get("flags") or fields.get("Features") or "").split()


def cpu_count() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def governor() -> str:
    """How the frequency of the first processor is chosen; "unknown" where the system does not tell."""
    return _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").strip() or "unknown"


def memory_bytes() -> int:
    """Physical memory; 0 where the system does not tell."""
    words = _read("/proc/meminfo").split()
    return int(words[1]) * 1024 if words[:1] == ["MemTotal:"] else 0


def peak_memory_bytes() -> int:
    """Greatest resident memory of this process so far; 0 where the system does not tell."""
    fields = dict(line.partition(":")[::2] for line in _read("/proc/self/status").splitlines())
    words = fields.get("VmHWM", "").split()
    return int(words[0]) * 1024 if words else 0


def _cpuinfo() -> dict[str, str]:
    """Fields of the first processor, and those that all share."""
    fields: dict[str, str] = {}
    for line in _read("/proc/cpuinfo").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip(), value.strip())
    return fields


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except (OSError, UnicodeDecodeError):
        return ""
