# SPDX-License-Identifier: Apache-2.0
"""Cases of what moves elements, indexes or makes shapes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from tfl_case import Case, Options, T, case, floats, ints
from tfl_math import held

WHOLE = T(dtype="int32")
LONG = T(dtype="int64")


def cases() -> Iterator[Case]:
    yield from _shapes()
    yield from _slices()
    yield from _joints()
    yield from _pads()
    yield from _images()
    yield from _indices()
    yield from _shape_chains()


def _shapes() -> Iterator[Case]:
    x = floats(1, 2, 3, 4, 1)
    yield case("RESHAPE", "", x, ints(2, -1))
    yield case("RESHAPE", "by_option", x, options={"new_shape": [6, 4]})
    yield case("SQUEEZE", "named", floats(1, 1, 3, 1, 2), options={"squeeze_dims": [0, -2]})
    yield case("SQUEEZE", "all", floats(1, 1, 3, 1, 2))
    yield case("EXPAND_DIMS", "", x, ints(-2))
    yield case("TRANSPOSE", "", x, ints(3, 1, 0, 2))
    yield case("TILE", "", floats(1, 2, 3), ints(2, 3))
    yield case("BROADCAST_TO", "", floats(1, 2, 1, 3), ints(2, 4, 3))
    yield case("SHAPE", "", x, options={"out_type": 2}, outputs=(WHOLE,))
    yield case("RANK", "", x, outputs=(WHOLE,))
    yield case("FILL", "", ints(2, 3), floats(1))
    yield case("REVERSE_V2", "", x, ints(np.array([1])))


def strided(name: str, begin: list[int], end: list[int], strides: list[int], **masks: int) -> Case:
    window = [ints(np.array(part)) for part in (begin, end, strides)]
    return case("STRIDED_SLICE", name, floats(1, 4, 5, 6), *window, options=masks)


def _slices() -> Iterator[Case]:
    x = floats(1, 4, 5, 6)
    yield case("SLICE", "", x, ints(1, 0, 2), ints(2, -1, 3))
    yield strided("", [1, 0, 1], [3, 4, 6], [1, 2, 2])
    yield strided("masks", [1, 2, 1], [3, 4, 6], [1, 1, 1], begin_mask=2, end_mask=4)
    yield strided("backwards", [3, -1, 0], [0, -4, 6], [-1, -2, 1])
    yield strided("backwards_all", [0, 0, 0], [0, 0, 6], [-1, -1, 1], begin_mask=3, end_mask=3)
    yield strided("shrinks", [1, -2, 0], [2, -1, 6], [1, 1, 2], shrink_axis_mask=3)
    yield strided("ellipsis", [1, 0, 2], [3, 0, 5], [1, 1, 1], ellipsis_mask=2)
    yield strided("new_axis", [0, 1, 0], [0, 3, 4], [1, 1, 1], new_axis_mask=1)
    yield strided("first_axes", [1], [3], [1])


def _joints() -> Iterator[Case]:
    a, b = floats(1, 2, 3, 4), floats(2, 2, 3, 4)
    yield case("CONCATENATION", "", a, b, held(floats(3, 2, 1, 4)), options={"axis": 1})
    yield case("CONCATENATION", "last", a, b, options={"axis": -1})
    yield case("PACK", "", a, b, options={"values_count": 2, "axis": 1})
    yield case("PACK", "last", a, b, options={"values_count": 2, "axis": -1})
    parts = [T() for _ in range(3)]
    yield case("UNPACK", "", a, options={"num": 3, "axis": 1}, outputs=parts)
    yield case("SPLIT", "", ints(2), floats(1, 2, 3, 6), options={"num_splits": 3}, outputs=parts)
    yield case("SPLIT_V", "", floats(1, 2, 3, 6), ints(np.array([1, -1, 2])), ints(-1),
               options={"num_splits": 3}, outputs=parts)  # fmt: skip


def _pads() -> Iterator[Case]:
    x, sides = floats(1, 1, 4, 3, 2), ints(np.array([[0, 0], [1, 2], [0, 2], [1, 0]]))
    yield case("PAD", "", x, sides)
    yield case("PADV2", "", x, sides, held(np.array(-1.5, np.float32)))
    for mode, name in enumerate(("reflect", "symmetric")):
        yield case(
            "MIRROR_PAD", name, x, ints(np.array([[0, 0], [1, 2], [0, 2], [1, 0]])), options={"mode": mode}
        )


def _images() -> Iterator[Case]:
    x = floats(1, 1, 5, 6, 3)
    for op in ("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"):
        for size in ((10, 12), (3, 4), (7, 13)):
            for aligned, half in ((False, False), (True, False), (False, True)):
                options: Options = {"align_corners": aligned, "half_pixel_centers": half}
                name = "x".join(map(str, size)) + "_aligned" * aligned + "_half" * half
                yield case(op, name, x, ints(*size), options=options)
    yield case("SPACE_TO_DEPTH", "", floats(1, 2, 4, 6, 3), options={"block_size": 2})
    yield case("DEPTH_TO_SPACE", "", floats(1, 2, 2, 3, 12), options={"block_size": 2})
    yield case("SPACE_TO_BATCH_ND", "", floats(1, 2, 4, 5, 3), ints(2, 3), ints(np.array([[1, 1], [0, 1]])))
    yield case(
        "SPACE_TO_BATCH_ND", "one_axis", floats(1, 2, 4, 3), ints(np.array([2])), ints(np.array([[0, 0]]))
    )
    yield case("BATCH_TO_SPACE_ND", "", floats(1, 12, 2, 3, 2), ints(2, 3), ints(np.array([[1, 1], [0, 2]])))


def _indices() -> Iterator[Case]:
    x = floats(1, 3, 4, 5)
    yield case("GATHER", "", x, ints(np.array([[2, 0], [1, 1]])), options={"axis": 1})
    yield case(
        "GATHER", "batch", x, ints(np.array([[2, 0], [1, 1], [3, 3]])), options={"axis": 1, "batch_dims": 1}
    )
    yield case("GATHER", "batch_far", x, ints(np.array([[2, 0], [1, 1], [4, 3]])),
               options={"axis": 2, "batch_dims": 1})  # fmt: skip
    yield case("GATHER_ND", "", x, ints(np.array([[2, 0], [1, 3]])))
    yield case("EMBEDDING_LOOKUP", "", ints(np.array([2, 0, 2])), held(floats(1, 3, 4)))
    yield case("SCATTER_ND", "", ints(np.array([[1], [3], [1]])), floats(1, 3, 2), ints(5, 2))
    yield case("TOPK_V2", "", floats(1, 3, 9), ints(4), outputs=(T(), WHOLE))
    yield case("ONE_HOT", "", ints(np.array([[0, 2], [3, 9]])), ints(4), held(np.array(2.0, np.float32)),
               held(np.array(-1.0, np.float32)), options={"axis": -1})  # fmt: skip
    yield case("ONE_HOT", "first", np.array([0, 2], np.int32), ints(3), held(np.array(1.0, np.float32)),
               held(np.array(0.0, np.float32)), options={"axis": 0})  # fmt: skip
    yield case("RANGE", "", ints(2), ints(11), ints(3), outputs=(WHOLE,))
    yield case("RANGE", "float", *(held(np.array(number, np.float32)) for number in (0.5, 2.0, 0.25)))


def _shape_chains() -> Iterator[Case]:
    """A reshape to what shape, strided_slice and pack compute, as converters write a flatten."""
    tensors = {
        "x": T(floats(1, 2, 3, 4), more={"shape_signature": [-1, 3, 4]}), "shape": WHOLE,
        "zero": ints(np.array([0])), "one": ints(np.array([1])), "batch": T(dtype="int32"),
        "rest": T(np.array(-1, np.int32), fixed=True), "wanted": T(dtype="int32"), "y": T(),
    }  # fmt: skip
    yield Case("RESHAPE_computed", tensors, [
        ("SHAPE", ["x"], ["shape"], {"out_type": 2}),
        ("STRIDED_SLICE", ["shape", "zero", "one", "one"], ["batch"], {"shrink_axis_mask": 1}),
        ("PACK", ["batch", "rest"], ["wanted"], {"values_count": 2}), ("RESHAPE", ["x", "wanted"], ["y"], {}),
    ])  # fmt: skip
