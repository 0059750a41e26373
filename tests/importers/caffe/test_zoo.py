# SPDX-License-Identifier: Apache-2.0
"""Layers against what OpenCV's importer of Caffe gives (see make_zoo.py): the reference and the kernels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from caffe_zoo import cases

from lite.importers.caffe import load
from lite.ir.interpret import interpret
from lite.ir.verify import verify

CASES = cases()
with np.load(Path(__file__).with_name("zoo.npz")) as archive:
    ZOO = dict(archive)


def _wanted(case: str) -> dict[str, np.ndarray]:
    return {name.split("/")[1]: array for name, array in ZOO.items() if name.split("/")[0] == case}


def _compare(found: dict[str, np.ndarray], case: str, tolerance: float) -> None:
    wanted = _wanted(case)
    assert list(found) == sorted(wanted)
    for name, array in wanted.items():
        output = found[name]
        if case.startswith("detections"):
            output, array = _in_order(output), _in_order(array)
        assert output.shape == array.shape
        np.testing.assert_allclose(output, array, rtol=0, atol=tolerance * np.abs(array).max(initial=1e-30))


def _in_order(rows: np.ndarray) -> np.ndarray:
    """Detections by image, label and score, without the rows that say nothing."""
    filled = rows[0, 0, rows[0, 0, :, 1] >= 0]
    return np.asarray(filled[np.lexsort((-filled[:, 2], filled[:, 1], filled[:, 0]))])


@pytest.mark.parametrize("case", sorted({name.split("/")[0] for name in ZOO}))
def test_reference_gives_what_opencv_gave(case: str) -> None:
    net = CASES[case]
    graph = load(net.text, param_file=net.model)
    verify(graph)
    _compare(interpret(graph, {value.name: net.inputs[value.name] for value in graph.inputs}), case, 1e-5)


@pytest.mark.parametrize("case", sorted({name.split("/")[0] for name in ZOO}))
def test_kernels_give_what_opencv_gave(case: str) -> None:
    pytest.importorskip("lite._native")
    from lite import Model, convert_to_bytes

    net = CASES[case]
    data, _ = convert_to_bytes(net.text, param_file=net.model, verify=True)
    session = Model(data).session(threads=2)
    _compare(session.run({info.name: net.inputs[info.name] for info in session.inputs}), case, 2e-5)


def test_every_network_is_in_the_archive() -> None:
    assert {name.split("/")[0] for name in ZOO} == set(CASES)
