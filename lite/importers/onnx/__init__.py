# SPDX-License-Identifier: Apache-2.0
"""Room: importers/onnx - ONNX models, opset 7 to the newest that the onnx package knows.
In:   a .onnx file (external data below its folder) or its bytes.
Out:  a Graph; what has no op of ours is expanded from ONNX's own function bodies or reported.
May import: onnx, lite.importers, ops, ir, errors, numpy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lite.errors import MissingDependencyError
from lite.importers import Source
from lite.ir import Extent, Graph


def load(
    source: Source,
    *,
    input_shapes: Mapping[str, Sequence[Extent]] | None = None,
    freeze_inputs: Mapping[str, np.ndarray] | None = None,
) -> Graph:
    """Import an ONNX model.

    16-bit floats are computed in 32 bits: float16 inputs and outputs keep their type, bfloat16 ones (which
    numpy does not have) become float32. 64-bit floats stay, but products and convolutions of them are
    computed in 32 bits.

    Parameters
    ----------
    source : path or bytes
    input_shapes : mapping of input name to shape, optional
        Replaces what the model declares: fixes extents that it leaves open.
    freeze_inputs : mapping of input name to array, optional
        Inputs that become constants. Needed for inputs whose content decides shapes (``shape``, ``axes``,
        ``k``, ...): our shapes are formulas over the extents of inputs, not over their contents.

    Raises
    ------
    ModelFormatError
        If the file is damaged or contradicts itself; names the node.
    UnsupportedOpError
        If ops are not supported: lists all of them.
    InputError
        If an option names no input of the model or does not fit it.
    """
    try:
        from lite.importers.onnx.walk import import_model
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("onnx", "google"):
            raise
        raise MissingDependencyError(
            "importing ONNX models needs the package onnx", hint="pip install onnx"
        ) from error
    return import_model(source, input_shapes or {}, freeze_inputs or {})
