# SPDX-License-Identifier: Apache-2.0
"""Cases of ops that compute, and those of fluid 1.8."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from zoo_case import CHANNELS_LAST, IMAGE, Case, floats, one_op

if TYPE_CHECKING:
    from zoo_case import Slots


def cases() -> Iterator[Case]:
    yield from _activations()
    yield from _convolutions()
    yield from _pools()
    yield from _volumes()
    yield from _norms()
    yield from _binary()
    yield from _products()
    yield from _reductions()


def fluid_cases() -> Iterator[Case]:
    """Cases for fluid 1.8: ops and attributes that later versions no longer run."""
    yield one_op("relu6", "threshold", {"threshold": 1.0})
    yield one_op("swish", "beta", {"beta": 0.5})
    yield one_op("hard_swish", "set", {"threshold": 4.0, "scale": 5.0, "offset": 2.0})
    yield one_op("brelu", attrs={"t_min": -0.25, "t_max": 0.5})
    yield one_op("soft_relu", attrs={"threshold": 40.0})
    yield one_op("softmax", "axis", {"axis": 1})
    yield one_op("flatten", attrs={"axis": 1})
    yield one_op("space_to_depth", attrs={"blocksize": 2}, shape=(1, 4, 4, 6), dynamic=False)
    yield one_op(
        "one_hot", attrs={"depth": 4, "dtype": 5}, x=np.array([[1], [0], [3]], np.int64), dynamic=False
    )
    for mode in ("constant", "reflect", "edge"):
        yield one_op(
            "pad2d", mode, {"paddings": [1, 2, 0, 3], "mode": mode, "pad_value": 0.5, "data_format": "NCHW"}
        )
    yield one_op("pad2d", "nhwc", {"paddings": [1, 2, 0, 3], "mode": "constant", "data_format": "NHWC"})
    average = {"pooling_type": "avg", "paddings": [1, 1], "ceil_mode": True}
    yield _pool("avg_ceil_inclusive", {**average, "exclusive": False}, dynamic=False)
    yield _pool("avg_ceil", average, dynamic=False)
    yield _conv("pads4", {"paddings": [0, 1, 2, 1], "dilations": [2, 1]}, (6, 4, 3, 3))
    yield _conv("same", {"padding_algorithm": "SAME", "strides": [2, 2]}, (6, 4, 3, 3), dynamic=False)
    yield _two("elementwise_add", "axis1", (3,), axis=1)
    yield _two("elementwise_mul", "ones_inside", (2, 3, 1, 1), axis=0)
    yield one_op("reduce_sum", "all", {"dim": [0], "reduce_all": True})
    yield one_op("reduce_mean", "keep", {"dim": [2, 3], "keep_dim": True})
    yield one_op(
        "dropout",
        attrs={"dropout_implementation": "downgrade_in_infer", "dropout_prob": 0.3, "is_test": True},
        more=("Mask",),
    )
    for op, method in (("nearest_interp", "nearest"), ("bilinear_interp", "bilinear")):
        for corners in (False, True):
            for align_mode in (0, 1):
                yield one_op(
                    op,
                    f"{'corners' if corners else 'plain'}_{align_mode}",
                    {
                        "out_h": 7,
                        "out_w": 3,
                        "scale": 0.0,
                        "interp_method": method,
                        "align_corners": corners,
                        "align_mode": align_mode,
                        "data_layout": "NCHW",
                    },
                )


def _activations() -> Iterator[Case]:
    plain = [
        "abs",
        "ceil",
        "cos",
        "erf",
        "exp",
        "floor",
        "relu",
        "sigmoid",
        "sign",
        "silu",
        "sin",
        "square",
        "tanh",
        "softsign",
        "logsigmoid",
        "tanh_shrink",
        "mish",
        "atan",
        "sinh",
        "round",
        "relu6",
        "gelu",
        "swish",
        "hard_sigmoid",
        "hard_swish",
        "leaky_relu",
        "elu",
        "selu",
        "softplus",
        "reciprocal",
        "thresholded_relu",
        "stanh",
        "softmax",
        "log_softmax",
        "brelu",
    ]
    for op in plain:
        yield one_op(op)
    positive = np.abs(floats(2, 2, 3, 4)) + 0.25
    for op in ("log", "sqrt", "rsqrt", "log2", "log10", "log1p"):
        yield one_op(op, x=positive)
    yield one_op("pow", attrs={"factor": 1.5}, x=positive)
    yield one_op("gelu", "tanh", {"approximate": True})
    yield one_op("leaky_relu", "alpha", {"alpha": 0.3})
    yield one_op("hard_sigmoid", "set", {"slope": 0.1666667, "offset": 0.4})
    yield one_op("softplus", "beta", {"beta": 2.0, "threshold": 20.0})
    yield one_op("softmax", "axis", {"axis": 1})
    yield one_op("round", "halves", x=np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49, -7.2], np.float32))
    yield one_op("clip", attrs={"min": -0.5, "max": 0.7})
    yield one_op(
        "clip",
        "tensors",
        {"min": 9.0, "max": 9.0},
        extra={"Min": "LOW", "Max": "HIGH"},
        arrays={"LOW": np.array([-0.5], np.float32), "HIGH": np.array([0.25], np.float32)},
    )
    for mode, shape in (("all", (1,)), ("channel", (1, 3, 1, 1)), ("element", (1, 3, 4, 5))):
        yield one_op(
            "prelu",
            mode,
            {"mode": mode, "data_format": "NCHW"},
            extra={"Alpha": "ALPHA"},
            arrays={"ALPHA": np.abs(floats(3, *shape))},
            dynamic=IMAGE if mode != "element" else False,
        )
    for implementation in ("downgrade_in_infer", "upscale_in_train"):
        yield one_op(
            "dropout",
            implementation,
            {"dropout_implementation": implementation, "dropout_prob": 0.3, "is_test": True},
            more=("Mask",),
        )


def _conv(
    name: str,
    attrs: dict[str, Any],
    w: tuple[int, ...],
    x: tuple[int, ...] = (2, 4, 9, 8),
    op: str = "conv2d",
    dynamic: bool | tuple[int, ...] = IMAGE,
    extra: dict[str, np.ndarray] | None = None,
) -> Case:
    full = {
        "strides": [1, 1],
        "paddings": [0, 0],
        "dilations": [1, 1],
        "groups": 1,
        "data_format": "NCHW",
        **attrs,
    }
    slots: Slots = {"Filter": "W", **{slot: slot.upper() for slot in extra or {}}}
    return one_op(
        op,
        name,
        full,
        slot="Input",
        out="Output",
        shape=x,
        extra=slots,
        dynamic=dynamic,
        arrays={"W": floats(4, *w) * 0.2, **{k.upper(): v for k, v in (extra or {}).items()}},
    )


def _convolutions() -> Iterator[Case]:
    yield _conv("plain", {}, (6, 4, 3, 3))
    yield _conv("pads2", {"paddings": [1, 2], "strides": [2, 1]}, (6, 4, 3, 3))
    yield _conv("pads4", {"paddings": [0, 1, 2, 1], "dilations": [2, 1]}, (6, 4, 3, 3))
    yield _conv("same", {"padding_algorithm": "SAME", "strides": [2, 2]}, (6, 4, 3, 3), dynamic=False)
    yield _conv(
        "same_dilated", {"padding_algorithm": "SAME", "dilations": [2, 2]}, (6, 4, 3, 3), dynamic=False
    )
    yield _conv("valid", {"padding_algorithm": "VALID", "paddings": [3, 3]}, (6, 4, 3, 3))
    yield _conv("groups", {"groups": 2}, (6, 2, 1, 3))
    yield _conv(
        "nhwc",
        {"data_format": "NHWC", "paddings": [1, 1]},
        (6, 4, 3, 3),
        x=(2, 9, 8, 4),
        dynamic=CHANNELS_LAST,
    )
    yield _conv("depthwise", {"groups": 4, "paddings": [1, 1]}, (4, 1, 3, 3), op="depthwise_conv2d")
    transpose = {"op": "conv2d_transpose"}
    yield _conv("plain", {"strides": [2, 2]}, (4, 3, 2, 2), **transpose)  # type: ignore[arg-type]
    yield _conv(
        "pads", {"strides": [2, 1], "paddings": [1, 0], "output_padding": [1, 0]}, (4, 3, 3, 3), **transpose
    )  # type: ignore[arg-type]
    yield _conv(
        "groups", {"strides": [2, 2], "paddings": [1, 0, 0, 1], "groups": 2}, (4, 3, 3, 3), **transpose
    )  # type: ignore[arg-type]
    yield _conv(
        "size", {"strides": [2, 2], "output_size": [20, 18]}, (4, 3, 3, 3), dynamic=False, **transpose
    )  # type: ignore[arg-type]
    yield _conv(
        "same", {"strides": [2, 2], "padding_algorithm": "SAME"}, (4, 3, 3, 3), dynamic=False, **transpose
    )  # type: ignore[arg-type]
    yield _conv(
        "nhwc",
        {"strides": [2, 2], "data_format": "NHWC"},
        (4, 3, 2, 2),
        x=(2, 5, 6, 4),
        dynamic=CHANNELS_LAST,
        **transpose,
    )  # type: ignore[arg-type]
    yield _conv("depthwise", {"strides": [2, 2], "groups": 4}, (4, 1, 3, 3), op="depthwise_conv2d_transpose")


def _pool(
    name: str, attrs: dict[str, Any], shape: tuple[int, ...] = (2, 3, 9, 8), dynamic: bool = True
) -> Case:
    full = {
        "pooling_type": "max",
        "ksize": [3, 3],
        "strides": [2, 2],
        "paddings": [0, 0],
        "global_pooling": False,
        "adaptive": False,
        "ceil_mode": False,
        "exclusive": True,
        "data_format": "NCHW",
        **attrs,
    }
    return one_op("pool2d", name, full, shape=shape, dynamic=dynamic)


def _volumes() -> Iterator[Case]:
    shared = {"strides": [2, 1, 1], "paddings": [1, 0, 1], "dilations": [1, 2, 1], "groups": 1}
    volume = (2, 4, 5, 6, 7)
    for name, attrs in (
        ("", {}),
        ("groups", {"groups": 2, "paddings": [0, 1, 1, 0, 2, 1]}),
        ("same", {"padding_algorithm": "SAME", "dilations": [1, 1, 1]}),
    ):
        groups = attrs.get("groups", 1)
        w = (6, 4 // groups, 3, 2, 3)
        yield _conv(name, {**shared, "data_format": "NCDHW", **attrs}, w, volume, op="conv3d", dynamic=(0,))
    last = {**shared, "data_format": "NDHWC"}
    yield _conv("last", last, (6, 4, 3, 2, 3), (2, 5, 6, 7, 4), op="conv3d", dynamic=(0,))
    for name, attrs in (("", {}), ("groups", {"groups": 2}), ("more", {"output_padding": [1, 0, 0]})):
        full = {**shared, "data_format": "NCDHW", **attrs}
        yield _conv(name, full, (4, 3, 3, 2, 3), volume, op="conv3d_transpose", dynamic=(0,))
    for name, attrs in (
        ("max", {}),
        ("max_ceil", {"ceil_mode": True, "paddings": [1, 1, 1]}),
        ("avg", {"pooling_type": "avg", "paddings": [1, 0, 1]}),
        ("avg_inclusive", {"pooling_type": "avg", "paddings": [1, 0, 1], "exclusive": False}),
        ("global", {"pooling_type": "avg", "global_pooling": True}),
        ("adaptive", {"pooling_type": "avg", "adaptive": True, "ksize": [5, 3, 1]}),
    ):
        full = {
            "pooling_type": "max", "ksize": [3, 2, 3], "strides": [2, 2, 1], "paddings": [0, 0, 0],
            "global_pooling": False, "adaptive": False, "ceil_mode": False, "exclusive": True,
            "data_format": "NCDHW", **attrs,
        }  # fmt: skip
        yield one_op("pool3d", name, full, shape=volume, dynamic=(0,))


def _pools() -> Iterator[Case]:
    average = {"pooling_type": "avg"}
    yield _pool("max", {})
    yield _pool("max_pads", {"paddings": [1, 1]})
    yield _pool("max_pads4", {"paddings": [0, 1, 1, 0]})
    yield _pool("max_ceil", {"ceil_mode": True, "paddings": [1, 1]})
    yield _pool("max_ceil_fixed", {"ceil_mode": True, "ksize": [2, 2]}, shape=(1, 2, 7, 6), dynamic=False)
    yield _pool("avg", average)
    yield _pool("avg_pads", {**average, "paddings": [1, 1]})
    yield _pool("avg_inclusive", {**average, "paddings": [1, 1], "exclusive": False})
    yield _pool("avg_ceil", {**average, "paddings": [1, 1], "ceil_mode": True})
    yield _pool("avg_ceil_inclusive", {**average, "paddings": [1, 1], "ceil_mode": True, "exclusive": False})
    yield _pool("avg_same", {**average, "padding_algorithm": "SAME"}, dynamic=False)
    yield _pool("avg_valid", {**average, "padding_algorithm": "VALID", "paddings": [1, 1]})
    yield _pool("avg_global", {**average, "global_pooling": True})
    yield _pool("max_global", {"global_pooling": True})
    yield _pool("avg_adaptive_1", {**average, "adaptive": True, "ksize": [1, 1]})
    yield _pool("avg_adaptive", {**average, "adaptive": True, "ksize": [4, 3]}, dynamic=False)
    for name, attrs in (
        ("window", {"ksize": [3, 2], "strides": [2, 2], "paddings": [1, 0]}),
        ("adaptive", {"ksize": [2, 5], "adaptive": True}),
    ):
        yield one_op("max_pool2d_with_index", name, attrs, shape=(2, 3, 9, 8), more=("Mask",))
    yield _pool("avg_adaptive_divides", {**average, "adaptive": True, "ksize": [3, 4]}, dynamic=False)
    yield _pool("avg_nhwc", {**average, "data_format": "NHWC"}, shape=(2, 9, 8, 3))


def _norms() -> Iterator[Case]:
    channels = {name: floats(seed, 4) for seed, name in enumerate(("SCALE", "BIAS", "MEAN"), 10)}
    variance = {"VARIANCE": np.abs(floats(13, 4)) + 0.5}
    slots = {"Scale": "SCALE", "Bias": "BIAS", "Mean": "MEAN", "Variance": "VARIANCE"}
    for layout, shape in (("NCHW", (2, 4, 3, 5)), ("NHWC", (2, 3, 5, 4)), ("NCHW", (6, 4))):
        case = one_op(
            "batch_norm",
            f"{layout.lower()}_{len(shape)}d",
            {"epsilon": 1e-3, "is_test": True, "data_layout": layout},
            out="Y",
            shape=shape,
            extra=slots,
            arrays={**channels, **variance},
            dynamic=(0,),
        )
        outputs = {
            "Y": "out",
            "MeanOut": "MEAN",
            "VarianceOut": "VARIANCE",
            "SavedMean": "a",
            "SavedVariance": "b",
        }
        case.steps[0] = (*case.steps[0][:2], outputs, case.steps[0][3])  # type: ignore[assignment]
        yield case
    pair = {"SCALE": channels["SCALE"], "BIAS": channels["BIAS"]}
    affine = {"Scale": "SCALE", "Bias": "BIAS"}
    yield one_op(
        "instance_norm",
        attrs={"epsilon": 1e-3},
        out="Y",
        shape=(2, 4, 3, 5),
        extra=affine,
        arrays=pair,
        more=("SavedMean", "SavedVariance"),
        dynamic=IMAGE,
    )
    yield one_op(
        "group_norm",
        attrs={"epsilon": 1e-3, "groups": 2},
        out="Y",
        shape=(2, 4, 3, 5),
        extra=affine,
        arrays=pair,
        more=("Mean", "Variance"),
        dynamic=False,
    )
    yield one_op(
        "group_norm",
        "nhwc",
        {"epsilon": 1e-3, "groups": 2, "data_layout": "NHWC"},
        out="Y",
        shape=(2, 3, 5, 4),
        extra=affine,
        arrays=pair,
        more=("Mean", "Variance"),
        dynamic=False,
    )
    long = {"SCALE": floats(20, 20), "BIAS": floats(21, 20)}
    layer = one_op(
        "layer_norm",
        attrs={"epsilon": 1e-3, "begin_norm_axis": 2},
        out="Y",
        extra=affine,
        arrays=long,
        more=("Mean", "Variance"),
    )
    layer.dynamic = {"x": (0, 1)}
    yield layer
    yield one_op("layer_norm", "plain", {"begin_norm_axis": 1}, out="Y", more=("Mean", "Variance"))
    yield one_op(
        "lrn", attrs={"n": 3, "k": 1.5, "alpha": 0.3, "beta": 0.6}, shape=(2, 7, 3, 4), more=("MidOut",)
    )
    yield one_op("norm", attrs={"axis": 1, "epsilon": 1e-6}, more=("Norm",))
    yield one_op(
        "affine_channel",
        attrs={"data_layout": "NCHW"},
        shape=(2, 4, 3, 5),
        extra=affine,
        arrays=pair,
        dynamic=IMAGE,
    )


def _two(
    op: str,
    name: str,
    y: tuple[int, ...],
    axis: int = -1,
    x: tuple[int, ...] = (2, 3, 4, 5),
    arrays: dict[str, np.ndarray] | None = None,
    constant: bool = False,
) -> Case:
    second = "Y" if constant else "y"
    given = arrays or {"x": floats(5, *x), "y": floats(6, *y)}
    given = {"x": given["x"], second: given["y"]}
    return Case(
        f"{op}_{name}",
        [(op, {"X": "x", "Y": second}, {"Out": "out"}, {"axis": axis})],
        given,
        dynamic={"x": tuple(range(given["x"].ndim))} if constant else {},
    )


def _binary() -> Iterator[Case]:
    yield _two("elementwise_add", "same", (2, 3, 4, 5))
    yield _two("elementwise_add", "trailing", (4, 5))
    yield _two("elementwise_add", "axis1", (3,), axis=1)
    yield _two("elementwise_add", "axis1_constant", (3,), axis=1, constant=True)
    yield _two("elementwise_add", "axis1_two", (3, 4), axis=1)
    yield _two("elementwise_add", "axis0", (2,), axis=0)
    yield _two("elementwise_add", "trailing_ones", (3, 1, 1), axis=1)
    yield _two("elementwise_mul", "ones_inside", (2, 3, 1, 1), axis=0)
    yield _two("elementwise_sub", "longer_y", (2, 3, 4, 5), x=(4, 5))
    yield _two("elementwise_max", "ones", (1, 4, 1))
    positive = {"x": np.abs(floats(7, 3, 4)) + 0.5, "y": np.abs(floats(8, 3, 4)) + 0.5}
    integers = {
        "x": np.array([[7, -7, 5], [9, -8, 0]], np.int64),
        "y": np.array([[2, 2, -3], [4, 3, 5]], np.int64),
    }
    for op in (
        "elementwise_div",
        "elementwise_pow",
        "elementwise_min",
        "elementwise_mod",
        "elementwise_floordiv",
    ):
        yield _two(op, "floats", (), arrays=positive)
    for op in ("elementwise_add", "elementwise_mod", "elementwise_floordiv", "elementwise_mul"):
        yield _two(op, "ints", (), arrays=integers)
    for op in ("equal", "not_equal", "less_than", "less_equal", "greater_than", "greater_equal"):
        yield _two(op, "ints", (), arrays={"x": np.arange(6), "y": np.array([0, 2, 2, 2, 5, 5])})
    bools = {"x": np.array([True, True, False, False]), "y": np.array([True, False, True, False])}
    for op in ("logical_and", "logical_or", "logical_xor"):
        yield _two(op, "bools", (), arrays=bools)
    yield one_op("logical_not", x=bools["x"])
    yield one_op("scale", attrs={"scale": 2.5, "bias": 0.5, "bias_after_scale": True})
    yield one_op("scale", "before", {"scale": 2.5, "bias": 0.5, "bias_after_scale": False})
    yield one_op("scale", "ints", {"scale": 2.0, "bias": 1.0}, x=np.array([1, -2, 3], np.int32))
    yield one_op(
        "scale",
        "tensor",
        {"scale": 9.0, "bias": 0.5},
        extra={"ScaleTensor": "S"},
        arrays={"S": np.array([1.5], np.float32)},
    )
    yield one_op("increment", attrs={"step": 2.0}, x=np.array([3.0], np.float32), dynamic=False)
    yield Case(
        "sum_three",
        [("sum", {"X": ["x", "y", "z"]}, {"Out": "out"}, {})],
        {"x": floats(1, 2, 3), "y": floats(2, 2, 3), "z": floats(3, 2, 3)},
    )
    yield Case(
        "where",
        [("where", {"Condition": "c", "X": "x", "Y": "y"}, {"Out": "out"}, {})],
        {"c": np.array([[True, False, True]]), "x": floats(1, 1, 3), "y": floats(2, 1, 3)},
    )


def _products() -> Iterator[Case]:
    def product(
        op: str,
        name: str,
        x: tuple[int, ...],
        y: tuple[int, ...],
        attrs: dict[str, Any],
        constant: bool = False,
    ) -> Case:
        second = "Y" if constant else "y"
        return Case(
            f"{op}_{name}",
            [(op, {"X": "x", "Y": second}, {"Out": "out"}, attrs)],
            {"x": floats(5, *x), second: floats(6, *y)},
            dynamic={"x": (0,)} if len(x) > 1 else {},
        )

    yield product("mul", "plain", (3, 4), (4, 5), {"x_num_col_dims": 1, "y_num_col_dims": 1}, constant=True)
    yield product(
        "mul", "images", (3, 2, 2, 2), (8, 5), {"x_num_col_dims": 1, "y_num_col_dims": 1}, constant=True
    )
    yield product("mul", "rows", (3, 2, 4), (4, 5), {"x_num_col_dims": 2, "y_num_col_dims": 1}, constant=True)
    yield product(
        "mul", "both", (3, 2, 4), (2, 4, 5), {"x_num_col_dims": 1, "y_num_col_dims": 2}, constant=True
    )
    yield product("matmul_v2", "weights", (3, 4), (4, 5), {}, constant=True)
    yield product("matmul_v2", "weights_3d", (3, 2, 4), (5, 4), {"trans_y": True}, constant=True)
    yield product("matmul_v2", "batched", (2, 3, 4, 5), (2, 3, 6, 5), {"trans_y": True})
    yield product("matmul_v2", "trans_x", (2, 5, 4), (2, 5, 3), {"trans_x": True})
    yield product("matmul_v2", "broadcast", (2, 3, 4, 5), (5, 2), {})
    yield product("matmul_v2", "vectors", (5,), (5,), {})
    yield product("matmul_v2", "vector", (2, 3, 5), (5,), {})
    yield product("matmul", "alpha", (2, 3, 4), (2, 5, 4), {"transpose_Y": True, "alpha": 0.25})
    yield product("matmul", "weights", (3, 4), (4, 5), {"alpha": 1.0}, constant=True)
    yield product("bmm", "plain", (2, 3, 4), (2, 4, 5), {})
    yield Case(
        "fc",
        [
            (
                "fc",
                {"Input": "x", "W": "W", "Bias": "B"},
                {"Out": "out"},
                {"in_num_col_dims": 1, "activation_type": "relu"},
            )
        ],
        {"x": floats(1, 3, 4), "W": floats(2, 4, 5), "B": floats(3, 5)},
        dynamic={"x": (0,)},
    )


def _reductions() -> Iterator[Case]:
    for op in ("reduce_sum", "reduce_mean", "reduce_max", "reduce_min", "reduce_prod"):
        yield one_op(op, attrs={"dim": [1, -1], "keep_dim": False, "reduce_all": False})
    yield one_op("reduce_mean", "keep", {"dim": [2, 3], "keep_dim": True})
    yield one_op("reduce_sum", "all", {"dim": [0], "reduce_all": True})
    yield one_op("reduce_sum", "all_keep", {"dim": [0], "reduce_all": True, "keep_dim": True})
    yield one_op("mean")
    bools = np.array([[True, True], [False, True], [False, False]])
    yield one_op("reduce_all", attrs={"dim": [1]}, x=bools)
    yield one_op("reduce_any", attrs={"dim": [1], "keep_dim": True}, x=bools)
    yield one_op("logsumexp", attrs={"axis": [1], "keepdim": True})
    for order in (0.0, 1.0, 2.0, 3.0, float("inf"), float("-inf")):
        yield one_op("p_norm", str(order), {"porder": order, "axis": 1, "keepdim": order == 2})
    yield one_op("p_norm", "vector", {"porder": 2.0, "asvector": True, "axis": -1})
