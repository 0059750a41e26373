# SPDX-License-Identifier: Apache-2.0
"""Runs the cases of zoo_math.py and zoo_moves.py with the real Paddle; what it gives goes into zoo.json.xz.

Run it with paddlepaddle 2.6.2 (Python 3.8 to 3.12), with 3.3.1 and FLAGS_enable_pir_api=0, and for the ops
of fluid with 1.8.5 (Python 3.7): python make_zoo.py [OUT]; each replaces its own entries.
"""

from __future__ import annotations

import base64
import json
import lzma
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import paddle
import zoo_math
import zoo_moves
from zoo_case import Case

IS_FLUID = paddle.__version__.startswith("1.")
if IS_FLUID:
    import paddle.fluid as static
    from paddle.fluid.proto import framework_pb2
else:
    from paddle import static
    from paddle.base.proto import framework_pb2

_NOISE = {"op_callstack", "op_namescope", "op_device", "op_role", "op_role_var", "with_quant_attr"}


def _names(slot: Any) -> list[str]:
    return [slot] if isinstance(slot, str) else list(slot)


def _slots(block: Any, slots: dict[str, Any]) -> dict[str, list[Any]]:
    given_dtype = {"dtype": "float32"} if IS_FLUID else {}  # fluid's saving wants it of every output
    return {
        slot: [
            block.var(name) if block.has_var(name) else block.create_var(name=name, **given_dtype)
            for name in _names(given)
        ]
        for slot, given in slots.items()
    }


def _declare(block: Any, case: Case, scope: Any) -> list[Any]:
    feeds = []
    for name, array in case.arrays.items():
        if name.isupper():
            block.create_parameter(name=name, shape=array.shape, dtype=str(array.dtype))
            scope.var(name).get_tensor().set(array, static.CPUPlace() if IS_FLUID else paddle.CPUPlace())
        else:
            shape = [-1 if axis in case.dynamic.get(name, ()) else n for axis, n in enumerate(array.shape)]
            feeds.append(static.data(name, shape, str(array.dtype)))
    return feeds


def _without_noise(program: bytes) -> bytes:
    """The program without attributes that say where it was written, which would fill the archive."""
    message = framework_pb2.ProgramDesc.FromString(program)
    if not IS_FLUID:
        message.ClearField("op_version_map")
    for op in (op for block in message.blocks for op in block.ops):
        kept = [attr for attr in op.attrs if attr.name not in _NOISE]
        del op.attrs[:]
        op.attrs.extend(kept)
    return message.SerializePartialToString()


def _decided(x: Any) -> list[Any]:
    yes = paddle.full([1], True, "bool")
    return [static.nn.cond(yes, lambda: x + 1, lambda: x * 2)]


def _by_shape(x: Any) -> list[Any]:
    """A branch in a branch."""
    columns = paddle.shape(x)[1]
    inner = lambda: static.nn.cond(columns < 4, lambda: x * 2, lambda: x * 3)  # noqa: E731
    return [static.nn.cond(columns > 5, lambda: x + 1, inner)]


def _counted(x: Any) -> list[Any]:
    begin = [x, paddle.full([1], 0, "int64")]
    return [static.nn.while_loop(lambda y, i: i < 3, lambda y, i: (y + x, i + 1), begin)[0]]


def _by_data(x: Any) -> list[Any]:
    return [static.nn.cond(x.sum() > 0, lambda: x + 1, lambda: x * 2)]


_BODIES = {"body_decided": _decided, "body_by_shape": _by_shape, "body_counted": _counted,
           "body_by_data": _by_data}  # fmt: skip
_IN_PROTOBUF_ONLY = "2."  # versions whose branches and loops are written so


def _body_cases() -> list[Case]:
    """Cases without steps: functions of x that make blocks of their own."""
    x = np.random.default_rng(7).standard_normal((2, 3)).astype(np.float32)
    return [Case(name, [], {"x": x}, dynamic={"x": (0,)}) for name in _BODIES]


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _array(array: np.ndarray) -> dict[str, Any]:
    return {
        "dtype": str(array.dtype),
        "shape": array.shape,
        "data": _text(np.ascontiguousarray(array).tobytes()),
    }


def run(case: Case) -> dict[str, Any]:
    """The case's entry in the archive."""
    program, scope = static.Program(), paddle.fluid.Scope() if IS_FLUID else static.Scope()
    with static.program_guard(program, static.Program()), static.scope_guard(scope):
        block = program.global_block()
        feeds = _declare(block, case, scope)
        for op, inputs, outputs, attrs in case.steps:
            block.append_op(
                type=op, inputs=_slots(block, inputs), outputs=_slots(block, outputs), attrs=attrs
            )
        fetches = [block.var(name) for name in case.fetch] if case.steps else _BODIES[case.name](*feeds)
        executor = static.Executor(static.CPUPlace() if IS_FLUID else paddle.CPUPlace())
        fed = {name: array for name, array in case.arrays.items() if not name.isupper()}
        results = executor.run(program, feed=fed, fetch_list=fetches)
        serialized, parameters = _saved(program, feeds, fetches, executor)
    return {
        "program": _text(_without_noise(serialized)),
        "parameters": _text(parameters),
        "inputs": {name: _array(array) for name, array in fed.items()},
        "outputs": [_array(np.asarray(array)) for array in results],
    }


def _saved(program: Any, feeds: list[Any], fetches: list[Any], executor: Any) -> tuple[bytes, bytes]:
    if not IS_FLUID:
        return (
            static.serialize_program(feeds, fetches, program=program),
            static.serialize_persistables(feeds, fetches, executor, program=program) or b"",
        )
    with tempfile.TemporaryDirectory() as folder:
        static.io.save_inference_model(
            folder,
            [feed.name for feed in feeds],
            fetches,
            executor,
            main_program=program,
            params_filename="__params__",
        )
        files = [Path(folder, name) for name in ("__model__", "__params__")]
        return tuple(file.read_bytes() if file.exists() else b"" for file in files)  # type: ignore[return-value]


def main() -> None:
    if not IS_FLUID:
        paddle.enable_static()
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("zoo.json.xz")
    archive: dict[str, Any] = json.loads(lzma.decompress(out.read_bytes())) if out.exists() else {}
    mine = f"{paddle.__version__}/"
    archive = {name: entry for name, entry in archive.items() if not name.startswith(mine)}
    cases = zoo_math.fluid_cases() if IS_FLUID else [*zoo_math.cases(), *zoo_moves.cases()]
    for case in cases + (_body_cases() if paddle.__version__.startswith(_IN_PROTOBUF_ONLY) else []):
        if mine + case.name in archive:
            raise SystemExit(f"two cases are called {case.name}")
        try:
            archive[mine + case.name] = run(case)
        except Exception as error:
            print(f"{case.name}: {type(error).__name__}: {str(error).strip()[-300:]}")
    text = json.dumps(archive, indent=0, sort_keys=True)
    out.write_bytes(lzma.compress(text.encode(), preset=9))
    print(f"{len(archive)} cases in {out} ({out.stat().st_size} bytes)")


if __name__ == "__main__":
    main()
