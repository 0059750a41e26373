# SPDX-License-Identifier: Apache-2.0
"""A real net, trained: the int8 file answers as its simulation does, and nearly as the float net."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import lite
from lite.convert import convert_to_bytes

pytest.importorskip("torch", reason="PyTorch is not installed: nothing trains")
pytest.importorskip("lite._native")
import torch

from lite.slim import QAT, TrainConfig, prepare, train
from lite.slim.distillation import Distillation, DistillLoss
from lite.slim.qat.settings import ACTIVATION_TYPES, WEIGHT_TYPES

DATA = os.environ.get("LITE_TEST_DATA")
DIGITS = Path(DATA or "") / "models/paddle_formats/pd2/digitsnet"
pytestmark = pytest.mark.skipif(DATA is None, reason="LITE_TEST_DATA is not set: no real models")


def answers(model: bytes, images: np.ndarray) -> np.ndarray:
    session = lite.Model(model).session(threads=1)
    return np.array([np.argmax(session(image[None])) for image in images])


@pytest.mark.slow
@pytest.mark.parametrize("activation_type", ACTIVATION_TYPES)
@pytest.mark.parametrize("weight_type", WEIGHT_TYPES)
def test_the_engine_answers_as_the_simulation(weight_type: str, activation_type: str) -> None:
    """99 % of the answers are the same, after scales and weights have moved far."""
    images, labels = np.load(DIGITS / "input.npy"), np.load(DIGITS / "label.npy")
    net = prepare(DIGITS, images[:100], QAT(weight_type, activation_type, weight_bits=7))
    batches = [images[start : start + 32] for start in range(0, 192, 32)]
    config = TrainConfig(epochs=8, learning_rate=3e-4, optimizer="adam")
    train(net, batches, DistillLoss(net, DIGITS, Distillation(loss="kl")), config)
    found = answers(convert_to_bytes(net)[0], images)
    with torch.no_grad():
        simulated = net(torch.from_numpy(images)).argmax(1).numpy()
    assert np.mean(found == simulated) >= 0.99
    floats = answers(convert_to_bytes(DIGITS)[0], images)
    assert np.mean(found == labels) >= np.mean(floats == labels) - 0.01
