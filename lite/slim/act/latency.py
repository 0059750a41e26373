# SPDX-License-Identifier: Apache-2.0
"""How long runs of several models take, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from lite.nb.reader import read
from lite.slim.act.data import Data
from lite.tuning.stopwatch import Net, race

SLOW_US, FEW_ROUNDS = 50_000.0, 2


def run_times_ms(models: Sequence[bytes], data: Data | None) -> list[float]:
    """Milliseconds of a run of each .nb on one thread of this machine: medians of runs that take turns.

    Shapes are those of the first sample; without data they are guessed.
    """
    shapes = {} if data is None else data.shapes
    nets = [Net(nb, read(nb), shapes) for nb in models]
    is_slow = max(net.run_us()[0] for net in nets) > SLOW_US
    return [time_us / 1e3 for time_us in (race(nets, FEW_ROUNDS) if is_slow else race(nets))]
