# SPDX-License-Identifier: Apache-2.0
"""onnx.backend's Backend on top of lite: what ONNX's own tests are run with.

Their models take as inputs what real models have as constants: shapes, axes, k. Shapes here are formulas
over the extents of inputs, so such inputs are frozen: exactly those whose content decides shapes,
attributes or a branch, found by following the graph back from the positions in ``DECIDING``; and scales and
zero points (``PARAMETERS``) that are inputs themselves; never data.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx.backend.base import Backend, BackendRep

from lite import importers
from lite.errors import UnsupportedOpError
from lite.ir import Graph
from lite.ir.interpret import interpret
from lite.session import trimmed

DECIDING: dict[str, tuple[int, ...]] = {  # ONNX op: positions of the inputs whose content decides shapes
    "AffineGrid": (1,), "BlackmanWindow": (0,), "CenterCropPad": (1,), "Col2Im": (1, 2), "Compress": (1,),
    "ConstantOfShape": (0,), "CumProd": (1,), "CumSum": (1,), "Dropout": (1, 2), "Expand": (1,),
    "HammingWindow": (0,), "HannWindow": (0,), "If": (0,), "Loop": (0, 1), "OneHot": (1,), "Pad": (1, 2, 3),
    "DFT": (1, 2), "MaxUnpool": (2,), "MelWeightMatrix": (0, 1, 2, 3, 4), "NonMaxSuppression": (2, 3, 4),
    "STFT": (1, 2, 3),
    "Range": (0, 1, 2), "Reshape": (1,), "Resize": (1, 2, 3), "Slice": (1, 2, 3, 4), "Split": (1,),
    "Squeeze": (1,), "Tile": (1,), "TopK": (1,), "Trilu": (1,), "Unsqueeze": (1,), "Upsample": (1,),
    **dict.fromkeys(("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean",
                     "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare"), (1,)),
}  # fmt: skip
PARAMETERS: dict[str, tuple[int, ...]] = {  # ONNX op: positions of what real models have as constants
    "QuantizeLinear": (1, 2), "DequantizeLinear": (1, 2), "MatMulInteger": (2, 3), "ConvInteger": (2, 3),
    "QLinearConv": (1, 2, 4, 5, 6, 7), "QLinearMatMul": (1, 2, 4, 5, 6, 7),
}  # fmt: skip
TYPE_ONLY: dict[str, tuple[int, ...]] = {  # positions of which only shape or type matters
    "Shape": (0,), "Size": (0,), "CastLike": (1,), "EyeLike": (0,),
}  # fmt: skip


def deciding_inputs(graph: Any) -> list[str]:
    """Inputs of a graph whose content decides shapes, attributes or a branch; scales and zero points."""
    nodes = list(_nodes(graph))
    makers = {name: node for node in nodes for name in node.output}
    waiting = [
        name
        for node in nodes
        for position, name in enumerate(node.input)
        if position in DECIDING.get(node.op_type, ())
    ]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if not name or name in found:
            continue
        found.add(name)
        maker = makers.get(name)
        if maker is not None:
            skipped = TYPE_ONLY.get(maker.op_type, ())
            waiting += [item for position, item in enumerate(maker.input) if position not in skipped]
            waiting += [output.name for branch in _branches(maker) for output in branch.output]
    found |= {
        node.input[position]
        for node in nodes
        for position in PARAMETERS.get(node.op_type, ())
        if position < len(node.input)
    }
    return [item.name for item in graph.input if item.name in found]


def _nodes(graph: Any) -> Iterator[Any]:
    """Nodes of a graph and of the branches among their attributes."""
    for node in graph.node:
        yield node
        for branch in _branches(node):
            yield from _nodes(branch)


def _branches(node: Any) -> list[Any]:
    return [attribute.g for attribute in node.attribute if attribute.HasField("g")]


def frozen_inputs(model: Any, inputs: Sequence[Any]) -> dict[str, Any]:
    """Those of the inputs, given in the order of the model, that must be frozen."""
    initialised = {tensor.name for tensor in model.graph.initializer}
    items = [item for item in model.graph.input if item.name not in initialised]
    given = {item.name: array for item, array in zip(items, inputs)}
    return {
        name: given[name]
        for name in deciding_inputs(model.graph)
        if name in given and not isinstance(given[name], (list, tuple, type(None)))
    }


Run = Callable[[Mapping[str, np.ndarray]], dict[str, np.ndarray]]


def runner(graph: Graph, native: bool) -> Run:
    """The graph by the engine, through the standard passes; or as it is, by the numpy interpreter.

    Raises
    ------
    UnsupportedOpError
        If the engine has no kernel for an op.
    """
    if not native:
        return lambda feeds: interpret(graph, feeds)
    from lite import _native
    from lite.executor import Executor
    from lite.passes import pipeline

    runnable = frozenset(_native.ops())
    pipeline.run(graph, pipeline.standard(runnable))
    missing = sorted({node.op.name for node in graph.nodes} - runnable)
    if missing:
        raise UnsupportedOpError(f"no kernel for {', '.join(missing)}")
    return Executor(graph)


class Prepared(BackendRep):
    """A model whose import waits for its first inputs if some of them must be frozen."""

    def __init__(self, model: Any, native: bool) -> None:
        self.model = model
        self.native = native
        self.deciding = deciding_inputs(model.graph)
        initialised = {tensor.name for tensor in model.graph.initializer}
        self.inputs = [item for item in model.graph.input if item.name not in initialised]
        self.runner: Run | None = None
        self.frozen: dict[str, bytes] = {}

    def run(self, inputs: Sequence[Any], **kwargs: Any) -> list[np.ndarray]:
        given = {item.name: _as_float32(array) for item, array in zip(self.inputs, inputs)}
        frozen = {name: given[name] for name in self.deciding if isinstance(given.get(name), np.ndarray)}
        content = {name: array.tobytes() for name, array in frozen.items()}
        if self.runner is None or content != self.frozen:
            graph = importers.load(self.model.SerializeToString(), format="onnx", freeze_inputs=frozen)
            self.runner, self.frozen = runner(graph, self.native), content
        feeds = {name: array for name, array in given.items() if name not in frozen}
        outputs = self.runner(feeds)
        outputs = trimmed(outputs)
        return [_as_declared(outputs[item.name], item) for item in self.model.graph.output]


def _as_float32(array: Any) -> Any:
    """bfloat16 inputs as lite takes them; lists (sequences) are left for the importer to refuse."""
    if isinstance(array, (list, tuple)) or array is None:
        return array
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else np.asarray(array)


def _as_declared(array: np.ndarray, item: Any) -> np.ndarray:
    """bfloat16 outputs, which lite gives as float32, in the type the test compares."""
    if item.type.tensor_type.elem_type != onnx.TensorProto.BFLOAT16:
        return array
    return array.astype(onnx.helper.tensor_dtype_to_np_dtype(onnx.TensorProto.BFLOAT16))


class LiteBackend(Backend):
    """Runs natively; with LITE_TEST_REFERENCE=1 by the numpy interpreter."""

    @classmethod
    def prepare(cls, model: Any, device: str = "CPU", **kwargs: Any) -> Prepared:
        native = kwargs.get("native", not os.environ.get("LITE_TEST_REFERENCE"))
        return Prepared(model, native)

    @classmethod
    def supports_device(cls, device: str) -> bool:
        return device == "CPU"
