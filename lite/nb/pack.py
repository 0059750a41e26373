# SPDX-License-Identifier: Apache-2.0
"""Arrangement of constant weights in a .nb: as the kernels read them, so that mapping the file is loading it.

The formats are written down in csrc/base/tensor.h; a tensor's shape stays the logical one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from lite.errors import LiteError
from lite.ir import DType, Node
from lite.nb import sparse

PANEL = 16  # output channels that lie side by side in p16 and p16x4
QUAD = 4  # neighbouring elements of the depth that lie side by side in p16x4
_PACKED = (DType.F32, DType.S8, DType.S16)  # element types of weights in layers of floats


class Packing(NamedTuple):
    """How a constant lies in the file.

    Parameters
    ----------
    word : {"plain", "p16", "depthwise", "p16x4", "sparse"}
        The name in nb.fbs.
    groups : int
        Of the convolution, for p16 and p16x4.
    transposed : bool
        p16 or p16x4 of a matrix given as [n, k].
    """

    word: str = "plain"
    groups: int = 1
    transposed: bool = False


PLAIN = Packing()


def packing_of(node: Node, position: int, sparse_from: float | None = None) -> Packing:
    """The packing in which a node's kernel wants the constant at an input position.

    Where the kernels take them, weights are sparse if this part of them or more is zero.
    """
    value = node.input(position)
    if position != 1 or value is None or value.array is None:
        return PLAIN
    wanted = sparse_from is not None and sparse.zeros_share(value.array) >= sparse_from
    if wanted and sparse.fits(node, position):
        return Packing("sparse")
    attributes = node.op.attributes()
    if node.op.name.startswith("q_"):
        return _packing_of_bytes(node.op.name, attributes, value.array.shape)
    if value.type.dtype not in _PACKED:
        return PLAIN
    if node.op.name == "fully_connected":
        return Packing("p16")
    if node.op.name == "matmul" and value.array.ndim == 2:
        return Packing("p16", transposed=attributes["transpose_b"])
    if node.op.name == "conv2d" and attributes["layout"] == "nhwc":
        groups = attributes["groups"]
        out, per_group = value.array.shape[:2]
        return Packing("depthwise") if groups == out and per_group == 1 else Packing("p16", groups)
    return PLAIN


def _packing_of_bytes(op: str, attributes: dict[str, Any], shape: tuple[int, ...]) -> Packing:
    if op == "q_fully_connected":
        return Packing("p16x4")
    if op == "q_conv2d":
        groups = attributes["groups"]
        by_channel = groups == shape[0] and shape[1] == 1
        return PLAIN if by_channel else Packing("p16x4", groups)
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
        Contiguous; p16 and p16x4 hold zeros for the output channels that fill up the last panel, p16x4 for
        the elements that fill up the last quad of each row of the window, too. Sparse weights are bytes.
    """
    if packing.word == "sparse":
        return sparse.encode(array)
    if packing.word == "plain":
        return np.ascontiguousarray(array)
    if packing.word == "depthwise":
        return np.ascontiguousarray(array.reshape(len(array), -1).T)
    if packing.word == "p16x4":
        return _quads(_columns(array, packing), _window_rows(array.shape))
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
    full, left = divmod(n, PANEL)
    panels = np.zeros((groups, full + bool(left), k, PANEL), columns.dtype)
    panels[:, :full] = columns[:, : full * PANEL].reshape(groups, full, PANEL, k).transpose(0, 1, 3, 2)
    if left:
        panels[:, full, :, :left] = columns[:, full * PANEL :].transpose(0, 2, 1)
    return panels


def _window_rows(shape: tuple[int, ...]) -> int:
    return shape[2] if len(shape) == 4 else 1


def _quads(columns: np.ndarray, rows: int) -> np.ndarray:
    """[groups, n, k] as [groups, ceil(n / 16), rows, ceil(k / rows / 4), 16, 4]."""
    groups, n, k = columns.shape
    panels, depth = -(-n // PANEL), k // rows
    quads = -(-depth // QUAD)
    filled = np.zeros((groups, panels * PANEL, rows, quads * QUAD), columns.dtype)
    filled[:, :n, :, :depth] = columns.reshape(groups, n, rows, depth)
    split = filled.reshape(groups, panels, PANEL, rows, quads, QUAD)
    return np.ascontiguousarray(split.transpose(0, 1, 3, 4, 2, 5))


def unpack(elements: np.ndarray, packing: Packing, shape: tuple[int, ...]) -> np.ndarray:
    """The constant of a shape whose elements lie in the order of the file: ``pack`` undone.

    Raises
    ------
    ValueError
        If the number of elements does not fit.
    """
    if packing.word == "plain":
        return elements.reshape(shape)
    if packing.word == "sparse":
        return sparse.decode(elements.tobytes(), shape)
    if packing.word == "depthwise":
        return np.ascontiguousarray(elements.reshape(-1, shape[0]).T).reshape(shape)
    if len(shape) == 2:
        n, k = shape if packing.transposed else shape[::-1]
        matrix = _unpacked(elements, packing, n, k, 1)[0]
        return np.ascontiguousarray(matrix if packing.transposed else matrix.T)
    out, per_group, kernel_height, kernel_width = shape
    depth = kernel_height * kernel_width * per_group
    columns = _unpacked(elements, packing, out // packing.groups, depth, kernel_height)
    ohwi = columns.reshape(out, kernel_height, kernel_width, per_group)
    return np.ascontiguousarray(ohwi.transpose(0, 3, 1, 2))


def _unpacked(elements: np.ndarray, packing: Packing, n: int, k: int, rows: int) -> np.ndarray:
    if packing.word == "p16x4":
        return _unquads(elements, packing.groups, n, k, rows)
    return _unpanels(elements, packing.groups, n, k)


def _unquads(elements: np.ndarray, groups: int, n: int, k: int, rows: int) -> np.ndarray:
    """What ``_quads`` made of [groups, n, k]."""
    panels, depth = -(-n // PANEL), k // rows
    split = elements.reshape(groups, panels, rows, -(-depth // QUAD), PANEL, QUAD)
    filled = split.transpose(0, 1, 4, 2, 3, 5).reshape(groups, panels * PANEL, rows, -1)
    return filled[:, :n, :, :depth].reshape(groups, n, k)


def _unpanels(elements: np.ndarray, groups: int, n: int, k: int) -> np.ndarray:
    """[groups, ceil(n / 16), k, 16] as [groups, n, k]."""
    panels = -(-n // PANEL)
    filled = elements.reshape(groups, panels, k, PANEL).transpose(0, 1, 3, 2)
    return filled.reshape(groups, panels * PANEL, k)[:, :n]
