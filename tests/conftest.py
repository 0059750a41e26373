# SPDX-License-Identifier: Apache-2.0
"""What all tests may use."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lite.ir import Graph, TensorType
from lite.nb.writer import write
from lite.ops.add import Add
from lite.ops.concat import Concat
from lite.ops.conv2d import Conv2d
from lite.ops.fully_connected import FullyConnected
from lite.ops.leaky_relu import LeakyRelu
from lite.ops.pool2d import Pool2d
from lite.ops.reduce_mean import ReduceMean
from lite.ops.reshape import Reshape
from lite.ops.softmax import Softmax

ROOT = Path(__file__).parents[1]
os.environ["LITE_TUNE_CACHE"] = ""  # what was tuned on this machine must not decide what tests run
Python = Callable[..., "subprocess.CompletedProcess[str]"]
Run = Callable[..., str]
Build = Callable[..., Path]
ARM = {"aarch64": ("aarch64-linux-gnu", "qemu-aarch64"), "armv7": ("arm-linux-gnueabihf", "qemu-arm")}


@pytest.fixture
def python(tmp_path: Path) -> Python:
    """Runs a new interpreter with the arguments given and returns how it ended.

    It starts in an empty folder: in the project's own, it would take sources that have no native module
    for what is installed.
    """

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, *arguments], cwd=tmp_path, capture_output=True, text=True)

    return run


def _run(*command: object, folder: Path | None = None) -> str:
    """Standard output of a command; its whole output is the failure's text if it fails."""
    done = subprocess.run([str(word) for word in command], cwd=folder, capture_output=True, text=True)
    said = f"{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{said}"
    return done.stdout


@pytest.fixture(scope="session")
def run() -> Run:
    """Runs a command and gives its standard output; a command that fails fails the test."""
    return _run


def _builds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return Path(os.environ.get("LITE_TEST_BUILDS", shared / "builds"))


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Builds the C++ side with options, once for all workers, and gives the folder.

    The folders lie in LITE_TEST_BUILDS, where the next session finds them, if that is set.
    """
    root = _builds(tmp_path_factory)

    def made(name: str, *targets: str, **options: str) -> Path:
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _run("cmake", "-S", ROOT, "-B", folder, "-G", "Ninja", f"-DPython_EXECUTABLE={sys.executable}",
                 f"-DLITE_PYTHON_PACKAGE={folder}/package", "-DLITE_BUILD_TESTS=ON",
                 *(f"-D{option}={value}" for option, value in options.items()))
            _run("cmake", "--build", folder, *(f"--target={target}" for target in targets))
        return folder

    return made


@pytest.fixture(scope="session")
def arm_program(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Builds benchmark_bin for "aarch64" or "armv7" in the folder that `build` has for it; gives its path."""
    root = _builds(tmp_path_factory)

    def made(architecture: str) -> Path:
        triple, emulator = ARM[architecture]
        wanted = ("clang++-19", "ld.lld-19", f"{triple}-g++", emulator)
        missing = [program for program in wanted if shutil.which(program) is None]
        if missing:
            pytest.skip(f"not installed: {', '.join(missing)}")
        said = _run("bash", ROOT / "tools" / "build_arm.sh", architecture, "--build", root / architecture,
                    "--python", sys.executable)  # fmt: skip
        return Path(said.partition(": ")[0])

    return made


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small convolutional net as a .nb file."""
    path = tmp_path_factory.mktemp("model") / "net.nb"
    write(small_net(), path)
    return path


def small_net() -> Graph:
    random = np.random.default_rng(0)

    def weights(*shape: int) -> np.ndarray:
        return random.standard_normal(shape).astype(np.float32)

    graph = Graph("net")
    x = graph.add_input("x", TensorType((1, 12, 12, 3)))
    (stem,) = graph.add(Conv2d(layout="nhwc", pads=(1, 1, 1, 1), activation="relu"),
                        [x, graph.constant(weights(8, 3, 3, 3)), graph.constant(weights(8))])
    (deep,) = graph.add(Conv2d(layout="nhwc", pads=(1, 1, 1, 1), groups=8),
                        [stem, graph.constant(weights(8, 1, 3, 3))])
    (point,) = graph.add(Conv2d(layout="nhwc"), [deep, graph.constant(weights(8, 8, 1, 1)), None, stem])
    (total,) = graph.add(Add(), [point, deep])
    (bent,) = graph.add(LeakyRelu(), [total])
    (pooled,) = graph.add(Pool2d(kind="max", kernel=(2, 2), strides=(2, 2), layout="nhwc"), [bent])
    (both,) = graph.add(Concat(axis=3), [pooled, pooled])
    (mean,) = graph.add(ReduceMean(axes=(1, 2)), [both])
    (flat,) = graph.add(Reshape(shape=(1, 16)), [mean])
    (scores,) = graph.add(FullyConnected(), [flat, graph.constant(weights(16, 10))])
    graph.outputs = list(graph.add(Softmax(axis=1), [scores], outputs=["scores"]))
    return graph
