# SPDX-License-Identifier: Apache-2.0
"""Whole models on integers: the bits of the numpy reference, on every instruction set, for any threads."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from lite import Model, StaticPTQ, _native, importers
from lite.convert import convert_to_bytes
from lite.ir import Graph
from lite.ir.interpret import interpret
from lite.nb import reader
from lite.nb.golden import Case, Golden
from lite.nb.writer import to_bytes

ZOO = {
    "mobilenet_v2": ("mobilenet_v2_torchvision/mobilenet_v2.onnx", (1, 3, 224, 224)),
    "mobilenet_v2_paddle": ("mobilenet_v2_paddle", (2, 3, 224, 224)),
    "efficientnet_lite0": ("efficientnet_lite0/efficientnet_lite0.onnx", (1, 3, 224, 224)),
    "ppocr_detection": ("ppocrv4_paddle/ch_PP-OCRv4_det_infer", (1, 3, 96, 160)),
    "ppocr_recognition": ("ppocrv4_paddle/ch_PP-OCRv4_rec_infer", (1, 3, 48, 160)),
    "ppocr_direction": ("ppocrv4_paddle/ch_ppocr_mobile_v2_cls_infer", (1, 3, 48, 192)),
    "ultraface": ("ultraface/version-RFB-320.onnx", (1, 3, 240, 320)),
    "fastestdet": ("fastestdet/FastestDet.onnx", (1, 3, 352, 352)),
    "lenet": ("paddle_formats/pd2/lenet", None),
    "mobilenet_v1_025": ("paddle_formats/pd2/mobilenet_v1_025", None),
    "digitsnet": ("paddle_formats/pd2/digitsnet", None),
}


@dataclass(frozen=True)
class Quantized:
    """A model on integers, what goes in, and what the reference makes of it."""

    data: bytes
    graph: Graph
    feeds: dict[str, np.ndarray]
    expected: dict[str, np.ndarray]


@pytest.fixture(scope="module")
def quantized(tmp_path_factory):
    """Quantizes a model of the zoo with a few random inputs, and runs it by the reference."""
    folder = os.environ.get("LITE_TEST_DATA")
    if folder is None:
        pytest.skip("LITE_TEST_DATA is not set: no real models")

    def made(name: str) -> Quantized:
        relative, shape = ZOO[name]
        path = Path(folder) / "models" / relative
        (given,) = importers.load(path).inputs
        shape = shape or tuple(extent if isinstance(extent, int) else 1 for extent in given.type.shape)
        random = np.random.RandomState(0)
        samples = [{given.name: random.standard_normal(shape).astype(np.float32)} for _ in range(4)]
        data, _ = convert_to_bytes(path, quantize=StaticPTQ(samples))
        graph = reader.read(data)
        return Quantized(data, graph, samples[0], interpret(graph, samples[0]))

    return made


@pytest.mark.parametrize("name", ZOO)
def test_bits_of_the_reference(name, quantized, monkeypatch):
    model = quantized(name)
    floats = [node.op.name for node in model.graph.nodes
              if any(value.type.dtype.is_float for value in node.outputs)]
    assert set(floats) <= {"transpose", "dequantize"}, "what is computed in floats has no bits to promise"
    for isa in _native.usable_isas():
        monkeypatch.setenv("LITE_FORCE_ISA", isa)
        for threads in (1, 2, 4):
            found = Model(model.data).session(threads=threads).run(model.feeds)
            for output, expected in model.expected.items():
                assert found[output].tobytes() == expected.tobytes(), f"{output} on {isa}, {threads} threads"


@pytest.mark.slow
def test_bits_on_emulated_processors(emulated_isa, quantized, run_golden, tmp_path):
    for name in ZOO:
        model = quantized(name)
        golden = Golden((Case(model.feeds, model.expected),))
        (tmp_path / f"{name}.nb").write_bytes(to_bytes(model.graph, golden=golden))
    run_golden(emulated_isa, tmp_path)
