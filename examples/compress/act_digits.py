# SPDX-License-Identifier: Apache-2.0
"""Ways to compress a net for digits, by one function: what each keeps, and what it gains.

    LITE_TEST_DATA=../shared python examples/compress/act_digits.py --seeds 1

The net learns from its own outputs on digits of other people, without labels, and is judged by the 397 with
labels that it was judged by. Some minutes a seed.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import data
import numpy as np

from lite import Session, slim
from lite.slim.strategies import PTQ, Goal, PruneChannels, Search, Train

TRAINED_ON, CALIBRATED_ON = 2000, 100
WIDE = ("conv2d_2.w_0",)  # and what goes with it: 32 channels, all others have 16
WAYS: dict[str, Sequence[Any]] = {
    "PTQ": [PTQ()],
    "PTQ, settings searched": [Search(max_quant_count=10, batch_num=(1, 3))],
    "QAT": [slim.QAT(num=CALIBRATED_ON)],
    "half of the wide layers pruned, PTQ": [PruneChannels(0.5, WIDE), PTQ(batch_nums=3)],
    "half of the wide layers pruned, QAT": [PruneChannels(0.5, WIDE), slim.QAT(num=CALIBRATED_ON)],
    "half of all pruned, QAT": [PruneChannels(0.5), slim.QAT(num=CALIBRATED_ON)],
}


def main() -> None:
    parser = data.arguments(__doc__)
    parser.add_argument("--steps", type=int, default=300, help="of each training")
    given = data.parsed(parser)
    net, training, test = data.digits(given.data)

    def accuracy(session: Session) -> float:
        answers = [session.run({"image": image[None]}) for image in test.images]
        found = [int(next(iter(answer.values())).argmax()) for answer in answers]
        return float(np.mean(np.equal(found, test.labels)))

    rows = []
    for name, strategies in WAYS.items():
        found, seconds = [], []
        for seed in range(given.seeds):
            start = time.perf_counter()
            with tempfile.TemporaryDirectory() as folder:
                wanted = [*strategies, Train(train_iter=given.steps), Goal(seed=seed)]
                found.append(slim.compress(net, Path(folder) / "net.nb", wanted, evaluate=accuracy,
                                           train_data=training.some(TRAINED_ON, seed).images))
            seconds.append(time.perf_counter() - start)
        rows.append({"way": name, **_figures(found), "seconds": statistics.mean(seconds)})
    data.show(rows, given.json)


def _figures(found: Sequence[slim.act.outcome.Outcome]) -> dict[str, Any]:
    """Of all seeds: accuracies, and medians of what was gained."""
    before = found[0].before.measured
    scores = [_percent(outcome.after.measured) for outcome in found]
    return {"float %": _percent(before), "% (seeds)": " ".join(f"{score:.2f}" for score in scores),
            "times smaller": statistics.median(before.size_bytes / outcome.after.measured.size_bytes
                                               for outcome in found),
            "times as fast": statistics.median(outcome.faster(outcome.after) for outcome in found)}


def _percent(measured: slim.report.Measured) -> float:
    assert measured.accuracy is not None  # all of them were judged
    return 100 * measured.accuracy


if __name__ == "__main__":
    main()
