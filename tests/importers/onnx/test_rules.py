# SPDX-License-Identifier: Apache-2.0
"""Each rule on tiny models against onnxruntime: opsets, optional inputs, defaults, open extents."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tiny
from onnx import TensorProto, helper

from lite.errors import UnsupportedOpError
from lite.ir.interpret import interpret

RANDOM = np.random.default_rng(7)


def floats(*shape: int) -> np.ndarray:
    return RANDOM.standard_normal(shape).astype(np.float32)


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


X = floats(2, 3, 8, 9)
SIGNAL = floats(2, 3, 17)
MATRIX = floats(4, 6)
INTEGERS = RANDOM.integers(-9, 9, (3, 4)).astype(np.int64)


def case(
    op: str,
    x: np.ndarray,
    *constants: Any,
    opset: int = 17,
    outputs: int = 1,
    note: str = "",
    extra: dict[str, np.ndarray] | None = None,
    **attributes: Any,
) -> Any:
    """One node: input x, then constants (None: left out, a string: that input of ``extra``)."""
    names = ["x"]
    held = {}
    for position, constant in enumerate(constants, 1):
        if constant is None or isinstance(constant, str):
            names.append(constant or "")
        else:
            names.append(f"c{position}")
            held[names[-1]] = np.asarray(constant)
    results = ["y", "z", "w"][:outputs]
    node = helper.make_node(op, names, results, **attributes)
    feeds = {"x": x, **(extra or {})}
    words = "-".join(
        f"{key}={value}" for key, value in attributes.items() if not isinstance(value, type(node))
    )
    return pytest.param(
        tiny.model([node], feeds, results, constants=held, opset=opset),
        feeds,
        id=f"{op}-{opset}-{note or words}".replace(" ", ""),
    )


WINDOWS = [
    case("Conv", X, floats(4, 3, 3, 3), pads=[1, 0, 2, 1], strides=[2, 1]),
    case("Conv", X, floats(4, 3, 3, 3), floats(4), dilations=[2, 2], opset=7),
    case("Conv", X, floats(6, 1, 3, 3), floats(6), group=3, opset=11),
    *(
        case("Conv", X, floats(4, 3, 3, 4), auto_pad=auto_pad, strides=[2, 3])
        for auto_pad in ("SAME_UPPER", "SAME_LOWER", "VALID")
    ),
    case("Conv", SIGNAL, floats(4, 3, 5), floats(4), pads=[2, 1], strides=[2]),
    case("Conv", SIGNAL, floats(4, 3, 4), auto_pad="SAME_UPPER"),
    case("Conv", X, floats(4, 3, 1, 1), opset=22),
    case("ConvTranspose", X, floats(3, 4, 3, 3), strides=[2, 2], pads=[1, 0, 1, 2], output_padding=[1, 0]),
    case("ConvTranspose", X, floats(3, 2, 3, 3), floats(2), dilations=[2, 1], opset=7),
    case("ConvTranspose", floats(1, 4, 5, 5), floats(4, 2, 3, 3), group=2, strides=[2, 2]),
    case("ConvTranspose", X, floats(3, 2, 3, 3), strides=[2, 2], auto_pad="SAME_UPPER"),
    case("ConvTranspose", X, floats(3, 2, 4, 4), strides=[2, 2], auto_pad="SAME_LOWER"),
    case("ConvTranspose", X, floats(3, 2, 3, 3), strides=[3, 2], output_shape=[24, 18]),
    case("ConvTranspose", SIGNAL, floats(3, 2, 3), strides=[2], pads=[1, 1]),
    case("MaxPool", X, kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 1]),
    case("MaxPool", X, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
    case("MaxPool", X, kernel_shape=[2, 2], dilations=[2, 3], opset=12),
    case("MaxPool", X, kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER", opset=8),
    case("MaxPool", SIGNAL, kernel_shape=[3], strides=[2]),
    case("AveragePool", X, kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2], opset=7),
    case("AveragePool", X, kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1),
    case("AveragePool", X, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1, opset=19),
    case("AveragePool", X, kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_LOWER"),
    case("AveragePool", X, kernel_shape=[2, 2], dilations=[2, 2], opset=19),
    case("AveragePool", SIGNAL, kernel_shape=[4], pads=[1, 2], count_include_pad=1),
    case("LpPool", X, kernel_shape=[2, 3], strides=[2, 2], p=2, opset=11),
    case("LpPool", X, kernel_shape=[3, 3], p=3, pads=[1, 1, 1, 1], opset=11),
    case("LpPool", X, kernel_shape=[3, 3], p=1, strides=[2, 2], ceil_mode=1, opset=18),
    case("GlobalAveragePool", X),
    case("GlobalAveragePool", SIGNAL),
    case("GlobalMaxPool", X),
    case("GlobalLpPool", X, p=1),
    case("GlobalLpPool", X),
    case("LpNormalization", X, axis=1, p=1),
    case("LpNormalization", X),
]

ELEMENTWISE = [
    *(
        case(op, X)
        for op in (
            "Abs",
            "Neg",
            "Exp",
            "Floor",
            "Ceil",
            "Relu",
            "Sigmoid",
            "Tanh",
            "Softplus",
            "Softsign",
            "Sin",
            "Cos",
            "Erf",
            "Sign",
            "Identity",
            "HardSwish",
            "Reciprocal",
            "Sinh",
            "Round",
        )
    ),
    case("Sqrt", np.abs(X)),
    case("Log", np.abs(X) + 1),
    case("Atan", X),
    case("Tan", X),
    case("Cosh", X),
    case("Asinh", X),
    case("LeakyRelu", X),
    case("LeakyRelu", X, alpha=0.3, opset=7),
    case("Elu", X),
    case("Elu", X, alpha=0.5),
    case("Selu", X),
    case("Celu", X, alpha=0.7),
    case("Celu", X),
    case("HardSigmoid", X),
    case("HardSigmoid", X, alpha=0.25, beta=0.4),
    case("ThresholdedRelu", X),
    case("ThresholdedRelu", X, alpha=0.4),
    case("Mish", X, opset=18),
    case("Gelu", X, opset=20),
    case("Gelu", X, approximate="tanh", opset=20),
    case("Shrink", X, lambd=0.6, bias=0.1),
    case("PRelu", X, floats(3, 1, 1)),
    case("PRelu", X, floats(1)),
    case("Clip", X, min=-0.5, max=0.5, opset=7),
    case("Clip", X, max=0.5, opset=6),
    case("Clip", X, np.float32(-0.5), np.float32(0.7)),
    case("Clip", X, None, np.float32(0.7), opset=11),
    case("Clip", X, np.float32(-0.3)),
    case("Clip", X),
    case(
        "Clip", X, "low", "high", extra={"low": np.array(-1, np.float32), "high": np.array(0.5, np.float32)}
    ),
    case("Clip", INTEGERS, ints(-3).reshape(()), ints(1 << 40).reshape(())),
    *(case(op, X, floats(3, 1, 1), opset=7) for op in ("Add", "Sub", "Mul", "Div")),
    *(case(op, X, floats(9), opset=13) for op in ("Add", "Max", "Min", "Mean", "Sum")),
    case("Max", X, floats(9), floats(8, 1)),
    case("Sum", X),
    case("Mean", X, floats(9), floats(8, 1)),
    case("Pow", np.abs(X), np.float32(2.5)),
    case("Pow", X, np.int64(3)),
    case("Pow", INTEGERS, np.float32(2)),
    case("Pow", INTEGERS.astype(np.int32), np.int64(2)),
    case("Mod", INTEGERS, ints(4)),
    case("Mod", X, np.float32(0.7), fmod=1),
    case("Mod", INTEGERS, ints(4), fmod=1),
    case("Div", INTEGERS, ints(4)),
    *(case(op, X, floats(9), opset=13) for op in ("Less", "Greater", "Equal")),
    *(case(op, X, floats(9), opset=16) for op in ("LessOrEqual", "GreaterOrEqual")),
    *(case(op, X > 0, floats(9) > 0) for op in ("And", "Or", "Xor", "Equal")),
    case("Not", X > 0),
    case("Where", X > 0, floats(9), floats(8, 1)),
    case("IsNaN", np.where(X > 1, np.nan, X).astype(np.float32)),
    case("IsInf", np.where(X > 1, -np.inf, X).astype(np.float32), detect_negative=0),
    case("BitShift", np.arange(12, dtype=np.uint8), np.uint8(3), direction="LEFT"),
    *(
        case("Cast", X * 20, to=to)
        for to in (
            TensorProto.INT64,
            TensorProto.INT32,
            TensorProto.BOOL,
            TensorProto.DOUBLE,
            TensorProto.FLOAT,
        )
    ),
    case("Cast", INTEGERS, to=TensorProto.FLOAT),
    case("CastLike", X, ints(1)),
    case("Dropout", X, opset=7),
    case("Dropout", X, np.float32(0.3), opset=13),
    case("Dropout", X, outputs=2, opset=12),
]

SHAPES = [
    case("Reshape", X, ints(0, -1, 9)),
    case("Reshape", X, ints(-1)),
    case("Reshape", X, ints(6, 72), opset=7),
    case("Reshape", floats(2, 0, 3), ints(0, 5, 3), allowzero=1),
    case("Flatten", X, opset=7),
    case("Flatten", X, axis=0),
    case("Flatten", X, axis=4),
    case("Flatten", X, axis=-1),
    case("Squeeze", floats(1, 3, 1, 2), axes=[0], opset=7),
    case("Squeeze", floats(1, 3, 1, 2), axes=[-2], opset=11),
    case("Squeeze", floats(1, 3, 1, 2), ints(2, 0), opset=13),
    case("Squeeze", floats(1, 3, 1, 2), opset=13),
    case("Unsqueeze", X, axes=[0, 5], opset=11),
    case("Unsqueeze", X, ints(-1, 0), opset=13),
    case("Transpose", X),
    case("Transpose", X, perm=[0, 2, 3, 1]),
    case("Concat", X, floats(2, 5, 8, 9), axis=1),
    case("Concat", X, X, axis=-1, opset=11),
    case("Split", X, axis=1, outputs=3, opset=11),
    case("Split", X, split=[3, 5], axis=2, outputs=2, opset=7),
    case("Split", X, ints(3, 6), axis=-1, outputs=2, opset=13),
    case("Split", X, axis=3, outputs=3, opset=13),
    case("Split", X, axis=3, outputs=2, num_outputs=2, opset=18),
    case("Slice", X, starts=[0, 2], ends=[1, -1], axes=[1, 3], opset=7),
    case("Slice", X, starts=[1], ends=[1000], opset=9),
    case("Slice", X, ints(1, -3), ints(3, 1 << 62), ints(2, -1), opset=10),
    case("Slice", X, ints(-1, 8), ints(-1000, -100), ints(2, 3), ints(-1, -3)),
    case("Slice", X, ints(5), ints(2), ints(2), note="empty"),
    case("Expand", floats(3, 1, 1), ints(2, 1, 4, 5)),
    case("Expand", floats(3, 1), ints(1)),
    case("Tile", X, ints(1, 2, 1, 3)),
    case("Pad", X, pads=[0, 0, 1, 2, 0, 1, 0, 3], opset=7),
    case("Pad", X, pads=[0, 0, 1, 2, 0, 1, 0, 3], value=2.5, mode="constant", opset=10),
    case("Pad", X, ints(0, 0, 1, 2, 0, 1, 0, 3), mode="reflect", opset=11),
    case("Pad", X, ints(0, 0, 1, 2, 0, 1, 0, 3), np.float32(-1), mode="constant", opset=13),
    case("Pad", X, ints(0, 0, -1, 2, 0, 0, -2, 0), mode="edge"),
    case("Pad", X, ints(1, 2, 0, 3), None, ints(2, -1), opset=18),
    case("Pad", X, ints(1, 2, 0, 3), None, ints(2, 3), mode="wrap", opset=19),
    case("Pad", INTEGERS, ints(1, 0, 0, 2), np.int64(7)),
    case("DepthToSpace", floats(2, 8, 3, 4), blocksize=2, opset=7),
    case("DepthToSpace", floats(2, 8, 3, 4), blocksize=2, mode="CRD", opset=11),
    case("SpaceToDepth", floats(2, 3, 4, 6), blocksize=2),
    case("Shape", X),
    case("Shape", X, start=1, end=-1, opset=15),
    case("Size", X),
    case("ConstantOfShape", ints(2, 3), note="zeros"),
    case("EyeLike", MATRIX, k=1),
    case("EyeLike", MATRIX, dtype=TensorProto.INT64),
    case("Trilu", floats(2, 5, 4)),
    case("Trilu", floats(2, 5, 4), ints(-1).reshape(()), upper=0),
    case("CumSum", X, ints(2).reshape(())),
    case("CumSum", X, ints(-1).reshape(()), exclusive=1, reverse=1),
    case("ReverseSequence", floats(5, 3, 2), ints(5, 2, 0)),
    case("ReverseSequence", floats(3, 5, 2), ints(5, 2, 1), batch_axis=0, time_axis=1),
    case("Compress", X, np.array([True, False, True]), axis=1),
    case("Compress", X, np.array([False, True, True])),
]

REDUCTIONS = [
    *(
        case(op, X + 3, axes=[1, -1], keepdims=0, opset=11)
        for op in (
            "ReduceSum",
            "ReduceMean",
            "ReduceMax",
            "ReduceMin",
            "ReduceProd",
            "ReduceL1",
            "ReduceL2",
            "ReduceLogSumExp",
            "ReduceSumSquare",
        )
    ),
    *(
        case(op, np.abs(X) + 1, ints(-1, 1), opset=18)
        for op in (
            "ReduceSum",
            "ReduceMean",
            "ReduceMax",
            "ReduceMin",
            "ReduceL1",
            "ReduceL2",
            "ReduceLogSum",
            "ReduceLogSumExp",
            "ReduceSumSquare",
        )
    ),
    case("ReduceSum", X, opset=7),
    case("ReduceSum", X, ints(2), opset=13),
    case("ReduceMean", X, keepdims=0),
    case("ReduceSum", X, noop_with_empty_axes=1, opset=13),
    case("ReduceMax", INTEGERS, opset=18),
    case("ArgMax", X, axis=1),
    case("ArgMax", X, keepdims=0, axis=-1, opset=11),
    case("ArgMin", X),
    case("ArgMax", np.floor(X), axis=2, select_last_index=1, opset=12),
    case("Det", floats(2, 3, 3)),
    case("Det", floats(4, 4)),
    case("Softmax", X, opset=7),
    case("Softmax", X, axis=2, opset=11),
    case("Softmax", X, axis=-1, opset=11),
    case("Softmax", X, opset=13),
    case("Softmax", X, axis=1, opset=13),
    case("LogSoftmax", X, opset=9),
    case("LogSoftmax", X, axis=1, opset=13),
    case("Hardmax", X, opset=9),
    case("Hardmax", X, axis=1, opset=13),
    case("Hardmax", X, axis=3, opset=11),
]

INDICES = [
    case("Gather", X, ints(2, 0, -1), axis=1),
    case("Gather", X, ints(1).reshape(()), axis=-1, opset=11),
    case("Gather", X, np.array([[0, 1]], np.int32)),
    case("GatherElements", X, RANDOM.integers(-3, 3, (2, 2, 8, 9)), axis=1),
    case("GatherND", X, np.array([[0, 1], [1, 2]])),
    case("GatherND", X, np.array([[1], [0]]), batch_dims=1),
    case("ScatterElements", MATRIX, np.array([[1, 0, 2]]), floats(1, 3), axis=1),
    case("ScatterElements", MATRIX, np.array([[1, 1, 2]]), floats(1, 3), axis=1, reduction="add", opset=16),
    case("Scatter", MATRIX, np.array([[1, 0, 2]]), floats(1, 3), axis=0, opset=9),
    case("ScatterND", MATRIX, np.array([[1], [3]]), floats(2, 6)),
    case("ScatterND", MATRIX, np.array([[1], [1]]), floats(2, 6), reduction="mul", opset=16),
    case("TopK", X, k=3, outputs=2, opset=7),
    case("TopK", X, ints(2), axis=1, outputs=2, opset=10),
    case("TopK", X, ints(4), largest=0, outputs=2, opset=11),
    case("OneHot", ints(1, -1, 7, 2), ints(4).reshape(()), floats(2)),
    case("OneHot", np.array([[1, 2]]), ints(5), np.array([0, 3]), axis=0, opset=9),
]

GRID = (RANDOM.random((2, 4, 5, 2)) * 3 - 1.5).astype(np.float32)
SAMPLES = [
    case("GridSample", X, GRID, mode=mode, padding_mode=padding, align_corners=aligned, opset=16)
    for mode in ("bilinear", "nearest", "bicubic")
    for padding in ("zeros", "border", "reflection")
    for aligned in (0, 1)
]

LINEAR = [
    case("MatMul", MATRIX, floats(6, 5)),
    case("MatMul", floats(2, 3, 4, 6), floats(6, 5)),
    case("MatMul", floats(2, 3, 4, 6), floats(3, 6, 5)),
    case("MatMul", floats(6), floats(6, 5)),
    case("MatMul", MATRIX, "b", extra={"b": floats(6, 3)}),
    case("MatMul", MATRIX, floats(6)),
    case("Gemm", MATRIX, floats(6, 5), floats(5)),
    case("Gemm", MATRIX, floats(6, 5)),
    case("Gemm", MATRIX, floats(5, 6), floats(4, 5), transB=1, alpha=0.5, beta=2.0),
    case("Gemm", MATRIX, floats(4, 5), floats(1, 5), transA=1, opset=7),
    case("Gemm", MATRIX, floats(6, 5), np.float32(3), beta=0.5),
    case("Gemm", MATRIX, "b", "c", transB=1, beta=0.5, extra={"b": floats(5, 6), "c": floats(4, 1)}),
    case("Einsum", MATRIX, floats(6, 5), equation="ij,jk->ik"),
    case("Einsum", MATRIX, equation="ij->"),
    case("Einsum", floats(2, 4, 6), floats(2, 6, 3), equation="bij, bjk -> bik"),
    case("Einsum", floats(2, 3, 4, 5), floats(2, 3, 6, 5), equation="...qd,...kd->...qk"),
    case("Einsum", floats(4, 4), equation="ii->i"),
    case("Einsum", MATRIX, equation="ij->ji"),
    case("Einsum", MATRIX, floats(4), floats(6), equation="ij,i,j->j"),
    case("Einsum", MATRIX, floats(6), equation="ij,j"),
]

NORMALISATIONS = [
    case("BatchNormalization", X, floats(3), floats(3), floats(3), np.abs(floats(3)), opset=7),
    case("BatchNormalization", X, floats(3), floats(3), floats(3), np.abs(floats(3)), epsilon=0.1, opset=15),
    case("InstanceNormalization", X, floats(3), floats(3)),
    case("InstanceNormalization", SIGNAL, floats(3), floats(3)),
    case("LayerNormalization", X, floats(9), floats(9)),
    case("LayerNormalization", X, floats(8, 9), axis=2),
    case("LayerNormalization", X, floats(9), floats(9), outputs=3, epsilon=0.01),
    case("GroupNormalization", floats(2, 6, 4, 5), floats(6), floats(6), num_groups=3, opset=21),
    case("LRN", floats(2, 7, 3, 3), size=5, alpha=0.1, beta=0.5, bias=2.0),
    case("LRN", floats(2, 7, 3, 3), size=3),
    case("MeanVarianceNormalization", X, opset=13),
    case("MeanVarianceNormalization", X, axes=[1, 2], opset=13),
    case("RMSNormalization", X, floats(9), opset=23),
]

SCALES, DOWN = np.array([1, 1, 2, 3], np.float32), np.array([1, 1, 0.6, 0.7], np.float32)
RESIZES = [
    case("Upsample", X, scales=[1.0, 1.0, 2.0, 3.0], opset=7),
    case("Upsample", X, SCALES, mode="linear", opset=9),
    case("Resize", X, SCALES, mode="nearest", opset=10),
    case("Resize", X, DOWN, mode="linear", opset=10),
    *(
        case(
            "Resize",
            X,
            np.zeros(0, np.float32),
            SCALES,
            mode=mode,
            coordinate_transformation_mode=coordinates,
            opset=11,
        )
        for mode in ("linear", "cubic")
        for coordinates in ("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel")
    ),
    *(
        case(
            "Resize",
            X,
            None,
            None,
            ints(2, 3, 5, 13),
            mode="nearest",
            nearest_mode=nearest,
            opset=13,
            coordinate_transformation_mode=coordinates,
        )
        for nearest in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
        for coordinates in ("half_pixel", "asymmetric")
    ),
    case("Resize", X, None, DOWN, mode="cubic", cubic_coeff_a=-0.5, exclude_outside=1, opset=13),
    case("Resize", X, None, None, ints(16, 20), axes=[2, 3], mode="linear", opset=18),
    case("Resize", X, None, np.array([2], np.float32), axes=[3], mode="linear", opset=18),
    case(
        "Resize",
        X,
        None,
        None,
        ints(16, 12),
        axes=[2, 3],
        keep_aspect_ratio_policy="not_larger",
        mode="linear",
        opset=18,
    ),
    case(
        "Resize",
        X,
        None,
        None,
        ints(16, 12),
        axes=[2, 3],
        keep_aspect_ratio_policy="not_smaller",
        mode="nearest",
        opset=18,
    ),
    case("Resize", SIGNAL, None, np.array([1, 1, 2], np.float32), mode="linear", opset=13),
    case("Resize", X, None, SCALES, mode="linear", antialias=1, opset=18),
    case("Resize", X, None, DOWN, mode="linear", coordinate_transformation_mode="align_corners", opset=13),
    case("Resize", X, None, DOWN, mode="linear", antialias=1, opset=18),
    case("Resize", X, None, DOWN, mode="cubic", antialias=1, cubic_coeff_a=-0.5, opset=18),
    case("Resize", X, None, None, ints(4, 5), axes=[2, 3], mode="linear", antialias=1, opset=18),
    case(
        "Resize",
        X,
        np.array([0, 0, 0.2, -0.1, 1, 1, 0.8, 1.2], np.float32),
        None,
        ints(2, 3, 5, 7),
        mode="linear",
        coordinate_transformation_mode="tf_crop_and_resize",
        extrapolation_value=9.0,
        opset=13,
    ),
]

ALL = [*WINDOWS, *ELEMENTWISE, *SHAPES, *REDUCTIONS, *INDICES, *LINEAR, *NORMALISATIONS, *RESIZES, *SAMPLES]


ENGINES = pytest.mark.parametrize("native", [False, True], ids=["reference", "native"])


@ENGINES
@pytest.mark.parametrize(("made", "feeds"), ALL)
def test_agrees_with_onnxruntime(made: Any, feeds: dict[str, np.ndarray], native: bool) -> None:
    frozen = {name: feeds[name] for name in feeds if made.graph.node[0].op_type == "ConstantOfShape"}
    tiny.agree(made, feeds, native=native, freeze_inputs=frozen)


def images_and_signals(cases: list[Any]) -> list[Any]:
    """Cases whose input has a batch, channels and at most height and width."""
    unfit = ("Compress", "ReverseSequence", "EyeLike", "Squeeze")  # these need fixed extents
    return [
        given
        for given in cases
        if given.values[1]["x"].ndim in (3, 4) and given.values[0].graph.node[0].op_type not in unfit
    ]


@ENGINES
@pytest.mark.parametrize(
    ("made", "feeds"), images_and_signals([*WINDOWS, *RESIZES, *SHAPES, *REDUCTIONS, *LINEAR])
)
def test_agrees_with_open_extents(made: Any, feeds: dict[str, np.ndarray], native: bool) -> None:
    """Batch, height and width of images and lengths of signals are only known when running."""
    names = ("n", None, "w") if feeds["x"].ndim == 3 else ("n", None, "h", "w")
    made = tiny.opened(tiny.with_output_types(made), {"x": names})
    try:
        tiny.agree(made, feeds, native=native)
    except UnsupportedOpError as error:
        assert "extents" in str(error), error  # says what to fix


def test_constant_in_all_its_forms() -> None:
    forms: list[tuple[dict[str, Any], Any]] = [
        ({"value": helper.make_tensor("t", TensorProto.FLOAT, [2], [1.0, 2.0])}, [1.0, 2.0]),
        ({"value_float": 2.5}, 2.5),
        ({"value_floats": [1.0, 3.0]}, [1.0, 3.0]),
        ({"value_int": 4}, 4),
        ({"value_ints": [5, 6]}, [5, 6]),
    ]
    for attributes, expected in forms:
        made = tiny.model([helper.make_node("Constant", [], ["y"], **attributes)], {"x": floats(1)})
        graph = tiny.load(made)
        np.testing.assert_array_equal(interpret(graph, {"x": floats(1)})["y"], expected)


def test_half_precision_is_computed_in_single_and_given_back() -> None:
    half = X.astype(np.float16)
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["t"]),
        helper.make_node("Cast", ["t"], ["u"], to=TensorProto.FLOAT),
        helper.make_node("Relu", ["u"], ["v"]),
        helper.make_node("Cast", ["v"], ["y"], to=TensorProto.FLOAT16),
    ]
    made = tiny.model(nodes, {"x": half}, constants={"w": floats(4, 3, 3, 3).astype(np.float16)})
    graph = tiny.agree(made, {"x": half}, rtol=1e-2, atol=2e-2)
    assert [node.op.name for node in graph.nodes] == ["cast", "conv2d", "relu", "cast"]


def test_matmul_with_a_constant_matrix_is_fully_connected() -> None:
    graph = tiny.load(
        tiny.model(
            [helper.make_node("MatMul", ["x", "w"], ["y"])], {"x": MATRIX}, constants={"w": floats(6, 5)}
        )
    )
    assert [node.op.name for node in graph.nodes] == ["fully_connected"]


def test_double_precision_stays_but_products_are_computed_in_single() -> None:
    made = tiny.model(
        [helper.make_node("MatMul", ["x", "w"], ["t"]), helper.make_node("Exp", ["t"], ["y"])],
        {"x": MATRIX.astype(np.float64)},
        constants={"w": floats(6, 5).astype(np.float64)},
    )
    graph = tiny.agree(made, {"x": MATRIX.astype(np.float64)}, rtol=1e-4, atol=1e-5)
    assert [node.op.name for node in graph.nodes] == ["cast", "fully_connected", "cast", "exp"]


def test_gemm_folds_its_factors_into_weights_and_bias() -> None:
    node = helper.make_node("Gemm", ["x", "w", "b"], ["y"], alpha=0.5, beta=3.0, transB=1)
    made = tiny.model([node], {"x": MATRIX}, constants={"w": floats(5, 6), "b": floats(5)})
    assert [node.op.name for node in tiny.agree(made, {"x": MATRIX}).nodes] == ["fully_connected"]


def test_an_initialiser_that_is_also_an_input_is_a_constant() -> None:
    w = floats(4, 3, 3, 3)
    made = tiny.model([helper.make_node("Conv", ["x", "w"], ["y"])], {"x": X, "w": w}, constants={"w": w})
    graph = tiny.load(made)
    assert [value.name for value in graph.inputs] == ["x"]


def test_freezing_an_input_makes_it_a_constant() -> None:
    made = tiny.model([helper.make_node("Reshape", ["x", "shape"], ["y"])], {"x": X, "shape": ints(2, -1)})
    graph = tiny.agree(made, {"x": X, "shape": ints(2, -1)}, freeze_inputs={"shape": ints(2, -1)})
    assert [value.name for value in graph.inputs] == ["x"]
    assert graph.outputs[0].type.shape == (2, 216)


def test_input_shapes_fix_what_the_model_leaves_open() -> None:
    made = tiny.model([helper.make_node("Relu", ["x"], ["y"])], {"x": ("n", 3, None, "w")})
    assert tiny.load(made).symbols.keys() == {"n", "x_2", "w"}
    graph = tiny.load(made, input_shapes={"x": (1, 3, 32, 32)})
    assert graph.outputs[0].type.shape == (1, 3, 32, 32)
    assert not graph.symbols


def test_names_of_inputs_and_outputs_stay() -> None:
    nodes = [
        helper.make_node("Relu", ["in put:0"], ["out/1"]),
        helper.make_node("Neg", ["out/1"], ["out/2"]),
        helper.make_node("Identity", ["in put:0"], ["out/3"]),
        helper.make_node("Identity", ["c"], ["out/4"]),
    ]
    made = tiny.model(
        nodes, {"in put:0": X}, ["out/2", "out/1", "out/3", "out/4"], constants={"c": ints(1, 2)}
    )
    graph = tiny.agree(made, {"in put:0": X})
    assert [value.name for value in graph.outputs] == ["out/2", "out/1", "out/3", "out/4"]


def test_a_range_of_floats_up_to_an_extent() -> None:
    """Detectors write their grids so: arange(w) + 0.5 with the width cast to float."""
    nodes = [
        helper.make_node("Shape", ["x"], ["s"], start=3),
        helper.make_node("Squeeze", ["s"], ["n"]),
        helper.make_node("Cast", ["n"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("Range", ["zero", "f", "one"], ["r"]),
        helper.make_node("Add", ["r", "half"], ["y"]),
    ]
    numbers = {"zero": np.float32(0), "one": np.float32(1), "half": np.float32(0.5)}
    made = tiny.model(nodes, {"x": (1, 3, "h", "w")}, constants=numbers)
    tiny.agree(made, {"x": floats(1, 3, 4, 7)})
