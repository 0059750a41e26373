# SPDX-License-Identifier: Apache-2.0
"""Integers on processors that this machine is not: cross-built, emulated, the bits of the reference.

Every sample whose results are integers or truth values, of every registered op, in one program per
instruction set. Floats are held to the same standard by tests/csrc, whose kernels' tests CI emulates too.
A whole int8 model gives on pictures, byte for byte, what it gives here. Fast sessions, which compute in
halves, are near the floats.
"""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from lite import _native, ops
from lite.convert import convert_to_bytes
from lite.images import network_input
from lite.ir import Preprocess
from lite.nb import reader
from lite.nb.golden import Case, Golden
from lite.nb.writer import to_bytes
from lite.passes import pipeline
from lite.passes.lower_ops import LowerOps
from lite.passes.to_nhwc import ToNhwc
from lite.quant import StaticPTQ
from lite.session import Model

pytestmark = pytest.mark.slow
LAYERS = ("conv2d", "fully_connected")  # which may compute in halves
RESIDUAL = 3  # which input of theirs that is
NEAR = 2.0**-6  # of the range
PICTURES = 20
PICTURES_IN_HALVES = 3  # an emulator takes many seconds for each
IMAGENET = Preprocess(crop=224, mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375))


@pytest.fixture(scope="module")
def files(cases_of, tmp_path_factory) -> Path:
    """A folder with a file for each sample: what goes in and what must come out."""
    folder, runnable = tmp_path_factory.mktemp("golden"), frozenset(_native.ops())
    for kind in ops.all_ops():
        for case in cases_of(kind):
            if any(array.dtype.kind == "f" for array in case.expected):
                continue
            graph, feeds = case.graph()
            pipeline.run(graph, [LowerOps(runnable), ToNhwc()])
            if not {node.op.name for node in graph.nodes} <= runnable:
                continue  # tests/every/test_ops.py says that a kernel is missing
            outputs = {value.name: array for value, array in zip(graph.outputs, case.expected)}
            file = folder / f"{kind.name}_{case.index}.nb"
            file.write_bytes(to_bytes(graph, golden=Golden((Case(feeds, outputs),))))
    return folder


def test_integers_mean_the_same(emulated_isa, files, run_golden):
    run_golden(emulated_isa, files)


@pytest.fixture(scope="module")
def data() -> Path:
    if not os.environ.get("LITE_TEST_DATA"):
        pytest.skip("LITE_TEST_DATA is not set: it holds the model and the pictures")
    return Path(os.environ["LITE_TEST_DATA"])


def mobilenet(data: Path, folder: Path, pictures: int, quantize: StaticPTQ | None = None, **golden) -> Path:
    """The folder with MobileNetV2, pictures, and what this machine's engine makes of them."""
    model = data / "models" / "mobilenet_v2_torchvision" / "mobilenet_v2.onnx"
    converted, _ = convert_to_bytes(model, preprocess=IMAGENET, quantize=quantize)
    session = Model(converted).session()
    images, cases = data / "data" / "imagenet_val400", []
    for line in (images / "labels.txt").read_text().splitlines()[:pictures]:
        image = network_input(images / line.split()[0], (1, 3, 224, 224), IMAGENET)
        feeds = {session.inputs[0].name: image}
        cases.append(Case(feeds, session.run(feeds)))
    written = to_bytes(reader.read(converted), golden=Golden(tuple(cases), **golden))
    (folder / "mobilenet_v2.nb").write_bytes(written)
    return folder


@pytest.fixture(scope="module")
def classifier(data, tmp_path_factory) -> Path:
    """A folder with MobileNetV2 in int8."""
    settings = StaticPTQ(data / "data" / "imagenet_calib200", num=32)
    return mobilenet(data, tmp_path_factory.mktemp("classifier"), PICTURES, settings)


@pytest.fixture(scope="module")
def layers(cases_of, tmp_path_factory) -> Path:
    """A folder with a file for each sample of layers of floats; their weights are constants."""
    folder = tmp_path_factory.mktemp("layers")
    for kind in (kind for kind in ops.all_ops() if kind.name in LAYERS):
        for case in cases_of(kind):
            constant = tuple(position not in (0, RESIDUAL) for position in range(len(case.inputs)))
            graph, feeds = dataclasses.replace(case, constant=constant).graph()
            pipeline.run(graph, [LowerOps(frozenset(_native.ops())), ToNhwc()])
            outputs = Model(to_bytes(graph)).session().run(feeds)
            golden = Golden((Case(feeds, outputs),), tolerance=NEAR)
            (folder / f"{kind.name}_{case.index}.nb").write_bytes(to_bytes(graph, golden=golden))
    return folder


@pytest.mark.parametrize("isa", ["arm64_fp16", "arm64_i8mm"])
def test_layers_of_halves_are_near(isa, layers, run_golden):
    run_golden(isa, layers, precision="fast")


@pytest.fixture(scope="module")
def floats(data, tmp_path_factory) -> Path:
    """A folder with MobileNetV2 in floats."""
    return mobilenet(data, tmp_path_factory.mktemp("floats"), PICTURES_IN_HALVES, tolerance=NEAR)


def test_a_model_of_halves_is_near(floats, run_golden):
    run_golden("arm64_fp16", floats, threads=(1, 2), precision="fast")


def test_a_model_gives_the_same_answers(emulated_isa, classifier, run_golden):
    run_golden(emulated_isa, classifier, threads=(1,))
