# SPDX-License-Identifier: Apache-2.0
"""Every op in PyTorch: what the reference gives, for every sample, and gradients from floats to floats."""

from __future__ import annotations

import numpy as np
import pytest

from lite.errors import UnsupportedOpError
from lite.ir import Graph
from lite.ir.text import to_text

pytest.importorskip("torch")
import torch

from lite.slim import from_torch
from lite.slim.torch_bridge import GraphModule
from lite.slim.torch_bridge.rules import LEFT_OUT, by_reference, rule_of

RANGE = 1e-5  # how far floats may be, as a part of the output's range, where not within the op's own bounds
SHORTEST_FLOATS = {np.dtype(np.float16): 2e-3}  # of which PyTorch rounds what is between
MOST_CASES = 12  # whose gradients are asked for
ENDS = {  # where PyTorch is not held to the reference: with very large, very small and infinite numbers
    "cosh": "its exp overflows a little before the result does",
    "sinh": "its exp overflows a little before the result does",
    "gelu": "it multiplies infinity by 0",
    "mod": "it divides first, which overflows",
}


def _tensor(array) -> torch.Tensor:
    return torch.from_numpy(np.array(array))


def _arrays(found) -> list[np.ndarray]:
    return [tensor.detach().numpy() for tensor in (found if isinstance(found, tuple) else (found,))]


def _at_an_end(case) -> np.ndarray:
    """Where an elementwise op reads or gives a number of a size that models do not have."""
    arrays = np.broadcast_arrays(*(array.astype(np.float64) for array in (*case.inputs, case.expected[0])))
    sizes = np.abs(arrays)
    return np.any(~(sizes < 1e30) | ((sizes < 1e-30) & (sizes != 0)), axis=0)


def _beyond_range(result: np.ndarray, expected: np.ndarray) -> bool:
    if result.dtype != expected.dtype or result.shape != expected.shape or expected.dtype.kind != "f":
        return True
    finite = np.isfinite(expected)
    wide, wanted = result.astype(np.float64), expected.astype(np.float64)
    if not np.array_equal(wide[~finite], wanted[~finite], equal_nan=True):
        return True
    limit = SHORTEST_FLOATS.get(expected.dtype, RANGE) * np.max(np.abs(wanted[finite]), initial=0)
    return bool(np.any(~(np.abs(wide[finite] - wanted[finite]) <= limit)))


def test_means_the_same(kind, cases):
    if kind.name in LEFT_OUT:
        with pytest.raises(UnsupportedOpError, match=f"{kind.name} x1 .*{LEFT_OUT[kind.name][:20]}"):
            GraphModule(cases[0].graph()[0])
        return
    problems = []
    for case in cases:
        graph, feeds = case.graph()
        results = _arrays(GraphModule(graph)(*map(_tensor, feeds.values())))
        if kind.name in ENDS:
            results = [np.where(_at_an_end(case), case.expected[0], results[0])]
        if any(_beyond_range(result, expected) for result, expected in zip(results, case.expected)):
            problems += case.problems(results)
    assert not problems, "\n".join(problems[:20])


def test_gradients_pass(kind, cases):
    if kind.name in LEFT_OUT:
        return
    for case in cases[:MOST_CASES]:
        graph, feeds = case.graph()
        inputs = list(map(_tensor, feeds.values()))
        fed_floats = any(tensor.is_floating_point() for tensor in inputs)
        if rule_of(graph.nodes[0]) is by_reference or not fed_floats or not all(map(torch.numel, inputs)):
            continue
        for tensor in inputs:
            tensor.requires_grad_(tensor.is_floating_point())
        outputs = GraphModule(graph).run(dict(zip(feeds, inputs)))
        floats = [tensor.sum() for tensor in outputs.values() if tensor.is_floating_point()]
        if not floats:
            continue
        torch.autograd.backward(floats)
        assert all(tensor.grad is not None for tensor in inputs if tensor.requires_grad), str(case)


def test_comes_back_as_it_was(kind, cases):
    """The same text as before, weights included."""
    if kind.name in LEFT_OUT:
        return
    for case in cases[:MOST_CASES]:
        graph: Graph = case.graph()[0]
        again = from_torch(GraphModule(graph))
        assert to_text(again) == to_text(graph), str(case)
