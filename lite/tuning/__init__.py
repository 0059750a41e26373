# SPDX-License-Identifier: Apache-2.0
"""Room: tuning - which layers of a quantized net stay float (search, guard), and which kernels layers have.
In:   a function that builds the net with some layers left out of the quantization; measured or tabled times.
Out:  the build to keep, and in words why; a cache of the fastest kernels, which lite/tune_cache.py reads.
May import: quant, compare, nb, ir, session, profile, tune_cache, errors, numpy.
"""
