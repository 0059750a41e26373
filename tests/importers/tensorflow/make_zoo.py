# SPDX-License-Identifier: Apache-2.0
"""Runs the functions of tf_zoo.py with TensorFlow; their graphs and what they give go into zoo.json.xz.

Run it with TensorFlow 2.16 or newer: python make_zoo.py
"""

from __future__ import annotations

import base64
import json
import lzma
import shutil
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_zoo
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

HERE = Path(__file__).parent


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _array(array: np.ndarray) -> dict[str, Any]:
    array = np.asarray(array)
    return {
        "dtype": str(array.dtype),
        "shape": array.shape,
        "data": _text(np.ascontiguousarray(array).tobytes()),
    }


def run(case: tf_zoo.Case) -> dict[str, Any]:
    """The case's entry in the archive: its frozen graph, inputs and outputs."""
    specs = [
        tf.TensorSpec([None if axis in case.open.get(name, ()) else n for axis, n in enumerate(array.shape)],
                      array.dtype, name=name)
        for name, array in case.inputs.items()
    ]  # fmt: skip
    concrete = tf.function(case.function, autograph=False).get_concrete_function(*specs)
    frozen = convert_variables_to_constants_v2(concrete, lower_control_flow=False)
    graph = frozen.graph.as_graph_def()
    del graph.library.gradient[:]
    graph.ClearField("versions")
    results = tf.nest.flatten(concrete(*(tf.constant(array) for array in case.inputs.values())))
    return {
        "graph": _text(graph.SerializeToString()),
        "inputs": {name: _array(array) for name, array in case.inputs.items()},
        "outputs": {tensor.name.removesuffix(":0"): _array(result.numpy())
                    for tensor, result in zip(frozen.outputs, results)},
    }  # fmt: skip


def _strip(path: Path) -> None:
    """Leave out what only TensorFlow's Python reads, which would fill the archive."""
    model = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    for graph in model.meta_graphs:
        graph.ClearField("object_graph_def")
        graph.meta_info_def.ClearField("stripped_op_list")
    path.write_bytes(model.SerializeToString())


def saved(name: str) -> dict[str, Any]:
    """A SavedModel as an archive of its folder, with what it gives."""
    model, x = tf_zoo.saved_models()[name]
    with tempfile.TemporaryDirectory() as folder:
        outputs = tf_zoo.save(name, model, folder, x)
        shutil.rmtree(Path(folder, "assets"), ignore_errors=True)
        Path(folder, "fingerprint.pb").unlink(missing_ok=True)
        _strip(Path(folder, "saved_model.pb"))
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for file in sorted(Path(folder).rglob("*.*")):
                archive.writestr(file.relative_to(folder).as_posix(), file.read_bytes())
    return {
        "folder": _text(packed.getvalue()),
        "inputs": {key: _array(array) for key, array in x.items()},
        "outputs": {key: _array(array) for key, array in outputs.items()},
    }


def main() -> None:
    archive: dict[str, Any] = {}
    for name, case in tf_zoo.cases().items():
        try:
            archive[name] = run(case)
        except Exception as error:
            print(f"{name}: {type(error).__name__}: {str(error).strip()[-300:]}")
    archive.update({f"saved/{name}": saved(name) for name in tf_zoo.saved_models()})
    out = HERE / "zoo.json.xz"
    out.write_bytes(lzma.compress(json.dumps(archive, indent=0, sort_keys=True).encode(), preset=9))
    print(f"{len(archive)} cases in {out} ({out.stat().st_size} bytes)")


if __name__ == "__main__":
    main()
