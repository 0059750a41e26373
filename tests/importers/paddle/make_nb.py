# SPDX-License-Identifier: Apache-2.0
"""Tiny networks that Paddle Lite's own optimiser made .nb files of, with what Paddle gives, into nb.json.xz.

Run it with paddlepaddle 2.6.2 and LITE_TEST_DATA: python make_nb.py OPT [OUT], where OPT
is the paddle_lite_opt of paddlelite 2.12 (Python 3.7).
"""

from __future__ import annotations

import json
import lzma
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import paddle
import paddle.nn.functional as F
from make_zoo import _array, _text
from paddle import nn, static
from paddle.base.proto import framework_pb2

WEIGHTS = {"int8": ("--quant_model=true", "--quant_type=QUANT_INT8"),
           "int16": ("--quant_model=true", "--quant_type=QUANT_INT16")}  # fmt: skip


class Layers(nn.Layer):
    """A convolution before each activation, a depthwise one behind it, and what heads consist of."""

    def __init__(self, activation: Callable[[Any], Any], classes: int = 5) -> None:
        super().__init__()
        self.activation = activation
        self.slopes = nn.PReLU(6)
        self.first = nn.Conv2D(3, 6, 3, stride=2, padding=1, bias_attr=False)
        self.norm = nn.BatchNorm2D(6)
        self.depthwise = nn.Conv2D(6, 6, 3, padding=1, groups=6, bias_attr=False)
        self.other = nn.BatchNorm2D(6)
        self.head = nn.Linear(6, classes)

    def forward(self, x: Any) -> Any:
        y = self.activation(self.norm(self.first(x)))
        z = self.slopes(self.other(self.depthwise(y)))
        y = F.adaptive_avg_pool2d(F.relu(y + z), 1)
        return F.softmax(self.head(paddle.flatten(y, 1)))


class Dense(nn.Layer):
    """Maps of all places: resized, joined, and the greatest of each."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2D(3, 4, 3, padding=1)
        self.up = nn.Conv2DTranspose(4, 4, 2, stride=2)

    def forward(self, x: Any) -> Any:
        y = F.relu(self.up(self.first(x)))
        y = paddle.concat([y, F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)], 1)
        return paddle.argmax(y, axis=1), paddle.transpose(F.sigmoid(y), [0, 2, 3, 1])


def nets() -> dict[str, nn.Layer]:
    """Networks by name."""
    activations = {"relu": F.relu, "relu6": F.relu6, "hard_swish": F.hardswish, "hard_sigmoid": F.hardsigmoid,
                   "leaky_relu": lambda x: F.leaky_relu(x, 0.2)}  # fmt: skip
    return {**{name: Layers(activation) for name, activation in activations.items()}, "dense": Dense()}


def with_thresholds(program: bytes) -> bytes:
    """The program with the attribute of relu6 that Paddle leaves out since 2.5, and Paddle Lite wants."""
    message = framework_pb2.ProgramDesc.FromString(program)
    for op in message.blocks[0].ops:
        if op.type == "relu6":
            op.attrs.add(name="threshold", type=1, f=6.0)
    return bytes(message.SerializePartialToString())


def optimised(opt: str, program: Path, parameters: Path, target: str, options: tuple[str, ...]) -> bytes:
    """The .nb that Paddle Lite makes of a model; what it leaves undefined of the header becomes zeros."""
    with tempfile.TemporaryDirectory() as folder:
        out = f"{folder}/model"
        files = f"--model_file={program}", f"--param_file={parameters}"
        command = [opt, *files, f"--valid_targets={target}", f"--optimize_out={out}", *options]
        subprocess.run(command, check=True, capture_output=True)
        data = Path(f"{out}.nb").read_bytes()
    version = data[2:18].partition(b"\0")[0]
    return data[:2] + version.ljust(16, b"\0") + data[18:]


def entries(opt: str, name: str, net: nn.Layer, folder: Path) -> dict[str, Any]:
    """The network's entries in the archive: one a target, and those whose weights are integers."""
    x = np.random.default_rng(0).standard_normal((1, 3, 8, 8)).astype(np.float32)
    net.train()
    net(paddle.to_tensor(np.concatenate([x, 2 * x + 1])))
    net.eval()
    given = net(paddle.to_tensor(x))
    outputs = [given] if isinstance(given, paddle.Tensor) else list(given)
    spec = static.InputSpec([1, 3, 8, 8], "float32", "x")
    prefix = folder / name
    paddle.jit.save(paddle.jit.to_static(net, input_spec=[spec], full_graph=True), str(prefix))
    program = prefix.with_suffix(".pdmodel")
    program.write_bytes(with_thresholds(program.read_bytes()))
    kinds = {"arm": ("arm", ()), "x86": ("x86", ())}
    if name == "relu":
        kinds.update({kind: ("arm", options) for kind, options in WEIGHTS.items()})
    fed = {"inputs": {"x": _array(x)}, "outputs": [_array(output.numpy()) for output in outputs]}
    return {
        f"{name}/{kind}": {
            "model": _text(optimised(opt, program, prefix.with_suffix(".pdiparams"), target, options)), **fed
        }
        for kind, (target, options) in kinds.items()
    }  # fmt: skip


def main() -> None:
    opt = sys.argv[1]
    out = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).with_name("nb.json.xz")
    digits = Path(os.environ["LITE_TEST_DATA"], "models/paddle_formats/quantized/ptq_hist_fakeops/model")
    archive: dict[str, Any] = {}
    paddle.seed(0)
    with tempfile.TemporaryDirectory() as folder:
        for name, net in nets().items():
            archive.update(entries(opt, name, net, Path(folder)))
    files = digits.with_suffix(".pdmodel"), digits.with_suffix(".pdiparams")
    archive["digits/quantized"] = {"model": _text(optimised(opt, *files, "arm", ()))}
    out.write_bytes(lzma.compress(json.dumps(archive, indent=0, sort_keys=True).encode(), preset=9))
    print(f"{len(archive)} cases in {out} ({out.stat().st_size} bytes)")


if __name__ == "__main__":
    main()
