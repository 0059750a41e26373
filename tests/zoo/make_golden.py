# SPDX-License-Identifier: Apache-2.0
"""Runs models of the catalogue with their frameworks; what these give goes into golden.npz.

Run it once with each framework's Python, with the same LITE_TEST_DATA: LiteRT (ai-edge-litert 2.3), OpenCV
(opencv-python-headless 4, which still reads Caffe), Paddle (paddlepaddle 3.3, with FLAGS_enable_pir_api=0):
python make_golden.py LiteRT
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import catalogue
import numpy as np
from catalogue import ZooModel

Outputs = list[np.ndarray]


def by_litert(model: ZooModel) -> Outputs:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        str(model.file), experimental_op_resolver_type=OpResolverType.BUILTIN_REF, num_threads=1
    )
    interpreter.allocate_tensors()
    (given,) = interpreter.get_input_details()
    interpreter.set_tensor(given["index"], catalogue.feed(model, np.dtype(given["dtype"])))
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]


def by_opencv(model: ZooModel) -> Outputs:
    import cv2

    folder = model.file if model.file.is_dir() else model.file.parent
    weights = next(folder.glob("*.caffemodel")) if model.file.is_dir() else model.file
    text = next(folder.glob("*.prototxt")) if model.file.is_dir() else weights.with_suffix(".prototxt")
    net = cv2.dnn.readNetFromCaffe(str(text), str(weights))
    net.setInput(catalogue.feed(model, np.dtype(np.float32)))
    return [np.asarray(net.forward(name)) for name in net.getUnconnectedOutLayersNames()]


def by_paddle(model: ZooModel) -> Outputs:
    import paddle

    paddle.enable_static()
    executor = paddle.static.Executor(paddle.CPUPlace())
    prefix = str(model.file / "inference")
    program, names, targets = paddle.static.load_inference_model(prefix, executor)
    x = catalogue.feed(model, np.dtype(np.float32))
    return list(executor.run(program, feed={names[0]: x}, fetch_list=targets))


FRAMEWORKS: dict[str, Callable[[ZooModel], Outputs]] = {
    "LiteRT": by_litert,
    "OpenCV": by_opencv,
    "Paddle": by_paddle,
}


def main() -> None:
    framework = sys.argv[1]
    arrays = dict(np.load(catalogue.GOLDEN)) if catalogue.GOLDEN.is_file() else {}
    for model in catalogue.NAMED:
        if model.framework == framework:
            for position, output in enumerate(FRAMEWORKS[framework](model)):
                arrays[catalogue.key(model, position)] = catalogue.kept(output)
    np.savez_compressed(Path(catalogue.GOLDEN), **arrays)


if __name__ == "__main__":
    main()
