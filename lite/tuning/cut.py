# SPDX-License-Identifier: Apache-2.0
"""Two kinds for every node at the least cost: a minimum cut (augmenting paths, shortest first)."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable

ENDLESS = float("inf")
TINY = 1e-9  # costs below it are rounding


class Cut:
    """Costs of telling nodes apart; ``FIRST`` and ``SECOND`` are of the kinds that they name."""

    FIRST, SECOND = "<first>", "<second>"

    def __init__(self) -> None:
        self._room: dict[Hashable, dict[Hashable, float]] = {self.FIRST: {}, self.SECOND: {}}

    def add(self, first: Hashable, second: Hashable, cost: float) -> None:
        """What it costs if one node is of the first kind and the other of the second."""
        for node in (first, second):
            self._room.setdefault(node, {})
        self._room[first][second] = self._room[first].get(second, 0.0) + cost
        self._room[second].setdefault(first, 0.0)

    def add_node(self, node: Hashable, as_first: float, as_second: float) -> None:
        """What a node costs as either kind."""
        self.add(self.FIRST, node, as_second)
        self.add(node, self.SECOND, as_first)

    def first_kind(self) -> set[Hashable]:
        """The nodes that are of the first kind in the cheapest choice."""
        while True:
            before = self._reached()
            if self.SECOND not in before:
                return set(before) - {self.FIRST}
            path = [self.SECOND]
            while path[-1] != self.FIRST:
                path.append(before[path[-1]])  # type: ignore[arg-type]
            steps = list(zip(path[1:], path))
            least = min(self._room[left][right] for left, right in steps)
            for left, right in steps:
                self._room[left][right] -= least
                self._room[right][left] += least

    def _reached(self) -> dict[Hashable, Hashable]:
        """Nodes with room on the way from FIRST, each with the one before it."""
        before: dict[Hashable, Hashable] = {self.FIRST: self.FIRST}
        waiting = deque([self.FIRST])
        while waiting and self.SECOND not in before:
            node = waiting.popleft()
            for other, room in self._room[node].items():
                if room > TINY and other not in before:
                    before[other] = node
                    waiting.append(other)  # type: ignore[arg-type]
        return before
