# SPDX-License-Identifier: Apache-2.0
"""Ops that trade channels against height and width."""

from __future__ import annotations

from lite.errors import ModelFormatError
from lite.importers.onnx.call import Call
from lite.ir import Value


def depth_to_space(call: Call) -> Value:
    mode = call.text("mode", "DCR").lower()
    if mode not in ("dcr", "crd"):
        raise ModelFormatError(f"mode is {mode!r}, expected DCR or CRD")
    return call.emit("depth_to_space", call.need(0), block=call.int("blocksize"), mode=mode)


def space_to_depth(call: Call) -> Value:
    return call.emit("space_to_depth", call.need(0), block=call.int("blocksize"))


RULES = {
    "DepthToSpace": depth_to_space,
    "SpaceToDepth": space_to_depth,
}
