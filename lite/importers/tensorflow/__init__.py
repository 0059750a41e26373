# SPDX-License-Identifier: Apache-2.0
"""Room: importers/tensorflow - frozen graphs (.pb) and SavedModels, of TensorFlow 1 and 2.
In:   a .pb file or its bytes, or the folder of a SavedModel.
Out:  a Graph whose inputs and outputs lie as TensorFlow has them, images mostly as NHWC.
May import: importers' shared modules, ops, ir, errors, numpy; google.protobuf late.
"""

from lite.importers.tensorflow.walk import load

__all__ = ["load"]
