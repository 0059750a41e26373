# SPDX-License-Identifier: Apache-2.0
"""Inputs are the callers' memory: any alignment an element may have, and nothing behind the end is read."""

from __future__ import annotations

import ctypes
import mmap

import numpy as np
import pytest

from lite import Model, _native
from lite.nb.writer import to_bytes
from lite.passes import pipeline
from lite.passes.lower_ops import LowerOps
from lite.passes.to_nhwc import ToNhwc

NO_ACCESS = 0


class Guarded:
    """Memory whose last byte lies before a page that may not be touched."""

    def __init__(self, size: int) -> None:
        pages = -(-max(size, 1) // mmap.PAGESIZE)
        self._map = mmap.mmap(-1, (pages + 1) * mmap.PAGESIZE)
        self._end = pages * mmap.PAGESIZE
        self._guard = ctypes.addressof(ctypes.c_char.from_buffer(self._map)) + self._end
        self._protect(NO_ACCESS)

    def holding(self, array: np.ndarray) -> np.ndarray:
        """A copy of the array that ends where the memory ends."""
        raw = np.frombuffer(self._map, np.uint8, array.nbytes, self._end - array.nbytes)
        copy = raw.view(array.dtype).reshape(array.shape)
        copy[...] = array
        return copy

    def _protect(self, access: int) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        size = ctypes.c_size_t(mmap.PAGESIZE)
        assert libc.mprotect(ctypes.c_void_p(self._guard), size, access) == 0, ctypes.get_errno()


@pytest.mark.parametrize("isa", [isa for isa in _native.usable_isas() if isa != "scalar"])
def test_nothing_behind_an_input_is_read(kind, cases, isa, monkeypatch):
    """A kernel that reads further ends this process."""
    monkeypatch.setenv("LITE_FORCE_ISA", isa)
    for case in cases:
        graph, feeds = case.graph()
        pipeline.run(graph, [LowerOps(frozenset(_native.ops())), ToNhwc()])
        if {node.op.name for node in graph.nodes} - set(_native.ops()):
            pytest.skip("no kernel")
        guarded = {name: Guarded(array.nbytes).holding(array) for name, array in feeds.items()}
        model = Model(to_bytes(graph))
        expected = model.session().run(None, feeds)
        for result, right in zip(model.session(2).run(None, guarded), expected):
            assert result.tobytes() == right.tobytes(), str(case)
