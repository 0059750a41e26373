# SPDX-License-Identifier: Apache-2.0
"""Tiny programs, one case an op and setting; ``make_zoo.py`` runs them with the real Paddle.

A case is a list of steps (op, inputs, outputs, attributes). Arrays that begin a program are named: ``x``,
``y`` and so on are fed, names in capitals are parameters. This file runs in Python 3.7 too, for fluid.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    Slots = dict[str, Any]  # slot -> name or names


@dataclass
class Case:
    """A program with what it is fed; ``dynamic`` names the axes that are declared -1."""

    name: str
    steps: list[tuple[str, Slots, Slots, dict[str, Any]]]
    arrays: dict[str, np.ndarray]
    fetch: tuple[str, ...] = ("out",)
    dynamic: dict[str, tuple[int, ...]] = field(default_factory=dict)


IMAGE, CHANNELS_LAST = (0, 2, 3), (0, 1, 2)  # the axes that may be dynamic where the channels may not


def floats(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def one_op(
    op: str,
    name: str = "",
    attrs: dict[str, Any] | None = None,
    *,
    slot: str = "X",
    out: str = "Out",
    shape: tuple[int, ...] = (2, 3, 4, 5),
    x: np.ndarray | None = None,
    extra: Slots | None = None,
    arrays: dict[str, np.ndarray] | None = None,
    more: tuple[str, ...] = (),
    dynamic: bool | tuple[int, ...] = True,
) -> Case:
    """A case of one op on one fed tensor, with further inputs and outputs that are not fetched."""
    x = floats(1, *shape) if x is None else x
    outputs: Slots = {out: "out", **{slot_: slot_.lower() + "_unused" for slot_ in more}}
    axes = tuple(range(x.ndim)) if dynamic is True else dynamic or ()
    return Case(
        f"{op}{'_' + name if name else ''}",
        [(op, {slot: "x", **(extra or {})}, outputs, attrs or {})],
        {"x": x, **(arrays or {})},
        dynamic={"x": axes} if axes else {},
    )


def array_of(entry: dict[str, Any]) -> np.ndarray:
    """A tensor of an archive."""
    return np.frombuffer(base64.b64decode(entry["data"]), entry["dtype"]).reshape(entry["shape"])


def compare(outputs: list[np.ndarray], expected: list[np.ndarray], tolerance: float) -> None:
    """Types and shapes are the same; floats as near as a part of the greatest one."""
    assert len(outputs) == len(expected)
    for output, wanted in zip(outputs, expected):
        assert output.shape == wanted.shape
        assert output.dtype == wanted.dtype
        if wanted.dtype.kind == "f":
            limit = tolerance * np.abs(wanted).max(initial=1e-30)
            np.testing.assert_allclose(output, wanted, rtol=0, atol=limit)
        else:
            np.testing.assert_array_equal(output, wanted)
