# SPDX-License-Identifier: Apache-2.0
"""Room: importers/caffe - Caffe's networks: text (.prototxt) with weights (.caffemodel), old and new layers.
In:   either file of a pair, its folder, or the bytes of both.
Out:  a Graph in NCHW.
May import: importers' shared modules, ops, ir, errors, numpy; google.protobuf late.
"""

from lite.importers.caffe.files import ModelFiles, find_files
from lite.importers.caffe.graph import load

__all__ = ["ModelFiles", "find_files", "load"]
