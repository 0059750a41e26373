# SPDX-License-Identifier: Apache-2.0
"""Ops behind StridedCopy and pad: the engine against the reference, bit for bit, on random shapes."""

from __future__ import annotations

import random

import numpy as np
import pytest

from lite.errors import LiteError, ShapeError
from lite.ir import DType, TensorType
from lite.ops.channel_shuffle import ChannelShuffle
from lite.ops.concat import Concat
from lite.ops.depth_to_space import DepthToSpace
from lite.ops.expand import Expand
from lite.ops.pad import MODES, Pad
from lite.ops.slice import Slice
from lite.ops.split import Split
from lite.ops.tile import Tile
from lite.ops.transpose import Transpose

DTYPES = (DType.F32, DType.S8, DType.F16, DType.S64, DType.BOOL)


def _filled(shape, dtype=DType.F32):
    count = int(np.prod(shape))
    return (np.arange(count) % 251).astype(dtype.numpy).reshape(shape)


def _shape(chance, rank, most=9):
    return tuple(chance.choice((1, 2, 3, 4, 5, 8, most, 17)) for _ in range(rank))


def _same(native, op, inputs, **options):
    expected = op.reference_all(tuple(inputs))
    for result, right in zip(native(op, inputs, **options), expected):
        assert result.dtype == right.dtype
        assert np.array_equal(result, right), f"{op} of {[array.shape for array in inputs]}"


def test_transpose(native):
    chance = random.Random(1)
    for _ in range(150):
        rank = chance.randint(1, 5)
        perm = tuple(chance.sample(range(rank), rank))
        _same(native, Transpose(perm), [_filled(_shape(chance, rank), chance.choice(DTYPES))])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1, 3, 50, 61), (2, 2, 33, 35), (1, 4, 20, 100), (1, 64, 57, 61),
                                   (1, 100, 17, 16)])
def test_between_layouts(shape, dtype, native):
    for perm in ((0, 2, 3, 1), (0, 3, 1, 2)):
        for threads in (1, 3):
            _same(native, Transpose(perm), [_filled(shape, dtype)], threads=threads)


def test_slice(native):
    chance = random.Random(2)
    for _ in range(150):
        shape = _shape(chance, chance.randint(1, 4))
        starts, sizes, steps = [], [], []
        for extent in shape:
            step = chance.choice((1, 1, 2, 3, -1, -2))
            start = chance.randrange(extent)
            room = (extent - 1 - start) // step if step > 0 else start // -step
            starts.append(start)
            steps.append(step)
            sizes.append(chance.randint(0 if chance.random() < 0.1 else 1, room + 1))
        op = Slice(tuple(range(len(shape))), tuple(starts), tuple(sizes), tuple(steps))
        _same(native, op, [_filled(shape, chance.choice(DTYPES))])


def test_expand_and_tile(native):
    chance = random.Random(3)
    for _ in range(100):
        shape = _shape(chance, chance.randint(0, 3))
        grown = _shape(chance, chance.randint(0, 1)) + tuple(
            chance.choice((1, 7)) if extent == 1 else extent for extent in shape)
        x = _filled(shape, chance.choice(DTYPES))
        _same(native, Expand(grown), [x])
        _same(native, Tile(tuple(chance.randint(1, 4) for _ in shape)), [x])


def test_concat_and_split(native):
    chance = random.Random(4)
    for _ in range(100):
        shape = _shape(chance, chance.randint(1, 4))
        axis = chance.randrange(len(shape))
        sizes = tuple(chance.choice((0, 1, 2, 5, 16)) for _ in range(chance.randint(1, 4)))
        dtype = chance.choice(DTYPES)
        parts = [_filled((*shape[:axis], size, *shape[axis + 1:]), dtype) for size in sizes]
        _same(native, Concat(axis), parts)
        _same(native, Split(axis, sizes), [np.concatenate(parts, axis)])


def test_large_copies_are_cut_into_tiles(native):
    for threads in (1, 2, 4):
        x = _filled((2, 70, 51, 24))
        _same(native, Concat(3), [x, x[..., :10].copy(), x], threads=threads)
        _same(native, Concat(0), [x, x], threads=threads)
        _same(native, Split(3, (8, 16)), [x], threads=threads)
        _same(native, Slice((1, 2), (69, 1), (35, 25), (-2, 2)), [x], threads=threads)
        _same(native, Expand((3, 70, 51, 24)), [x[:1, :, :1].copy()], threads=threads)
        _same(native, Pad((0, 1, 2, 0), (0, 3, 1, 0), "reflect"), [x], threads=threads)
        _same(native, DepthToSpace(2, layout="nhwc"), [x], threads=threads)
        _same(native, ChannelShuffle(3, axis=3), [x], threads=threads)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("groups", [2, 3])
def test_channel_shuffle(dtype, groups, native):
    for channels in (1, 7, 15, 16, 17, 31, 32, 33, 58, 116):
        _same(native, ChannelShuffle(groups, axis=2), [_filled((3, 5, groups * channels), dtype)])


@pytest.mark.parametrize("mode", MODES)
def test_pad(mode, native, run_node):
    chance = random.Random(mode)
    for _ in range(60):
        shape = _shape(chance, chance.randint(1, 4), most=6)
        before, after = (tuple(chance.choice((0, 0, 1, 2)) if extent > 2 or mode != "reflect" else 0
                               for extent in shape) for _ in range(2))
        op, x = Pad(before, after, mode, value=2.5 if mode == "constant" else 0.0), _filled(shape)
        _same(native, op, [x])
        pads, value = np.array(before + after, np.int64), np.array(op.value, np.float32)
        inputs = [x, pads, value] if mode == "constant" else [x, pads]
        theirs = run_node("Pad", inputs, opset=19, mode=mode)
        assert np.array_equal(op.reference(x), theirs[0]), op


@pytest.mark.parametrize("dtype", [DType.S8, DType.U16, DType.S64, DType.F64, DType.BOOL])
def test_pad_with_a_value_of_any_dtype(dtype, native):
    _same(native, Pad((1, 2), (0, 1), value=1.0), [_filled((2, 3), dtype)])


@pytest.mark.parametrize("op, damaged", [
    (Transpose((1, 0)), {"perm": (1, 5)}), (Transpose((1, 0)), {"perm": (1,)}),
    (Transpose((1, 0)), {"perm": (1, 1)}),
    (Slice((0,), (1,), (2,), (1,)), {"starts": (2**40,)}),
    (Slice((0,), (1,), (2,), (1,)), {"steps": (2**60,)}),
    (Slice((0,), (1,), (2,), (1,)), {"axes": (9,)}), (Slice((0,), (1,), (2,), (1,)), {"steps": ()}),
    (Pad((1, 0), (1, 0)), {"before": (1,)}), (Pad((1, 0), (1, 0)), {"before": (-(2**62), 2**62)}),
    (Concat(1), {"axis": 7}), (Split(1, (2, 3)), {"axis": -1}), (ChannelShuffle(2, 0), {"groups": 0}),
    (ChannelShuffle(2, 0), {"groups": 3}),
])  # fmt: skip
def test_damaged_attributes_end_in_an_error_or_inside(op, damaged, native):
    x = _filled((4, 5))
    try:
        results = native(op, [x], claimed=op.replace(**damaged))
    except LiteError as error:
        assert "expected" in str(error) or "needed" in str(error)
    else:
        assert all(np.isin(result, [*x.flat, 0]).all() for result in results)


@pytest.mark.parametrize("op", [
    Transpose((0, 0)), Slice((0,), (3,), (2,), (1,)), Slice((0,), (1,), (3,), (-1,)),
    Slice((0,), (1,), (1,), (0,)), Expand((3, 5)), Tile((2,)), Pad((0,), (0,)), Pad((-3, 0), (-3, 0)),
    Pad((0, 0), (0, 0), "mirror"), Concat(2), Split(0, (1, 1)), ChannelShuffle(3, 0),
])  # fmt: skip
def test_refuses(op):
    with pytest.raises(ShapeError):
        op.infer(TensorType((4, 5)))
