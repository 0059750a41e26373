# SPDX-License-Identifier: Apache-2.0
"""Room: passes - what makes a graph smaller and faster and keeps its meaning.
In:   a graph as an importer built it, and the names of the ops that have kernels.
Out:  the same graph, rewritten in place, and a log per pass: what changed, what was refused and why.
May import: ops, ir, errors, numpy.
"""
