# SPDX-License-Identifier: Apache-2.0
"""Sessions of bf16 or halves: near the exact ones, with the same bits for any number of threads."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from lite import Model, _native
from lite.convert import convert_to_bytes
from lite.images import network_input
from lite.ir import Graph, Preprocess, TensorType
from lite.nb.writer import to_bytes
from lite.ops.concat import Concat
from lite.ops.conv2d import Conv2d
from lite.ops.fully_connected import FullyConnected
from lite.ops.reshape import Reshape

ROUNDING = ("x86_avx512bf16", "x86_amx")  # instruction sets with products of bf16
HALVES = ("arm64_fp16", "arm64_i8mm")  # and with arithmetic on halves
IMAGES = 40
IMAGENET = Preprocess(crop=224, mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375))
CENTRED = Preprocess(crop=224, mean=(127.0,), std=(128.0,))


def _random(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def _net() -> Model:
    """A stem, taps, a 1 x 1 of strides, and a layer behind."""
    graph = Graph()
    x = graph.add_input("x", TensorType((2, 19, 21, 3)))
    for index, (out, size, stride, pad) in enumerate([(40, 3, 2, 1), (33, 3, 1, 1), (50, 1, 2, 0)]):
        assert x.type is not None
        weights = graph.constant(_random(out, int(x.type.shape[3]), size, size, seed=index), f"w{index}")
        bias = graph.constant(_random(out, seed=10 + index), f"b{index}")
        conv = Conv2d(strides=(stride, stride), pads=(pad,) * 4, activation="relu", layout="nhwc")
        (x,) = graph.add(conv, [x, weights, bias])
    (flat,) = graph.add(Reshape(shape=(2, 5 * 6 * 50)), [x])
    graph.outputs = list(graph.add(FullyConnected(), [flat, graph.constant(_random(1500, 9), "w")]))
    return Model(to_bytes(graph))


@pytest.mark.parametrize("isa", _native.usable_isas())
def test_a_net_is_near_and_threads_change_no_bit(isa, monkeypatch):
    monkeypatch.setenv("LITE_FORCE_ISA", isa)
    model, feeds = _net(), {"x": _random(2, 19, 21, 3, seed=5)}
    (exact,) = model.session().run(None, feeds)
    alone, *teams = (model.session(threads, precision="fast").run(None, feeds)[0] for threads in (1, 2, 4))
    assert all(np.array_equal(team, alone) for team in teams)
    assert np.abs(alone - exact).max() <= 2.0**-6 * np.abs(exact).max()
    assert np.array_equal(alone, exact) == (isa not in ROUNDING + HALVES)


@pytest.mark.parametrize("isa", _native.usable_isas())
def test_kernels_tell_what_ran(isa, monkeypatch):
    monkeypatch.setenv("LITE_FORCE_ISA", isa)
    session = _net().session(precision="fast")
    kernels = [layer.kernel for layer in session.profile(warmup=0, repeats=1).layers if layer.op != "reshape"]
    assert _native.fast_differs() == (isa in ROUNDING + HALVES)
    if isa in ROUNDING:
        assert kernels[0] == "bgemm_rows" and kernels[2:] == ["bgemm_1x1", "bgemm"]
    elif isa in HALVES:
        assert kernels[0] == "hgemm_padded" and kernels[2:] == ["hgemm_1x1", "hgemm"]
    else:
        assert not [kernel for kernel in kernels if kernel.startswith(("bgemm", "hgemm"))]


def test_parts_of_joined_values():
    """Layers that write and read parts of pixels, a residual among them."""
    graph = Graph()
    x = graph.add_input("x", TensorType((2, 7, 9, 24)))
    random = [graph.constant(_random(24, 24, 1, 1, seed=seed), f"w{seed}") for seed in range(3)]
    conv = Conv2d(layout="nhwc")
    (a,) = graph.add(conv, [x, random[0]])
    (b,) = graph.add(conv, [a, random[1], None, a])
    (joined,) = graph.add(Concat(axis=3), [a, b])
    (c,) = graph.add(conv, [b, random[2], None, a])
    (last,) = graph.add(conv, [joined, graph.constant(_random(10, 48, 1, 1), "w")])
    graph.outputs = [c, last]
    model, feed = Model(to_bytes(graph)), {"x": _random(2, 7, 9, 24, seed=7)}
    exact, fast = (model.session(precision=precision).run(None, feed) for precision in ("exact", "fast"))
    for wanted, found in zip(exact, fast):
        assert np.abs(wanted - found).max() <= 2.0**-6 * np.abs(wanted).max()


@pytest.mark.parametrize("size, stride, channels", [(1, 1, 5), (1, 2, 40), (3, 2, 3), (5, 2, 33)])
def test_a_nan_stays_one_and_spreads_no_further(size, stride, channels):
    graph = Graph()
    x = graph.add_input("x", TensorType((1, 11, 13, channels)))
    conv = Conv2d(strides=(stride, stride), pads=(size // 2,) * 4, layout="nhwc")
    graph.outputs = list(graph.add(conv, [x, graph.constant(_random(20, channels, size, size), "w")]))
    model, feed = Model(to_bytes(graph)), _random(1, 11, 13, channels, seed=5)
    feed[0, 4, 6, 1], feed[0, 8, 2, 0] = np.nan, np.inf
    exact, fast = (model.session(precision=precision)(feed) for precision in ("exact", "fast"))
    assert np.isnan(exact).any() and np.isinf(exact).any()
    assert np.array_equal(np.isnan(fast), np.isnan(exact))
    assert np.array_equal(np.isinf(fast), np.isinf(exact))


@pytest.mark.parametrize("path, preprocess", [
    ("mobilenet_v2_torchvision/mobilenet_v2.onnx", IMAGENET),
    ("efficientnet_lite0/efficientnet_lite0.onnx", CENTRED),
], ids=["mobilenet_v2", "efficientnet_lite0"])
def test_real_models_see_the_same(path, preprocess):
    if not os.environ.get("LITE_TEST_DATA"):
        pytest.skip("LITE_TEST_DATA is not set: it holds the models and the pictures")
    data = Path(os.environ["LITE_TEST_DATA"])
    model = Model(convert_to_bytes(data / "models" / path)[0])
    exact, fast = model.session(), model.session(precision="fast")
    folder = data / "data" / "imagenet_val400"
    names = [line.split()[0] for line in (folder / "labels.txt").read_text().splitlines()[:IMAGES]]
    same, cosines = 0, []
    for name in names:
        x = network_input(folder / name, (1, 3, 224, 224), preprocess)
        a, b = np.ravel(exact(x)).astype(np.float64), np.ravel(fast(x)).astype(np.float64)
        same += int(a.argmax() == b.argmax())
        cosines.append(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    assert same >= 0.95 * len(names)
    assert min(cosines) > 0.999
