# SPDX-License-Identifier: Apache-2.0
"""Room: importers/paddle - Paddle's programs in protobuf form, fluid 1.x to Paddle 3.x.
In:   a folder, a program file with its parameters, or the bytes of both.
Out:  a Graph in NCHW.
May import: importers' shared modules, ops, ir, errors, numpy; google.protobuf late.
"""

from lite.importers.paddle.files import ModelFiles, find_files
from lite.importers.paddle.graph import load

__all__ = ["ModelFiles", "find_files", "load"]
