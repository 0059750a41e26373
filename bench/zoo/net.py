# SPDX-License-Identifier: Apache-2.0
"""A network under construction: each method adds the nodes that PyTorch's exporter writes for a layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 13
IR_VERSION = 7
EXTENT = 224
CLASSES = 1000
INPUT, OUTPUT = "input", "output"


class Net:
    """Nodes and weights, in the order of the calls.

    Values are named by str. Weights are random, of the spread that keeps activations alive; statistics of
    batch normalizations are 0 and 1 until measure.py has measured them.

    Attributes
    ----------
    channels : dict of str to int
        Of each value.
    """

    def __init__(self, seed: int, batch: int = 1) -> None:
        self._batch = batch
        self._random = np.random.default_rng(seed)
        self._nodes: list[onnx.NodeProto] = []
        self._weights: dict[str, np.ndarray] = {}
        self.channels = {INPUT: 3}

    def model(self, name: str) -> onnx.ModelProto:
        """What was built; the last node makes the output."""
        self._nodes[-1].output[0] = OUTPUT
        graph = helper.make_graph(
            self._nodes,
            name,
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, (self._batch, 3, EXTENT, EXTENT))],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, (self._batch, CLASSES))],
            [numpy_helper.from_array(array, key) for key, array in self._weights.items()],
        )
        opset = helper.make_operatorsetid("", OPSET)
        return helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)

    def conv(self, x: str, out: int, kernel: int = 1, stride: int = 1, groups: int = 1, bias: bool = False,
             pad: int | None = None) -> str:  # fmt: skip
        """A convolution; padded so that stride 1 keeps the extents, unless ``pad`` says otherwise."""
        within = self.channels[x] // groups
        spread = np.sqrt(2 / (within * kernel * kernel))
        inputs = [x, self._normal("weight", (out, within, kernel, kernel), spread)]
        if bias:
            inputs.append(self._normal("bias", (out,), 0.1))
        edge = kernel // 2 if pad is None else pad
        return self._add(
            "Conv", inputs, out, dilations=[1, 1], group=groups, kernel_shape=[kernel] * 2,
            pads=[edge] * 4, strides=[stride] * 2,
        )  # fmt: skip

    def batch_norm(self, x: str) -> str:
        out = self.channels[x]
        arrays = {
            "scale": self._random.uniform(0.6, 1.4, out),
            "shift": 0.2 * self._random.standard_normal(out),
            "mean": np.zeros(out),
            "variance": np.ones(out),
        }
        inputs = [x, *(self._weight(key, array) for key, array in arrays.items())]
        return self._add("BatchNormalization", inputs, out, epsilon=1e-5, momentum=0.9)

    def linear(self, x: str, out: int) -> str:
        """A fully connected layer with bias."""
        weights = self._normal("weight", (out, self.channels[x]), self.channels[x] ** -0.5)
        inputs = [x, weights, self._normal("bias", (out,), 0.1)]
        return self._add("Gemm", inputs, out, alpha=1.0, beta=1.0, transB=1)

    def relu(self, x: str) -> str:
        return self._add("Relu", [x], self.channels[x])

    def relu6(self, x: str) -> str:
        bounds = [self._constant(np.array(bound, np.float32)) for bound in (0, 6)]
        return self._add("Clip", [x, *bounds], self.channels[x])

    def hard_sigmoid(self, x: str) -> str:
        return self._add("HardSigmoid", [x], self.channels[x], alpha=1 / 6, beta=0.5)

    def hard_swish(self, x: str) -> str:
        return self.mul(x, self.hard_sigmoid(x))

    def add(self, a: str, b: str) -> str:
        return self._add("Add", [a, b], self.channels[a])

    def mul(self, a: str, b: str) -> str:
        return self._add("Mul", [a, b], self.channels[a])

    def concat(self, *xs: str) -> str:
        return self._add("Concat", list(xs), sum(self.channels[x] for x in xs), axis=1)

    def halves(self, x: str) -> tuple[str, str]:
        """The first and the second half of the channels."""
        half = self.channels[x] // 2
        sizes = self._constant(np.array([half, half], np.int64))
        first = self._add("Split", [x, sizes], half, axis=1)
        second = f"{first}_second"
        self._nodes[-1].output.append(second)
        self.channels[second] = half
        return first, second

    def shuffle(self, x: str, groups: int, extent: int) -> str:
        """Channels of groups become neighbours: reshape, transpose, reshape."""
        channels = self.channels[x]
        apart = (self._batch, groups, channels // groups, extent, extent)
        wide = self._add("Reshape", [x, self._constant(np.array(apart, np.int64))], channels)
        turned = self._add("Transpose", [wide], channels, perm=[0, 2, 1, 3, 4])
        together = np.array((self._batch, channels, extent, extent), np.int64)
        return self._add("Reshape", [turned, self._constant(together)], channels)

    def max_pool(self, x: str, kernel: int, stride: int, pad: int = 0, ceil: bool = False) -> str:
        return self._add("MaxPool", [x], self.channels[x], kernel_shape=[kernel] * 2,
                         strides=[stride] * 2, pads=[pad] * 4, ceil_mode=int(ceil))  # fmt: skip

    def global_pool(self, x: str) -> str:
        return self._add("GlobalAveragePool", [x], self.channels[x])

    def flatten(self, x: str) -> str:
        return self._add("Flatten", [x], self.channels[x], axis=1)

    def spatial_mean(self, x: str) -> str:
        """The mean over pixels, without their axes."""
        return self._add("ReduceMean", [x], self.channels[x], axes=[2, 3], keepdims=0)

    def _add(self, kind: str, inputs: Sequence[str], channels: int, **attributes: Any) -> str:
        name = f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], name, **attributes))
        self.channels[name] = channels
        return name

    def _normal(self, role: str, shape: tuple[int, ...], spread: float) -> str:
        return self._weight(role, spread * self._random.standard_normal(shape, np.float32))

    def _weight(self, role: str, array: np.ndarray) -> str:
        """A tensor of the node that is added next."""
        name = f"{len(self._nodes)}.{role}"
        self._weights[name] = array.astype(np.float32)
        return name

    def _constant(self, array: np.ndarray) -> str:
        name = f"constant_{len(self._nodes)}"
        self._nodes.append(helper.make_node("Constant", [], [name], name,
                                            value=numpy_helper.from_array(array)))  # fmt: skip
        return name
