# SPDX-License-Identifier: Apache-2.0
"""Runs the networks of caffe_zoo.py, and MTCNN's, with OpenCV; what it gives goes into zoo.npz and mtcnn.npz.

Run it with opencv-python-headless below 5, which still imports Caffe: PYTHONPATH=. python make_zoo.py, with
LITE_TEST_DATA set for MTCNN's.
"""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
from caffe_nets import Net
from caffe_zoo import cases


def run(net: Net) -> dict[str, np.ndarray]:
    """Outputs by name."""
    network = cv2.dnn.readNetFromCaffe(*(np.frombuffer(part, np.uint8) for part in (net.text, net.model)))
    for name, array in net.inputs.items():
        network.setInput(array, name)
    names = network.getUnconnectedOutLayersNames()
    tops = [name if name != "it" else "y" for name in names]
    return {top: np.asarray(array) for top, array in zip(tops, network.forward(list(names)))}


def run_mtcnn(folder: Path) -> dict[str, np.ndarray]:
    """Outputs of the three networks on random images, by network and name."""
    found = {}
    for name, side in (("det1", 12), ("det2", 24), ("det3", 48)):
        network = cv2.dnn.readNetFromCaffe(
            *(str(folder / f"{name}.{kind}") for kind in ("prototxt", "caffemodel"))
        )
        network.setInput(np.random.default_rng(side).uniform(-1, 1, (1, 3, side, side)).astype(np.float32))
        tops = network.getUnconnectedOutLayersNames()
        found.update({f"{name}:{top}": array for top, array in zip(tops, network.forward(list(tops)))})
    return found


def main() -> None:
    out = Path(__file__).with_name("zoo.npz")
    stored: dict[str, np.ndarray] = {}
    for name, net in cases().items():
        try:
            outputs = run(net)
            if name.startswith("detections"):  # it fills up with zeros, and does not order by label
                outputs["y"] = outputs["y"][:, :, outputs["y"][0, 0, :, 2] > 0]
            stored.update({f"{name}/{top}": array for top, array in outputs.items()})
        except cv2.error as error:
            print(f"{name}: {str(error).strip()[-200:]}")
    np.savez_compressed(out, **stored)
    if "LITE_TEST_DATA" in os.environ:
        mtcnn = run_mtcnn(Path(os.environ["LITE_TEST_DATA"]) / "models" / "mtcnn")
        np.savez_compressed(out.with_name("mtcnn.npz"), **mtcnn)
    print(f"{len(stored)} arrays in {out} ({out.stat().st_size} bytes)")


if __name__ == "__main__":
    main()
