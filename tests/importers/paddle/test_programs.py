# SPDX-License-Identifier: Apache-2.0
"""What no case of the archive does: write twice, use other floats, keep attributes in variables."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from lite.importers.paddle import load
from lite.importers.proto import messages
from lite.ir import DType
from lite.ir.interpret import interpret
from lite.ir.verify import verify


def _program(zoo: dict[str, Any], case: str) -> Any:
    return messages("framework")["ProgramDesc"].FromString(base64.b64decode(zoo[case]["program"]))


def _put_before(program: Any, type: str, op: Any) -> None:
    """Insert an op before the first of a type."""
    ops = list(program.blocks[0].ops)
    place = next(index for index, each in enumerate(ops) if each.type == type)
    kept = [each.SerializeToString() for each in (*ops[:place], op, *ops[place:])]
    del program.blocks[0].ops[:]
    for data in kept:
        program.blocks[0].ops.add().ParseFromString(data)


def test_a_variable_may_be_written_twice(saved: Any) -> None:
    name = saved.op("batch_norm").outputs[0].arguments[0]
    for slot in saved.op("batch_norm").outputs:
        if slot.parameter == "Y":
            name = slot.arguments[0]
    relu = messages("framework")["OpDesc"](type="relu")
    relu.inputs.add(parameter="X", arguments=[name])
    relu.outputs.add(parameter="Out", arguments=[name])
    _put_before(saved.program, "scale", relu)
    graph = load(saved.program_bytes(), param_file=saved.parameter_bytes())
    verify(graph)
    x = np.random.default_rng(0).standard_normal((2, 4, 3, 5)).astype(np.float32)
    (output,) = interpret(graph, {"x": x}).values()
    assert output.min() == 0 < output.max()
    assert graph.outputs[0].name == saved.op("fetch").inputs[0].arguments[0]


def test_an_output_keeps_its_name_behind_an_alias(zoo: dict[str, Any]) -> None:
    program = _program(zoo, "2.6.2/assign")
    graph = load(program.SerializeToString())
    fetch = next(op for op in program.blocks[0].ops if op.type == "fetch")
    assert [value.name for value in graph.outputs] == [fetch.inputs[0].arguments[0]]
    assert [value.name for value in graph.inputs] == ["x"]


def test_an_attribute_may_lie_in_a_variable(zoo: dict[str, Any]) -> None:
    entry = zoo["2.6.2/cumsum"]
    program = _program(zoo, "2.6.2/cumsum")
    cumsum = next(op for op in program.blocks[0].ops if op.type == "cumsum")
    axis = next(attr for attr in cumsum.attrs if attr.name == "axis")
    made = messages("framework")["OpDesc"](type="fill_constant")
    made.outputs.add(parameter="Out", arguments=["axis_variable"])
    made.attrs.add(name="shape", type=11, longs=[1])
    made.attrs.add(name="value", type=1, f=float(axis.i))
    made.attrs.add(name="dtype", type=0, i=2)
    axis.type, axis.var_name, axis.i = 13, "axis_variable", 99
    _put_before(program, "cumsum", made)
    array = entry["inputs"]["x"]
    x = np.frombuffer(base64.b64decode(array["data"]), array["dtype"]).reshape(array["shape"])
    (output,) = interpret(load(program.SerializeToString()), {"x": x}).values()
    np.testing.assert_allclose(output, np.cumsum(x, axis=1), rtol=1e-6)


def test_narrow_and_wide_floats_are_computed_as_f32(saved: Any) -> None:
    saved.variable("x").type.lod_tensor.tensor.data_type = 4
    saved.variable("BIAS").type.lod_tensor.tensor.data_type = 6
    record = saved.parameter_bytes()
    quarter = len(record) // 4
    wide = saved.arrays["BIAS"].astype(np.float64).tobytes()
    data = record[:20] + record[20 : quarter - 16].replace(b"\x08\x05", b"\x08\x06") + wide + record[quarter:]
    graph = load(saved.program_bytes(), param_file=data)
    assert {value.type.dtype for value in graph.values()} == {DType.F32}
    bias = next(value for value in graph.constants() if value.name == "BIAS")
    np.testing.assert_array_equal(bias.array, saved.arrays["BIAS"])


def test_inputs_share_the_symbol_of_their_batch(zoo: dict[str, Any]) -> None:
    graph = load(base64.b64decode(zoo["2.6.2/chain_resize_like"]["program"]))
    assert sorted(graph.symbols) == ["batch", "x_2", "x_3", "y_2", "y_3"]
