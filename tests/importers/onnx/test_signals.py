# SPDX-License-Identifier: Apache-2.0
"""DFT, STFT and mel weights, and MaxPool with its indices and back, against onnxruntime."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tiny
from onnx import helper

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.ir.interpret import interpret

RANDOM = np.random.default_rng(12)
ENGINES = pytest.mark.parametrize("native", [False, True], ids=["reference", "native"])
node = helper.make_node


def floats(*shape: int) -> np.ndarray:
    return RANDOM.standard_normal(shape).astype(np.float32)


def transform(x: np.ndarray, axis: int, length: int | None = None, opset: int = 20, **attributes: Any) -> Any:
    held = {} if length is None else {"length": np.array(length)}
    names = ["x", "length" if held else ""]
    if opset >= 20:
        held["axis"] = np.array(axis)
        names.append("axis")
    else:
        attributes["axis"] = axis
    return tiny.model([node("DFT", names, ["y"], **attributes)], {"x": x}, constants=held, opset=opset)


@ENGINES
@pytest.mark.parametrize("opset", [17, 20])
@pytest.mark.parametrize(("shape", "axis", "length", "attributes"), [
    ((2, 9, 1), 1, None, {}), ((2, 8, 2), 1, None, {}), ((2, 8, 1), 1, None, {"onesided": 1}),
    ((2, 7, 2), 1, None, {"inverse": 1}), ((3, 6, 4, 2), 2, None, {}), ((3, 6, 4, 1), 1, 4, {}),
    ((2, 6, 1), 1, 10, {"onesided": 1}),
])  # fmt: skip
def test_dft(shape: tuple[int, ...], axis: int, length: int | None, attributes: dict[str, int], opset: int,
             native: bool) -> None:  # fmt: skip
    x = floats(*shape)
    tiny.agree(transform(x, axis, length, opset, **attributes), {"x": x}, native=native)


@pytest.mark.parametrize("length", [8, 9])
def test_half_a_spectrum_becomes_its_signal(length: int) -> None:
    signal = floats(2, length)
    spectrum = np.fft.rfft(signal)
    x = np.stack([spectrum.real, spectrum.imag], -1).astype(np.float32)
    graph = tiny.load(transform(x, 1, length, onesided=1, inverse=1))
    np.testing.assert_allclose(interpret(graph, {"x": x})["y"][..., 0], signal, atol=1e-5)


@ENGINES
@pytest.mark.parametrize("onesided", [0, 1])
@pytest.mark.parametrize(("window", "length"), [(np.hanning(16), None), (np.hanning(16), 16), (None, 12)])
def test_stft(window: np.ndarray | None, length: int | None, onesided: int, native: bool) -> None:
    x = floats(2, 128, 1)
    held = {"step": np.array(8)} | ({} if window is None else {"window": window.astype(np.float32)})
    held |= {} if length is None else {"length": np.array(length)}
    names = ["x", "step", "" if window is None else "window", "length" if length else ""]
    made = tiny.model([node("STFT", names, ["y"], onesided=onesided)], {"x": x}, constants=held)
    tiny.agree(made, {"x": x}, native=native, atol=1e-4)


@pytest.mark.parametrize("given", [(8, 64, 8000, 0.0, 4000.0), (40, 512, 16000, 20.0, 8000.0)])
def test_mel_weights(given: tuple[float, ...]) -> None:
    names = ["bands", "length", "rate", "low", "high"]
    held = {name: np.array(number) if isinstance(number, int) else np.array(number, np.float32)
            for name, number in zip(names, given)}  # fmt: skip
    nodes = [node("MelWeightMatrix", names, ["m"]), node("MatMul", ["x", "m"], ["y"])]
    x = np.eye(given[1] // 2 + 1, dtype=np.float32)
    tiny.agree(tiny.model(nodes, {"x": x}, constants=held), {"x": x})


def test_what_is_too_long_or_open_is_refused() -> None:
    with pytest.raises(UnsupportedOpError, match="10000 elements"):
        tiny.load(transform(floats(1, 8, 1), 1, 10000))
    with pytest.raises(UnsupportedOpError, match="open length"):
        tiny.load(tiny.opened(transform(floats(1, 8, 1), 1), {"x": ("n", "t", None)}))
    with pytest.raises(ModelFormatError, match="1 or 2 parts"):
        tiny.load(transform(floats(1, 8, 3), 1))


POOLS: list[dict[str, Any]] = [
    {"kernel_shape": [2, 2], "strides": [2, 2]}, {"kernel_shape": [3, 2], "strides": [1, 2]},
    {"kernel_shape": [3, 3], "pads": [1, 0, 1, 2], "strides": [2, 2]},
    {"kernel_shape": [2, 2], "dilations": [2, 1]}, {"kernel_shape": [3, 3], "auto_pad": "SAME_UPPER"},
    {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1},
    {"kernel_shape": [2, 2], "strides": [2, 2], "storage_order": 1},
]  # fmt: skip


@ENGINES
@pytest.mark.parametrize("attributes", POOLS)
def test_max_pool_with_its_indices(attributes: dict[str, Any], native: bool) -> None:
    x = floats(2, 3, 8, 9)
    made = tiny.model([node("MaxPool", ["x"], ["y", "z"], **attributes)], {"x": x}, ["y", "z"])
    tiny.agree(made, {"x": x}, native=native)


@ENGINES
@pytest.mark.parametrize("shape", [(2, 3, 8, 10), (1, 2, 12)])
def test_unpooled(shape: tuple[int, ...], native: bool) -> None:
    x, sides = floats(*shape), {"kernel_shape": [2] * (len(shape) - 2), "strides": [2] * (len(shape) - 2)}
    nodes = [node("MaxPool", ["x"], ["p", "i"], **sides), node("MaxUnpool", ["p", "i"], ["y"], **sides)]
    tiny.agree(tiny.model(nodes, {"x": x}), {"x": x}, native=native)


def test_indices_need_fixed_extents() -> None:
    made = tiny.model([node("MaxPool", ["x"], ["y", "z"], kernel_shape=[2, 2])], {"x": floats(1, 1, 4, 4)},
                      ["y", "z"])  # fmt: skip
    with pytest.raises(UnsupportedOpError, match="open extents"):
        tiny.load(tiny.opened(made, {"x": ("n", None, "h", "w")}))
