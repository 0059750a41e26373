# SPDX-License-Identifier: Apache-2.0
"""LSTM, GRU and RNN in all directions, with everything that may be given or left out, against onnxruntime."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tiny
from onnx import helper

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.passes import pipeline

STEPS, BATCH, WIDTH, UNITS = 5, 3, 4, 6
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
RANDOM = np.random.default_rng(4)


def floats(*shape: int) -> np.ndarray:
    return (RANDOM.standard_normal(shape) * 0.6).astype(np.float32)


def recurrent(op: str, direction: str = "forward", *, given: str = "", **attributes: Any) -> Any:
    """A model with one layer; ``given`` names optional inputs: bias, lengths, state, cell, peepholes."""
    count, gates = 1 + (direction == "bidirectional"), GATES[op]
    optional = {"bias": floats(count, 2 * gates * UNITS), "lengths": np.array([5, 2, 3], np.int32),
                "state": floats(count, BATCH, UNITS), "cell": floats(count, BATCH, UNITS),
                "peepholes": floats(count, 3 * UNITS)}  # fmt: skip
    names = ["bias", "lengths", "state", "cell", "peepholes"]
    wanted = [name if name in given.split() else "" for name in names]
    while wanted and not wanted[-1]:
        wanted.pop()
    outputs = ["y", "h", "c"][: 3 if op == "LSTM" else 2]
    node = helper.make_node(op, ["x", "w", "r", *wanted], outputs, hidden_size=UNITS, direction=direction,
                            **attributes)  # fmt: skip
    constants = {"w": floats(count, gates * UNITS, WIDTH), "r": floats(count, gates * UNITS, UNITS)}
    constants |= {name: optional[name] for name in wanted if name}
    return tiny.model([node], {"x": floats(STEPS, BATCH, WIDTH)}, outputs, constants=constants, opset=14)


@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize("given", ["", "bias", "bias lengths", "bias state", "bias lengths state cell"])
@pytest.mark.parametrize("op", GATES)
def test_directions_and_optional_inputs(op: str, given: str, direction: str) -> None:
    given = given if op == "LSTM" else given.replace(" cell", "")
    tiny.agree(recurrent(op, direction, given=given), {"x": floats(STEPS, BATCH, WIDTH)})


@pytest.mark.parametrize(
    ("op", "attributes"),
    [
        ("GRU", {"linear_before_reset": 1}),
        ("GRU", {"linear_before_reset": 1, "direction": "bidirectional"}),
        ("GRU", {"clip": 0.4}),
        ("LSTM", {"clip": 0.4}),
        ("RNN", {"clip": 0.4}),
        ("RNN", {"activations": ["Relu"]}),
        ("RNN", {"activations": ["LeakyRelu"], "activation_alpha": [0.3]}),
        ("RNN", {"activations": ["Tanh", "Affine"], "activation_alpha": [0.5], "activation_beta": [0.25],
                 "direction": "bidirectional"}),
        ("RNN", {"activations": ["ScaledTanh"], "activation_alpha": [0.7], "activation_beta": [1.5]}),
        ("LSTM", {"activations": ["HardSigmoid", "Softsign", "Tanh"], "activation_alpha": [0.3],
                  "activation_beta": [0.4]}),
    ],
)  # fmt: skip
def test_attributes(op: str, attributes: dict[str, Any]) -> None:
    tiny.agree(recurrent(op, given="bias state", **attributes), {"x": floats(STEPS, BATCH, WIDTH)})


def test_peepholes() -> None:
    tiny.agree(recurrent("LSTM", "bidirectional", given="bias peepholes"), {"x": floats(STEPS, BATCH, WIDTH)})


def test_constant_weights_are_fully_connected_and_few() -> None:
    graph = tiny.load(recurrent("GRU", given="bias"))
    pipeline.run(graph, pipeline.standard())
    names = [node.op.name for node in graph.nodes]
    assert "matmul" not in names and names.count("fully_connected") == 2 * STEPS  # one product is by zeros
    shapes = [value.type.shape for value in graph.constants() if value.type.rank == 2]
    assert sorted(shapes) == [(BATCH, UNITS), (WIDTH, 3 * UNITS), (UNITS, UNITS), (UNITS, 2 * UNITS)]


def test_open_steps_are_refused() -> None:
    made = tiny.opened(recurrent("RNN"), {"x": ("steps", None, None)})
    with pytest.raises(UnsupportedOpError, match="1 to 512 steps"):
        tiny.load(made)


def test_unknown_activations_and_directions() -> None:
    with pytest.raises(UnsupportedOpError, match="Cosine"):
        tiny.load(recurrent("RNN", activations=["Cosine"]))
    with pytest.raises(ModelFormatError, match="expected 3 of them"):
        tiny.load(recurrent("LSTM", activations=["Tanh"]))
    with pytest.raises(ModelFormatError, match="sideways"):
        tiny.load(recurrent("LSTM", "sideways"))
