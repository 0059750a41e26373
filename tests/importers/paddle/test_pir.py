# SPDX-License-Identifier: Apache-2.0
"""Programs in PIR form: tiny networks that Paddle 3 saved, the zoo translated by Paddle, and damage."""

from __future__ import annotations

import base64
import copy
import json
import lzma
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from damage import is_read, mutate_bytes
from zoo_case import array_of, compare

from lite.errors import LiteError, ModelFormatError, UnsupportedOpError
from lite.importers.paddle import load
from lite.importers.paddle.pir import NEWEST_VERSION, read_pir
from lite.importers.paddle.pir_ops import table
from lite.importers.paddle.rules import names
from lite.ir.interpret import interpret
from lite.ir.verify import verify


def _archive(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(lzma.decompress(Path(__file__).with_name(name).read_bytes()))
    return found


PIR, ZOO = _archive("pir.json.xz"), _archive("zoo.json.xz")
FOUND = [case for case in sorted(PIR) if case.startswith("net/found_")]  # Paddle gives only the rows it finds
ROUNDS, ALL_ROUNDS = 600, 20_000
STRANGE = (None, True, -1, 0, 7, 1 << 40, 1 << 70, 1e400, "x", "1.relu", [], {}, [[]], {"%": 1}, {"#": "p"})


def _case(case: str) -> tuple[bytes, bytes, dict[str, np.ndarray], list[np.ndarray]]:
    entry = {**ZOO.get(case, {}), **PIR[case]}
    return (
        entry["program"].encode(),
        base64.b64decode(entry["parameters"]),
        {name: array_of(array) for name, array in entry["inputs"].items()},
        [array_of(array) for array in entry["outputs"]],
    )


@pytest.mark.parametrize("case", sorted(set(PIR) - set(FOUND)))
def test_reference_gives_what_paddle_gave(case: str) -> None:
    program, parameters, inputs, expected = _case(case)
    graph = load(program, param_file=parameters)
    verify(graph)
    compare(list(interpret(graph, inputs).values()), expected, 1e-5)


@pytest.mark.parametrize("case", [case for case in sorted(PIR) if case not in ZOO and case not in FOUND])
def test_kernels_give_what_paddle_gave(case: str) -> None:
    pytest.importorskip("lite._native")
    from lite import Model, convert_to_bytes

    program, parameters, inputs, expected = _case(case)
    data, _ = convert_to_bytes(program, param_file=parameters, verify=True)
    compare(Model(data).session(threads=2).run(None, inputs), expected, 2e-5)


@pytest.mark.parametrize("case", FOUND)
def test_detections_are_those_of_paddle(case: str) -> None:
    """Of each image there are as many rows as may be found; those that say nothing come last."""
    pytest.importorskip("lite._native")
    from lite import Model, convert_to_bytes

    program, parameters, inputs, expected = _case(case)
    graph = load(program, param_file=parameters)
    verify(graph)
    data, _ = convert_to_bytes(program, param_file=parameters, verify=True)
    for given in (list(interpret(graph, inputs).values()), Model(data).session(threads=2).run(None, inputs)):
        rows, places, counts = given
        np.testing.assert_array_equal(counts, expected[2])
        images = len(counts)
        for found, wanted in ((rows, expected[0]), (places, expected[1])):
            by_image = found.reshape(images, -1, found.shape[1])
            filled = [by_image[image, : counts[image]] for image in range(images)]
            compare([np.concatenate(filled)], [wanted], 1e-5)
            assert all((by_image[image, counts[image] :] == -1).all() for image in range(images))
    assert case != "net/found_images" or counts.min() < len(rows) // images


def test_steps_of_recurrent_layers_must_be_known() -> None:
    root, ops = _program("net/recurrent")
    _op(ops, "1.data")["O"][0]["TT"]["D"][1][1] = -1
    message = _refused(root, UnsupportedOpError, "net/recurrent")
    assert "1 to 512 steps" in message
    assert "--input_shape" in message


def test_numbers_of_boxes_must_be_known() -> None:
    root, ops = _program("net/found_corners")
    _op(ops, "1.data")["O"][0]["TT"]["D"][1][1] = -1
    assert "known only when running" in _refused(root, UnsupportedOpError, "net/found_corners")


def test_outputs_are_called_as_paddles_predictor_calls_them() -> None:
    program, parameters, _, expected = _case("net/branch")
    outputs = [value.name for value in load(program, param_file=parameters).outputs]
    assert outputs == [f"fetch_name_{number}" for number in range(len(expected))]


def test_every_row_leads_to_a_rule() -> None:
    assert {row.type for row in table().values()} <= set(names())


# Refusals -----------------------------------------------------------------------------------------


def _program(case: str = "net/inverted_residual") -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A program, and its ops to be changed."""
    root: dict[str, Any] = json.loads(PIR[case]["program"])
    return root, root["program"]["regions"][0]["blocks"][0]["ops"]


def _refused(root: Any, error: type[LiteError], case: str = "net/inverted_residual") -> str:
    with pytest.raises(error) as caught:
        load(json.dumps(root).encode(), param_file=base64.b64decode(PIR[case]["parameters"]))
    return str(caught.value)


def _op(ops: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(op for op in ops if op["#"] == name)


def test_unknown_ops_are_told_by_name() -> None:
    root, ops = _program()
    _op(ops, "1.hardswish")["#"] = "1.mystery"
    _op(ops, "1.relu6")["#"] = "cinn_op.fused"
    message = _refused(root, UnsupportedOpError)
    assert "pd_op.mystery x1" in message
    assert "pd_op.fused x1" in message


@pytest.mark.parametrize(
    ("name", "words"), [("while", "control flow"), ("gaussian_random", "random"), ("where_index", "data")]
)
def test_reasons(name: str, words: str) -> None:
    root, ops = _program()
    _op(ops, "1.relu6").update({"#": f"1.{name}"} | ({"regions": []} if name == "while" else {}))
    assert words in _refused(root, UnsupportedOpError)


def test_branches_on_data_are_refused_in_words() -> None:
    root, ops = _program("net/branch")
    _op(ops, "1.if")["I"] = [{"%": 1}]
    message = _refused(root, UnsupportedOpError, "net/branch")
    assert "pd_op.if x1" in message
    assert "control flow" in message


def test_newer_versions_are_refused() -> None:
    root, _ = _program()
    root["base_code"]["version"] = NEWEST_VERSION + 1
    assert f"PIR version {NEWEST_VERSION + 1}" in _refused(root, UnsupportedOpError)


def test_ragged_inputs_are_refused() -> None:
    root, ops = _program()
    _op(ops, "1.data")["O"][0]["TT"]["D"][3] = [[0, 2]]
    assert "LoD" in _refused(root, UnsupportedOpError)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda ops: _op(ops, "1.conv2d")["I"][0].update({"%": 999}), "conv2d: value %999 is read before"),
        (lambda ops: _op(ops, "1.relu6")["O"][0].update({"%": 1}), "relu6: value %1 is written twice"),
        (lambda ops: _op(ops, "1.relu6").update(A=3), "relu6: 'A' is 3, expected list"),
        (lambda ops: _op(ops, "1.relu6")["I"].append({"%": 1}), "relu6: found 2 inputs, expected at most 1"),
        (lambda ops: _op(ops, "p")["A"].pop(), "p: a parameter's name is None, expected str"),
        (lambda ops: ops.remove(_op(ops, "1.fetch")), "nothing is fetched"),
        (lambda ops: _op(ops, "1.conv2d")["I"].pop(), "conv2d -> conv2d"),
        (lambda ops: _op(ops, "1.conv2d")["A"].append({"N": "groups", "AT": {"#": "0.a_i32", "D": "two"}}),
         "conv2d: attribute 'groups' is 'two', expected int"),
    ],
)  # fmt: skip
def test_damage_is_told_with_the_op(change: Any, words: str) -> None:
    root, ops = _program()
    change(ops)
    assert words in _refused(root, ModelFormatError)


@pytest.mark.parametrize(
    "text",
    ['{"base_code":', "{}", '{"base_code":{"magic":"rip"}}', '{"base_code":{"magic":"pir","version":"4"}}',
     '{"base_code":{"magic":"pir","version":4}}', '{"base_code":{"magic":"pir","version":4},"program":{}}',
     '{"base_code":{"magic":"pir","version":4},"program":{"regions":[{"blocks":[]}]}}',
     '{"base_code":' + "[" * 100_000, '{"base_code":{"version":' + "9" * 5000 + "}}"],
    ids=lambda text: text[:60],
)  # fmt: skip
def test_what_is_no_program_is_told(text: str) -> None:
    with pytest.raises(ModelFormatError):
        read_pir(text.encode(), "a.json")


def test_branches_in_branches_end() -> None:
    root, ops = _program("net/branch")
    branch = _op(ops, "1.if")
    for _ in range(100):
        inner = {**branch, "regions": [{"blocks": [{"ops": [branch, {"#": "2.yield", "I": branch["O"]}]}]}]}
        branch = inner
    ops[ops.index(_op(ops, "1.if"))] = branch
    assert "control flow" in _refused(root, UnsupportedOpError, "net/branch")


# Mutations ----------------------------------------------------------------------------------------


def _distorted(program: str, dice: random.Random) -> bytes:
    """The program with some of its nodes replaced, dropped or exchanged."""
    root = json.loads(program)
    for _ in range(dice.choice((1, 1, 2, 6))):
        node = root["program"]["regions"][0]["blocks"][0]["ops"]
        while node:
            key = dice.choice(list(node) if isinstance(node, dict) else range(len(node)))
            if isinstance(node[key], (dict, list)) and node[key] and dice.random() < 0.85:
                node = node[key]
                continue
            kind = dice.randrange(4)
            if kind == 0:
                node.pop(key)
            elif kind == 1 and isinstance(node[key], int):
                node[key] += dice.choice((-2, -1, 1, 2))
            elif kind == 2:
                other = node[dice.choice(list(node) if isinstance(node, dict) else range(len(node)))]
                node[key] = copy.deepcopy(other)
            else:
                node[key] = copy.deepcopy(dice.choice(STRANGE))
            break
    return json.dumps(root).encode()


def _try(rounds: int, seed: int) -> tuple[int, int]:
    """How many damaged programs were imported, and how many refused."""
    dice = random.Random(seed)
    cases = sorted(PIR)
    imported = 0
    for number in range(rounds):
        entry = {**ZOO.get(cases[number % len(cases)], {}), **PIR[cases[number % len(cases)]]}
        text = entry["program"]
        given = _distorted(text, dice) if number % 4 else mutate_bytes(text.encode(), dice)
        imported += is_read(load, given, param_file=base64.b64decode(entry["parameters"]))
    return imported, rounds - imported


def test_damaged_programs_give_a_graph_or_an_error() -> None:
    imported, refused = _try(ROUNDS, 0)
    assert min(imported, refused) > ROUNDS // 10


@pytest.mark.slow
def test_many_damaged_programs_give_a_graph_or_an_error() -> None:
    imported, refused = _try(ALL_ROUNDS, 1)
    assert min(imported, refused) > ALL_ROUNDS // 10
