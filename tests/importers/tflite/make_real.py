# SPDX-License-Identifier: Apache-2.0
"""Runs the models of real.py with LiteRT's reference kernels; what they give goes into real.npz.

Run it with ai-edge-litert 2.x and Pillow: PYTHONPATH=<project> LITE_TEST_DATA=<data> python make_real.py
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import real
from ai_edge_litert.interpreter import Interpreter, OpResolverType


def _runner(name: str) -> Callable[[np.ndarray], list[np.ndarray]]:
    interpreter = Interpreter(
        model_path=str(real.path(name)),
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        num_threads=1,
    )
    interpreter.allocate_tensors()
    (given,) = interpreter.get_input_details()

    def run(x: np.ndarray) -> list[np.ndarray]:
        interpreter.set_tensor(given["index"], x)
        interpreter.invoke()
        return [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]

    return run


def main() -> None:
    arrays = {}
    for name in real.MODELS:
        run = _runner(name)
        outputs = zip(*(run(x) for x in real.samples(name)))
        for position, rows in enumerate(outputs):
            arrays[f"{name}.{position}"] = np.stack([real.kept(row) for row in rows])
        images = real.photos if name in real.PHOTOS else real.thumbnails if name in real.THUMBNAILS else None
        if images is not None:
            answers = [int(run(x[None])[0].argmax()) for x in images(name)[0]]
            arrays[f"{name}.answers"] = np.array(answers, np.int16)
    np.savez_compressed(Path(__file__).with_name("real.npz"), **arrays)


if __name__ == "__main__":
    main()
