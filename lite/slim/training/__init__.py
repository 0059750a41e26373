# SPDX-License-Identifier: Apache-2.0
"""Room: training - the loop that all compression which trains has in common.
In:   a module of the bridge, batches of data, a loss, and how long and how fast.
Out:  the same module with other weights, and what was seen on the way; checkpoints to go on from.
May import: torch_bridge, nb (its atomic writing), ir, errors, torch.
"""

from __future__ import annotations

from lite.slim.training.config import TrainConfig as TrainConfig
from lite.slim.training.loop import Loss as Loss
from lite.slim.training.loop import TrainResult as TrainResult
from lite.slim.training.loop import train as train
from lite.slim.training.losses import cross_entropy as cross_entropy
