# SPDX-License-Identifier: Apache-2.0
"""What all tests may use."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

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
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update", "--disable-sync",
                 "--remote-debugging-pipe")  # fmt: skip
PATIENCE_S = 60.0  # with a browser


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


class Browser:
    """Chromium over its debugging pipe: JSON messages that end with a zero byte."""

    def __init__(self, path: str, profile: Path) -> None:
        ours_in, its_out = os.pipe()
        its_in, ours_out = os.pipe()

        def place_pipes() -> None:  # the browser reads from 3 and writes to 4
            reader, writer = os.dup(its_in), os.dup(its_out)
            os.dup2(reader, 3)
            os.dup2(writer, 4)

        self.process = subprocess.Popen(
            [path, *BROWSER_FLAGS, f"--user-data-dir={profile}", "about:blank"],
            preexec_fn=place_pipes, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)  # fmt: skip
        os.close(its_out)
        os.close(its_in)
        os.set_blocking(ours_in, False)
        self.ends, self.buffer, self.count = (ours_in, ours_out), b"", 0
        self.events: list[dict[str, Any]] = []
        self.session: str | None = None

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask for something and wait for the answer."""
        self.count += 1
        session = {"sessionId": self.session} if self.session else {}
        message = {"id": self.count, "method": method, "params": parameters, **session}
        os.write(self.ends[1], json.dumps(message).encode() + b"\0")
        answer = self.wait(lambda found: found.get("id") == self.count)
        assert "error" not in answer, answer
        return dict(answer["result"])

    def wait(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first message from now on that is wanted; the others are kept as events."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            message, zero, rest = self.buffer.partition(b"\0")
            if zero:
                self.buffer = rest
                found = json.loads(message)
                self.events.append(found)
                if wanted(found):
                    return found
                continue
            try:
                self.buffer += os.read(self.ends[0], 1 << 16)
            except BlockingIOError:
                time.sleep(0.01)
        raise TimeoutError(f"the browser did not answer in {PATIENCE_S} s")

    def open(self, address: str) -> None:
        """Load a page, with its network and its console watched."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=address)
        self.wait(lambda found: found.get("method") == "Page.loadEventFired")

    def evaluate(self, expression: str) -> Any:
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"]["value"]

    def screenshot(self) -> bytes:
        """What the window shows, as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for end in self.ends:
            os.close(end)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"no browser is installed: none of {', '.join(BROWSERS)} is found")
    opened = Browser(path, tmp_path / "profile")
    yield opened
    opened.close()
