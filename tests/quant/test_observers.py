# SPDX-License-Identifier: Apache-2.0
"""Every observer chooses a sound range; histograms count all numbers, in any order."""

from __future__ import annotations

import numpy as np
import pytest

from lite.errors import CalibrationError
from lite.ir.quant import dequantize, quantize
from lite.quant import observers
from lite.quant.observers._histogram import MOST_BINS, Histogram
from lite.quant.parameters import of_range

NAMES = observers.names()
RANDOM = np.random.RandomState(3)
SAMPLES = {
    "normal": RANDOM.standard_normal(40000).astype(np.float32),
    "relu": np.maximum(RANDOM.standard_normal(40000), 0).astype(np.float32),
    "shifted": (RANDOM.standard_normal(40000) + 5).astype(np.float32),
    "tailed": (RANDOM.standard_t(3, 40000)).astype(np.float32),
}


def observed(name, *arrays):
    observer = observers.get(name)()
    for array in arrays:
        observer.see(array)
    return observer.range()


def error(array, chosen):
    parameters = of_range(*chosen)
    back = dequantize(quantize(array, parameters.scale, parameters.zero_point), parameters.scale,
                      parameters.zero_point)
    return float(np.mean(np.square(back - array)))


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("name", NAMES)
def test_range_is_sound(name, sample):
    array = SAMPLES[sample]
    low, high = observed(name, *np.split(array, 8))
    span = array.max() - min(array.min(), 0)
    assert min(array.min(), 0) - span * 0.01 <= low < high <= array.max() + span * 0.01
    assert error(array, (low, high)) < 0.05 * float(np.mean(np.square(array)))


@pytest.mark.parametrize("sample", SAMPLES)
def test_mse_is_no_worse_than_minmax(sample):
    array = SAMPLES[sample]
    assert error(array, observed("mse", array)) <= 1.01 * error(array, observed("minmax", array))


def test_mse_cuts_tails():
    array = np.append(np.tile(SAMPLES["normal"], 20), np.float32(100))
    assert observed("mse", array)[1] < 60
    assert error(array, observed("mse", array)) < 0.8 * error(array, observed("minmax", array))


def test_percentile_keeps_its_part():
    observer = observers.get("percentile")(percentile=0.99)
    observer.see(SAMPLES["normal"])
    low, high = observer.range()
    assert np.mean(SAMPLES["normal"] > high) == pytest.approx(0.01, abs=0.002)
    assert np.mean(SAMPLES["normal"] < low) == pytest.approx(0.01, abs=0.002)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("number", [0.0, -2.5, 1e-30, 3e30])
def test_constants_are_covered(name, number):
    low, high = observed(name, np.full(50, number, np.float32), np.full(9, number, np.float32))
    parameters = of_range(low, high)
    q = quantize(np.asarray(number, np.float32), parameters.scale, parameters.zero_point)
    found = dequantize(q, parameters.scale, parameters.zero_point)
    assert abs(float(found) - number) <= 0.01 * abs(number) or abs(number) < 1e-29


@pytest.mark.parametrize("name", NAMES)
def test_relu_uses_all_steps(name):
    assert of_range(*observed(name, SAMPLES["relu"])).zero_point == -128


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_refuses_what_is_not_finite(name, bad):
    with pytest.raises(CalibrationError, match=r"NaN|infinity"):
        observed(name, np.array([1.0, bad], np.float32))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_seen_is_no_range(name):
    assert observed(name, np.zeros((0, 3), np.float32)) is None


def test_unknown_name_is_refused():
    with pytest.raises(CalibrationError, match="no algorithm 'maxmin'"):
        observers.get("maxmin")


def histogram(*arrays):
    found = Histogram()
    for array in arrays:
        found.add(array, float(array.min()), float(array.max()))
    return found


def test_histogram_keeps_every_count_while_it_widens():
    parts = [SAMPLES["normal"] * scale for scale in (1e-3, 1.0, 1e4)]
    centres, counts = histogram(*parts).occupied()
    assert counts.sum() == sum(part.size for part in parts)
    assert len(centres) <= MOST_BINS + 1
    width = np.diff(centres).min()
    whole = np.concatenate(parts)
    for cut in (-2e4, -30.0, 100.0, 9e3):
        assert abs(np.sum(whole < cut) - counts[centres < cut].sum()) <= np.sum(np.abs(whole - cut) <= width)


def test_histogram_does_not_depend_on_order():
    parts = np.split(SAMPLES["shifted"], 8)
    there, back = histogram(*parts).occupied(), histogram(*parts[::-1]).occupied()
    assert np.array_equal(there[1], back[1]) and np.allclose(there[0], back[0])
