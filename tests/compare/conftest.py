# SPDX-License-Identifier: Apache-2.0
"""Two convolutions in float and quantized, and a browser without a window."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lite.ir import Graph, TensorType, Value
from lite.ir.quant import Quantization
from lite.ops.conv2d import Conv2d
from lite.ops.dequantize import Dequantize
from lite.ops.quantize import Quantize
from lite.ops.reduce_mean import ReduceMean

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE_S = 60.0


def quantized_pair(graph: Graph, x: Value, scale: float, zero_point: int) -> Value:
    """x through integers and back."""
    step = graph.constant(np.array(scale, np.float32), f"{x.name}.scale")
    (q,) = graph.add(Quantize(zero_point=zero_point), [x, step], outputs=[f"{x.name}.integers"])
    q.quantization = Quantization(float(np.float32(scale)), zero_point)
    (real,) = graph.add(Dequantize(zero_point=zero_point), [q, step], outputs=[f"{x.name}.reals"])
    return real


def two_layers(scales: dict[str, float] | None = None) -> Graph:
    """image -> first -> second -> scores; with ``scales`` their values go through integers."""
    graph = Graph("two_layers")
    random = np.random.default_rng(0)
    weights = [random.standard_normal(shape).astype(np.float32) for shape in ((8, 3, 3, 3), (6, 8, 1, 1))]
    image = graph.add_input("image", TensorType((1, 9, 9, 3)))
    passed = lambda value: quantized_pair(graph, value, scales[value.name], 3) if scales else value  # noqa: E731
    conv = Conv2d(layout="nhwc", pads=(1, 1, 1, 1))
    (first,) = graph.add(conv, [passed(image), graph.constant(weights[0], "w0")], outputs=["first:0231"])
    if scales:
        scales = {**scales, "first:0231": scales["first"]}
    (second,) = graph.add(Conv2d(layout="nhwc"), [passed(first), graph.constant(weights[1], "w1")],
                          outputs=["second:0231"])
    (scores,) = graph.add(ReduceMean(axes=(1, 2)), [second], outputs=["scores"])
    graph.outputs = [scores]
    return graph


@pytest.fixture
def float_graph() -> Graph:
    return two_layers()


@pytest.fixture
def make_quantized() -> Callable[..., Graph]:
    """A graph like ``float_graph`` by the steps of the image's and the first layer's integers."""
    return lambda image, first: two_layers({"image": image, "first": first})


@pytest.fixture
def samples() -> list[dict[str, np.ndarray]]:
    random = np.random.default_rng(1)
    return [{"image": random.standard_normal((1, 9, 9, 3)).astype(np.float32)} for _ in range(3)]


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
            [path, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run",
             f"--user-data-dir={profile}", "about:blank"],
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
