# SPDX-License-Identifier: Apache-2.0
"""Files of Paddle Lite itself: what its optimiser made of networks, against what Paddle gives, and damage."""

from __future__ import annotations

import base64
import json
import lzma
import os
import random
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from damage import is_read, mutate_bytes
from zoo_case import array_of, compare

from lite.cli._app import run_app
from lite.errors import InputError, ModelFormatError, UnsupportedOpError
from lite.importers import find_format
from lite.importers import load as load_model
from lite.importers.paddle import load
from lite.importers.paddle.nb_ops import unfolded
from lite.importers.paddle.program import Operator
from lite.ir import DType
from lite.ir.interpret import interpret
from lite.ir.verify import verify

NB: dict[str, Any] = json.loads(lzma.decompress(Path(__file__).with_name("nb.json.xz").read_bytes()))
ROUNDS, ALL_ROUNDS = 600, 20_000
FLOATS = sorted(case for case in NB if case.endswith(("/arm", "/x86")))
DIGITS = Path(os.environ.get("LITE_TEST_DATA", ""), "models", "paddle_formats")


def _model(case: str) -> bytes:
    return base64.b64decode(NB[case]["model"])


def _fed(case: str) -> tuple[dict[str, np.ndarray], list[np.ndarray]]:
    entry = NB[case]
    return (
        {name: array_of(array) for name, array in entry["inputs"].items()},
        [array_of(array) for array in entry["outputs"]],
    )


@pytest.mark.parametrize("case", FLOATS)
def test_reference_gives_what_paddle_gave(case: str) -> None:
    inputs, expected = _fed(case)
    graph = load(_model(case))
    verify(graph)
    compare(list(interpret(graph, inputs).values()), expected, 1e-5)


@pytest.mark.parametrize("case", FLOATS)
def test_kernels_give_what_paddle_gave(case: str) -> None:
    pytest.importorskip("lite._native")
    from lite import Model, convert_to_bytes

    inputs, expected = _fed(case)
    data, _ = convert_to_bytes(_model(case), verify=True)
    compare(Model(data).session(threads=2).run(None, inputs), expected, 2e-5)


@pytest.mark.parametrize(
    ("kind", "tolerance", "dtype"), [("int8", 2e-2, DType.S8), ("int16", 1e-4, DType.S16)]
)
def test_weights_stored_as_integers_stay_so(kind: str, tolerance: float, dtype: DType) -> None:
    """Paddle Lite leaves those of depthwise layers as they are."""
    inputs, expected = _fed(f"relu/{kind}")
    graph = load(_model(f"relu/{kind}"))
    verify(graph)
    compare(list(interpret(graph, inputs).values()), expected, tolerance)
    weights = [node.inputs[1] for node in graph.nodes if node.op.name in ("conv2d", "fully_connected")]
    makers = [value.producer for value in weights if value is not None and value.producer is not None]
    stored = [node.inputs[0].type.dtype for node in makers if node.inputs[0] is not None]
    assert stored == [dtype] * 2


@pytest.mark.skipif("LITE_TEST_DATA" not in os.environ, reason="LITE_TEST_DATA is not set")
def test_quantized_layers_answer_as_paddle_does() -> None:
    pytest.importorskip("lite._native")
    from lite import Model, convert_to_bytes

    x = np.load(DIGITS / "pd2/digitsnet/input.npy")
    expected = np.load(DIGITS / "quantized/ptq_hist_fakeops/output.npy")
    graph = load(_model("digits/quantized"))
    verify(graph)
    reference = next(iter(interpret(graph, {graph.inputs[0].name: x}).values()))
    assert np.abs(reference - expected).max() <= 5e-3
    data, report = convert_to_bytes(_model("digits/quantized"))
    assert report.ops_after["q_conv2d"] == 2
    found = np.asarray(Model(data).session(threads=2)(x))
    for answer in (reference, found):
        assert np.sum(answer.argmax(1) != expected.argmax(1)) <= 1


# Files --------------------------------------------------------------------------------------------


def test_files_are_told_by_their_content(tmp_path: Path) -> None:
    """Ours, which end with .nb, too, are converted already."""
    from lite import convert_to_bytes

    theirs, ours = tmp_path / "theirs.nb", tmp_path / "ours.nb"
    theirs.write_bytes(_model("relu/arm"))
    assert find_format(theirs) == find_format(_model("relu/arm")) == "paddle"
    ours.write_bytes(convert_to_bytes(theirs)[0])
    assert [value.name for value in load_model(theirs).inputs] == ["x"]
    with pytest.raises(ModelFormatError, match="converted already"):
        load_model(ours)
    with pytest.raises(InputError, match="holds its parameters itself"):
        load(theirs, param_file=b"")


def test_they_are_opened_as_other_models(tmp_path: Path) -> None:
    pytest.importorskip("lite._native")
    from lite import Model

    (tmp_path / "theirs.nb").write_bytes(_model("relu/arm"))
    inputs, expected = _fed("relu/arm")
    compare(Model(tmp_path / "theirs.nb").session(threads=1).run(None, inputs), expected, 2e-5)


def test_the_command_converts_them(tmp_path: Path) -> None:
    (tmp_path / "theirs.nb").write_bytes(_model("relu/arm"))
    arguments = [f"--model_file={tmp_path / 'theirs.nb'}", f"--optimize_out={tmp_path / 'ours'}"]
    with pytest.raises(SystemExit) as ended:
        run_app(command="opt", args=arguments)
    assert not ended.value.code
    assert (tmp_path / "ours.nb").read_bytes()[4:8] == b"LTNB"


@pytest.mark.parametrize(
    ("at", "layout", "number", "words"),
    [
        (18, "<Q", 1 << 62, "the program takes bytes"),
        (18, "<Q", 0, "expected at least 8"),
        (26, "<I", 1 << 30, "lies at byte"),
    ],
)
def test_headers_that_lie_are_told(at: int, layout: str, number: int, words: str) -> None:
    data = bytearray(_model("relu/arm"))
    struct.pack_into(layout, data, at, number)
    with pytest.raises(ModelFormatError, match=words):
        load(bytes(data))


@pytest.mark.parametrize(("layout", "place", "number", "words"), [
    ("<H", 0, 7, "version 7 of the parameters"), ("<H", 6, 1, "are left"), ("<H", 6, 99, "the file has"),
    ("<I", 12, 1 << 31, "parameter 0 of"), ("<I", 16, 0, "begins at 0"),
])  # fmt: skip
def test_parameters_that_lie_are_told(layout: str, place: int, number: int, words: str) -> None:
    data = bytearray(_model("relu/arm"))
    struct.pack_into(layout, data, 26 + struct.unpack_from("<Q", data, 18)[0] + place, number)
    with pytest.raises(ModelFormatError, match=words):
        load(bytes(data))


@pytest.mark.parametrize("size", [3, 20, 26, 1000])
def test_truncated_files_are_told(size: int) -> None:
    with pytest.raises(ModelFormatError, match="the file has"):
        load(_model("relu/arm")[:size] if size > 18 else b"\2\0v2.12" + bytes(size))


# What was fused -----------------------------------------------------------------------------------


def _apart(type: str, outputs: dict[str, tuple[str, ...]], **attributes: Any) -> list[Operator]:
    return unfolded([Operator(type, {"Input": ("x",), "Filter": ("w",)}, outputs, attributes, 0)])


def test_a_layer_comes_apart_in_order() -> None:
    ops = _apart(
        "conv2d", {"Output": ("y",)}, with_act=True, act_type="leaky_relu", leaky_relu_alpha=0.5,
        enable_int8=True, Filter0_scale=(0.25,), Output0_scale=(0.125,),
        **{"__@kernel_type_attr@__": "conv2d/int8_out/4/2/1"},
    )  # fmt: skip
    assert [op.type for op in ops] == ["conv2d", "leaky_relu", "calib"]
    assert ops[0].attributes["w_quant_scale"] == (0.25,)
    assert ops[1].attributes == {"alpha": 0.5}
    assert ops[2].attributes == {"scale": 0.125}
    assert ops[0].outputs["Output"] == ops[1].inputs["X"]
    assert ops[2].outputs["Out"] == ("y",)


@pytest.mark.parametrize(
    ("type", "alias", "expected"),
    [
        ("io_copy", "device_to_host", ("assign", {})), ("layout", "NCHW2NHWC", ("assign", {})),
        ("calib", "fp32_to_int8", ("calib", {"scale": 0.5})), ("calib_once", "int8_to_fp32", ("assign", {})),
        ("calib", "int64_to_int32_with", ("cast", {"out_dtype": 2})),
    ],
)  # fmt: skip
def test_conversions(type: str, alias: str, expected: tuple[str, dict[str, Any]]) -> None:
    kernel = {"__@kernel_type_attr@__": f"{type}/{alias}/4/1/1"}
    (op,) = _apart(type, {"Out": ("y",)}, scale=0.5, **kernel)
    assert (op.type, op.attributes) == expected
    assert op.inputs == {"X": ("x",)}


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"with_act": True, "act_type": "gelu"}, "activation 'gelu'"),
        ({"fuse_elementwise_op_type": "elementwise_add"}, "fuse_elementwise_op_type"),
    ],
)
def test_what_is_not_known_is_refused(attributes: dict[str, Any], words: str) -> None:
    with pytest.raises(UnsupportedOpError, match=words) as caught:
        _apart("conv2d", {"Output": ("y",)}, **attributes)
    assert caught.value.where == "op #0 conv2d -> y"


# Mutations ----------------------------------------------------------------------------------------


def _mutated(data: bytes, dice: random.Random) -> bytes:
    """Damage anywhere, in the program only, or by words in it."""
    size = 26 + struct.unpack_from("<Q", data, 18)[0]
    if dice.random() < 0.3:
        return mutate_bytes(data, dice)
    changed = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 6))):
        place = dice.randrange(4, size // 4) * 4 + 2  # offsets in the program are aligned so
        other = dice.randrange(4, size // 4) * 4 + 2
        word = dice.choice((0, 1, 2, 4, 7, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)).to_bytes(4, "little")
        changed[place : place + 4] = changed[other : other + 4] if dice.random() < 0.5 else word
    return bytes(changed)


def _try(rounds: int, seed: int) -> tuple[int, int]:
    """How many damaged files were imported, and how many refused."""
    dice, cases = random.Random(seed), sorted(NB)
    imported = 0
    for number in range(rounds):
        given = _mutated(_model(cases[number % len(cases)]), dice)
        imported += is_read(load, given)
    return imported, rounds - imported


def test_damaged_files_give_a_graph_or_an_error() -> None:
    imported, refused = _try(ROUNDS, 0)
    assert min(imported, refused) > ROUNDS // 20


@pytest.mark.slow
def test_many_damaged_files_give_a_graph_or_an_error() -> None:
    imported, refused = _try(ALL_ROUNDS, 1)
    assert min(imported, refused) > ALL_ROUNDS // 20
