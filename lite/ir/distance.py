# SPDX-License-Identifier: Apache-2.0
"""How far arrays are from what was expected: signal to noise, cosine, greatest error; sample by sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass
class Distance:
    """Sums over pairs of arrays; memory does not grow with their number."""

    signal: float = 0.0
    noise: float = 0.0
    product: float = 0.0
    squares: tuple[float, float] = (0.0, 0.0)
    max_error: float = 0.0
    least: float = np.inf
    greatest: float = -np.inf

    def add(self, expected: np.ndarray, found: np.ndarray) -> Distance:
        """Count a pair. Where one side alone is NaN the error is infinite."""
        left, right = (np.asarray(side).astype(np.float64).ravel() for side in (expected, found))
        same = (left == right) | (np.isnan(left) & np.isnan(right))
        with np.errstate(invalid="ignore"):
            error = np.where(same, 0.0, np.nan_to_num(np.abs(left - right), nan=np.inf))
        self.signal += float(np.square(left[np.isfinite(left)]).sum())
        self.noise += float(np.square(error).sum())
        self.product += float(left @ right)
        self.squares = (self.squares[0] + float(left @ left), self.squares[1] + float(right @ right))
        self.max_error = max(self.max_error, float(error.max(initial=0.0)))
        self.least = float(left.min(initial=self.least))
        self.greatest = float(left.max(initial=self.greatest))
        return self

    @property
    def sqnr_db(self) -> float:
        """Power of the expected over that of the error, in dB; infinite if equal."""
        if not self.noise:
            return float("inf")
        return 10 * float(np.log10(self.signal / self.noise)) if self.signal else 0.0

    @property
    def cosine(self) -> float:
        norms = float(np.sqrt(self.squares[0]) * np.sqrt(self.squares[1]))
        return self.product / norms if norms else float(not self.noise)

    @property
    def error_ratio(self) -> float:
        """The greatest error over the range of the expected values."""
        span = self.greatest - self.least if self.greatest > self.least else 0.0
        return self.max_error / (span or max(abs(self.greatest), 1.0) if np.isfinite(self.greatest) else 1.0)

    def figures(self) -> dict[str, float]:
        """All of them by name, in plain types."""
        return {"sqnr_db": self.sqnr_db, "cosine": self.cosine, "max_error": self.max_error,
                "error_ratio": self.error_ratio}
