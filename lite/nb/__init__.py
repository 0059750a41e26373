# SPDX-License-Identifier: Apache-2.0
"""Room: nb - the .nb file: writer, reader, and the packing of weights; schema.py is generated from nb.fbs.
In:   Graph.
Out:  bytes (writer), Graph again (reader).
May import: ops, ir, errors, numpy, flatbuffers.
"""
