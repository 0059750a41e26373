# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
import threading
from pathlib import Path

import numpy as np
import pytest

from lite.ir import Dim, DType, Graph, Symbol, TensorType
from lite.ir.interpret import interpret
from lite.nb.writer import to_bytes, write
from lite.ops.add import Add
from lite.ops.relu import Relu
from lite.tune_cache import TuneTable
from lite.tuning.kernels import write_cache

ROOT = Path(__file__).parents[2]


def _graph(n) -> Graph:
    graph = Graph()
    graph.symbols = {"n": Symbol("n", 1, 8)} if isinstance(n, Dim) else {}
    a = graph.add_input("a", TensorType((n, 3)))
    b = graph.add_input("b", TensorType((n, 3)))
    (total,) = graph.add(Add(), [a, b], outputs=["sum"])
    (positive,) = graph.add(Relu(), [total], outputs=["positive"])
    graph.outputs = [total, positive]
    return graph


class Caller:
    """Calls the API; a status that is not LITE_OK is an AssertionError with the text of it."""

    def __init__(self, ffi, capi):
        self.ffi = ffi
        self.capi = capi

    def status(self, name, *arguments):
        return getattr(self.capi, name)(*arguments)

    def ok(self, name, *arguments):
        assert self.status(name, *arguments) == self.capi.LITE_OK, self.error()

    def get(self, name, type, *arguments):
        out = self.ffi.new(f"{type}*")
        self.ok(name, *arguments, out)
        return out[0]

    def error(self):
        return self.ffi.string(self.capi.lite_last_error()).decode()

    def model(self, graph, folder):
        path = folder / "m.nb"
        write(graph, path)
        return self.get("lite_model_open", "lite_model*", str(path).encode())

    def session(self, model, threads=1, limit=0, precision=0):
        options = self.ffi.new("lite_session_options*", {"threads": threads, "arena_limit_bytes": limit,
                                                         "precision": precision})
        return self.get("lite_session_create", "lite_session*", model, options)

    def feed(self, session, name, array):
        tensor = self.get("lite_session_input_named", "lite_tensor*", session, name.encode())
        self.ok("lite_tensor_copy_from", tensor, self.ffi.from_buffer(array), array.nbytes)

    def output(self, session, index):
        tensor = self.get("lite_session_output", "lite_tensor*", session, index)
        shape = self.get("lite_tensor_shape", "lite_shape", tensor)
        array = np.empty([shape.dims[axis] for axis in range(shape.rank)], np.float32)
        self.ok("lite_tensor_copy_to", tensor, self.ffi.from_buffer(array), array.nbytes)
        return array


@pytest.fixture
def call(ffi, capi):
    return Caller(ffi, capi)


def _feeds(n, seed=0):
    random = np.random.default_rng(seed)
    return {name: random.standard_normal((n, 3)).astype(np.float32) for name in "ab"}


def _check_run(call, session, graph, feeds):
    for name, array in feeds.items():
        call.feed(session, name, array)
    call.ok("lite_session_run", session)
    expected = interpret(graph, feeds)
    assert np.array_equal(call.output(session, 0), expected["sum"])
    assert np.array_equal(call.output(session, 1), expected["positive"])


def test_runs(call, tmp_path):
    graph = _graph(2)
    model = call.model(graph, tmp_path)
    session = call.session(model)
    call.ok("lite_model_close", model)  # the session keeps what it needs
    assert call.get("lite_session_input_count", "size_t", session) == 2
    assert call.get("lite_session_output_count", "size_t", session) == 2
    for seed in range(3):
        _check_run(call, session, graph, _feeds(2, seed))
    call.ok("lite_session_destroy", session)


def test_from_memory(call, ffi):
    graph = _graph(2)
    data = to_bytes(graph)
    for shift in (0, 1):  # aligned or not
        raw = np.zeros(len(data) + 128, np.uint8)
        begin = -raw.ctypes.data % 64 + shift
        raw[begin:begin + len(data)] = np.frombuffer(data, np.uint8)
        model = call.get("lite_model_open_memory", "lite_model*", ffi.from_buffer(raw[begin:]), len(data))
        session = call.session(model)
        _check_run(call, session, graph, _feeds(2))
        call.ok("lite_session_destroy", session)
        call.ok("lite_model_close", model)


def test_tensors_say_what_they_are(call, ffi, tmp_path):
    session = call.session(call.model(_graph(2), tmp_path))
    tensor = call.get("lite_session_input", "lite_tensor*", session, 1)
    assert ffi.string(call.get("lite_tensor_name", "char const*", tensor)) == b"b"
    assert call.get("lite_tensor_dtype", "lite_dtype", tensor) == 0
    assert call.get("lite_tensor_size_bytes", "size_t", tensor) == 24
    shape = call.get("lite_tensor_shape", "lite_shape", tensor)
    assert (shape.rank, list(shape.dims)) == (2, [2, 3, 0, 0, 0, 0, 0, 0])


def test_callers_memory_is_read_in_place(call, ffi, tmp_path):
    graph = _graph(2)
    session = call.session(call.model(graph, tmp_path))
    feeds = _feeds(2)
    for name, array in feeds.items():
        tensor = call.get("lite_session_input_named", "lite_tensor*", session, name.encode())
        call.ok("lite_tensor_set_data", tensor, ffi.from_buffer(array), array.nbytes)
    for _ in range(2):
        call.ok("lite_session_run", session)
        assert np.array_equal(call.output(session, 0), feeds["a"] + feeds["b"])
        feeds["a"] += 1  # seen by the next run


def test_resize(call, ffi, tmp_path):
    graph = _graph(Dim.symbol("n"))
    session = call.session(call.model(graph, tmp_path))
    tensor = call.get("lite_session_input", "lite_tensor*", session, 0)
    shape = ffi.new("lite_shape*")
    assert call.status("lite_tensor_shape", tensor, shape) == call.capi.LITE_BAD_SHAPE
    assert call.status("lite_session_run", session) == call.capi.LITE_BAD_SHAPE
    for n in (1, 4):
        shapes = ffi.new("lite_shape[2]", [{"rank": 2, "dims": [n, 3]}] * 2)
        call.ok("lite_session_resize", session, shapes, 2)
        assert call.status("lite_session_run", session) == call.capi.LITE_BAD_INPUT
        assert "has no data" in call.error()
        _check_run(call, session, graph, _feeds(n))
    shapes[0].dims[0] = 9
    assert call.status("lite_session_resize", session, shapes, 2) == call.capi.LITE_BAD_SHAPE
    shapes[0].rank = 99
    assert call.status("lite_session_resize", session, shapes, 2) == call.capi.LITE_BAD_SHAPE
    assert call.status("lite_session_resize", session, shapes, 1) == call.capi.LITE_BAD_SHAPE
    _check_run(call, session, graph, _feeds(4))  # as before the failures


def test_clones_run_on_threads_at_once(call, tmp_path):
    graph = _graph(2)
    session = call.session(call.model(graph, tmp_path), threads=2)
    problems = []

    def work(seed):
        try:
            clone = call.get("lite_session_clone", "lite_session*", session)
            for round in range(50):
                _check_run(call, clone, graph, _feeds(2, seed * 100 + round))
            call.ok("lite_session_destroy", clone)
        except AssertionError as problem:
            problems.append(problem)

    workers = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not problems


def test_profile_memory_and_isa(call, ffi, tmp_path):
    session = call.session(call.model(_graph(2), tmp_path))
    assert ffi.string(call.get("lite_session_isa", "char const*", session)).decode()
    memory = call.get("lite_session_memory", "lite_memory", session)
    assert memory.arena_bytes >= memory.lower_bound_bytes > 0
    call.ok("lite_session_set_profiling", session, 1)
    _check_run(call, session, _graph(2), _feeds(2))
    assert call.get("lite_session_step_count", "size_t", session) == 2
    step = call.get("lite_session_step", "lite_step", session, 1)
    assert ffi.string(step.op) == b"relu" and 0 < step.begin_ns <= step.end_ns
    behind = call.status("lite_session_step", session, 2, ffi.new("lite_step*"))
    assert behind == call.capi.LITE_INVALID_ARGUMENT


@pytest.mark.parametrize("named_by", ["option", "environment"])
def test_a_tuning_cache(call, ffi, tmp_path, monkeypatch, named_by):
    model, cache = call.model(_graph(2), tmp_path), tmp_path / "cache"
    options = ffi.new("lite_session_options*", {"threads": 1})
    word = ffi.new("char[]", str(cache).encode())
    if named_by == "option":
        options.tune_cache = word
    else:
        monkeypatch.setenv("LITE_TUNE_CACHE", str(cache))
    write_cache(TuneTable(), cache)
    refused = f"the tuning cache is not used: {cache}: line 1 is"
    for text, note in ((cache.read_text(), ""), ("lite tuned", refused)):
        cache.write_text(text)
        session = call.get("lite_session_create", "lite_session*", model, options)
        found = ffi.string(call.get("lite_session_note", "char const*", session)).decode()
        assert found.startswith(note) and bool(found) == bool(note)
        _check_run(call, session, _graph(2), _feeds(2))


def test_no_tuning_cache_is_asked_for(call, ffi, tmp_path, monkeypatch):
    monkeypatch.setenv("LITE_TUNE_CACHE", "/no/such/file")
    options = ffi.new("lite_session_options*", {"threads": 1})
    word = ffi.new("char[]", b"")
    options.tune_cache = word
    session = call.get("lite_session_create", "lite_session*", call.model(_graph(2), tmp_path), options)
    assert not ffi.string(call.get("lite_session_note", "char const*", session))


def test_precision(call, ffi, capi, tmp_path):
    model = call.model(_graph(2), tmp_path)
    plain = call.get("lite_session_create", "lite_session*", model, ffi.NULL)
    fast = call.session(model, precision=capi.LITE_FAST)
    clone = call.get("lite_session_clone", "lite_session*", fast)
    found = [call.get("lite_session_precision", "lite_precision", session)
             for session in (plain, call.session(model), fast, clone)]
    assert found == [capi.LITE_EXACT, capi.LITE_EXACT, capi.LITE_FAST, capi.LITE_FAST]
    for wrong in (-1, 2):
        options = ffi.new("lite_session_options*", {"threads": 1, "precision": wrong})
        session = ffi.new("lite_session**")
        assert capi.lite_session_create(model, options, session) == capi.LITE_INVALID_ARGUMENT
        assert call.error() == f"precision is {wrong}, expected LITE_EXACT (0) or LITE_FAST (1)"


def test_power_modes(call, ffi, capi, tmp_path):
    model = call.model(_graph(2), tmp_path)
    for mode in range(capi.LITE_POWER_RAND_LOW + 1):
        options = ffi.new("lite_session_options*", {"threads": 2, "power_mode": mode})
        session = ffi.new("lite_session**")
        assert capi.lite_session_create(model, options, session) == capi.LITE_OK
        note = ffi.string(call.get("lite_session_note", "char*", session[0])).decode()
        assert not note or "cores" in note
        assert mode != capi.LITE_POWER_NO_BIND or not note
        assert capi.lite_session_destroy(session[0]) == capi.LITE_OK
    for wrong in (-1, 6):
        options = ffi.new("lite_session_options*", {"threads": 1, "power_mode": wrong})
        assert capi.lite_session_create(model, options, session) == capi.LITE_INVALID_ARGUMENT
        assert call.error() == f"power_mode is {wrong}, expected a lite_power_mode: 0 to 5"


def test_an_isa_that_cannot_be(call, ffi, capi, tmp_path, monkeypatch):
    opened = call.model(_graph(2), tmp_path)
    monkeypatch.setenv("LITE_FORCE_ISA", "z80")
    session = ffi.new("lite_session**")
    assert capi.lite_session_create(opened, ffi.NULL, session) == capi.LITE_INVALID_ARGUMENT
    assert call.error().startswith("LITE_FORCE_ISA is 'z80', which this machine cannot use; usable: scalar")


def test_errors_have_status_and_text(call, ffi, capi, tmp_path):
    model = ffi.new("lite_model**")
    assert capi.lite_model_open(b"/no/such.nb", model) == capi.LITE_IO_ERROR
    assert "/no/such.nb" in call.error()
    assert capi.lite_model_open_memory(b"x" * 100, 100, model) == capi.LITE_CORRUPT_FILE
    assert capi.lite_model_open(ffi.NULL, model) == capi.LITE_INVALID_ARGUMENT
    assert capi.lite_session_run(ffi.NULL) == capi.LITE_INVALID_ARGUMENT
    assert capi.lite_model_close(ffi.NULL) == capi.lite_session_destroy(ffi.NULL) == capi.LITE_OK
    opened = call.model(_graph(2), tmp_path)
    session = ffi.new("lite_session**")
    for threads in (0, -1, 257):
        options = ffi.new("lite_session_options*", {"threads": threads})
        assert capi.lite_session_create(opened, options, session) == capi.LITE_INVALID_ARGUMENT
        assert call.error() == f"threads is {threads}, expected 1 to 256"
    options = ffi.new("lite_session_options*", {"threads": 1, "arena_limit_bytes": 1})
    assert capi.lite_session_create(opened, options, session) == capi.LITE_OUT_OF_MEMORY
    good = call.session(opened)
    tensor = ffi.new("lite_tensor**")
    assert capi.lite_session_input(good, 2, tensor) == capi.LITE_INVALID_ARGUMENT
    assert capi.lite_session_output_named(good, b"z", tensor) == capi.LITE_BAD_INPUT
    assert "sum, positive" in call.error()
    first = call.get("lite_session_input", "lite_tensor*", good, 0)
    out = call.get("lite_session_output", "lite_tensor*", good, 0)
    assert capi.lite_tensor_copy_from(first, b"1234", 4) == capi.LITE_BAD_SHAPE
    assert capi.lite_tensor_copy_from(out, bytes(24), 24) == capi.LITE_INVALID_ARGUMENT
    assert capi.lite_tensor_copy_to(out, ffi.new("char[24]"), 24) == capi.LITE_BAD_INPUT  # nothing ran yet
    data = ffi.new("char[32]")
    odd = data + (1 if int(ffi.cast("uintptr_t", data)) % 4 == 0 else 0)
    assert capi.lite_tensor_set_data(first, odd, 24) == capi.LITE_INVALID_ARGUMENT


def test_last_error_belongs_to_the_thread(call, ffi, capi):
    assert capi.lite_model_open(b"/mine.nb", ffi.new("lite_model**")) == capi.LITE_IO_ERROR
    seen = []

    def work():
        seen.append(call.error())
        capi.lite_model_open(b"/other.nb", ffi.new("lite_model**"))
        seen.append(call.error())

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    assert seen[0] == "" and "/other.nb" in seen[1] and "/mine.nb" in call.error()


def test_enums_are_those_of_the_core(ffi, capi):
    rows = re.findall(r"LITE_STATUS\((\w+)", (ROOT / "csrc/base/status.inc").read_text())
    rows = [row for row in rows if row != "name"]
    assert [getattr(capi, f"LITE_{row.upper()}") for row in rows] == list(range(len(rows)))
    assert [getattr(capi, f"LITE_{dtype.name}") for dtype in DType] == list(range(len(DType)))
    for number in range(len(rows)):
        assert ffi.string(capi.lite_status_text(number)).endswith(b".")
    assert ffi.string(capi.lite_version()) == b"0.1.0"
