# SPDX-License-Identifier: Apache-2.0
"""Arrangement of constant weights in a .nb: as the kernels read them, so that mapping the file is loading it.

The formats are written down in csrc/base/tensor.h; a tensor's shape stays the logical one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lite.errors import LiteError
from lite.ir import DType, Node

PANEL = 16  # output channels that lie side by side in p16


class Packing(NamedTuple):
    """How a constant lies in the file.

    Parameters
    ----------
    word : {"plain", "p16", "depthwise"}
        The name in nb.fbs.
    groups : int
        Of the convolution, for p16.
    transposed : bool
        p16 of a matrix given as [n, k].
    """

    word: str = "plain"
    groups: int = 1
    transposed: bool = False


PLAIN = Packing()


def packing_of(node: Node, position: int) -> Packing:
    """The packing in which a node's kernel wants the constant at an input position."""
    value = node.input(position)
    if position != 1 or value is None or value.array is None or value.type.dtype is not DType.F32:
        return PLAIN
    attributes = node.op.attributes()
    if node.op.name == "fully_connected":
        return Packing("p16")
    if node.op.name == "matmul" and value.array.ndim == 2:
        return Packing("p16", transposed=attributes["transpose_b"])
    if node.op.name == "conv2d" and attributes["layout"] == "nhwc":
        groups = attributes["groups"]
        out, per_group = value.array.shape[:2]
        return Packing("depthwise") if groups == out and per_group == 1 else Packing("p16", groups)
    return PLAIN


def pack(array: np.ndarray, packing: Packing) -> np.ndarray:
    """The elements of a constant in the order of the file.

    Parameters
    ----------
    array : ndarray
        Convolution weights [out, in / groups, kh, kw] or a matrix [k, n].
    packing : Packing

    Returns
    -------
    ndarray
        Contiguous; p16 holds zeros for the output channels that fill up the last panel.
    """
    if packing.word == "plain":
        return np.ascontiguousarray(array)
    if packing.word == "depthwise":
        return np.ascontiguousarray(array.reshape(len(array), -1).T)
    if packing.word != "p16":
        raise LiteError(f"there is no packing {packing.word!r}")
    return _panels(_columns(array, packing))


def _columns(array: np.ndarray, packing: Packing) -> np.ndarray:
    """Weights as [groups, n, k]."""
    if array.ndim == 2:
        return (array if packing.transposed else array.T)[None]
    out, per_group, kernel_height, kernel_width = array.shape
    depth = kernel_height * kernel_width * per_group
    return array.transpose(0, 2, 3, 1).reshape(packing.groups, out // packing.groups, depth)


def _panels(columns: np.ndarray) -> np.ndarray:
    """[groups, n, k] as [groups, ceil(n / 16), k, 16]."""
    groups, n, k = columns.shape
    panels = -(-n // PANEL)
    filled = np.zeros((groups, panels * PANEL, k), columns.dtype)
    filled[:, :n] = columns
    return np.ascontiguousarray(filled.reshape(groups, panels, PANEL, k).transpose(0, 1, 3, 2))


def unpack(elements: np.ndarray, packing: Packing, shape: tuple[int, ...]) -> np.ndarray:
    """The constant of a shape whose elements lie in the order of the file: ``pack`` undone.

    Raises
    ------
    ValueError
        If the number of elements does not fit.
    """
    if packing.word == "plain":
        return elements.reshape(shape)
    if packing.word == "depthwise":
        return np.ascontiguousarray(elements.reshape(-1, shape[0]).T).reshape(shape)
    if len(shape) == 2:
        n, k = shape if packing.transposed else shape[::-1]
        matrix = _unpanels(elements, 1, n, k)[0]
        return np.ascontiguousarray(matrix if packing.transposed else matrix.T)
    out, per_group, kernel_height, kernel_width = shape
    depth = kernel_height * kernel_width * per_group
    columns = _unpanels(elements, packing.groups, out // packing.groups, depth)
    ohwi = columns.reshape(out, kernel_height, kernel_width, per_group)
    return np.ascontiguousarray(ohwi.transpose(0, 3, 1, 2))


def _unpanels(elements: np.ndarray, groups: int, n: int, k: int) -> np.ndarray:
    """[groups, ceil(n / 16), k, 16] as [groups, n, k]."""
    panels = -(-n // PANEL)
    filled = elements.reshape(groups, panels, k, PANEL).transpose(0, 1, 3, 2)
    return filled.reshape(groups, panels * PANEL, k)[:, :n]
