# SPDX-License-Identifier: Apache-2.0
"""Runs the cases of tfl_*.py with LiteRT's reference kernels; what they give goes into zoo.json.xz.

Run it with ai-edge-litert 2.x: PYTHONPATH=<project> python make_zoo.py [OUT].
"""

from __future__ import annotations

import base64
import json
import lzma
import sys
from pathlib import Path
from typing import Any

import numpy as np
import tfl_control
import tfl_math
import tfl_moves
import tfl_quant
import tfl_special
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from tfl_case import Case
from tfl_special import MOST_DETECTIONS
from tfl_writer import packed


def _entry(array: np.ndarray) -> dict[str, Any]:
    return {"dtype": array.dtype.name, "shape": array.shape,
            "data": base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()}  # fmt: skip


# Their reference kernels are wrong: windows lack their last neighbour, sums are off by halves of the range.
USUAL = ("LOCAL_RESPONSE_NORMALIZATION", "SUM_int8")
RESOLVERS = (OpResolverType.BUILTIN_REF, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)


def _interpreter(model: bytes, case: Case) -> Any:
    """With reference kernels, or, for the few ops that have none, with the usual ones."""
    for resolver in RESOLVERS[1:] if case.name in USUAL else RESOLVERS:
        try:
            return Interpreter(model_content=model, experimental_op_resolver_type=resolver, num_threads=1)
        except ValueError as error:
            problem = error
    raise problem


def _run(model: bytes, case: Case) -> list[np.ndarray]:
    interpreter = _interpreter(model, case)
    interpreter.allocate_tensors()
    for detail in interpreter.get_input_details():
        interpreter.set_tensor(detail["index"], case.fed[detail["name"]])
    interpreter.invoke()
    outputs = [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]
    if case.steps[0][0] == "TFLite_Detection_PostProcess":
        outputs = _counted(outputs)
    return outputs


def _counted(outputs: list[np.ndarray]) -> list[np.ndarray]:
    """Detections with 0 in the place of what LiteRT leaves in memory behind the last one."""
    boxes, classes, scores, count = outputs
    ways = max(1, scores.size // MOST_DETECTIONS)  # each box counts for so many classes
    there = np.arange(scores.size) < int(count[0]) * ways
    return [np.where(there[:, None], boxes, np.float32(0)), np.where(there, classes, np.float32(0)),
            np.where(there, scores, np.float32(0)), count]  # fmt: skip


def main() -> None:
    zoo: dict[str, Any] = {}
    failed = []
    for topic in (tfl_control, tfl_math, tfl_moves, tfl_quant, tfl_special):
        for case in topic.cases():
            assert case.name not in zoo, case.name
            model = packed(case.model())
            try:
                outputs = _run(model, case)
            except (RuntimeError, ValueError) as error:
                failed.append(f"{case.name}: {error}")
                continue
            zoo[case.name] = {
                "model": base64.b64encode(model).decode(),
                "inputs": {name: _entry(array) for name, array in case.fed.items()},
                "outputs": [_entry(array) for array in outputs],
            }
    out = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("zoo.json.xz"))
    out.write_bytes(lzma.compress(json.dumps(zoo, sort_keys=True).encode(), preset=9 | lzma.PRESET_EXTREME))
    if failed:
        sys.exit("\n".join(failed))
    print(f"{len(zoo)} cases, {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
