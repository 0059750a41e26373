# SPDX-License-Identifier: Apache-2.0
"""Room: training - the loop that all compression which trains has in common.
In:   a module of the bridge, batches of data, a loss, and how long and how fast.
Out:  the same module with other weights, and what was seen on the way; checkpoints to go on from.
May import: torch_bridge, nb (its atomic writing), ir, errors, torch; config without torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lite.slim._late import importing
from lite.slim.training.config import TrainConfig

if TYPE_CHECKING:
    from lite.slim.training.loop import Loss, TrainResult, train
    from lite.slim.training.losses import cross_entropy

__all__ = ["Loss", "TrainConfig", "TrainResult", "cross_entropy", "train"]

__getattr__ = importing(__name__, {"Loss": "loop", "TrainResult": "loop", "train": "loop",
                                   "cross_entropy": "losses"})
