# SPDX-License-Identifier: Apache-2.0
"""Room: paddle_api - Paddle Lite's names over Model, Session and convert: a script changes its import.
In:   a .nb (MobileConfig) or a Paddle model (CxxConfig, Opt).
Out:  predictors and their tensors; unlike there, clone() works and errors are exceptions.
May import: session, convert, errors, numpy; passes, importers and nb inside functions.
"""

from lite.paddle_api.config import CxxConfig, MobileConfig
from lite.paddle_api.opt import Opt
from lite.paddle_api.places import (
    CLPrecisionType,
    CLTuneMode,
    DataLayoutType,
    Place,
    PowerMode,
    PrecisionType,
    TargetType,
)
from lite.paddle_api.predictor import CxxPredictor, LightPredictor, PaddlePredictor, create_paddle_predictor
from lite.paddle_api.tensor import Tensor

__all__ = [
    "CLPrecisionType", "CLTuneMode", "CxxConfig", "CxxPredictor", "DataLayoutType", "LightPredictor",
    "MobileConfig", "Opt", "PaddlePredictor", "Place", "PowerMode", "PrecisionType", "TargetType", "Tensor",
    "create_paddle_predictor",
]  # fmt: skip
