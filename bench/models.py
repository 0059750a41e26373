#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Our engine over many models and instruction sets: size, load time, latency, memory.

    python bench/models.py MODEL...            # .nb or source models
    LITE_TEST_DATA=../shared python bench/models.py --isa scalar,x86_avx2,x86_avx512

For comparisons with other engines see peers.py.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from lite import _native
from lite.cli._data import planned_shapes, random_inputs
from lite.convert import convert_to_bytes
from lite.session import Model

MODELS: dict[str, dict[str, tuple[int, ...]]] = {
    "mobilenet_v2_torchvision/mobilenet_v2.onnx": {},
    "efficientnet_lite0/efficientnet_lite0.onnx": {},
    "fastestdet": {},
    "ultraface": {},
    "ppocrv4_paddle/ch_PP-OCRv4_det_infer": {"x": (1, 3, 640, 640)},
    "ppocrv4_paddle/ch_PP-OCRv4_rec_infer": {"x": (1, 3, 48, 320)},
    "ppocrv4_paddle/ch_ppocr_mobile_v2_cls_infer": {"x": (1, 3, 48, 192)},
}


def source_of(path: Path) -> Path:
    """The model in a folder of several formats: its ONNX form."""
    onnx = sorted(path.glob("*.onnx")) if path.is_dir() else []
    return onnx[0] if onnx else path


def measure(
    path: Path, shapes: dict[str, tuple[int, ...]], isa: str, threads: int, repeats: int
) -> dict[str, Any]:
    os.environ["LITE_FORCE_ISA"] = isa
    nb = path.read_bytes() if path.suffix == ".nb" else convert_to_bytes(source_of(path))[0]
    begin = time.perf_counter()
    session = Model(nb).session(threads=threads)
    planned = planned_shapes(session.inputs, shapes)
    session.resize(planned)
    load_ms = (time.perf_counter() - begin) * 1e3
    feeds = random_inputs(session.inputs, planned)
    session.run(feeds)
    latencies = []
    for _ in range(repeats):
        begin = time.perf_counter()
        session.run(feeds)
        latencies.append((time.perf_counter() - begin) * 1e3)
    assert session.memory is not None
    return {
        "model": path.stem,
        "isa": session.isa,
        "threads": threads,
        "nb_bytes": len(nb),
        "load_ms": load_ms,
        "median_ms": float(np.median(latencies)),
        "arena_bytes": session.memory.arena_bytes,
        "lower_bound_bytes": session.memory.lower_bound_bytes,
    }


def text(row: dict[str, Any]) -> str:
    arena = f"arena {row['arena_bytes'] / 1e6:6.2f} MB (bound {row['lower_bound_bytes'] / 1e6:.2f})"
    return (
        f"{row['model']:<32} {row['isa']:<11} {row['threads']} threads  {row['median_ms']:9.2f} ms  "
        f"load {row['load_ms']:7.2f} ms  .nb {row['nb_bytes'] / 1e6:6.2f} MB  {arena}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--isa", default=_native.isa(), help="names with commas between them, or all")
    parser.add_argument("--threads", default="1")
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    chosen: list[tuple[Path, dict[str, tuple[int, ...]]]] = [(path, {}) for path in arguments.models]
    if not chosen and "LITE_TEST_DATA" not in os.environ:
        sys.exit("name models, or set LITE_TEST_DATA to the folder of test models")
    folder = Path(os.environ.get("LITE_TEST_DATA", ""), "models")
    isas = _native.usable_isas() if arguments.isa == "all" else arguments.isa.split(",")
    for path, shapes in chosen or [(folder / name, shapes) for name, shapes in MODELS.items()]:
        for isa in isas:
            for threads in map(int, arguments.threads.split(",")):
                row = measure(path, shapes, isa, threads, arguments.repeats)
                print(json.dumps(row) if arguments.json else text(row), flush=True)


if __name__ == "__main__":
    main()
