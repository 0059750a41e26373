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
    mode, block, x = call.text("mode", "DCR").upper(), call.int("blocksize"), call.need(0)
    if mode == "DCR":
        return call.emit("space_to_depth", x, block=block)
    if mode != "CRD" or x.type.rank != 4 or block < 1:
        raise ModelFormatError(f"mode is {mode!r} with blocksize {block}, expected DCR or CRD of an image")
    count, channels, height, width = x.type.shape
    cells = call.reshape(x, (count, channels, height // block, block, width // block, block))
    moved = call.emit("transpose", cells, perm=(0, 1, 3, 5, 2, 4))
    return call.reshape(moved, (count, channels * block * block, height // block, width // block))


RULES = {
    "DepthToSpace": depth_to_space,
    "SpaceToDepth": space_to_depth,
}
