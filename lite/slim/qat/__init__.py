# SPDX-License-Identifier: Apache-2.0
"""Room: qat - quantization that is trained: the integers are simulated as the engine will compute them.
In:   whatever convert takes, calibration data, and settings.
Out:  a module with scales to train; its graph is that of a model which is quantized already.
May import: training, torch_bridge, convert, quant, passes, ops, ir, errors, torch; settings without torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lite.slim._late import importing
from lite.slim.qat.settings import QAT

if TYPE_CHECKING:
    from lite.slim.qat.module import QuantizedModule
    from lite.slim.qat.prepare import prepare

__all__ = ["QAT", "QuantizedModule", "prepare"]

__getattr__ = importing(__name__, {"QuantizedModule": "module", "prepare": "prepare"})
