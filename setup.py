# SPDX-License-Identifier: Apache-2.0
"""Builds csrc through CMake into lite/_native; everything else is said in pyproject.toml."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent


class CMakeBuild(build_ext):
    """Configures and builds the native module and the generated Python files.

    Into build_lib for a wheel; beside the sources for `pip install -e .`.
    """

    def run(self) -> None:
        in_place = self.inplace or self.editable_mode
        package = ROOT / "lite" if in_place else (Path(self.build_lib) / "lite").resolve()
        build = Path(self.build_temp).resolve()
        # It names tools of a build environment that is gone; what was compiled there is still good.
        (build / "CMakeCache.txt").unlink(missing_ok=True)
        subprocess.run([*self._configure(package), "-S", str(ROOT), "-B", str(build)], check=True)
        subprocess.run(["cmake", "--build", str(build)], check=True)

    def _configure(self, package: Path) -> list[str]:
        import pybind11

        options = {
            "CMAKE_BUILD_TYPE": "Debug" if self.debug else "Release",
            "CMAKE_MODULE_LINKER_FLAGS_RELEASE": "-s",
            "LITE_BUILD_LIBRARY": "OFF",
            "LITE_BUILD_PYTHON": "ON",
            "LITE_PYTHON_PACKAGE": str(package),
            "Python_EXECUTABLE": sys.executable,
            "pybind11_DIR": pybind11.get_cmake_dir(),
        }
        extra = os.environ.get("LITE_CMAKE_ARGS", "").split()
        definitions = [f"-D{name}={value}" for name, value in options.items()]
        return ["cmake", "-G", "Ninja", *definitions, *extra]


setup(ext_modules=[Extension("lite._native", sources=[])], cmdclass={"build_ext": CMakeBuild})
