# SPDX-License-Identifier: Apache-2.0
"""Layers that OpenCV does not import, or not as Caffe computes them, against numpy; old layers; phases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from caffe_nets import Net, Weights, caffemodel, layer, one, random
from caffe_zoo import cases, detector

from lite.importers.caffe import load
from lite.importers.caffe.network import read_network
from lite.importers.caffe.rules import names
from lite.importers.caffe.sources import SOURCES
from lite.importers.proto import messages
from lite.ir import Graph
from lite.ir.interpret import interpret
from lite.ir.verify import verify

X = random(2, 4, 6, 6)


def imported(net: Net, **options: Any) -> Graph:
    graph = load(net.text, param_file=net.model, **options)
    verify(graph)
    return graph


def outputs(net: Net) -> dict[str, np.ndarray]:
    graph = imported(net)
    return interpret(graph, {value.name: net.inputs[value.name] for value in graph.inputs})


def output(net: Net) -> np.ndarray:
    (found,) = outputs(net).values()
    return found


def _reorg(x: np.ndarray, block: int) -> np.ndarray:
    """Element by element, as it is written in YOLO's forks."""
    batch, channels, height, width = x.shape
    y = np.empty((batch, channels * block * block, height // block, width // block), x.dtype)
    for place, channel in np.ndindex(block * block, channels):
        y[:, place * channels + channel] = x[:, channel, place // block :: block, place % block :: block]
    return y


def _arg_max(x: np.ndarray) -> np.ndarray:
    return x.reshape(2, -1).argmax(1).reshape(2, 1, 1).astype(np.float32)


def _tail(x: np.ndarray) -> np.ndarray:
    return x.reshape(2, 4, -1)


NETS: dict[str, tuple[Net, Callable[[np.ndarray], np.ndarray]]] = {
    "reorg": (one("Reorg", "reorg_param { stride: 3 }", x=X), lambda x: _reorg(x, 3)),
    "upsample": (
        one("Upsample", "upsample_param { scale: 2 }", x=X),
        lambda x: x.repeat(2, axis=2).repeat(2, axis=3),
    ),
    "threshold": (
        one("Threshold", "threshold_param { threshold: 0.5 }", x=X),
        lambda x: (x > 0.5).astype(np.float32),
    ),
    "clip": (one("Clip", "clip_param { min: -1 max: 0.5 }", x=X), lambda x: x.clip(-1, 0.5)),
    "swish": (one("Swish", "swish_param { beta: 2 }", x=X), lambda x: x / (1 + np.exp(-2 * x))),
    "mish": (one("Mish", x=X), lambda x: x * np.tanh(np.log1p(np.exp(x)))),
    "log": (
        one("Log", "log_param { base: 3 scale: 0.5 shift: 3 }", x=X),
        lambda x: np.log(3 + 0.5 * x) / np.log(3),
    ),
    "exp": (one("Exp", "exp_param { scale: 0.5 shift: 1 }", x=X), lambda x: np.exp(1 + 0.5 * x)),
    "tile": (one("Tile", "tile_param { axis: 1 tiles: 2 }", x=X), lambda x: np.tile(x, (1, 2, 1, 1))),
    "arg_max": (one("ArgMax", x=X), _arg_max),
    "arg_max_both": (
        one("ArgMax", "argmax_param { out_max_val: true }", x=X),
        lambda x: np.concatenate([_arg_max(x), x.reshape(2, 1, -1).max(2, keepdims=True)], 1),
    ),
    "arg_max_axis": (
        one("ArgMax", "argmax_param { axis: 1 }", x=X),
        lambda x: x.argmax(1, keepdims=True).astype(np.float32),
    ),
    "arg_max_values": (
        one("ArgMax", "argmax_param { axis: -1 out_max_val: true top_k: 2 }", x=X),
        lambda x: -np.sort(-x, -1)[..., :2],
    ),
    "reduce_sum": (
        one("Reduction", "reduction_param { axis: 2 coeff: 3 }", x=X),
        lambda x: 3 * _tail(x).sum(2),
    ),
    "reduce_asum": (
        one("Reduction", "reduction_param { axis: -2 operation: ASUM }", x=X),
        lambda x: np.abs(_tail(x)).sum(2),
    ),
    "reduce_squares": (
        one("Reduction", "reduction_param { axis: 2 operation: SUMSQ }", x=X),
        lambda x: (_tail(x) ** 2).sum(2),
    ),
    "reduce_mean": (
        one("Reduction", "reduction_param { operation: MEAN }", x=X),
        lambda x: np.asarray(x.mean()),
    ),
    "slice_evenly": (one("Slice", "slice_param { axis: -1 }", x=X), lambda x: x),
    "permute_short": (
        one("Permute", "permute_param { order: 2 order: 0 }", x=X),
        lambda x: x.transpose(2, 0, 1, 3),
    ),
    "bias": (
        one("Bias", "bias_param { axis: 2 num_axes: -1 }", random(6, 6), x=X),
        lambda x: x + random(6, 6),
    ),
    "scale_all": (
        one("Scale", "scale_param { axis: 0 num_axes: 2 }", random(2, 4), x=X),
        lambda x: x * random(2, 4)[:, :, None, None],
    ),
    "scale_by_one": (
        one("Scale", "scale_param { num_axes: 0 bias_term: true }", np.array([2.0]), np.array([1.0]), x=X),
        lambda x: 2 * x + 1,
    ),
    "inner_transposed": (
        one(
            "InnerProduct",
            "inner_product_param { num_output: 3 transpose: true axis: 2 }",
            random(36, 3),
            random(3),
            x=X,
        ),
        lambda x: _tail(x) @ random(36, 3) + random(3),
    ),
    "lrn": (
        one("LRN", "lrn_param { local_size: 1 alpha: 0.5 beta: 0.5 k: 2 }", x=X),
        lambda x: x / np.sqrt(2 + 0.5 * x * x),
    ),
    "batch_norm_scaled": (
        one(
            "BatchNorm",
            "batch_norm_param { scale_bias: true }",
            random(4),
            random(4, low=0.5),
            np.array([4.0]),
            random(4, seed=1),
            random(4, seed=2),
            x=X,
        ),
        lambda x: (
            (x - random(4)[:, None, None] / 4)
            / np.sqrt(random(4, low=0.5)[:, None, None] / 4 + 1e-5)
            * random(4, seed=1)[:, None, None]
            + random(4, seed=2)[:, None, None]
        ),
    ),
    "batch_norm_without_statistics": (
        one("BatchNorm", "", random(4), random(4), np.array([0.0]), x=X),
        lambda x: x / np.sqrt(np.float32(1e-5)),
    ),
    "depthwise": (
        one(
            "DepthwiseConvolution",
            "convolution_param { num_output: 4 kernel_size: 1 bias_term: false }",
            random(4, 1, 1, 1),
            x=X,
        ),
        lambda x: x * random(4, 1, 1, 1).reshape(4, 1, 1),
    ),
    "pool_rounded_down": (
        one("Pooling", "pooling_param { kernel_size: 5 stride: 2 round_mode: FLOOR }", x=X),
        lambda x: x[:, :, :5, :5].max((2, 3), keepdims=True),
    ),
    "interp_cut": (
        one("Interp", "interp_param { pad_beg: -1 pad_end: -1 shrink_factor: 3 }", x=X),
        lambda x: x[:, :, 1:5:3, 1:5:3],
    ),
}


@pytest.mark.parametrize("case", sorted(NETS))
def test_layers(case: str) -> None:
    net, meaning = NETS[case]
    expected = meaning(net.inputs["x"])
    found = output(net)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6 * np.abs(expected).max())


def test_axpy() -> None:
    factor, y = random(2, 4, 1, 1), random(2, 4, 6, 6, seed=9)
    net = Net(layer("Axpy", bottoms="factor x a"), {"factor": factor, "x": X, "a": y})
    np.testing.assert_allclose(output(net), factor * X + y, rtol=1e-6)


def test_silence_makes_blobs_no_outputs() -> None:
    net = Net(layer("Split", tops="a b") + layer("Silence", bottoms="a", tops="", name="mute"), {"x": X})
    assert list(outputs(net)) == ["b"]


def test_outputs_come_in_the_order_of_their_names() -> None:
    net = Net(layer("Sigmoid", tops="z", name="1") + layer("TanH", tops="b", name="2"), {"x": X})
    assert list(outputs(net)) == ["b", "z"]


def test_a_layer_in_place_hides_what_it_read() -> None:
    net = Net(
        layer("Power", "power_param { shift: 1 }", tops="y", name="1")
        + layer("ReLU", bottoms="y", tops="y", name="2")
        + layer("Power", "power_param { scale: 2 }", bottoms="y", tops="z", name="3"),
        {"x": X},
    )
    np.testing.assert_allclose(output(net), 2 * np.maximum(X + 1, 0), rtol=1e-6)


def test_detections_without_variances_and_a_cut() -> None:
    told = "code_type: CENTER_SIZE nms_param { nms_threshold: 1 } confidence_threshold: 0"
    rows = output(detector(f"{told} variance_encoded_in_target: true"))
    assert rows.shape == (1, 1, 3 * 72, 7)
    assert (rows[0, 0, :, 1] == np.repeat([1, 2, 3], 72)).all()
    assert (np.diff(rows[0, 0, :72, 2]) <= 0).all()


def test_no_detection_is_told_as_caffe_tells_it() -> None:
    rows = output(detector("confidence_threshold: 1 keep_top_k: 4", images=2))
    assert rows.shape == (1, 1, 8, 7)
    assert (rows[0, 0, :, 0] == [0, 0, 0, 0, 1, 1, 1, 1]).all()
    assert (rows[..., 1:] == -1).all()


# Old layers ------------------------------------------------------------------------------------------

OLD = """
name: "old" input: "x" input_dim: 2 input_dim: 4 input_dim: 6 input_dim: 6
layers { name: "conv" type: CONVOLUTION bottom: "x" top: "conv" blobs_lr: 1 blobs_lr: 2
         convolution_param { num_output: 3 kernel_size: 1 weight_filler { type: "xavier" } } }
layers { name: "relu" type: RELU bottom: "conv" top: "conv" }
layers { name: "fc" type: INNER_PRODUCT bottom: "conv" top: "fc" inner_product_param { num_output: 5 } }
layers { name: "prob" type: SOFTMAX bottom: "fc" top: "prob" }
"""


def _old_weights(weights: Weights, double: bool) -> bytes:
    """Old layers with blobs of four extents."""
    message = messages("caffe")["Weights"]()
    for name, arrays in weights.items():
        stored = message.layers.add(name=name)
        for array in arrays:
            shape = (1,) * (4 - array.ndim) + array.shape
            blob = stored.blobs.add(**dict(zip(("num", "channels", "height", "width"), shape)))
            if double:
                blob.double_data.append(array.astype("<f8").tobytes())
            else:
                blob.data.append(array.astype("<f4").tobytes())
    return bytes(message.SerializeToString())


@pytest.mark.parametrize("double", [False, True])
def test_old_layers_with_old_blobs(double: bool) -> None:
    weights = {"conv": [random(3, 4, 1, 1), random(3)], "fc": [random(5, 108, low=-0.1, high=0.1), random(5)]}
    graph = load(OLD.encode(), param_file=_old_weights(weights, double))
    hidden = np.einsum("nchw,oc->nohw", X, weights["conv"][0][:, :, 0, 0]) + weights["conv"][1][:, None, None]
    scores = np.maximum(hidden, 0).reshape(2, -1) @ weights["fc"][0].T + weights["fc"][1]
    expected = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    np.testing.assert_allclose(interpret(graph, {"x": X})["prob"], expected, atol=1e-6)


# Phases and inputs -----------------------------------------------------------------------------------

SIDES = "channels: 2 height: 3 width: 4"
TRAINED = """
layer { name: "train" type: "Data" top: "data" top: "label" include { phase: TRAIN } transform_param { crop_size: 6 } }
layer { name: "test" type: "Data" top: "data" top: "label" exclude { phase: TRAIN } data_param { batch_size: 9 } }
layer { name: "drop" type: "Dropout" bottom: "data" top: "data" include { stage: "noisy" } }
layer { name: "sure" type: "Sigmoid" bottom: "data" top: "sure" exclude { min_level: 1 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "sure" bottom: "label" top: "loss" }
layer { name: "weighed" type: "Power" bottom: "loss" top: "total" include { phase: TRAIN } }
layer { name: "accuracy" type: "Accuracy" bottom: "sure" bottom: "label" top: "accuracy" }
"""  # noqa: E501


def test_what_trains_is_left_out() -> None:
    graph = load(TRAINED.encode(), param_file=caffemodel({}), input_shapes={"data": (1, 3, 6, 6)})
    assert [(value.name, value.type.shape) for value in graph.inputs] == [("data", (1, 3, 6, 6))]
    assert [value.name for value in graph.outputs] == ["sure"]
    assert [node.op.name for node in graph.nodes] == ["sigmoid"]


@pytest.mark.parametrize(
    ("source", "shape"),
    [
        ('layer { name: "d" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 } } }', (1, 3)),
        ('layer { type: "DummyData" top: "x" dummy_data_param { shape { dim: 2 dim: 3 } } }', (2, 3)),
        (f'layer {{ type: "DummyData" top: "x" dummy_data_param {{ num: 1 {SIDES} }} }}', (1, 2, 3, 4)),
        (
            f'layer {{ type: "MemoryData" top: "x" top: "n" memory_data_param {{ batch_size: 1 {SIDES} }} }}',
            (1, 2, 3, 4),
        ),
        ('input: "x" input_shape { dim: 5 }', (5,)),
    ],
)
def test_shapes_of_inputs(source: str, shape: tuple[int, ...]) -> None:
    graph = load((source + layer("AbsVal")).encode(), param_file=caffemodel({}))
    assert [value.type.shape for value in graph.inputs] == [shape]


def test_inputs_may_have_other_shapes_or_contents() -> None:
    net = one("AbsVal")
    assert imported(net, input_shapes={"x": (1, 3, 8, 9)}).outputs[0].type.shape == (1, 3, 8, 9)
    frozen = imported(one("Eltwise", "", a=random(2, 4, 5, 6)), freeze_inputs={"a": random(2, 4, 5, 6)})
    assert [value.name for value in frozen.inputs] == ["x"]


def test_every_layer_has_a_case() -> None:
    texts = [net.text for net in (*cases().values(), *(net for net, _ in NETS.values()))]
    used = {found.type for text in texts for found in read_network(text, "case").layers}
    beside = {"Axpy", "ConvolutionDepthwise", "Silence"}  # tried above; the other name of a rule
    assert set(names()) - used == beside | SOURCES
