# SPDX-License-Identifier: Apache-2.0
"""What is rounded, and which gradients come back: those that the articles of LSQ and PACT state."""

from __future__ import annotations

import numpy as np
import pytest

from lite.ir import DType
from lite.ir.quant import dequantize, quantize

pytest.importorskip("torch", reason="PyTorch is not installed: nothing trains")
import torch

from lite.slim.qat.rounding import rounded

ZERO = -28  # of integers from -128 to 127: 100 steps down, 155 up
LOWEST, GREATEST = -128 - ZERO, 127 - ZERO


def gradients(x: np.ndarray, scale: float, *, is_pact: bool = False,
              factor: float = 1.0) -> tuple[np.ndarray, float]:
    """Of the sum of what is rounded, by x and by the scale."""
    tensors = torch.from_numpy(x).requires_grad_(), torch.tensor(scale).requires_grad_()
    rounded(*tensors, LOWEST, GREATEST, factor, is_pact).sum().backward()
    return tensors[0].grad.numpy(), float(tensors[1].grad)


def test_it_is_quantize_and_dequantize() -> None:
    """Also ties, which go to even numbers, and what lies beyond the bounds."""
    halves = np.arange(-300, 300, dtype=np.float32) / 2
    x = np.concatenate([halves * np.float32(0.25), np.linspace(-60, 60, 4001, dtype=np.float32)])
    for scale in (0.25, 0.1, 0.037):
        step = np.float32(scale)
        expected = dequantize(quantize(x, step, ZERO, DType.S8), step, ZERO)
        found = rounded(torch.from_numpy(x), torch.tensor(step), LOWEST, GREATEST)
        assert np.array_equal(found.numpy(), expected)


def test_gradients_pass_inside_and_stop_outside() -> None:
    """As in PyTorch's own fake quantization, up to half a step beyond a bound is inside."""
    x = np.array([-30, -25.2, -25.1, 0, 3.3, 38.8, 38.9, 90], np.float32)
    found, _ = gradients(x, 0.25)
    assert found.tolist() == [0, 0, 1, 1, 1, 1, 0, 0]


@pytest.mark.parametrize("steps", [0.4, 0.6, -7.3, 99.5, 200.0, -150.0])
def test_the_gradient_of_the_scale_is_lsqs(steps: float) -> None:
    """round(x/s) - x/s inside of the bounds, the bound outside."""
    scale = 0.25
    expected = LOWEST if steps < LOWEST else GREATEST if steps > GREATEST else np.rint(steps) - steps
    x = np.array([steps * scale], np.float32)
    assert gradients(x, scale)[1] == pytest.approx(expected, abs=1e-4)
    assert gradients(x, scale, factor=0.5)[1] == pytest.approx(expected / 2, abs=1e-4)


def test_the_gradient_of_the_bound_is_pacts() -> None:
    """1 for each number beyond it, 0 for all others: GREATEST * scale is the bound."""
    x = np.array([0.3, 17.3, 38.7, 40, 50], np.float32)
    assert gradients(x, 0.25, is_pact=True)[1] == pytest.approx(2 * GREATEST)


def test_scales_of_channels_have_their_own() -> None:
    x = torch.tensor([[0.3, 0.3], [900.0, 0.0]])
    scale = torch.tensor([[1.0], [2.0]], requires_grad=True)
    rounded(x, scale, -127, 127).sum().backward()
    assert scale.grad is not None
    assert scale.grad.flatten().tolist() == pytest.approx([-0.6, 127])


def test_what_was_rounded_before_passes_all_gradients() -> None:
    """A second rounding to the same scale must not stop those at the bounds because of a last bit."""
    for scale in np.linspace(0.01, 0.1, 50, dtype=np.float32):
        x = dequantize(np.arange(-128, 128), scale, ZERO)
        assert gradients(x, float(scale))[0].all()
