# SPDX-License-Identifier: Apache-2.0
"""Room: importers/paddle - Paddle's programs: protobuf form from fluid 1.x on, PIR form of Paddle 3,
      and the .nb of Paddle Lite itself.
In:   a folder, a program file with its parameters, or the bytes of both; a .nb.
Out:  a Graph in NCHW.
May import: importers' shared modules, ops, ir, errors, numpy; google.protobuf late.
"""

from lite.importers.paddle.files import ModelFiles, find_files
from lite.importers.paddle.graph import load

__all__ = ["ModelFiles", "find_files", "load"]
