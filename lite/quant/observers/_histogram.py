# SPDX-License-Identifier: Apache-2.0
"""A histogram of numbers that come in parts, over a range that is not known before."""

from __future__ import annotations

import numpy as np

MOST_BINS = 4096


class Histogram:
    """Counts in bins whose width is a power of two and whose edges are multiples of it.

    When numbers come that would need more than MOST_BINS bins, the width doubles: two neighbours become one,
    and no count is ever split. Only the first width depends on the order of the numbers.
    """

    def __init__(self) -> None:
        self.total = 0
        self.lowest, self.highest = np.inf, -np.inf
        self._width = 0.0
        self._first = 0  # index of the first bin: its lower edge is first * width
        self._counts = np.zeros(0, np.int64)

    def add(self, array: np.ndarray, lowest: float, highest: float) -> None:
        """Count the elements of a float32 array whose finite extremes are known."""
        self.lowest, self.highest = min(self.lowest, lowest), max(self.highest, highest)
        self.total += array.size
        self._make_room()
        inverse = np.float32(1.0 / self._width)
        places = array.ravel() * inverse
        places -= np.float32(self._first)
        counts = np.bincount(places.astype(np.intp), minlength=len(self._counts))
        self._counts[: len(counts)] += counts[: len(self._counts)]
        self._counts[-1] += counts[len(self._counts) :].sum()  # rounded up beyond the last edge

    def _make_room(self) -> None:
        if self._width == 0.0:
            span = max(self.highest - self.lowest, abs(self.highest) * 2.0**-16, 2.0**-110)
            self._width = float(2.0 ** np.ceil(np.log2(span / MOST_BINS)))
        while self._bins()[1] > MOST_BINS + 1:
            self._merge_neighbours()
        first, count = self._bins()
        if first != self._first or count != len(self._counts):
            wider = np.zeros(count, np.int64)
            wider[self._first - first :][: len(self._counts)] = self._counts
            self._first, self._counts = first, wider

    def _bins(self) -> tuple[int, int]:
        """First index and number of the bins that the range needs."""
        first = int(np.floor(self.lowest / self._width))
        last = int(np.floor(self.highest / self._width))
        if len(self._counts):
            first, last = min(first, self._first), max(last, self._first + len(self._counts) - 1)
        return first, last - first + 1

    def _merge_neighbours(self) -> None:
        self._width *= 2.0
        before = self._first % 2
        counts = np.pad(self._counts, (before, (before + len(self._counts)) % 2))
        self._first = (self._first - before) // 2
        self._counts = counts.reshape(-1, 2).sum(axis=1)

    def occupied(self) -> tuple[np.ndarray, np.ndarray]:
        """Centres (float64) and counts of the bins that hold something.

        A centre lies within the extremes, and that of the bin which begins at zero is zero where nothing is
        negative: after a relu it holds zeros for the most part.
        """
        places = np.flatnonzero(self._counts)
        centres = np.clip((places + self._first + 0.5) * self._width, self.lowest, self.highest)
        if self.lowest >= 0:
            centres[places + self._first == 0] = self.lowest
        return centres, self._counts[places]
