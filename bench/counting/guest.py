# SPDX-License-Identifier: Apache-2.0
"""What the emulated Python runs: guest.py ENGINE FOLDER PRECISION IMAGES.

One inference is marked for counter.c.
"""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import numpy as np
from engines import ENGINES

MARK, BEGIN, END, LABEL = 4242, 0, 1, 1
WARM_RUNS = 2


def mark(*words: int) -> None:
    ctypes.CDLL(None).syscall(*(ctypes.c_long(word) for word in (MARK, *words)))


def main(name: str, folder: str, precision: str, images: str) -> None:
    engine = ENGINES[name](Path(folder), precision, 1)
    fed = engine.fed(np.load(images)[-1])
    for _ in range(WARM_RUNS):
        engine.run(fed)
    mark(BEGIN)
    engine.run(fed)
    mark(END, LABEL)


if __name__ == "__main__":
    main(*sys.argv[1:])
