# SPDX-License-Identifier: Apache-2.0
"""The catalogue of real models, for the tests of this folder; and PyTorch on as few threads as tests have."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "zoo"))
if importlib.util.find_spec("torch") is not None:
    import torch

    torch.set_num_threads(1)
