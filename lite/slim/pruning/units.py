# SPDX-License-Identifier: Apache-2.0
"""Units: channels of several layers that stay or go together, and why some must stay."""

from __future__ import annotations

import numpy as np


class Units:
    """Disjoint sets of channels. A channel is a number; a set's root stands for all that is in it."""

    def __init__(self) -> None:
        self._parents = np.zeros(0, np.int64)
        self._reasons: dict[int, str] = {}  # by root: why the set must stay

    def __len__(self) -> int:
        return len(self._parents)

    def fresh(self, count: int) -> np.ndarray:
        """Numbers of new channels, each a set of its own."""
        first = len(self._parents)
        ids = np.arange(first, first + count)
        self._parents = np.concatenate([self._parents, ids])
        return ids

    def roots(self, ids: np.ndarray) -> np.ndarray:
        """The root of each channel."""
        found = self._parents[ids]
        while True:
            further = self._parents[found]
            if np.array_equal(further, found):
                self._parents[ids] = found
                return found
            found = further

    def join(self, first: np.ndarray, second: np.ndarray) -> None:
        """Make channels at the same place, after broadcasting, stay or go together."""
        pairs = np.stack(np.broadcast_arrays(first, second)).reshape(2, -1)
        for left, right in np.unique(pairs, axis=1).T:
            one, other = (int(root) for root in self.roots(np.array([left, right])))
            if one != other:
                self._parents[other] = one
                if other in self._reasons:
                    self._reasons.setdefault(one, self._reasons.pop(other))

    def stay(self, ids: np.ndarray, reason: str) -> None:
        """Say that channels cannot be pruned; the first reason is kept."""
        for root in np.unique(self.roots(ids)):
            self._reasons.setdefault(int(root), reason)

    def reason(self, root: int) -> str | None:
        """Why a set must stay; None if it need not."""
        return self._reasons.get(root)

    def may_go(self, ids: np.ndarray) -> np.ndarray:
        """Whether each channel can be pruned."""
        kept = np.fromiter(self._reasons, np.int64, len(self._reasons))
        return ~np.isin(self.roots(ids), kept)
