# SPDX-License-Identifier: Apache-2.0
"""Room: the networks that engines are compared on, written with numpy and onnx alone.

May import: numpy, onnx; measure also onnxruntime. Nothing of the engine.
Add a network: a function of a Net in a file here, and a row in catalogue.py with its published figures.
Start reading: net.py, then mobilenets.py.
"""

from .catalogue import NETWORKS, Network, build, write
from .figures import multiply_adds, parameters
from .measure import random_images

__all__ = ["NETWORKS", "Network", "build", "multiply_adds", "parameters", "random_images", "write"]
