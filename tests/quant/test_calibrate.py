# SPDX-License-Identifier: Apache-2.0
"""Watchers see every sample, in one run or in several."""

from __future__ import annotations

import numpy as np
import pytest

from lite.errors import CalibrationError
from lite.quant import calibrate as module
from lite.quant.calibrate import calibrate, merged
from lite.quant.samples import Samples


@pytest.mark.parametrize("most", [module.TAPPED_BYTES, 2000, 1])
def test_large_values_are_seen_in_several_runs(graph, data, prepare, monkeypatch, most):
    monkeypatch.setattr(module, "TAPPED_BYTES", most)
    asked, seen = [], {name: [] for name in ("x", "first", "deep", "mean", "y")}

    def prepared(graph, taps):
        asked.append(list(taps))
        return prepare(graph, taps)

    watches = merged([{name: rows.append} for name, rows in seen.items()])
    assert calibrate(graph, Samples(data, graph), prepared, watches, lambda message: None) == len(data)
    assert [name for part in asked for name in part] == ["first", "deep", "mean", "y"]
    assert len(asked) == {module.TAPPED_BYTES: 1, 2000: 2, 1: 4}[most]
    for name, rows in seen.items():
        expected = [row[None] if name == "x" else prepare(graph, [name])({"x": row[None]})[name]
                    for row in data]
        assert np.array_equal(np.concatenate(rows), np.concatenate(expected))


def test_progress_is_told(graph, data, prepare):
    told = []
    calibrate(graph, Samples(data, graph, 2), prepare, {}, told.append)
    calibrate(graph, Samples(iter(data[:1]), graph), prepare, {}, told.append)
    assert told == ["calibrating, sample 1 of 2", "calibrating, sample 2 of 2", "calibrating, sample 1"]


def test_data_that_ends_at_once_is_refused(graph, prepare):
    with pytest.raises(CalibrationError, match="is empty"):
        calibrate(graph, Samples(iter([]), graph), prepare, {}, lambda message: None)
