# SPDX-License-Identifier: Apache-2.0
"""What judges pruned models, in a module of its own: processes that are started anew import it by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pruning_nets import BODIES, around


class Judge:
    """An accuracy that falls with the channels of a session's model; counts how often it is asked."""

    def __init__(self, fails_at: int | None = None, fault: Any = None) -> None:
        self.calls, self.fails_at, self.fault = 0, fails_at, fault

    def __call__(self, session: Any) -> float:
        self.calls += 1
        if self.calls == self.fails_at:
            if isinstance(self.fault, BaseException):
                raise self.fault
            return float(self.fault)
        feeds = session.random_feeds()
        (array,) = session.run(feeds).values()
        return float(np.abs(array).mean())


def measure(folder: Path, name: str, started: Any) -> None:
    """Fill a store beside others that do; the number of evaluations comes into a file of that name."""
    from lite.slim import sensitivity

    judge = Judge()
    started.wait()
    sensitivity(around(BODIES["concat"]), judge, ratios=[n / 20 for n in range(1, 20)],
                store=folder / "s.json")
    (folder / name).write_text(str(judge.calls))
