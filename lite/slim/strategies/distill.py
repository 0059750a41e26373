# SPDX-License-Identifier: Apache-2.0
"""Distillation: the compressed model learns from the one that it was; the settings are ``Distillation``."""

from __future__ import annotations

from lite.slim.distillation.settings import Distillation
from lite.slim.strategies._form import Form

FORM = Form.around(
    Distillation, "Distillation", paths=("teacher_model_dir",),
    also={"distill_loss": "loss", "distill_lambda": "alpha", "distill_node_pair": "node"},
    unused={"merge_feed": "teacher and student always read the same inputs"})
