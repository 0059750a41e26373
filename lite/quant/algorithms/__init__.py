# SPDX-License-Identifier: Apache-2.0
"""Room: algorithms - one file per way to lose less when weights and activations become integers.
In:   layers, and arrays of the values that an algorithm asks to see.
Out:  other weights, biases or roundings, of the same meaning or nearer to the float model.
May import: quant's plan and parameters, ir, errors, numpy.
"""
