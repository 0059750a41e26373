# SPDX-License-Identifier: Apache-2.0
"""Room: exporters - graphs written as models of other frameworks, one package a format.
In:   a Graph of float ops in NCHW, quantize and dequantize.
Out:  the bytes of a foreign model; or one error that names everything that cannot be said in it.
May import: importers (tables that serve both ways), ops, ir, errors, numpy; a third-party writer only
inside its own exporter, late.
"""
