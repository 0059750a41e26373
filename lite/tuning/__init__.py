# SPDX-License-Identifier: Apache-2.0
"""Room: tuning - which layers of a quantized net stay float: for accuracy (search), or for speed (guard).
In:   a function that builds the net with some layers left out of the quantization; measured or tabled times.
Out:  the build to keep, and in words why.
May import: quant, compare, nb, ir, session, profile, errors, numpy.
"""
