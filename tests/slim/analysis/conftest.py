# SPDX-License-Identifier: Apache-2.0
"""A trained net that reads digits, and the digits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest


class Digits(NamedTuple):
    """A Paddle model with images [397, 1, 16, 16] and what they show."""

    model: Path
    images: np.ndarray
    labels: np.ndarray


@pytest.fixture(scope="session")
def digits() -> Digits:
    if not os.environ.get("LITE_TEST_DATA"):
        pytest.skip("LITE_TEST_DATA is not set: it holds the digits")
    folder = Path(os.environ["LITE_TEST_DATA"]) / "models" / "paddle_formats" / "pd2" / "digitsnet"
    return Digits(folder, np.load(folder / "input.npy"), np.load(folder / "label.npy"))
