# SPDX-License-Identifier: Apache-2.0
"""Every op that follows permuted axes gives the permuted result, on all of its samples."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lite import ops
from lite.ir import Dim, Graph, TensorType
from lite.ir.interpret import apply
from lite.passes.axes import guides, identity, is_elementwise, keeps_order, moved, permuted, regrouped

SAMPLES_TRIED = 12
N = Dim.symbol("n")
FOLLOWERS = {"softmax", "concat", "split", "slice", "pad", "tile", "reduce_mean", "arg_max", "gather", "relu",
             "add", "where", "layer_norm", "fully_connected", "expand", "cumsum", "top_k", "instance_norm"}


def sample_nodes(op_class):
    """Nodes of the samples whose leading inputs can be permuted, with arrays for their inputs."""
    for op, inputs in itertools.islice(op_class.samples(), SAMPLES_TRIED):
        random, graph = np.random.RandomState(1), Graph()
        arrays = [given if given is None or isinstance(given, np.ndarray) else
                  random.randint(1, 5, given.shape).astype(given.dtype.numpy) for given in inputs]
        values = [None if array is None else graph.add_input("x", TensorType.of(array)) for array in arrays]
        node = graph.add(op, values)[0].producer
        leaders = guides(node)
        if leaders and all(node.inputs[position] is not None for position in leaders):
            yield node, arrays, leaders


@pytest.mark.parametrize("name", ops.names())
def test_ops_follow_their_inputs(name) -> None:
    followed = 0
    for node, arrays, leaders in sample_nodes(ops.get(name)):
        rank = arrays[leaders[0]].ndim
        expected = apply(node.op, tuple(arrays))
        for perm in itertools.islice(itertools.permutations(range(rank)), 24):
            result = moved(node, perm)
            lower = [array for position, array in enumerate(arrays) if position not in leaders]
            if result is None or (is_elementwise(node.op) and any(array.ndim for array in lower)):
                continue
            lying = [array.transpose(perm) if position in leaders else array
                     for position, array in enumerate(arrays)]
            for got, want, out_perm in zip(apply(result.op, tuple(lying)), expected, result.perms):
                np.testing.assert_allclose(got, want.transpose(out_perm), rtol=1e-5, atol=1e-5)
            followed += perm != identity(rank)
    assert followed or name not in FOLLOWERS


@given(st.data())
def test_a_reshape_of_what_lies_otherwise(data) -> None:
    factors = data.draw(st.lists(st.sampled_from([1, 2, 3, 4]), min_size=1, max_size=5))
    perm = tuple(data.draw(st.permutations(range(len(factors)))))
    target = data.draw(st.sampled_from(list(_targets(factors))))
    stored = np.arange(int(np.prod(factors))).reshape(factors)
    found = regrouped(factors, target, perm)
    if found is not None:
        got = stored.transpose(perm).reshape(permuted(target, found))
        np.testing.assert_array_equal(got, stored.reshape(target).transpose(found))
    if perm == identity(len(factors)):
        assert found == identity(len(target))


def _targets(shape):
    """Shapes with as many elements: neighbours joined, extents split, ones put in."""
    yield tuple(shape)
    for cut in range(len(shape) - 1):
        yield (*shape[:cut], shape[cut] * shape[cut + 1], *shape[cut + 2:])
    for place, extent in enumerate(shape):
        yield (*shape[:place], 1, *shape[place:])
        if extent == 4:
            yield (*shape[:place], 2, 2, *shape[place + 1:])
    yield (int(np.prod(shape)),)


@pytest.mark.parametrize(("shape", "target", "perm", "expected"), [
    ((N, 6, 4, 8), (N, 6, 32), (0, 2, 3, 1), (0, 2, 1)),  # pixels joined
    ((N, 6, 4, 8), (N, 2, 3, 4, 8), (0, 2, 3, 1), (0, 3, 4, 1, 2)),  # channels split
    ((N, 6, 1, 1), (N, 6), (0, 2, 3, 1), (0, 1)),  # behind a global pooling
    ((N, 6), (N, 6, 1, 1), (0, 1), (0, 1, 2, 3)),
    ((N, 6, 1, 8), (N, 6, 8), (0, 2, 3, 1), (0, 2, 1)),
    ((N, 6, 4, 8), (N, 192), (0, 2, 3, 1), None),  # channels would mix with pixels
    ((N, 6, 4, N), (6 * N, 4, N), (0, 2, 3, 1), None),
    ((0, 3), (3, 0), (0, 1), None),
])  # fmt: skip
def test_regrouped(shape, target, perm, expected) -> None:
    assert regrouped(shape, target, perm) == expected


def test_extents_of_one_may_lie_anywhere() -> None:
    assert keeps_order((0, 1, 2, 3), (0, 2, 3, 1), (N, 5, 1, 1))
    assert not keeps_order((0, 1, 2, 3), (0, 2, 3, 1), (N, 5, 2, 1))
    assert keeps_order((0, 1, 2, 3), (0, 2, 3, 1), (N, 1, N, 7))
