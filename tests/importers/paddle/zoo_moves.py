# SPDX-License-Identifier: Apache-2.0
"""Cases of ops that shape, move, pick, make and resize, and of shapes computed from shapes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from zoo_case import CHANNELS_LAST, IMAGE, Case, floats, one_op

if TYPE_CHECKING:
    from zoo_case import Slots


def cases() -> Iterator[Case]:
    yield from _shapes()
    yield from _moves()
    yield from _paddings()
    yield from _picks()
    yield from _makers()
    yield from _resizes()
    yield from _samples()
    yield from _chains()


def _shapes() -> Iterator[Case]:
    yield one_op("reshape2", "zero_minus", {"shape": [0, -1, 5]}, more=("XShape",))
    yield one_op(
        "reshape2",
        "tensor",
        {"shape": [9]},
        extra={"Shape": "SHAPE"},
        more=("XShape",),
        arrays={"SHAPE": np.array([6, -1], np.int32)},
    )
    yield one_op("flatten2", attrs={"axis": 2}, more=("XShape",))
    yield one_op("flatten_contiguous_range", attrs={"start_axis": 1, "stop_axis": -1}, more=("XShape",))
    yield one_op("flatten_contiguous_range", "middle", {"start_axis": 1, "stop_axis": 2}, more=("XShape",))
    yield one_op("squeeze2", attrs={"axes": [1, -1]}, shape=(2, 1, 3, 1), more=("XShape",), dynamic=False)
    yield one_op("squeeze2", "all", {"axes": []}, shape=(2, 1, 3, 1), more=("XShape",), dynamic=False)
    yield one_op("unsqueeze2", attrs={"axes": [0, 3]}, shape=(2, 3, 4), more=("XShape",))
    yield one_op("unsqueeze2", "negative", {"axes": [-1]}, shape=(2, 3), more=("XShape",))
    yield one_op("expand_v2", attrs={"shape": [2, -1, 4]}, shape=(3, 1), dynamic=False)
    yield one_op("expand", attrs={"expand_times": [1, 2, 3]}, shape=(2, 1, 3))
    yield one_op("expand_as_v2", attrs={"target_shape": [4, 2, 3]}, shape=(2, 3), dynamic=False)
    yield one_op("tile", attrs={"repeat_times": [2, 1, 3]}, shape=(2, 3))
    yield one_op("tile", "fewer", {"repeat_times": [2]}, shape=(2, 3))
    for source, target in ((5, 2), (5, 3), (5, 0), (2, 5), (0, 5), (3, 5)):
        dtype = {0: np.bool_, 2: np.int32, 3: np.int64, 5: np.float32}[source]
        x = (floats(9, 2, 3) * 3).astype(dtype)
        yield one_op("cast", f"{source}_{target}", {"in_dtype": source, "out_dtype": target}, x=x)
    yield one_op("shape", slot="Input")
    yield one_op("size", slot="Input")
    yield one_op("assign")


def _moves() -> Iterator[Case]:
    pair = {"x": floats(1, 2, 3, 4), "y": floats(2, 2, 5, 4)}
    yield Case("concat", [("concat", {"X": ["x", "y"]}, {"Out": "out"}, {"axis": 1})], pair)
    yield Case(
        "concat_negative",
        [("concat", {"X": ["x", "x"]}, {"Out": "out"}, {"axis": -1})],
        {"x": pair["x"]},
        dynamic={"x": (0, 1)},
    )
    yield Case(
        "stack",
        [("stack", {"X": ["x", "x"]}, {"Y": "out"}, {"axis": 1})],
        {"x": pair["x"]},
        dynamic={"x": (0, 1)},
    )
    for name, attrs, parts in (
        ("num", {"num": 2, "axis": 2}, 2),
        ("sections", {"sections": [1, 3], "axis": 2}, 2),
        ("rest", {"sections": [1, -1, 1], "axis": 2}, 3),
    ):
        yield Case(
            f"split_{name}",
            [("split", {"X": "x"}, {"Out": [f"o{i}" for i in range(parts)]}, attrs)],
            {"x": floats(1, 2, 3, 4)},
            fetch=tuple(f"o{i}" for i in range(parts)),
            dynamic={"x": (0,)},
        )
    for op, slot in (("unstack", "Y"), ("unbind", "Out")):
        attrs = {"axis": 1, "num": 3} if op == "unstack" else {"axis": 1}
        yield Case(
            op,
            [(op, {"X": "x"}, {slot: ["o0", "o1", "o2"]}, attrs)],
            {"x": floats(1, 2, 3, 4)},
            fetch=("o0", "o1", "o2"),
            dynamic={"x": (0,)},
        )
    yield one_op("transpose2", attrs={"axis": [0, 2, 3, 1]}, more=("XShape",))
    for name, attrs in (
        ("plain", {"axes": [1, 3], "starts": [1, -4], "ends": [3, 100]}),
        ("decrease", {"axes": [1], "starts": [1], "ends": [2], "decrease_axis": [1]}),
        ("negative", {"axes": [2], "starts": [-2], "ends": [-1]}),
    ):
        yield one_op("slice", name, attrs, slot="Input", dynamic=False)
    yield one_op(
        "slice",
        "tensors",
        {"axes": [1, 3], "starts": [0, 0], "ends": [0, 0], "infer_flags": [-1, -1]},
        slot="Input",
        extra={"StartsTensor": "STARTS", "EndsTensor": "ENDS"},
        dynamic=False,
        arrays={"STARTS": np.array([1, 2], np.int32), "ENDS": np.array([3, 4], np.int32)},
    )
    slice_dynamic = one_op(
        "slice", "dynamic", {"axes": [2], "starts": [1], "ends": [2147483647]}, slot="Input"
    )
    yield slice_dynamic
    yield one_op(
        "strided_slice",
        attrs={"axes": [1, 3], "starts": [0, 4], "ends": [3, 0], "strides": [2, -2], "infer_flags": [1, 1]},
        slot="Input",
        dynamic=False,
    )
    yield one_op("flip", attrs={"axis": [1, 3]})
    yield one_op("roll", attrs={"shifts": [1, -2], "axis": [1, 3]}, dynamic=False)
    yield one_op("roll", "flat", {"shifts": [3], "axis": []}, dynamic=False)


def _paddings() -> Iterator[Case]:
    """And what makes pixels of channels, and back."""
    yield one_op("pad", attrs={"paddings": [0, 1, 2, 0, 1, 1, 0, 0], "pad_value": 1.5})
    for mode in ("constant", "reflect", "replicate"):
        yield one_op(
            "pad3d",
            mode,
            {"paddings": [1, 2, 0, 3, 1, 1], "mode": mode, "value": 0.5, "data_format": "NCDHW"},
            shape=(1, 2, 3, 4, 5),
        )
    yield Case(
        "pad3d_image",
        [
            ("unsqueeze2", {"X": "x"}, {"Out": "a", "XShape": "s"}, {"axes": [2]}),
            (
                "pad3d",
                {"X": "a"},
                {"Out": "b"},
                {"paddings": [1, 2, 3, 0, 0, 0], "mode": "reflect", "value": 0.0, "data_format": "NCDHW"},
            ),
            ("squeeze2", {"X": "b"}, {"Out": "out", "XShape": "t"}, {"axes": [2]}),
        ],
        {"x": floats(1, 1, 2, 4, 5)},
        dynamic={"x": (0, 2, 3)},
    )
    yield one_op(
        "pixel_shuffle", attrs={"upscale_factor": 2, "data_format": "NCHW"}, shape=(2, 8, 3, 4), dynamic=IMAGE
    )
    yield one_op(
        "pixel_shuffle",
        "nhwc",
        {"upscale_factor": 2, "data_format": "NHWC"},
        shape=(2, 3, 4, 8),
        dynamic=CHANNELS_LAST,
    )
    yield one_op(
        "pixel_unshuffle",
        attrs={"downscale_factor": 2, "data_format": "NCHW"},
        shape=(2, 3, 4, 6),
        dynamic=(0,),
    )
    yield one_op("shuffle_channel", attrs={"group": 2}, shape=(2, 6, 3, 4))
    yield one_op(
        "channel_shuffle", attrs={"groups": 3, "data_format": "NCHW"}, shape=(2, 6, 3, 4), dynamic=IMAGE
    )


def _picks() -> Iterator[Case]:
    def indexed(op: str, index: np.ndarray, attrs: dict[str, Any], name: str = "", first: str = "X") -> Case:
        return Case(
            f"{op}{name}",
            [
                (
                    op,
                    {first: "x", "Index": "i"},
                    {"Out" if op != "take_along_axis" else "Result": "out"},
                    attrs,
                )
            ],
            {"x": floats(1, 4, 3, 5), "i": index},
            dynamic={"x": (2,)},
        )

    yield indexed("gather", np.array([2, 0], np.int32), {})
    yield indexed("gather", np.array([2, 0, 1], np.int64), {"axis": 1}, "_axis")
    yield indexed("gather_nd", np.array([[1, 2], [3, 0]], np.int64), {})
    yield indexed("index_select", np.array([2, 0], np.int64), {"dim": 1})
    yield indexed("take_along_axis", np.array([[[1, 2, 0, 1, 1]]], np.int64), {"Axis": 0}, first="Input")
    ids = np.array([[1, 0], [3, 2]], np.int64)
    yield Case(
        "lookup_table_v2",
        [("lookup_table_v2", {"W": "W", "Ids": "i"}, {"Out": "out"}, {"padding_idx": 2})],
        {"W": floats(1, 5, 3), "i": ids},
        dynamic={"i": (0, 1)},
    )
    yield Case(
        "lookup_table",
        [("lookup_table", {"W": "W", "Ids": "i"}, {"Out": "out"}, {"padding_idx": -1})],
        {"W": floats(1, 5, 3), "i": ids.reshape(4, 1)},
    )
    yield Case(
        "scatter",
        [("scatter", {"X": "x", "Ids": "i", "Updates": "u"}, {"Out": "out"}, {"overwrite": True})],
        {"x": floats(1, 4, 3), "i": np.array([2, 0], np.int64), "u": floats(2, 2, 3)},
    )
    yield Case(
        "scatter_nd_add",
        [("scatter_nd_add", {"X": "x", "Index": "i", "Updates": "u"}, {"Out": "out"}, {})],
        {"x": floats(1, 4, 3), "i": np.array([[2], [2]], np.int64), "u": floats(2, 2, 3)},
    )
    for op in ("arg_max", "arg_min"):
        yield one_op(op, attrs={"axis": 1, "dtype": 3})
        yield one_op(op, "keep", {"axis": -1, "keepdims": True, "dtype": 2})
        yield one_op(op, "flat", {"axis": 0, "flatten": True, "dtype": 3}, dynamic=False)
    for name, attrs in (("plain", {"k": 2}), ("least", {"k": 2, "axis": 1, "largest": False})):
        case = one_op("top_k_v2", name, attrs)
        case.steps[0] = ("top_k_v2", {"X": "x"}, {"Out": "out", "Indices": "indices"}, attrs)
        case.fetch = ("out", "indices")
        yield case
    yield Case(
        "top_k",
        [("top_k", {"X": "x"}, {"Out": "out", "Indices": "indices"}, {"k": 3})],
        {"x": floats(1, 2, 3, 5)},
        fetch=("out", "indices"),
        dynamic={"x": (0,)},
    )
    for descending in (False, True):
        yield Case(
            f"argsort_{descending}".lower(),
            [
                (
                    "argsort",
                    {"X": "x"},
                    {"Out": "out", "Indices": "indices"},
                    {"axis": 1, "descending": descending},
                )
            ],
            {"x": floats(1, 2, 6, 3)},
            fetch=("out", "indices"),
            dynamic={"x": (0,)},
        )
    yield one_op("cumsum", attrs={"axis": 1})
    yield one_op("cumsum", "exclusive", {"axis": 2, "exclusive": True, "reverse": True})
    yield one_op("cumsum", "flat", {"flatten": True})
    classes = np.array([[1], [0], [3]], np.int64)
    yield one_op("one_hot_v2", attrs={"depth": 4, "dtype": 5}, x=classes)
    yield one_op("tril_triu", attrs={"diagonal": 1, "lower": True}, shape=(2, 4, 5))
    yield one_op("tril_triu", "upper", {"diagonal": -1, "lower": False}, shape=(2, 4, 5))


def _makers() -> Iterator[Case]:
    def added(
        name: str,
        op: str,
        inputs: Slots,
        attrs: dict[str, Any],
        arrays: dict[str, np.ndarray] | None = None,
        dtype: np.dtype | type = np.float32,
        shape: tuple[int, ...] = (2, 3),
    ) -> Case:
        x = floats(1, *shape).astype(dtype)
        return Case(
            name,
            [
                (op, inputs, {"Out": "made"}, attrs),
                ("elementwise_add", {"X": "x", "Y": "made"}, {"Out": "out"}, {"axis": -1}),
            ],
            {"x": x, **(arrays or {})},
        )

    yield added("fill_constant", "fill_constant", {}, {"shape": [2, 3], "value": 1.5, "dtype": 5})
    yield added(
        "fill_constant_str",
        "fill_constant",
        {},
        {"shape": [2, 3], "value": 0.0, "str_value": "7", "dtype": 3},
        dtype=np.int64,
    )
    yield added(
        "assign_value", "assign_value", {}, {"shape": [3], "fp32_values": [1.0, 2.5, -3.0], "dtype": 5}
    )
    yield added(
        "assign_value_ints",
        "assign_value",
        {},
        {"shape": [3], "int32_values": [1, 2, -3], "dtype": 2},
        dtype=np.int32,
    )
    yield added("eye", "eye", {}, {"num_rows": 2, "num_columns": 3, "dtype": 5})
    yield one_op("fill_any_like", attrs={"value": 2.5, "dtype": -1})
    yield one_op("fill_any_like", "ints", {"value": 2.0, "dtype": 3})
    yield one_op("fill_zeros_like", dynamic=False)
    yield one_op(
        "fill_constant_batch_size_like", attrs={"shape": [-1, 7], "value": 0.5, "dtype": 5}, slot="Input"
    )
    yield added(
        "range",
        "range",
        {"Start": "START", "End": "END", "Step": "STEP"},
        {},
        dtype=np.int64,
        shape=(2, 3),
        arrays={
            "START": np.array([1], np.int64),
            "END": np.array([7], np.int64),
            "STEP": np.array([2], np.int64),
        },
    )
    yield added(
        "range_floats",
        "range",
        {"Start": "START", "End": "END", "Step": "STEP"},
        {},
        arrays={
            "START": np.array([0.5], np.float32),
            "END": np.array([2.0], np.float32),
            "STEP": np.array([0.5], np.float32),
        },
    )
    yield added(
        "linspace",
        "linspace",
        {"Start": "START", "Stop": "STOP", "Num": "NUM"},
        {"dtype": 5},
        arrays={
            "START": np.array([0.5], np.float32),
            "STOP": np.array([2.0], np.float32),
            "NUM": np.array([3], np.int32),
        },
    )
    yield Case(
        "meshgrid",
        [("meshgrid", {"X": ["x", "y"]}, {"Out": ["o0", "o1"]}, {})],
        {"x": floats(1, 3), "y": floats(2, 4)},
        fetch=("o0", "o1"),
        dynamic={"x": (0,)},
    )


def _samples() -> Iterator[Case]:
    for mode in ("bilinear", "nearest"):
        for padding in ("zeros", "border", "reflection"):
            aligned = padding != "border"
            yield one_op(
                "grid_sampler",
                f"{mode}_{padding}",
                {"mode": mode, "padding_mode": padding, "align_corners": aligned},
                out="Output",
                extra={"Grid": "y"},
                arrays={"y": floats(2, 2, 3, 6, 2)},
                dynamic=(0,),
            )
    for name, attrs in (("", {}), ("aligned", {"aligned": True, "spatial_scale": 0.5})):
        corners = np.array([[0, 0, 7, 7], [1, 2, 6.5, 4], [-3, -2, 20, 3], [4, 4, 4, 4]], np.float32)
        yield one_op(
            "roi_align",
            name,
            {"pooled_height": 3, "pooled_width": 2, "sampling_ratio": 2, "spatial_scale": 1.0, **attrs},
            shape=(2, 3, 8, 9),
            extra={"ROIs": "y", "RoisNum": "z"},
            arrays={"y": corners, "z": np.array([1, 3], np.int32)},
            dynamic=(0,),
        )
    shared = {"strides": [2, 1], "paddings": [1, 0], "dilations": [1, 2], "im2col_step": 1}
    x, offset = floats(3, 2, 4, 8, 7), floats(4, 2, 2 * 6 * 2, 5, 3)
    mask = np.random.default_rng(5).uniform(0, 1, (2, 2 * 6, 5, 3)).astype(np.float32)
    for op in ("deformable_conv", "deformable_conv_v1"):
        masked = op == "deformable_conv"
        yield one_op(
            op,
            attrs={**shared, "groups": 2, "deformable_groups": 2},
            slot="Input",
            out="Output",
            x=x,
            extra={"Filter": "W", "Offset": "y", **({"Mask": "z"} if masked else {})},
            arrays={"W": floats(6, 4, 2, 2, 3), "y": offset, **({"z": mask} if masked else {})},
            dynamic=(0,),
        )


def _resizes() -> Iterator[Case]:
    base = {"out_h": -1, "out_w": -1, "align_corners": False, "align_mode": 1, "data_layout": "NCHW"}
    for op, method in (
        ("nearest_interp", "nearest"),
        ("bilinear_interp", "bilinear"),
        ("bicubic_interp", "bicubic"),
    ):
        settings: list[tuple[str, dict[str, Any]]] = [
            ("corners", {"align_corners": True}),
            ("mode0", {"align_mode": 0}),
            ("mode1", {"align_mode": 1}),
        ]
        for name, setting in settings if method == "bilinear" else settings[:2]:
            attrs = {**base, **setting, "interp_method": method}
            yield one_op(op + "_v2", f"up_{name}", {**attrs, "out_h": 9, "out_w": 7, "scale": []})
            yield one_op(op + "_v2", f"down_{name}", {**attrs, "out_h": 3, "out_w": 1, "scale": []})
        attrs = {**base, "interp_method": method, "align_mode": 0}
        yield one_op(op + "_v2", "scale", {**attrs, "scale": [2.0, 1.7]}, dynamic=False)
        if method != "bicubic":
            yield one_op(op + "_v2", "scale_dynamic", {**attrs, "scale": [2.0, 2.0]})
            yield one_op(op, "scale", {**attrs, "scale": 2.0})
            yield one_op(op, "size", {**attrs, "out_h": 7, "out_w": 3, "scale": 0.0})
        yield one_op(
            op + "_v2",
            "out_size",
            {**attrs, "scale": []},
            extra={"OutSize": "SIZE"},
            arrays={"SIZE": np.array([6, 11], np.int32)},
        )
        yield one_op(
            op + "_v2", "nhwc", {**attrs, "data_layout": "NHWC", "out_h": 5, "out_w": 6, "scale": []}
        )


def _chains() -> Iterator[Case]:
    """Shapes computed from shapes, as exporters write them."""
    yield Case(
        "chain_reshape_by_shape",
        [
            ("shape", {"Input": "x"}, {"Out": "s"}, {}),
            (
                "slice",
                {"Input": "s"},
                {"Out": "b"},
                {"axes": [0], "starts": [0], "ends": [1], "decrease_axis": [0]},
            ),
            ("fill_constant", {}, {"Out": "c"}, {"shape": [1], "value": -1.0, "dtype": 2}),
            (
                "reshape2",
                {"X": "x", "ShapeTensor": ["b", "c"]},
                {"Out": "out", "XShape": "xs"},
                {"shape": [-1, -1]},
            ),
        ],
        {"x": floats(1, 2, 3, 4)},
        dynamic={"x": (0, 1, 2)},
    )
    yield Case(
        "chain_resize_like",
        [
            ("shape", {"Input": "y"}, {"Out": "s"}, {}),
            (
                "slice",
                {"Input": "s"},
                {"Out": "hw"},
                {"axes": [0], "starts": [2], "ends": [4], "decrease_axis": []},
            ),
            (
                "nearest_interp_v2",
                {"X": "x", "OutSize": "hw"},
                {"Out": "out"},
                {
                    "out_h": -1,
                    "out_w": -1,
                    "scale": [],
                    "interp_method": "nearest",
                    "align_corners": False,
                    "align_mode": 1,
                    "data_layout": "NCHW",
                },
            ),
        ],
        {"x": floats(1, 1, 2, 3, 4), "y": floats(2, 1, 1, 7, 6)},
        dynamic={"x": (0, 2, 3), "y": (0, 2, 3)},
    )
    yield Case(
        "chain_half_width",
        [
            ("shape", {"Input": "x"}, {"Out": "s"}, {}),
            (
                "slice",
                {"Input": "s"},
                {"Out": "w"},
                {"axes": [0], "starts": [2], "ends": [3], "decrease_axis": []},
            ),
            ("fill_constant", {}, {"Out": "two"}, {"shape": [1], "value": 2.0, "dtype": 2}),
            ("elementwise_floordiv", {"X": "w", "Y": "two"}, {"Out": "half"}, {"axis": -1}),
            (
                "slice",
                {"Input": "x", "EndsTensorList": ["half"]},
                {"Out": "out"},
                {"axes": [2], "starts": [0], "ends": [-1], "infer_flags": [-1]},
            ),
        ],
        {"x": floats(1, 2, 3, 8)},
        dynamic={"x": (0, 2)},
    )
    yield Case(
        "chain_expand_to_shape",
        [
            ("shape", {"Input": "x"}, {"Out": "s"}, {}),
            ("expand_v2", {"X": "P", "Shape": "s"}, {"Out": "e"}, {"shape": [-1, -1, -1]}),
            ("elementwise_add", {"X": "x", "Y": "e"}, {"Out": "out"}, {"axis": -1}),
        ],
        {"x": floats(1, 2, 3, 4), "P": floats(2, 1, 1, 4)},
        dynamic={"x": (0, 1)},
    )
    yield Case(
        "chain_attention",
        [
            ("reshape2", {"X": "x"}, {"Out": "h", "XShape": "a1"}, {"shape": [0, -1, 2, 4]}),
            ("transpose2", {"X": "h"}, {"Out": "q", "XShape": "a2"}, {"axis": [0, 2, 1, 3]}),
            ("matmul_v2", {"X": "q", "Y": "q"}, {"Out": "qk"}, {"trans_y": True}),
            ("scale", {"X": "qk"}, {"Out": "qks"}, {"scale": 0.5, "bias": 0.0}),
            ("softmax", {"X": "qks"}, {"Out": "p"}, {"axis": -1}),
            ("matmul_v2", {"X": "p", "Y": "q"}, {"Out": "v"}, {}),
            ("transpose2", {"X": "v"}, {"Out": "t", "XShape": "a3"}, {"axis": [0, 2, 1, 3]}),
            ("reshape2", {"X": "t"}, {"Out": "out", "XShape": "a4"}, {"shape": [0, -1, 8]}),
        ],
        {"x": floats(1, 2, 3, 8)},
        dynamic={"x": (0, 1)},
    )
