# SPDX-License-Identifier: Apache-2.0
"""Small networks of Caffe as text and weights, by the same numbers wherever they are made."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lite.importers.proto import messages

Weights = dict[str, list[np.ndarray]]


@dataclass
class Net:
    """A network: text without its inputs, weights by layer, inputs."""

    layers: str
    inputs: dict[str, np.ndarray]
    weights: Weights = field(default_factory=dict)

    @property
    def text(self) -> bytes:
        """The .prototxt."""
        declared = "".join(
            f'input: "{name}" input_shape {{ {"".join(f"dim: {extent} " for extent in array.shape)}}}\n'
            for name, array in self.inputs.items()
        )
        return (declared + self.layers).encode()

    @property
    def model(self) -> bytes:
        """The .caffemodel."""
        return caffemodel(self.weights)


def caffemodel(weights: Weights) -> bytes:
    """Weights as Caffe saves them; one layer more, so that there is always one."""
    message = messages("caffe")["Weights"]()
    for name, arrays in {**weights, "(other)": [np.zeros(1, np.float32)]}.items():
        layer = message.layer.add(name=name)
        for array in arrays:
            blob = layer.blobs.add(data=[array.astype("<f4").tobytes()])
            blob.shape.dim.extend(array.shape)
    return bytes(message.SerializeToString())


def layer(type: str, parameters: str = "", bottoms: str = "x", tops: str = "y", name: str = "it") -> str:
    """A layer of today's kind; bottoms and tops by their names with spaces between."""
    blobs = [f'bottom: "{blob}"' for blob in bottoms.split()] + [f'top: "{blob}"' for blob in tops.split()]
    return f'layer {{ name: "{name}" type: "{type}" {" ".join(blobs)} {parameters} }}\n'


def random(*shape: int, seed: int = 0, low: float = -2.0, high: float = 2.0) -> np.ndarray:
    """Numbers that are the same everywhere."""
    return np.random.default_rng([seed, *shape]).uniform(low, high, shape).astype(np.float32)


def one(
    type: str, parameters: str = "", *weights: np.ndarray, x: np.ndarray | None = None, **inputs: np.ndarray
) -> Net:
    """A network of one layer on x and other inputs."""
    given = {"x": random(2, 4, 5, 6) if x is None else x, **inputs}
    return Net(layer(type, parameters, " ".join(given)), given, {"it": list(weights)} if weights else {})
