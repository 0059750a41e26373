# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import signal
import threading
import warnings

import numpy as np
import pytest

import lite
from lite.errors import ArenaError, FileError, InputError, LiteError, NbCorruptError, ShapeError, TargetError
from lite.ir import Dim, DType, Graph, Symbol, TensorType
from lite.ir.interpret import interpret
from lite.nb.writer import to_bytes, write
from lite.ops.add import Add
from lite.ops.concat import Concat
from lite.ops.leaky_relu import LeakyRelu
from lite.ops.mul import Mul
from lite.ops.pool2d import Pool2d
from lite.ops.relu import Relu
from lite.ops.reshape import Reshape
from lite.ops.transpose import Transpose
from lite.session import PowerModeWarning


def _random(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


FREE_BATCH = (Dim.symbol("n"), 3, 4)


def _chain(shape=FREE_BATCH) -> Graph:
    """y = leaky_relu(x * 2) + 1, and its halves as second output."""
    graph = Graph("chain")
    graph.symbols = {"n": Symbol("n", 1, 16)}
    x = graph.add_input("x", TensorType(shape))
    (doubled,) = graph.add(Mul(), [x, graph.constant(np.float32([2]))], outputs=["doubled"])
    (bent,) = graph.add(LeakyRelu(alpha=0.5), [doubled])
    (y,) = graph.add(Add(), [bent, graph.constant(np.float32([1]))], outputs=["y"])
    (half,) = graph.add(Mul(), [y, graph.constant(np.float32([0.5]))], outputs=["half"])
    graph.outputs = [y, half]
    return graph


@pytest.fixture
def graph() -> Graph:
    return _chain()


@pytest.fixture
def model(graph: Graph) -> lite.Model:
    return lite.Model(to_bytes(graph))


def test_run_gives_what_the_graph_means(graph, model):
    feeds = {"x": _random(2, 3, 4)}
    expected = interpret(graph, feeds)
    session = model.session()
    result = session.run(feeds)
    assert list(result) == ["y", "half"]
    for name, array in result.items():
        assert np.array_equal(array, expected[name])
    only, = session.run(["half"], feeds)
    assert np.array_equal(only, expected["half"])
    assert [array.shape for array in session.run(None, feeds)] == [(2, 3, 4)] * 2


def test_call_with_one_input_and_one_output():
    graph = _chain()
    graph.outputs = graph.outputs[:1]
    x = _random(1, 3, 4)
    y = lite.Model(to_bytes(graph)).session()(x)
    assert np.array_equal(y, interpret(graph, {"x": x})["y"])


def test_model_from_a_file_and_its_facts(graph, tmp_path):
    path = tmp_path / "m.nb"
    write(graph, path)
    for source in (path, str(path), path.read_bytes()):
        model = lite.Model(source)
        assert [(info.name, info.shape, info.dtype) for info in model.inputs] == [
            ("x", ("n", 3, 4), np.dtype("float32"))]
        assert [info.name for info in model.outputs] == ["y", "half"]
        assert model.size_bytes == path.stat().st_size
        assert model.made_by.startswith("lite ")


def test_file_may_be_replaced_while_it_is_used(graph, tmp_path):
    path = tmp_path / "m.nb"
    write(graph, path)
    session = lite.Model(path).session()
    path.unlink()
    path.write_bytes(b"something else")
    assert session.run({"x": _random(1, 3, 4)})["y"].shape == (1, 3, 4)


def test_shapes_follow_the_inputs(model):
    session = model.session()
    assert session.memory is None and session.inputs[0].shape == ("n", 3, 4)
    for n in (1, 5, 2, 16):
        assert session.run({"x": _random(n, 3, 4)})["y"].shape == (n, 3, 4)
        assert session.inputs[0].shape == session.outputs[0].shape == (n, 3, 4)


def test_resize_plans_and_a_failure_changes_nothing(model):
    session = model.session()
    session.resize({"x": (4, 3, 4)})
    before = session.memory
    with pytest.raises(ShapeError, match="out of range, expected 1 to 16"):
        session.resize({"x": (17, 3, 4)})
    with pytest.raises(ShapeError, match=r"got shape \[4, 3, 5\], expected \[n, 3, 4\]"):
        session.resize({"x": (4, 3, 5)})
    with pytest.raises(ShapeError):
        session.resize({"x": (1,) * 9})
    with pytest.raises(InputError, match="unknown"):
        session.resize({"z": (1,)})
    assert session.memory == before and session.inputs[0].shape == (4, 3, 4)
    assert session.run({"x": _random(4, 3, 4)})["y"].shape == (4, 3, 4)


@pytest.mark.parametrize("feeds, error, text", [
    ({}, InputError, "missing"),
    ({"x": _random(1, 3, 4), "z": _random(1)}, InputError, "unknown"),
    ({"x": _random(1, 3, 4).astype(np.float64)}, InputError, "got float64, expected float32"),
    ({"x": np.ones((1, 3, 4), np.int32)}, InputError, "got int32"),
    ({"x": _random(3, 4)}, ShapeError, "got shape"),
    ({"x": _random(1, 4, 3)}, ShapeError, "got shape"),
    ({"x": _random(0, 3, 4)}, ShapeError, "out of range"),
    ({"x": None}, InputError, "object"),
    ({"x": "text"}, InputError, "expected float32"),
    ([_random(1, 3, 4)], InputError, "expected a dict"),
])
def test_wrong_feeds_are_one_clear_error(model, feeds, error, text):
    session = model.session()
    with pytest.raises(error, match=text):
        session.run(feeds)
    assert session.run({"x": _random(1, 3, 4)})  # and the session still works


def test_wrong_output_names_and_arguments(model):
    session = model.session()
    with pytest.raises(InputError, match="no outputs"):
        session.run(["z"], {"x": _random(1, 3, 4)})
    with pytest.raises(InputError, match="arguments"):
        session.run()
    with pytest.raises(InputError, match="expected 1"):
        session(_random(1, 3, 4), _random(1, 3, 4))
    for threads in (0, -1, 1000):
        with pytest.raises(InputError, match="threads"):
            model.session(threads=threads)


@pytest.mark.parametrize("change", [
    np.asfortranarray, lambda x: x[:, ::-1], lambda x: np.repeat(x, 2, axis=2)[..., ::2],
    lambda x: x.astype(">f4"), lambda x: _unaligned(x), lambda x: _frozen(x),
], ids=["fortran", "reversed", "strided", "big_endian", "unaligned", "read_only"])
def test_any_array_will_do(graph, model, change):
    x = _random(2, 3, 4)
    changed = change(x)
    expected = interpret(graph, {"x": np.ascontiguousarray(changed, np.float32)})["y"]
    assert np.array_equal(model.session().run({"x": changed})["y"], expected)


def _unaligned(array: np.ndarray) -> np.ndarray:
    raw = np.zeros(array.nbytes + 1, np.uint8)
    view = raw[1:].view(array.dtype).reshape(array.shape)
    view[...] = array
    return view


def _frozen(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


def test_inputs_are_read_where_they_are_and_never_written(model):
    session = model.session()
    x = _random(2, 3, 4)
    before = x.copy()
    first = session.run({"x": x})["y"]
    assert np.array_equal(x, before)
    x += 1
    assert not np.array_equal(session.run({"x": x})["y"], first)


def test_outputs_are_copies_unless_asked_otherwise(model):
    session = model.session()
    kept = session.run({"x": _random(2, 3, 4)})["y"]
    again = kept.copy()
    view = session.run({"x": _random(2, 3, 4)}, copy=False)["y"]
    assert np.array_equal(view, again) and not view.flags.owndata
    session.run({"x": _random(2, 3, 4, seed=1)})
    assert np.array_equal(kept, again)
    assert not np.array_equal(view, again)


def test_view_outlives_session_and_resize(model):
    session = model.session()
    view = session.run({"x": _random(2, 3, 4)}, copy=False)["y"]
    kept = view.copy()
    session.run({"x": _random(3, 3, 4)})
    assert np.array_equal(view, kept)
    del session
    assert np.array_equal(view, kept)


def test_clone_shares_the_model_and_nothing_else(model):
    session = model.session()
    first = session.run({"x": _random(2, 3, 4)}, copy=False)["y"]
    clone = session.clone()
    assert clone.model is model and clone.inputs == session.inputs
    kept = first.copy()
    clone.run({"x": _random(2, 3, 4, seed=5)})
    assert np.array_equal(first, kept)


def test_precision_is_said_and_kept(model):
    assert model.session().precision == "exact"
    session = model.session(threads=2, precision="fast")
    session.run({"x": _random(2, 3, 4)})
    assert (session.precision, session.threads) == ("fast", 2)
    assert (session.clone().precision, session.clone().threads) == ("fast", 2)


@pytest.mark.parametrize("wrong", ["quick", "", "FAST", None, 1])
def test_wrong_precision_names_the_right_ones(model, wrong):
    with pytest.raises(InputError, match=f"precision is '{wrong}', expected 'exact' or 'fast'"):
        model.session(precision=wrong)


@pytest.mark.parametrize("mode", ["no_bind", "high", "low", "full", "rand_high", "rand_low"])
def test_power_modes_change_no_bit_and_leave_the_caller_where_it_was(model, mode):
    feeds = {"x": _random(2, 3, 4)}
    before = os.sched_getaffinity(0)
    expected = model.session().run(None, feeds)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PowerModeWarning)  # a system that does not tell its cores apart
        session = model.session(threads=2, power_mode=mode)
    for one in (session, session.clone()):
        for got, wanted in zip(one.run(None, feeds), expected):
            assert got.tobytes() == wanted.tobytes()
    assert os.sched_getaffinity(0) == before


@pytest.mark.parametrize("wrong", ["fast", "", "HIGH", None, 1])
def test_wrong_power_mode_names_the_right_ones(model, wrong):
    with pytest.raises(InputError, match=f"power mode is '{wrong}', expected one of no_bind, high"):
        model.session(power_mode=wrong)


def test_sessions_run_on_many_threads_at_once(graph, model):
    failures = []

    def work(seed):
        session = model.session(threads=1 + seed % 2)
        for round in range(100):
            x = _random(1 + (seed + round) % 4, 3, 4, seed=seed)
            if not np.array_equal(session.run({"x": x})["half"], expected[seed, len(x)]):
                failures.append((seed, round))

    expected = {(seed, n): interpret(graph, {"x": _random(n, 3, 4, seed=seed)})["half"]
                for seed in range(6) for n in range(1, 5)}
    workers = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failures


def test_one_session_on_two_threads_is_an_error_not_a_race():
    graph = Graph()
    x = graph.add_input("x", TensorType((1 << 22,)))
    y = x
    for _ in range(8):
        (y,) = graph.add(Add(), [y, x])
    graph.outputs = [y]
    session = lite.Model(to_bytes(graph)).session()
    feed = {"x": np.ones(1 << 22, np.float32)}
    session.run(feed)
    outcomes = []

    def work():
        for _ in range(5):
            try:
                outcomes.append(float(session.run(feed)[y.name][-1]))
            except InputError as error:
                outcomes.append(str(error))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert {outcome for outcome in outcomes if isinstance(outcome, float)} == {9.0}
    assert all("clone" in outcome for outcome in outcomes if isinstance(outcome, str))


def test_one_session_with_other_shapes_on_each_thread(graph, model):
    """Nobody reads the outputs of another's shapes, nor memory that another's plan has given back."""
    session = model.session(threads=2)
    expected = {n: interpret(graph, {"x": _random(n, 3, 4)})["half"] for n in (1, 7, 16)}
    failures, refused = [], []

    def work(n):
        for round in range(300):
            try:
                if round % 3 == 0:
                    session.resize({"x": (n, 3, 4)})
                result = session.run({"x": _random(n, 3, 4)}, copy=round % 2 == 0)["half"]
                right = not result.flags.owndata or np.array_equal(result, expected[n])
                if result.shape != (n, 3, 4) or not right:
                    failures.append((n, round))
                if not (session.clone().memory and session.memory and session.inputs and session.outputs):
                    failures.append((n, round))
            except InputError as error:
                refused.append(str(error))

    workers = [threading.Thread(target=work, args=(n,)) for n in expected]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failures and all("clone" in text for text in refused)


def test_forked_child_runs_without_its_threads():
    graph = Graph()
    x = graph.add_input("x", TensorType((1 << 20,)))
    graph.outputs = list(graph.add(Add(), [x, x]))
    session = lite.Model(to_bytes(graph)).session(threads=2)
    feed = np.ones(1 << 20, np.float32)
    assert session(feed)[-1] == 2
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        right = session(feed)[-1] == 2 and session.clone()(feed)[-1] == 2
        del session
        os._exit(0 if right else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert session(feed)[-1] == 2


def test_arena_limit(graph):
    big = _chain((1024, 64, 4))
    model = lite.Model(to_bytes(big))
    with pytest.raises(ArenaError, match="the limit is 1000"):
        model.session(arena_limit=1000)
    assert model.session(arena_limit=64 << 20).memory.arena_bytes <= 64 << 20


def test_huge_shapes_are_refused_before_anything_is_taken():
    graph = Graph()
    n = Dim.symbol("n")
    graph.symbols = {"n": Symbol("n", 1, 1 << 39)}
    x = graph.add_input("x", TensorType((n,)))
    from lite.ops.expand import Expand

    graph.outputs = list(graph.add(Expand(shape=(1 << 12, n)), [x]))
    session = lite.Model(to_bytes(graph)).session()
    with pytest.raises(ArenaError):
        session.resize({"x": (1 << 27,)})
    with pytest.raises(ShapeError, match="too large"):
        session.resize({"x": (1 << 35,)})


def test_nothing_runs_for_outputs_without_elements():
    """Their other extents say nothing about what there is, so no op takes memory or time by them."""
    graph = Graph()
    x = graph.add_input("x", TensorType((0, 1 << 30, 4, 1)))
    window = Pool2d(kind="max", kernel=(1, 1), layout="nhwc")
    graph.outputs = list(graph.add(Relu(), graph.add(window, [x])))
    session = lite.Model(to_bytes(graph)).session(arena_limit=1 << 20)
    assert session.memory.arena_bytes == 0
    assert session(np.zeros((0, 1 << 30, 4, 1), np.float32)).shape == (0, 1 << 30, 4, 1)


def test_an_extent_fits_32_bits():
    graph = Graph()
    x = graph.add_input("x", TensorType((1 << 31,), DType.U8))
    graph.outputs = list(graph.add(Reshape(shape=(1 << 31,)), [x]))
    with pytest.raises(NbCorruptError, match="2\\^31"):
        lite.Model(to_bytes(graph))


def test_values_share_memory(graph):
    """x -> * -> bend -> + -> y: one buffer in place, another for the second output."""
    session = lite.Model(to_bytes(_chain((16, 64, 4)))).session()
    size = 16 * 64 * 4 * 4
    assert session.memory.arena_bytes == session.memory.lower_bound_bytes == 2 * size


def _aliased(after) -> Graph:
    """What ``after`` makes of (x, x seen flat, relu of x seen flat)."""
    graph = Graph()
    x = graph.add_input("x", TensorType((2, 6)))
    (flat,) = graph.add(Reshape(shape=(12,)), [x])
    (bent,) = graph.add(Relu(), [flat])
    graph.outputs = list(after(graph, x, flat, bent))
    return graph


@pytest.mark.parametrize("after", [
    lambda g, x, flat, bent: [flat],
    lambda g, x, flat, bent: [bent, x],
    lambda g, x, flat, bent: g.add(Add(), [bent, flat]),
    lambda g, x, flat, bent: [bent, *g.add(Relu(), g.add(Reshape(shape=(4, 3)), [bent]))],
    lambda g, x, flat, bent: [*g.add(Reshape(shape=(4, 3)), [bent]), *g.add(LeakyRelu(), [bent])],
    lambda g, x, flat, bent: g.add(Concat(axis=0), [bent, bent, *g.add(LeakyRelu(), [bent])]),
    lambda g, x, flat, bent: g.add(Add(), [bent, *g.add(Reshape(shape=(12,)), [bent])]),
    lambda g, x, flat, bent: g.add(Reshape(shape=(3, 4)), [g.constant(_random(12))]),
    lambda g, x, flat, bent: [g.constant(_random(3)), bent],
    lambda g, x, flat, bent: g.add(Relu(), g.add(Reshape(shape=(3, 4)), [g.constant(_random(12))])),
    lambda g, x, flat, bent: g.add(Transpose(perm=(1, 0)), g.add(Reshape(shape=(4, 3)), [bent])),
])
def test_aliases_and_ops_in_place_never_disturb_another_value(after):
    graph = _aliased(after)
    x = _random(2, 6)
    session = lite.Model(to_bytes(graph)).session()
    for _ in range(2):
        for copy in (True, False):
            result = session.run({"x": x}, copy=copy)
            for name, expected in interpret(graph, {"x": x}).items():
                assert np.array_equal(result[name], expected), name


@pytest.mark.parametrize("dtype", [dtype for dtype in DType if dtype is not DType.BF16])
def test_every_element_type_goes_in_and_out(dtype):
    graph = Graph()
    x = graph.add_input("x", TensorType((2, 3), dtype))
    graph.outputs = list(graph.add(Transpose(perm=(1, 0)), [x]))
    array = np.arange(6).reshape(2, 3).astype(dtype.numpy)
    result = lite.Model(to_bytes(graph)).session()(array)
    assert result.dtype == array.dtype and np.array_equal(result, array.T)


def test_profile(model):
    session = model.session()
    with pytest.raises(InputError, match="not fixed"):
        session.profile()
    profile = session.profile({"x": _random(2, 3, 4)}, warmup=1, repeats=4)
    assert [layer.op for layer in profile] == ["mul", "leaky_relu", "add", "mul"]
    assert profile.layers[0].outputs == ((2, 3, 4),) and profile.isa == session.isa
    assert all(len(layer.spans) == 4 for layer in profile)
    assert all(begin <= end for layer in profile for begin, end in layer.spans)
    assert abs(sum(profile.share(layer) for layer in profile) - 1) < 1e-9
    assert set(profile.by_op()) == {"mul", "leaky_relu", "add"}
    assert "leaky_relu" in str(profile) and json.dumps(profile.to_dict())
    events = json.loads(profile.chrome_trace())["traceEvents"]
    assert [event["cat"] for event in events] == ["mul", "leaky_relu", "add", "mul"]
    assert all(event["ph"] == "X" and event["dur"] >= 0 for event in events)
    assert session.profile(repeats=1)  # the shapes are known now


def test_forced_isa_is_the_one_that_runs(model, monkeypatch):
    from lite import _native

    for isa in _native.usable_isas():
        monkeypatch.setenv("LITE_FORCE_ISA", isa)
        assert model.session().isa == isa
    monkeypatch.setenv("LITE_FORCE_ISA", "armv9_imaginary")
    with pytest.raises(InputError, match="usable: scalar"):
        model.session()


def test_files_that_are_none(tmp_path):
    with pytest.raises(FileError, match="No such file"):
        lite.Model(tmp_path / "none.nb")
    with pytest.raises(FileError, match="not a regular file"):
        (tmp_path / "folder.nb").mkdir()
        lite.Model(tmp_path / "folder.nb")
    for number, data in enumerate([b"", b"x", b"\0\0\0\0LTNB", bytes(1000)]):
        path = tmp_path / f"{number}.nb"
        path.write_bytes(data)
        with pytest.raises(NbCorruptError, match=str(path)):
            lite.Model(path)


def test_other_formats_are_converted_in_memory(tmp_path):
    onnx = pytest.importorskip("onnx")
    info = onnx.helper.make_tensor_value_info
    node = onnx.helper.make_node("LeakyRelu", ["x"], ["y"], alpha=0.5)
    graph = onnx.helper.make_graph([node], "tiny", [info("x", 1, ["n", 3])], [info("y", 1, ["n", 3])])
    path = tmp_path / "tiny.onnx"
    path.write_bytes(onnx.helper.make_model(graph).SerializeToString())
    x = _random(2, 3)
    for source in (path, path.read_bytes()):
        assert np.array_equal(lite.Model(source).session()(x), np.where(x < 0, x / 2, x))
    assert [entry.name for entry in tmp_path.iterdir()] == ["tiny.onnx"]
    for source in (tmp_path / "none.onnx", b"", b"neither this nor that"):
        with pytest.raises(LiteError):
            lite.Model(source)


def test_made_for_other_machines(graph):
    data = to_bytes(graph, targets=["riscv"])
    with pytest.raises(TargetError, match=r"\[riscv\]") as caught:
        lite.Model(data)
    assert "--valid_targets" in caught.value.hint


def test_error_says_where_and_what_to_do(model):
    with pytest.raises(LiteError) as caught:
        model.session().run({"x": _random(1, 3, 4).astype(np.float16)})
    assert "input 'x'" in str(caught.value) and caught.value.hint == 'array.astype("float32")'


@pytest.mark.parametrize("threads", ["2", 2.5, None, True, -1, 1 << 63, 0, 100000])
def test_a_number_of_threads_that_is_none(threads):
    with pytest.raises(InputError, match="threads"):
        lite.Model(to_bytes(_chain())).session(threads)


@pytest.mark.parametrize("extent", [1 << 63, -1, 2.0, "2", True])
def test_an_extent_that_is_none(extent):
    session = lite.Model(to_bytes(_chain())).session()
    with pytest.raises((InputError, ShapeError)):
        session.resize({"x": (extent, 3, 4)})


@pytest.mark.parametrize("source", [None, 5, [b"bytes"]])
def test_a_source_that_is_no_model(source):
    with pytest.raises(InputError, match="expected a path or the bytes of a model"):
        lite.Model(source)


def test_trimmed_outputs_hold_only_what_was_found() -> None:
    rows, columns = np.arange(12).reshape(6, 2), np.arange(12).reshape(2, 6)
    given = {"rows": rows, "columns": columns, "columns.count.1": np.int64(3), "x.count.0": np.int64(1)}
    found = lite.trimmed({"rows.count.0": np.int64(0), **given})
    assert list(found) == ["rows", "columns", "x.count.0"]
    assert found["rows"].shape == (0, 2) and (found["columns"] == columns[:, :3]).all()
