# SPDX-License-Identifier: Apache-2.0
"""Room: the engines that are compared, ours and its peers, each in a file of its own.

In: an ONNX file and images of its input (``Source``). Out: what loads, feeds and runs it.
May import: numpy; the engine's own packages, late. Nothing of bench/race.
Add a peer: a subclass of ``Engine`` in a file here, and a row in ``ENGINES``.
Start reading: engine.py, then ours.py.
"""

from .engine import PRECISIONS, Engine, RefusalError, Source
from .litert import LiteRt
from .mnn import Mnn
from .ncnn import Ncnn
from .onnxruntime import OnnxRuntime
from .openvino import OpenVino, OpenVinoQdq
from .ours import Lite
from .paddle import Paddle

ENGINES: dict[str, type[Engine]] = {
    engine.name: engine for engine in (Lite, OnnxRuntime, OpenVino, OpenVinoQdq, Ncnn, Mnn, LiteRt, Paddle)
}  # ours first

__all__ = ["ENGINES", "PRECISIONS", "Engine", "Lite", "OnnxRuntime", "RefusalError", "Source"]
