# SPDX-License-Identifier: Apache-2.0
"""An arm64 Python with wheels of other engines, unpacked into a folder for the emulator."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from .cores import Core
from .run import MissingToolError, tool

PYTHON = "python3.11"  # Debian 12's
PACKAGES = (PYTHON, "libpython3.11-stdlib", "libstdc++6", "libgomp1")
WHEELS = ("ncnn==1.0.20261020", "MNN==3.6.1", "onnxruntime==1.32.0", "ai-edge-litert==2.3.0", "numpy==1.26.4")
PURE = ("flatbuffers", "protobuf==4.25.3", "tqdm", "typing_extensions", "backports.strenum")
PLATFORMS = ("2_28", "2_27", "2_24", "2_17", "2014")


class Userland:
    """The folder, filled when it is empty: by apt, with a state of its own, and pip.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.root, self.site = folder / "root", folder / "site"
        if not (self.root / "usr/bin" / PYTHON).exists():
            self._unpack(folder)
        if not (self.site / "numpy").is_dir():
            self._install()

    @property
    def python(self) -> Path:
        return self.root / "usr/bin" / PYTHON

    def environment(self, *paths: Path) -> dict[str, str]:
        """Variables of a program, which imports from some folders besides its packages."""
        libraries = (self.root / name / "aarch64-linux-gnu" for name in ("usr/lib", "lib"))
        places = {"LD_LIBRARY_PATH": libraries, "PYTHONPATH": (self.site, *paths),
                  "PYTHONHOME": [self.root / "usr"]}  # fmt: skip
        fixed = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1",
                 "OPENBLAS_NUM_THREADS": "1"}  # fmt: skip
        return {**{name: ":".join(map(str, found)) for name, found in places.items()}, **fixed}

    def write_root(self, core: Core, folder: Path) -> None:
        """The libraries, and the core's /proc/cpuinfo."""
        core.write_root(folder)
        for name in ("lib", "usr"):
            (folder / name).symlink_to((self.root / name).resolve())

    def _unpack(self, folder: Path) -> None:
        state = folder.resolve() / "apt"
        for name in ("lists/partial", "cache/archives/partial"):
            (state / name).mkdir(parents=True, exist_ok=True)
        (state / "status").touch()
        settings = {
            "APT::Architecture": "arm64", "APT::Architectures": "arm64", "APT::Install-Recommends": "false",
            "APT::Sandbox::User": "root", "Dir::State": state, "Dir::State::status": state / "status",
            "Dir::State::lists": state / "lists", "Dir::Cache": state / "cache",
        }  # fmt: skip
        apt = [tool("apt-get"), "-qq", *(f"-o{name}={value}" for name, value in settings.items())]
        subprocess.run([*apt, "update"], check=True)
        subprocess.run([*apt, "--yes", "--download-only", "install", *PACKAGES], check=True)
        self.root.mkdir(parents=True, exist_ok=True)
        for package in sorted((state / "cache/archives").glob("*.deb")):
            subprocess.run(["dpkg", "-x", str(package), str(self.root)], check=True)
        if not self.python.exists():
            raise MissingToolError(f"Debian's packages brought no {self.python}: this is Debian 12's Python")

    def _install(self) -> None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(self.site)]
        tags = [f"--platform=manylinux{'_' if '_' in name else ''}{name}_aarch64" for name in PLATFORMS]
        binary = ["--only-binary=:all:", "--python-version=3.11", "--implementation=cp",
                  *(f"--abi={name}" for name in ("cp311", "abi3", "none"))]  # fmt: skip
        try:
            subprocess.run([*pip, *tags, *binary, *WHEELS], check=True)
            subprocess.run([*pip, *PURE], check=True)
        except subprocess.CalledProcessError:
            shutil.rmtree(self.site, ignore_errors=True)
            raise
