# SPDX-License-Identifier: Apache-2.0
"""Room: importers/tflite - TFLite (LiteRT) models, float and quantized.
In:   a .tflite file or its bytes.
Out:  a Graph in NHWC, as the file has it; between quantized tensors ops stand on reals.
May import: importers' shared modules, ops, ir, errors, numpy; flatbuffers late.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lite.importers import Source
from lite.ir import Extent, Graph


def load(
    source: Source,
    *,
    input_shapes: Mapping[str, Sequence[Extent]] | None = None,
    freeze_inputs: Mapping[str, np.ndarray] | None = None,
) -> Graph:
    """Import a TFLite model: its first subgraph, and those that its loops and branches run, unrolled.

    Parameters
    ----------
    source : path or bytes
    input_shapes : mapping of str to shape, optional
        By name of an input, in the place of the shape that the model declares.
    freeze_inputs : mapping of str to array, optional
        Inputs that become constants.

    Raises
    ------
    FileError, ModelFormatError, UnsupportedOpError, InputError
    """
    from lite.importers.tflite.walk import import_model

    return import_model(source, input_shapes or {}, freeze_inputs or {})
