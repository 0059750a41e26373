# SPDX-License-Identifier: Apache-2.0
"""Functions of TensorFlow that make_zoo.py turns into graphs: every imported op, and small networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

raw = tf.raw_ops


@dataclass
class Case:
    """A function of the inputs, in their order; ``open``: axes whose extents are left open."""

    function: Callable[..., Any]
    inputs: dict[str, np.ndarray]
    open: dict[str, tuple[int, ...]] = field(default_factory=dict)


def random(*shape: int, seed: int = 0, low: float = -2.0, high: float = 2.0) -> np.ndarray:
    return np.random.default_rng([seed, *shape]).uniform(low, high, shape).astype(np.float32)


def integers(*shape: int, low: int = -5, high: int = 6, dtype: Any = np.int32) -> np.ndarray:
    return np.random.default_rng([7, *shape]).integers(low, high, shape).astype(dtype)


X, IMAGE = random(3, 5), random(2, 9, 10, 6)
POSITIVE, UNIT = random(3, 5, low=0.1), random(3, 5, low=-0.9, high=0.9)


def _on(
    function: Callable[..., Any], x: np.ndarray = X, *more: np.ndarray, free: tuple[int, ...] = ()
) -> Case:
    inputs = dict(zip("xyzw", (x, *more)))
    return Case(function, inputs, {"x": free})


def _unary() -> dict[str, Case]:
    plain = (
        "Abs",
        "Acosh",
        "Asinh",
        "Atan",
        "Ceil",
        "Cos",
        "Cosh",
        "Elu",
        "Erf",
        "Erfc",
        "Exp",
        "Expm1",
        "Floor",
        "Identity",
        "Neg",
        "Relu",
        "Relu6",
        "Rint",
        "Round",
        "Selu",
        "Sigmoid",
        "Sign",
        "Sin",
        "Sinh",
        "Softplus",
        "Softsign",
        "Square",
        "Tan",
        "Tanh",
        "StopGradient",
        "Snapshot",
        "OnesLike",
        "ZerosLike",
    )
    takes = {
        name: (
            "features"
            if name in ("Elu", "Relu", "Relu6", "Selu", "Softplus", "Softsign")
            else "input"
            if name in ("Identity", "StopGradient", "Snapshot")
            else "x"
        )
        for name in plain
    }
    where = {"Acosh": POSITIVE + 1}
    found = {
        name.lower(): _on(lambda x, name=name: getattr(raw, name)(**{takes[name]: x}), where.get(name, X))
        for name in plain
    }
    for name in ("Acos", "Asin", "Atanh"):
        found[name.lower()] = _on(lambda x, name=name: getattr(raw, name)(x=x), UNIT)
    for name in ("Log", "Log1p", "Reciprocal", "Inv", "Rsqrt", "Sqrt"):
        found[name.lower()] = _on(lambda x, name=name: getattr(raw, name)(x=x), POSITIVE)
    odd = np.array([1, np.nan, np.inf, -np.inf], np.float32)
    for name in ("IsNan", "IsInf", "IsFinite"):
        found[name.lower()] = _on(lambda x, name=name: getattr(raw, name)(x=x), odd)
    return {
        **found,
        "erfc_negated": _on(lambda x: tf.math.erfc(-x)),
        "gelu": _on(lambda x: 0.5 * x * tf.math.erfc(-x * 0.70710678)),
        "leaky_relu": _on(lambda x: tf.nn.leaky_relu(x, 0.1)),
        "cast_int": _on(lambda x: tf.cast(x, tf.int32)),
        "cast_bool": _on(lambda x: tf.cast(x, tf.bool), np.array([0, 1, -2], np.float32)),
        "cast_half": _on(lambda x: tf.cast(tf.cast(x, tf.float16) * 2, tf.float32), X),
        "logical_not": _on(lambda x: raw.LogicalNot(x=x > 0)),
        "identity_n": _on(lambda x, y: raw.IdentityN(input=[x, y])[1], X, POSITIVE),
        "prevent_gradient": _on(lambda x: raw.PreventGradient(input=x)),
        "check_numerics": _on(lambda x: raw.CheckNumerics(tensor=x, message="")),
        "ensure_shape": _on(lambda x: raw.EnsureShape(input=x, shape=[3, 5])),
        "placeholder_with_default": _on(lambda x: x + raw.PlaceholderWithDefault(input=2.0, shape=[])),
    }


def _binary() -> dict[str, Case]:
    names = (
        "Add",
        "AddV2",
        "Sub",
        "Mul",
        "RealDiv",
        "Div",
        "Maximum",
        "Minimum",
        "SquaredDifference",
        "FloorDiv",
        "FloorMod",
        "Equal",
        "NotEqual",
        "Greater",
        "GreaterEqual",
        "Less",
        "LessEqual",
        "DivNoNan",
    )
    y = random(5, seed=1)
    found = {name.lower(): _on(lambda x, y, name=name: getattr(raw, name)(x=x, y=y), X, y) for name in names}
    a, b = integers(3, 5, low=-9, high=9), integers(5, low=1, high=4)
    for name in ("FloorDiv", "FloorMod", "TruncateDiv", "Mul", "Sub"):
        found[f"{name.lower()}_int"] = _on(lambda x, y, name=name: getattr(raw, name)(x=x, y=y), a, b)
    return {
        **found,
        "truncate_mod": _on(lambda x, y: raw.TruncateMod(x=x, y=y), a, b),
        "bias_add_old": _on(lambda x, y: raw.BiasAddV1(value=x, bias=y), IMAGE, random(6)),
        "pow": _on(lambda x, y: tf.pow(x, y), POSITIVE, y),
        "div_no_nan_zero": _on(
            lambda x, y: raw.DivNoNan(x=x, y=y), X, np.array([0, 1, 2, 0, -1], np.float32)
        ),
        "logical": _on(lambda x, y: tf.logical_or(tf.logical_and(x > 0, y > 0), x > 1), X, y),
        "bias_add": _on(lambda x, y: tf.nn.bias_add(x, y), IMAGE, random(6)),
        "add_n": _on(lambda x, y: raw.AddN(inputs=[x, y, x]), X, POSITIVE),
        "select": _on(lambda x, y: raw.SelectV2(condition=x > 0, t=x, e=y), X, y),
        "select_rows": _on(lambda x, y: raw.Select(condition=[True, False, True], x=x, y=y), X, POSITIVE),
        "clip_by_value": _on(lambda x: raw.ClipByValue(t=x, clip_value_min=-0.5, clip_value_max=1.0)),
    }


def _reductions() -> dict[str, Case]:
    found: dict[str, Case] = {}
    for name in ("Sum", "Mean", "Max", "Min", "Prod", "EuclideanNorm"):
        found[f"reduce_{name.lower()}"] = _on(
            lambda x, name=name: getattr(raw, name)(input=x, axis=[-1, 1], keep_dims=name != "Sum"), IMAGE
        )
    return {
        **found,
        "reduce_all": _on(lambda x: raw.All(input=x > -1.5, axis=[1])),
        "reduce_any": _on(lambda x: raw.Any(input=x > 1.5, axis=[0], keep_dims=True)),
        "reduce_none": _on(lambda x: raw.Sum(input=x, axis=tf.zeros([0], tf.int32))),
        "arg_max": _on(lambda x: raw.ArgMax(input=x, dimension=1)),
        "arg_min": _on(lambda x: raw.ArgMin(input=x, dimension=0, output_type=tf.int32)),
        "cumsum": _on(lambda x: raw.Cumsum(x=x, axis=1, exclusive=True, reverse=True)),
        "softmax": _on(tf.nn.softmax),
        "log_softmax": _on(tf.nn.log_softmax),
        "top_k": _on(lambda x: raw.TopKV2(input=x, k=2)),
    }


def _moves() -> dict[str, Case]:
    mirrored = [[0, 0], [1, 2], [2, 1], [0, 0]]
    return {
        "reshape": _on(lambda x: tf.reshape(x, [-1, 3])),
        "transpose": _on(lambda x: tf.transpose(x, [1, 0])),
        "squeeze": _on(lambda x: tf.squeeze(x), random(1, 3, 1)),
        "squeeze_one": _on(lambda x: tf.squeeze(x, [2]), random(1, 3, 1)),
        "expand_dims": _on(lambda x: tf.expand_dims(x, -1)),
        "slice": _on(lambda x: tf.slice(x, [1, 2], [2, -1])),
        "strided_slice": _on(lambda x: x[:, ::-2, 1:-1:3, ...], IMAGE),
        "strided_slice_masks": _on(lambda x: x[..., tf.newaxis, 2, -3:], IMAGE),
        "concat": _on(lambda x, y: tf.concat([x, y, x], -1), X, random(3, 2)),
        "concat_old": _on(lambda x, y: raw.Concat(concat_dim=1, values=[x, y]), X, random(3, 2)),
        "pack": _on(lambda x, y: tf.stack([x, y], 1), X, POSITIVE),
        "unpack": _on(lambda x: tf.unstack(x, axis=0)[1]),
        "split": _on(lambda x: tf.split(x, 3, 3)[1], IMAGE),
        "split_v": _on(lambda x: tf.split(x, [1, -1, 2], 1)[1]),
        "tile": _on(lambda x: tf.tile(x, [2, 1])),
        "pad": _on(lambda x: tf.pad(x, [[1, 0], [0, 2]])),
        "pad_value": _on(lambda x: tf.pad(x, [[1, 0], [0, 2]], constant_values=3.0)),
        "mirror_reflect": _on(lambda x: tf.pad(x, mirrored, "REFLECT"), IMAGE),
        "mirror_symmetric": _on(lambda x: tf.pad(x, mirrored, "SYMMETRIC"), IMAGE),
        "reverse": _on(lambda x: tf.reverse(x, [0, -1])),
        "broadcast_to": _on(lambda x: tf.broadcast_to(x, [2, 3, 5])),
        "fill": _on(lambda x: x + tf.fill(tf.shape(x), 2.0), X, free=(0,)),
        "range": _on(lambda x: x * tf.cast(tf.range(tf.shape(x)[1]), tf.float32), X, free=(1,)),
        "range_float": _on(lambda x: x + tf.range(0.0, 2.5, 0.5)),
        "sizes": _on(lambda x: raw.Size(input=x) + raw.Rank(input=x) + tf.shape(x)[0], X, free=(0,)),
        "gather": _on(lambda x: tf.gather(x, [2, 0], axis=1)),
        "gather_old": _on(lambda x: raw.Gather(params=x, indices=[[2, 0]])),
        "gather_batches": _on(
            lambda x, y: tf.gather(x, y, axis=1, batch_dims=1), X, integers(3, 2, low=0, high=5)
        ),
        "gather_nd": _on(lambda x, y: tf.gather_nd(x, y), X, np.array([[0, 1], [2, 4]], np.int32)),
        "roll": _on(lambda x: tf.roll(x, [1, -2], [0, 1])),
        "scatter_nd": _on(lambda x: tf.scatter_nd([[1], [4], [1]], x, [6, 5]), X),
        "scatter_update": _on(lambda x: tf.tensor_scatter_nd_update(x, [[2, 1], [0, 3]], [7.0, 8.0])),
        "scatter_add": _on(lambda x: tf.tensor_scatter_nd_add(x, [[2], [2]], [[1.0] * 5, [2.0] * 5])),
        "one_hot": _on(lambda x: tf.one_hot(x, 5, 2.0, -1.0), integers(4, low=0, high=5)),
        "one_hot_axis": _on(lambda x: tf.one_hot(x, 3, axis=0), integers(4, low=0, high=3)),
        "flatten_open": _on(lambda x: tf.reshape(x, [tf.shape(x)[0], -1]), IMAGE, free=(0,)),
        "half_size": _on(lambda x: x[:, : tf.shape(x)[1] // 2], IMAGE, free=(0, 1)),
    }


def _images() -> dict[str, Case]:
    found = {}
    for name, method in (("bilinear", raw.ResizeBilinear), ("nearest", raw.ResizeNearestNeighbor),
                         ("bicubic", raw.ResizeBicubic)):  # fmt: skip
        for how in ({}, {"align_corners": True}, {"half_pixel_centers": True}):
            for size in ((18, 15), (5, 4)):
                word = "_".join([name, *(key.split("_")[0] for key in how), str(size[0])])
                found[word] = _on(lambda x, m=method, h=how, s=size: m(images=x, size=s, **h), IMAGE)
    return {
        **found,
        "resize_bytes": _on(
            lambda x: raw.ResizeBilinear(images=x, size=[4, 4]),
            integers(1, 3, 3, 2, low=0, high=255, dtype=np.uint8),
        ),
        "resize_open": _on(lambda x: tf.image.resize(x, tf.shape(x)[1:3] * 2), IMAGE, free=(0, 1, 2)),
        "space_to_depth": _on(lambda x: tf.nn.space_to_depth(x, 2), random(1, 4, 6, 3)),
        "depth_to_space": _on(lambda x: tf.nn.depth_to_space(x, 2), random(1, 2, 3, 8)),
        "space_to_batch": _on(lambda x: tf.space_to_batch(x, [2, 3], [[1, 0], [1, 1]]), random(2, 5, 7, 3)),
        "batch_to_space": _on(lambda x: tf.batch_to_space(x, [2, 3], [[1, 0], [1, 2]]), random(12, 3, 4, 3)),
        "atrous": _on(_atrous(lambda x: tf.nn.conv2d(x, random(3, 3, 6, 4, seed=1), 1, "VALID")), IMAGE),
        "atrous_depthwise": _on(
            _atrous(lambda x: tf.nn.depthwise_conv2d(x, random(3, 3, 6, 2, seed=1), [1, 1, 1, 1], "VALID")),
            IMAGE,
        ),
    }


def _atrous(layer: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A layer of dilation 2 with padding 2, as older versions of TensorFlow write it."""

    def function(x: Any) -> Any:
        blocks = raw.SpaceToBatchND(input=x, block_shape=[2, 2], paddings=[[2, 3], [2, 2]])
        return raw.BatchToSpaceND(input=layer(blocks), block_shape=[2, 2], crops=[[0, 1], [0, 0]])

    return function


def _windows() -> dict[str, Case]:
    w, per = random(3, 3, 6, 4, seed=1), random(3, 3, 6, 2, seed=2)
    found = {}
    for padding in ("SAME", "VALID"):
        for stride in (1, 2):
            word = f"{padding.lower()}_{stride}"
            found[f"conv_{word}"] = _on(lambda x, s=stride, p=padding: tf.nn.conv2d(x, w, s, p), IMAGE)
            found[f"depthwise_{word}"] = _on(
                lambda x, s=stride, p=padding: tf.nn.depthwise_conv2d(x, per, [1, s, s, 1], p), IMAGE
            )
            for kind in ("max", "avg"):
                pool = getattr(tf.nn, f"{kind}_pool2d")
                found[f"{kind}_pool_{word}"] = _on(
                    lambda x, f=pool, s=stride, p=padding: f(x, 3, s, p), IMAGE
                )
            wanted = tf.nn.conv2d(IMAGE, w, stride, padding).shape
            found[f"transposed_{word}"] = _on(
                lambda x, s=stride, p=padding: tf.nn.conv2d_transpose(x, w, (2, 9, 10, 6), s, p),
                random(*wanted),
            )
    pads = [[0, 0], [1, 2], [0, 1], [0, 0]]
    scale, offset, mean, variance = (random(6, seed=seed, low=0.5) for seed in range(4))
    return {
        **found,
        "conv_explicit": _on(lambda x: tf.nn.conv2d(x, w, 1, pads), IMAGE),
        "conv_dilated": _on(lambda x: tf.nn.conv2d(x, w, 1, "SAME", dilations=2), IMAGE),
        "conv_groups": _on(lambda x: tf.nn.conv2d(x, random(3, 3, 3, 4), 1, "VALID"), IMAGE),
        "conv_padded": _on(lambda x: tf.nn.conv2d(tf.pad(x, pads), w, 2, "VALID"), IMAGE),
        "conv_open": _on(lambda x: tf.nn.conv2d(x, w, 2, "SAME"), IMAGE, free=(0, 1, 2)),
        "batch_norm": _on(
            lambda x: raw.FusedBatchNormV3(
                x=x, scale=scale, offset=offset, mean=mean, variance=variance, is_training=False, epsilon=0.01
            )[0],
            IMAGE,
        ),
        "batch_norm_old": _on(
            lambda x: raw.FusedBatchNorm(
                x=x, scale=scale, offset=offset, mean=mean, variance=variance, is_training=False
            )[0],
            IMAGE,
        ),
        "batch_norm_v2": _on(
            lambda x: raw.FusedBatchNormV2(
                x=x, scale=scale, offset=offset, mean=mean, variance=variance, is_training=False
            )[0],
            IMAGE,
        ),
        "lrn": _on(lambda x: tf.nn.lrn(x, 2, 1.5, 0.3, 0.6), IMAGE),
        "matmul": _on(lambda x: tf.matmul(x, random(5, 4))),
        "matmul_turned": _on(lambda x, y: tf.matmul(x, y, transpose_a=True), X, random(3, 4)),
        "batch_matmul": _on(lambda x, y: tf.matmul(x, y, transpose_b=True), random(2, 3, 5), random(2, 4, 5)),
        "batch_matmul_old": _on(lambda x, y: raw.BatchMatMul(x=x, y=y), random(2, 3, 5), random(2, 5, 4)),
        "batch_matmul_v3": _on(
            lambda x, y: raw.BatchMatMulV3(x=x, y=y, Tout=tf.float32), random(2, 3, 5), random(2, 5, 4)
        ),
        "einsum": _on(lambda x, y: tf.einsum("bij,bkj->bki", x, y), random(2, 3, 5), random(2, 4, 5)),
    }


def _quantized() -> dict[str, Case]:
    """Rounded to steps as in training that knows of quantization."""
    fake = tf.quantization

    def layer(x: Any) -> Any:
        x = fake.fake_quant_with_min_max_args(x, -2.0, 2.1)
        low, high = np.full(4, -2, np.float32), np.full(4, 2, np.float32)
        w = fake.fake_quant_with_min_max_vars_per_channel(
            random(3, 3, 6, 4, seed=1), low, high, narrow_range=True
        )
        y = tf.nn.relu6(tf.nn.conv2d(x, w, 1, "SAME"))
        return fake.fake_quant_with_min_max_vars(y, 0.0, 6.0)

    return {
        "fake_quant": _on(lambda x: fake.fake_quant_with_min_max_vars(x, -1.3, 1.9)),
        "fake_quant_narrow": _on(
            lambda x: fake.fake_quant_with_min_max_vars(x, -1.5, 1.5, narrow_range=True)
        ),
        "fake_quant_layer": _on(layer, IMAGE),
    }


def _flows() -> dict[str, Case]:
    """Loops whose ends are known, and lists of tensors."""

    def repeated(x: Any) -> Any:
        step = lambda at, x: (at + 1, x * 2 + tf.cast(at, tf.float32))  # noqa: E731
        return tf.while_loop(lambda at, x: at < 3, step, (0, x))[1]

    def listed(x: Any) -> Any:
        held = raw.TensorListFromTensor(tensor=x, element_shape=[5])
        first = raw.TensorListGetItem(input_handle=held, index=0, element_shape=[5], element_dtype=tf.float32)
        empty = raw.TensorListReserve(element_shape=[5], num_elements=2, element_dtype=tf.float32)
        one = raw.TensorListSetItem(input_handle=empty, index=1, item=first)
        both = raw.TensorListSetItem(input_handle=one, index=0, item=first + 1)
        rows = raw.TensorListStack(input_handle=both, element_shape=[5], element_dtype=tf.float32)
        return rows * tf.cast(raw.TensorListLength(input_handle=held), tf.float32)

    def collected(x: Any) -> Any:
        found = tf.TensorArray(tf.float32, 4)
        step = lambda at, found: (at + 1, found.write(at, x[:, at]))  # noqa: E731
        return tf.while_loop(lambda at, found: at < 4, step, (0, found))[1].stack()

    return {"loop": _on(repeated), "lists": _on(listed), "loop_with_list": _on(collected, X, free=(0,))}


def _detections() -> dict[str, Case]:
    low = random(2, 30, 3, 2, low=0, high=0.8)
    boxes = np.concatenate([low, low + random(2, 30, 3, 2, seed=1, low=0.05, high=0.5)], -1)
    scores = random(2, 30, 3, low=0, high=1)

    def chosen(part: int, **attributes: Any) -> Callable[..., Any]:
        def function(x: Any, y: Any) -> Any:
            return raw.CombinedNonMaxSuppression(
                boxes=x,
                scores=y,
                max_output_size_per_class=5,
                iou_threshold=0.3,
                score_threshold=0.4,
                **attributes,
            )[part]

        return function

    return {
        "nms_boxes": _on(chosen(0, max_total_size=12), boxes, scores),
        "nms_boxes_shared": _on(chosen(0, max_total_size=40, clip_boxes=False), boxes[:, :, :1], scores),
        "nms_boxes_turned": _on(chosen(0, max_total_size=9), np.flip(boxes, -1).copy(), scores),
        "nms_scores": _on(chosen(1, max_total_size=40, pad_per_class=True), boxes, scores),
        "nms_classes": _on(chosen(2, max_total_size=12), boxes, scores),
        "nms_counts": _on(chosen(3, max_total_size=12), boxes, scores),
    }


def cases() -> dict[str, Case]:
    """All functions by name."""
    return {
        **_detections(),
        **_flows(),
        **_quantized(),
        **_unary(),
        **_binary(),
        **_reductions(),
        **_moves(),
        **_images(),
        **_windows(),
    }


# Saved models -----------------------------------------------------------------------------------------


class Module(tf.Module):
    """Variables in a list, a function that calls another, an embedding, and a flag that nothing feeds."""

    def __init__(self) -> None:
        super().__init__()
        self.table = tf.Variable(random(7, 4), name="table")
        self.rest = [tf.Variable(random(4, 3, seed=at), name="same_name") for at in range(2)]

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.int32)])
    def rows(self, words: Any) -> Any:
        return tf.reduce_mean(tf.gather(self.table, words), axis=1)

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.int32)])
    def __call__(self, words: Any) -> dict[str, Any]:
        rows = self.rows(words)
        return {"b": tf.matmul(rows, self.rest[1]), "a": tf.matmul(rows, self.rest[0])}


def network() -> keras.Model:
    """Layers of Keras as networks for images have them."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((16, 12, 3), name="image")
    x = keras.layers.ZeroPadding2D(((0, 1), (0, 1)))(inputs)
    x = keras.layers.Conv2D(8, 3, strides=2, use_bias=False)(x)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.ReLU(6.0)(x)
    y = keras.layers.DepthwiseConv2D(3, padding="same", dilation_rate=2)(x)
    y = keras.layers.SeparableConv2D(8, 3, padding="same", activation="swish")(y)
    x = keras.layers.Add()([x, y])
    y = keras.layers.GlobalAveragePooling2D(keepdims=True)(x)
    y = keras.layers.Conv2D(8, 1, activation="hard_sigmoid")(y)
    x = keras.layers.Multiply()([x, y])
    x = keras.layers.UpSampling2D(2, interpolation="bilinear")(x)
    x = keras.layers.Conv2DTranspose(6, 3, strides=2, padding="same")(x)
    x = keras.layers.MaxPooling2D(3, padding="same")(x)
    x = keras.layers.PReLU(shared_axes=[1, 2])(x)
    x = keras.layers.LayerNormalization()(x)
    x = keras.layers.Flatten()(x)
    model = keras.Model(inputs, keras.layers.Dense(5, activation="softmax")(x))
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([random(8, seed=at, low=0.5) for at in range(4)])
    return model


def recurrent() -> keras.Model:
    """Layers of Keras that walk over time, in loops."""
    keras.utils.set_random_seed(4)
    inputs = keras.Input((5, 4), name="words")
    x = keras.layers.Bidirectional(keras.layers.GRU(3, return_sequences=True))(inputs)
    x = keras.layers.SimpleRNN(4, return_sequences=True, go_backwards=True)(x)
    return keras.Model(inputs, keras.layers.LSTM(3)(x))


def _old(folder: str, x: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A SavedModel of TensorFlow 1: reference variables, a saver that assigns, a switch on learning."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        v1.disable_resource_variables()
        image = v1.placeholder(tf.float32, [None, 4], "image")
        learning = v1.placeholder_with_default(False, [], "learning")
        w = v1.get_variable("w", initializer=random(4, 3), use_resource=False)
        bias = v1.get_variable("bias", initializer=random(3), use_resource=True)
        hidden = tf.matmul(image, w) + bias
        branches = raw.Switch(data=hidden, pred=learning)
        out = raw.Merge(inputs=[branches[0] * 2.0, tf.nn.dropout(branches[1], rate=0.5)])[0]
        session.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(session, folder, {"image": image}, {"scores": out})
        return {"scores": session.run(out, {image: x["image"]})}


def saved_models() -> dict[str, tuple[Any, dict[str, np.ndarray]]]:
    """What is saved, and inputs by their names in the signature."""
    words = integers(3, 2, low=0, high=7)
    image = random(2, 16, 12, 3)
    return {
        "module": (Module, {"words": words}),
        "keras": (network, {"image": image}),
        "keras_plain": (network, {"inputs": image}),
        "old": (None, {"image": random(2, 4)}),
        "recurrent": (recurrent, {"words": random(2, 5, 4)}),
    }


def save(name: str, make: Any, folder: str, x: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Save a model into a folder; its outputs by their names in the signature."""
    if name == "old":
        return _old(folder, x)
    model = make()
    (array,) = x.values()
    if name in ("keras", "recurrent"):
        model.export(folder, verbose=False)
    elif name == "keras_plain":
        tf.saved_model.save(model, folder)
    else:
        tf.saved_model.save(model, folder, signatures=model.__call__)
    found = model(array)
    return (
        {key: found[key].numpy() for key in found} if isinstance(found, dict) else {"output_0": found.numpy()}
    )
