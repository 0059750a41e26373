# SPDX-License-Identifier: Apache-2.0
"""Every imported op, and small saved models, against what TensorFlow gave (see make_zoo.py)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tf_archive import ZOO, arrays, source

from lite.importers.proto import messages
from lite.importers.tensorflow import load
from lite.importers.tensorflow.rules import names
from lite.ir.interpret import interpret
from lite.ir.verify import verify

TOLERANCE = 1e-5
ONE_STEP = 1.001 / 255  # of the output's integers: sums on integers may round otherwise
HALF_TOLERANCE = 1e-3  # we compute in 32 bits what TensorFlow computes in 16
CUBIC_TOLERANCE = 2e-3  # TensorFlow rounds positions to 1024 parts of a pixel

# Other names of rules that have a case, in graphs that TensorFlow does not write any more, or only at times.
# test_layouts.py has one of them, test_refusals.py others.
WITHOUT_A_CASE = {
    "BatchNormWithGlobalNormalization",
    "If",
    "StatelessIf",
    "PartitionedCall",
    "RefMerge",
    "RefSwitch",
    "Variable",
}


def _compare(found: dict[str, np.ndarray], case: str, tolerance: float) -> None:
    wanted = arrays(case, "outputs")
    tolerance = ONE_STEP if case == "fake_quant_layer" else tolerance
    tolerance = {"bicubic": CUBIC_TOLERANCE, "cast_half": HALF_TOLERANCE}.get(
        case if case == "cast_half" else case.partition("_")[0], tolerance
    )
    assert set(found) == set(wanted)
    for name, array in wanted.items():
        assert found[name].shape == array.shape
        assert found[name].dtype == array.dtype
        if array.dtype.kind == "f":
            limit = tolerance * np.abs(array).max(initial=1e-30)
            np.testing.assert_allclose(found[name], array, rtol=0, atol=limit)
        else:
            np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize("case", sorted(ZOO))
def test_reference_gives_what_tensorflow_gave(case: str, tmp_path: Path) -> None:
    graph = load(source(case, tmp_path))
    verify(graph)
    _compare(interpret(graph, arrays(case, "inputs")), case, TOLERANCE)


@pytest.mark.parametrize("case", sorted(ZOO))
def test_kernels_give_what_tensorflow_gave(case: str, tmp_path: Path) -> None:
    pytest.importorskip("lite._native")
    from lite import Model, convert_to_bytes

    data, _ = convert_to_bytes(source(case, tmp_path), verify=True)
    _compare(Model(data).session(threads=2).run(arrays(case, "inputs")), case, 2 * TOLERANCE)


def _ops_of(case: str, folder: Path) -> set[str]:
    found = source(case, folder)
    if isinstance(found, bytes):
        return {node.op for node in messages("tensorflow")["Graph"].FromString(found).node}
    saved = messages("tensorflow")["SavedModel"].FromString((found / "saved_model.pb").read_bytes())
    graphs = [meta.graph_def for meta in saved.meta_graphs]
    bodies = [function.node_def for graph in graphs for function in graph.library.function]
    return {node.op for nodes in (*(graph.node for graph in graphs), *bodies) for node in nodes}


def test_every_op_has_a_case(tmp_path: Path) -> None:
    used = set().union(*(_ops_of(case, tmp_path / case) for case in ZOO))
    assert set(names()) - used == WITHOUT_A_CASE
