# SPDX-License-Identifier: Apache-2.0
"""What stands between scales runs on integers, and says what it said; what cannot, says why."""

from __future__ import annotations

import numpy as np
import pytest

from lite.ir import Dim, DType, TensorType
from lite.ir.interpret import interpret, random_feeds
from lite.ir.quant import Quantization
from lite.ops import get
from lite.passes import pipeline
from lite.passes.fold_scales import FoldScales

N = Dim.symbol("n")
IMAGE = (N, 6, 8, 4)
IO = {"quantize", "dequantize"}


def integers(sketch, scaling, body, *inputs, steps=1, share=0.05, feeds=None, runnable=None):
    """A graph on integers, at most some steps of 0.05 from what it was, at few places."""
    graph = sketch(lambda build, *values: body(scaling(build), *values), *(inputs or (IMAGE,)))
    data = feeds or random_feeds(graph, 1, dict.fromkeys(graph.symbols, 3))
    before = interpret(graph, data)
    logs = pipeline.run(graph, pipeline.integers(runnable), verify=True)
    for name, array in interpret(graph, data).items():
        step = 0.05 if array.dtype.kind == "f" else 1
        off = np.abs(array.astype(np.float64) - before[name].astype(np.float64)) / step
        assert off.max(initial=0) < steps + 0.01
        assert (off > 0.01).mean() <= share
    graph.reasons = [refusal.reason for log in logs for refusal in log.refusals]  # type: ignore[attr-defined]
    return graph


def ops(graph):
    return [node.op.name for node in graph.nodes]


def node(graph, name):
    (found,) = (node for node in graph.nodes if node.op.name == name)
    return found


LAYERS = {
    "conv2d": ((5, 4, 3, 3), 0, {"pads": (1, 1, 1, 1), "layout": "nhwc"}),
    "depthwise": ((4, 1, 3, 3), 0, {"pads": (1, 0, 1, 0), "groups": 4, "layout": "nhwc"}),
    "fully_connected": ((4, 7), 1, {}),
    "conv2d_transpose": ((4, 6, 2, 3), 1, {"strides": (2, 2), "pads": (0, 1, 1, 0), "layout": "nhwc"}),
}
BOUNDS = {"none": (), "relu": (), "relu6": (), "clip": (-0.7, 1.3)}


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("activation", BOUNDS)
def test_layers_with_bounds(kind, activation, sketch, scaling) -> None:
    shape, axis, attributes = LAYERS[kind]
    name = "conv2d" if kind == "depthwise" else kind
    limits = dict(zip(("alpha", "beta"), BOUNDS[activation]))

    def body(net, x):
        bias = net.build.constant(np.linspace(-1, 1, shape[axis]), np.float32)
        w = net.weights(*shape, axis=axis)
        return net.pair(getattr(net, name)(net.pair(x, 0.03, -5), w, bias, activation=activation, **limits,
                                           **attributes))

    graph = integers(sketch, scaling, body)
    assert ops(graph) == ["quantize", f"q_{name}", "dequantize"]
    layer = node(graph, f"q_{name}")
    assert layer.op.x_zero == -5 and layer.op.y_zero == 3
    expected = {"none": (-128, 127), "relu": (3, 127), "relu6": (3, 123), "clip": (-11, 29)}[activation]
    assert (layer.op.lo, layer.op.hi) == expected
    assert layer.output.quantization == Quantization(float(np.float32(0.05)), 3)


def test_clamps_behind_a_sum_are_its_bounds(sketch, scaling) -> None:
    def body(net, x, y):
        total = net.add(net.pair(x, 0.03, -5), net.pair(y, 0.02, 9))
        return net.pair(net.clip(net.relu(total), lo=-1.0, hi=2.0))

    graph = integers(sketch, scaling, body, IMAGE, IMAGE, share=0)
    assert ops(graph) == ["quantize", "quantize", "q_add", "dequantize"]
    assert (node(graph, "q_add").op.lo, node(graph, "q_add").op.hi) == (3, 43)


def test_residuals(sketch, scaling) -> None:
    def body(net, x):
        x = net.pair(x, 0.03, -5)
        y = net.pair(net.conv2d(x, net.weights(4, 4, 1, 1), None, x, layout="nhwc", activation="relu"))
        return net.pair(net.fully_connected(y, net.weights(4, 4, axis=1), None, x))

    graph = integers(sketch, scaling, body)
    assert ops(graph) == ["quantize", "q_conv2d", "q_fully_connected", "dequantize"]
    op = node(graph, "q_conv2d").op
    assert op.residual_zero == -5 and op.residual_scale == np.float32(np.float32(0.03) / np.float32(0.05))


@pytest.mark.parametrize(("name", "integer", "attributes"), [
    ("add", "q_add", {}), ("sub", "q_add", {}), ("mul", "q_mul", {}),
])
def test_arithmetic(name, integer, attributes, sketch, scaling) -> None:
    def body(net, x, y):
        return net.pair(getattr(net, name)(net.pair(x, 0.03, -5), net.pair(y, 0.02, 9), **attributes))

    graph = integers(sketch, scaling, body, IMAGE, (4,))
    assert ops(graph) == ["quantize", "quantize", integer, "dequantize"]


def test_products_of_matrices(sketch, scaling) -> None:
    def body(net, x, y):
        return net.pair(net.matmul(net.pair(x, 0.03, -5), net.pair(y, 0.02, 9), transpose_b=True))

    graph = integers(sketch, scaling, body, (2, 3, 5), (2, 4, 5))
    assert ops(graph) == ["quantize", "quantize", "q_matmul", "dequantize"]


def test_layers_of_groups_transposed(sketch, scaling) -> None:
    def body(net, x):
        w = net.weights(4, 3, 2, 2, axis=1)
        return net.pair(net.conv2d_transpose(net.pair(x, 0.03, -5), w, groups=2, layout="nhwc"))

    graph = integers(sketch, scaling, body)
    scale = node(graph, "q_conv2d_transpose").inputs[3].array
    np.testing.assert_array_equal(scale[:3], scale[3:])


def test_operands_that_are_constants_of_integers(sketch, scaling) -> None:
    def body(net, x):
        return net.pair(net.mul(net.pair(x, 0.03, -5), net.dequantize(
            net.build.constant(np.arange(4), np.int8), 0.5, 1)))

    assert ops(integers(sketch, scaling, body)) == ["quantize", "q_mul", "dequantize"]


@pytest.mark.parametrize(("name", "integer", "attributes"), [
    ("reduce_mean", "q_reduce_mean", {"axes": (1, 2), "keepdims": True}),
    ("pool2d", "q_average_pool2d", {"kind": "average", "kernel": (3, 3), "pads": (1, 1, 1, 1),
                                    "layout": "nhwc"}),
    ("adaptive_pool2d", "q_average_pool2d", {"kind": "average", "output": (3, 2), "layout": "nhwc"}),
    ("adaptive_pool2d", "q_reduce_mean", {"kind": "average", "output": (1, 1), "layout": "nhwc"}),
    ("resize", "q_resize", {"size": (12, 5), "mode": "linear", "layout": "nhwc"}),
    ("resize", "q_resize", {"size": (12, 5), "mode": "cubic", "layout": "nhwc"}),
    ("softmax", "q_softmax", {"axis": 3}),
    ("layer_norm", "q_layer_norm", {"axis": 3}),
])  # fmt: skip
def test_means_and_other_functions_of_one_tensor(name, integer, attributes, sketch, scaling) -> None:
    def body(net, x):
        return net.pair(getattr(net, name)(net.pair(x, 0.03, -5), **attributes), 0.05, 3)

    assert ops(integers(sketch, scaling, body)) == ["quantize", integer, "dequantize"]


def test_functions_of_one_value_are_tables(sketch, scaling) -> None:
    def body(net, x):
        y = net.pair(net.hard_swish(net.pair(x)), 0.04, -3)
        z = net.mul(net.add(net.sigmoid(y), net.build.constant(0.5, np.float32)),
                    net.build.constant(np.full((1, 4), 2.0), np.float32))
        return net.pair(net.relu(net.pair(z, 0.06, 1)))

    graph = integers(sketch, scaling, body, share=0)
    assert ops(graph) == ["quantize", "lookup", "dequantize"]


def test_a_function_that_is_not_quantized_is_a_table_of_floats(sketch, scaling) -> None:
    graph = integers(sketch, scaling, lambda net, x: net.tanh(net.pair(x)), share=0)
    assert ops(graph) == ["quantize", "lookup"] and graph.outputs[0].type.dtype is DType.F32


def test_another_scale_is_a_table_and_the_same_one_is_nothing(sketch, scaling) -> None:
    other = integers(sketch, scaling, lambda net, x: net.pair(net.pair(x, 0.07, 2)), share=0)
    same = integers(sketch, scaling, lambda net, x: net.pair(net.pair(x)), share=0)
    assert ops(other) == ["quantize", "lookup", "dequantize"] and ops(same) == ["quantize", "dequantize"]


def test_a_concat_takes_what_is_rounded_to_its_scale(sketch, scaling) -> None:
    def body(net, x):
        x = net.pair(x, 0.03, -5)
        a = net.pair(net.conv2d(x, net.weights(5, 4, 1, 1), layout="nhwc"), 0.02, -128)
        b = net.pair(net.conv2d(x, net.weights(3, 4, 1, 1), layout="nhwc"), 0.05, 3)
        return net.pair(net.concat(a, b, x, axis=3))

    graph = integers(sketch, scaling, body)
    assert ops(graph) == ["quantize", "q_conv2d", "q_conv2d", "lookup", "concat", "dequantize"]
    bounds = [(node.op.lo, node.op.hi) for node in graph.nodes if node.op.name == "q_conv2d"]
    assert sorted(bounds) == [(-128, 127), (3, 105)]  # 3 to 105: what the first scale, 0 to 5.1, had clamped


def test_a_clamp_with_the_same_scale_joins_what_makes_it(sketch, scaling) -> None:
    def body(net, x, y):
        return net.pair(net.relu(net.pair(net.add(net.pair(x), net.pair(y)))))

    graph = integers(sketch, scaling, body, IMAGE, IMAGE, share=0)
    assert ops(graph) == ["quantize", "quantize", "q_add", "dequantize"] and node(graph, "q_add").op.lo == 3


def test_pads_of_what_stands_for_0_go_into_a_layer(sketch, scaling) -> None:
    def body(net, x):
        x = net.pad(net.pair(x), before=(0, 0, 1, 0), after=(0, 2, 0, 0))
        return net.pair(net.conv2d(net.pair(x), net.weights(5, 4, 2, 2), layout="nhwc"))

    graph = integers(sketch, scaling, body)
    assert ops(graph) == ["quantize", "q_conv2d", "dequantize"]
    assert node(graph, "q_conv2d").op.pads == (0, 1, 2, 0)


def test_unsigned_bytes_become_signed(sketch, scaling) -> None:
    def body(net, x):
        x = net.pair(x, 0.03, 100, DType.U8)
        w = net.weights(5, 4, 1, 1, zero_point=128, dtype=np.uint8, least=0, greatest=255)
        y = net.relu(net.pair(net.conv2d(x, w, layout="nhwc"), 0.05, 0, DType.U8))
        return net.pair(y, 0.05, 0, DType.U8)

    graph = integers(sketch, scaling, body)
    assert ops(graph) == ["quantize", "q_conv2d", "dequantize"]
    assert node(graph, "q_conv2d").op.x_zero == -28
    assert node(graph, "q_conv2d").inputs[1].array.min() == -128


def test_moves_of_unsigned_bytes_become_moves_of_signed_ones(sketch, scaling) -> None:
    def body(net, x):
        q = net.quantize(x, 0.03, 100, DType.U8)
        q = net.pool2d(q, kind="max", kernel=(2, 2), layout="nhwc")
        q = net.pad(q, before=(0, 1, 0, 0), after=(0, 0, 2, 0), value=100.0)
        return net.dequantize(net.transpose(q, perm=(0, 3, 1, 2)), 0.03, 100)

    graph = integers(sketch, scaling, body)
    assert ops(graph) == ["quantize", "pool2d", "pad", "transpose", "dequantize"]
    assert all(node.output.type.dtype is DType.S8 for node in graph.nodes[:-1])
    assert node(graph, "pad").op.value == -28


def test_unsigned_ends_are_tables(sketch, scaling) -> None:
    def body(net, x):
        y = net.conv2d(net.dequantize(x, 0.03, 128), net.weights(5, 4, 1, 1), layout="nhwc")
        return net.quantize(y, 0.05, 7, DType.U8)

    feeds = {"x0": np.random.RandomState(0).randint(0, 256, (2, 6, 8, 4)).astype(np.uint8)}
    graph = integers(sketch, scaling, body, TensorType(IMAGE, DType.U8), feeds=feeds)
    assert ops(graph) == ["lookup", "q_conv2d", "lookup"]


def test_integers_of_16_bits(sketch, scaling) -> None:
    def body(net, x):
        x = net.pair(x, 0.0005, 0, DType.S16)
        y = net.conv2d(x, net.weights(5, 4, 1, 1), None, layout="nhwc", activation="relu")
        return net.dequantize(net.quantize(y, 0.001, 0, DType.S16), 0.001, 0)

    graph = integers(sketch, scaling, body)
    assert ops(graph) == ["quantize", "q_conv2d", "dequantize"]
    assert (node(graph, "q_conv2d").op.lo, node(graph, "q_conv2d").op.hi) == (0, 32767)


@pytest.mark.parametrize(("dtype", "scale", "rounding"),
                         [(DType.S8, 0.05, "twice"), (DType.S8, 1e-4, "even"), (DType.S16, 0.001, "even")])
def test_layers_round_as_the_graph_says(dtype, scale, rounding, sketch, scaling) -> None:
    """But sums of 16 bits, and those whose multiplier leaves no parts of steps."""
    def body(build, x):
        net = scaling(build)
        y = net.conv2d(net.pair(x, 0.05, 0, dtype), net.weights(5, 4, 1, 1), None, layout="nhwc")
        return net.dequantize(net.quantize(y, scale, 0, dtype), scale, 0)

    graph = sketch(body, IMAGE)
    graph.rounding = "twice"
    pipeline.run(graph, pipeline.integers(), verify=True)
    assert node(graph, "q_conv2d").op.rounding == rounding


def test_biases(sketch, scaling) -> None:
    exact = np.array([5, -7, 1 << 29, 0, 3], np.int32)

    def body(net, x):
        w = net.weights(5, 4, 1, 1)
        scales = np.float32(0.03) * np.linspace(0.01, 0.02, 5).astype(np.float32)
        bias = net.dequantize(net.build.constant(exact, np.int32), scales, 0)
        return net.pair(net.conv2d(net.pair(x, 0.03, -5), w, bias, layout="nhwc"))

    graph = integers(sketch, scaling, body)
    np.testing.assert_array_equal(node(graph, "q_conv2d").inputs[2].array, exact)


def test_the_bias_of_a_dead_channel_chooses_the_scale(sketch, scaling) -> None:
    def body(net, x):
        q = np.random.RandomState(1).randint(-127, 128, (2, 4, 1, 1))
        q[1] = 0
        w = net.dequantize(net.build.constant(q, np.int8), np.array([0.01, 1e-20]), 0)
        bias = net.build.constant([0.5, -1.25], np.float32)
        return net.pair(net.conv2d(net.pair(x, 0.03, -5), w, bias, layout="nhwc"))

    assert ops(integers(sketch, scaling, body)) == ["quantize", "q_conv2d", "dequantize"]


def test_a_bias_that_nearly_fits_is_cut(sketch, scaling) -> None:
    """Sums must not wrap around; what is cut here is a small part of a step of the result."""
    q = np.random.RandomState(1).randint(-127, 128, (2, 4, 1, 1))
    exact = np.array([-(2**31) + 5, 100], np.int32)

    def body(net, x):
        w = net.dequantize(net.build.constant(q, np.int8), np.array([1e-8, 0.01]), 0)
        bias = net.dequantize(net.build.constant(exact, np.int32), np.array([3e-10, 3e-4]), 0)
        return net.pair(net.conv2d(net.pair(x, 0.03, -5), w, bias, layout="nhwc"))

    graph = integers(sketch, scaling, body)
    found = node(graph, "q_conv2d").inputs[2].array.astype(np.int64)
    assert 0 < found[0] - exact[0] < 2**17 and found[1] == exact[1]
    assert found[0] + np.minimum(q[0] * -123, q[0] * 132).sum() >= -(2**31)


@pytest.mark.parametrize("kind", ["conv2d", "fully_connected", "conv2d_transpose"])
def test_weights_beside_a_great_bias_are_rounded_anew(kind, sketch, scaling) -> None:
    shape, axis, attributes = LAYERS[kind]

    def body(net, x):
        q = np.random.RandomState(1).randint(-127, 128, shape)
        scales = np.resize([0.01, 1e-9], shape[axis])
        w = net.dequantize(net.build.constant(q, np.int8), scales, 0, axis)
        bias = net.build.constant(np.resize([0.5, -1.25], shape[axis]), np.float32)
        return net.pair(getattr(net, kind)(net.pair(x, 0.03, -5), w, bias, **attributes))

    graph = integers(sketch, scaling, body)
    layer = node(graph, f"q_{kind}")
    kept, rounded = (np.moveaxis(layer.inputs[1].array, axis, 0)[i::2] for i in range(2))
    assert np.abs(kept).max() > 100 and np.abs(rounded).max() < 30


def float_weights(net, x):
    return net.conv2d(x, net.build.constant(np.ones((5, 4, 1, 1)), np.float32), layout="nhwc")


def far_weights(net, x):
    w = net.weights(5, 4, 1, 1, zero_point=90, dtype=np.uint8, least=0, greatest=255)
    return net.conv2d(x, w, layout="nhwc")


def other_axis(net, x):
    return net.conv2d(x, net.weights(5, 4, 1, 1, axis=1), layout="nhwc")


def great_bias(net, x):
    bias = net.build.constant([1e9], np.float32)
    return net.tanh(net.pair(net.conv2d(x, net.weights(1, 4, 1, 1), bias, layout="nhwc")))


def activation(net, x):
    return net.conv2d(x, net.weights(5, 4, 1, 1), layout="nhwc", activation="swish")


def float_residual(net, x):
    return net.conv2d(x, net.weights(4, 4, 1, 1), None, net.pow(x, x), layout="nhwc")


def float_operand(net, x):
    return net.add(x, net.build.constant(np.arange(6 * 8 * 4).reshape(6, 8, 4), np.float32))


REFUSALS = {
    float_weights: "its weights are not quantized",
    far_weights: "its weights reach from -90 to",
    other_axis: "scales along axis 1, expected 0",
    great_bias: "steps of its sums, expected -214",
    activation: "the value before swish is not quantized",
    float_residual: "what is added to it,",
    float_operand: "its operand 'constant",
}


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case.__name__)
def test_refusals_say_why(case, sketch, scaling) -> None:
    graph = integers(sketch, scaling, lambda net, x: net.pair(case(net, net.pair(x, 0.03, -5)), 1e3))
    assert any(REFUSALS[case] in reason for reason in graph.reasons), graph.reasons
    assert not any(name.startswith("q_") for name in ops(graph))


def test_a_float_value_that_others_read_stays(sketch, scaling) -> None:
    def body(net, x):
        y = net.conv2d(net.pair(x), net.weights(5, 4, 1, 1), layout="nhwc")
        return net.pair(y), net.sin(y)

    graph = integers(sketch, scaling, body)
    assert any("is also read by sin" in reason for reason in graph.reasons)


def test_only_what_runs_is_made(sketch, scaling) -> None:
    def body(net, x):
        return net.pair(net.mul(net.pair(x), net.pair(x, 0.1)))

    graph = integers(sketch, scaling, body, runnable=frozenset({"mul", "quantize", "dequantize"}))
    assert any("no kernel runs q_mul" in reason for reason in graph.reasons) and "mul" in ops(graph)


def test_scales_and_offsets_per_channel(sketch, scaling) -> None:
    def body(net, x):
        factor = net.build.constant([1.5, -0.3, 0.0, 1e-9], np.float32)
        offset = net.dequantize(net.build.constant([[5, -9, 7, 100]], np.int8), 0.02, 1)
        y = net.relu6(net.add(net.mul(net.pair(x, 0.03, -5), factor), offset))
        return net.pair(y)

    graph = integers(sketch, scaling, body)
    assert ops(graph) == ["quantize", "q_conv2d", "dequantize"]
    assert node(graph, "q_conv2d").op.groups == 4 and node(graph, "q_conv2d").op.lo == 3


@pytest.mark.parametrize("kind", ["conv2d", "fully_connected", "conv2d_transpose"])
def test_scales_and_offsets_behind_a_layer_go_into_its_scales(kind, sketch, scaling, try_passes) -> None:
    shape, axis, attributes = LAYERS[kind]

    def body(build, x):
        net = scaling(build)
        numbers = np.resize([0.5, -2.0, 0.0], shape[axis])
        bias = net.dequantize(build.constant(np.arange(shape[axis]), np.int32), 0.01, 0)
        y = getattr(net, kind)(x, net.weights(*shape, axis=axis), bias, **attributes)
        y = net.mul(y, build.constant(numbers, np.float32))
        return net.relu(net.add(y, build.constant(numbers[::-1].copy(), np.float32)))

    tried = try_passes(sketch(body, IMAGE), FoldScales())
    assert tried.ops.count(kind) == 1 and not {"mul", "add"} & set(tried.ops)


def test_norms_of_quantized_parameters_are_known(sketch, scaling) -> None:
    def body(net, x):
        def parameter():
            return net.dequantize(net.build.constant([40, 90, 7, 100], np.int8), 0.02, 1)

        y = net.pair(net.conv2d(net.pair(x), net.weights(4, 4, 1, 1), parameter()))
        return net.pair(net.batch_norm(y, parameter(), parameter(), parameter(), parameter()))

    graph = sketch(lambda build, x: body(scaling(build), x), (2, 4, 6, 8))
    pipeline.run(graph, [*pipeline.standard(quantized=True), *pipeline.integers()], verify=True)
    assert set(ops(graph)) == {"quantize", "transpose", "q_conv2d", "dequantize"}


def test_several_scales_of_one_value(sketch, scaling) -> None:
    def body(net, x):
        y = net.conv2d(net.pair(x), net.weights(5, 4, 1, 1), layout="nhwc")
        return net.pair(y), net.pair(y, 0.1, 7)

    graph = integers(sketch, scaling, body, steps=2)
    assert sorted(ops(graph)) == ["dequantize", "dequantize", "q_conv2d", "q_conv2d", "quantize"]


def test_parts_of_a_value_have_its_scale(sketch, scaling) -> None:
    def body(net, x):
        a, b = net.build.add_all(get("split")(3, (1, 3)), net.pair(x))
        return net.pair(net.mul(a, b))

    assert ops(integers(sketch, scaling, body)) == ["quantize", "split", "q_mul", "dequantize"]


def test_a_layer_without_scales_keeps_its_activation(sketch, scaling) -> None:
    def body(net, x):
        y = net.conv2d(x, net.weights(4, 4, 1, 1), layout="nhwc")
        return net.pair(net.add(net.pair(net.hard_swish(y)), net.pair(x)))

    graph = integers(sketch, scaling, body, share=0)
    assert node(graph, "conv2d").op.activation == "hard_swish"


def test_what_stays_float_is_told_once_each(sketch, scaling) -> None:
    def body(net, x):
        y = net.sin(net.cumsum(net.pair(x), axis=3))
        return net.mul(net.pair(y), net.pair(x)), net.transpose(y, perm=(3, 2, 1, 0))

    assert sorted(integers(sketch, scaling, body).reasons) == [
        "it moves floats", "its input 'cumsum' is not quantized", "its output is not quantized",
        "nothing computes cumsum on integers"]


def test_a_layer_without_a_scale_behind_it_says_so(sketch, scaling) -> None:
    def body(net, x):
        return net.fully_connected(net.pair(x), net.weights(4, 5, axis=1))

    graph = integers(sketch, scaling, body)
    assert graph.reasons == ["its output is not quantized"]


def test_integer_ends(sketch, scaling) -> None:
    def body(net, x, y):
        both = net.pair(net.add(net.pair(x, 0.03, -5), net.pair(y)))
        return both, net.cos(y), net.reshape(both, shape=(3, 192))

    graph = sketch(lambda build, *values: body(scaling(build), *values), (3, 6, 8, 4), (3, 6, 8, 4))
    data = random_feeds(graph, 1)
    before = interpret(graph, data)
    pipeline.run(graph, pipeline.integers(keep_io_float=False), verify=True)
    x, y = graph.inputs
    assert (x.type.dtype, y.type.dtype) == (DType.S8, DType.F32)  # cos reads y
    assert x.quantization == Quantization(float(np.float32(0.03)), -5)
    q = np.clip(np.rint(data["x0"] / np.float32(0.03)) - 5, -128, 127).astype(np.int8)
    after = interpret(graph, {"x0": q, "x1": data["x1"]})
    assert [value.type.dtype for value in graph.outputs].count(DType.S8) >= 1
    for value in graph.outputs:
        if value.type.dtype is DType.S8:
            scaled = value.quantization
            real = (after[value.name].astype(np.float32) - scaled.zero_point) * scaled.scale
            np.testing.assert_allclose(real, before[value.name], rtol=0, atol=1e-5)
