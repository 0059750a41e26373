# SPDX-License-Identifier: Apache-2.0
"""Room: engines against each other on the same networks, in turns, and whether ours is far enough ahead.

In: names of networks, ``ENGINES``. Out: rows of figures (dicts, as in the JSON), tables, misses of the bars.
May import: bench/engines, bench/zoo, numpy, onnx; lite.images for photographs.
Start reading: turns.py, then bars.py.
"""
