# SPDX-License-Identifier: Apache-2.0
"""Latency of every op's samples in the engine, by pytest-benchmark.

pytest bench/test_ops.py -n0 --benchmark-only -k "softmax or reduce" --benchmark-columns=median,iqr
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lite import _native, executor, ops
from lite.errors import LiteError
from lite.ir import Graph, Op, TensorType
from lite.ir.dim import is_static
from lite.passes import pipeline


def filled(sample: Any) -> np.ndarray | None:
    if not isinstance(sample, TensorType):
        return sample
    assert is_static(sample.shape)
    numbers = np.random.RandomState(0).standard_normal(sample.shape)
    return np.asarray(numbers).astype(sample.dtype.numpy)


def greatest_sample(op_class: type[Op]) -> tuple[Op, list[np.ndarray | None]]:
    """The sample with most elements, which are what a kernel's speed shows on."""
    cases = [
        (op, [filled(entry) for entry in entries])
        for op, entries in op_class.samples()
        if all(not isinstance(entry, TensorType) or is_static(entry.shape) for entry in entries)
    ]
    return max(cases, key=lambda case: sum(array.size for array in case[1] if array is not None))


@pytest.mark.parametrize("name", ops.names())
def test_op(benchmark: Any, name: str) -> None:
    op, arrays = greatest_sample(ops.get(name))
    graph, feeds = Graph(name), {}
    values = [None if array is None else graph.add_input(f"input{position}", TensorType.of(array))
              for position, array in enumerate(arrays)]  # fmt: skip
    graph.outputs = list(graph.add(op, values))
    feeds = {f"input{position}": array for position, array in enumerate(arrays) if array is not None}
    try:
        pipeline.run(graph, pipeline.standard(frozenset(_native.ops())))
        run = executor.Executor(graph)
        run(feeds)
    except LiteError as error:
        pytest.skip(f"the engine does not run this sample with inputs that are no constants: {error.message}")
    benchmark.extra_info["shapes"] = [list(array.shape) for array in arrays if array is not None]
    benchmark(run, feeds)
