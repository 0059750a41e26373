#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From how many zeros on sparse weights are faster: nets with pruned 1 x 1 convolutions, stored both ways.

    python bench/sparse.py mobilenet_v1.onnx --zeros 0.5,0.7,0.9 --rows 1,4

The smallest weights become zeros, alone or together with those of other output channels (--rows). Both files
hold the same weights; their sessions run in turns, and outputs are compared.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from tuned import race

from lite import Model, _native, convert_to_bytes
from lite.cli._data import random_inputs
from lite.convert import load_graph
from lite.ir import Graph


def pruned(w: np.ndarray, zeros: float, rows: int) -> np.ndarray:
    """[n, k, 1, 1] with a part of its groups of rows by columns zero, the smallest."""
    n, k = w.shape[:2]
    filled = np.zeros((-(-n // rows) * rows, k), np.float32)
    filled[:n] = w.reshape(n, k)
    sizes = np.abs(filled.reshape(-1, rows, k)).sum(axis=1)
    bound = np.quantile(sizes, zeros)
    return np.where(np.repeat(sizes <= bound, rows, axis=0)[:n], 0, w.reshape(n, k)).reshape(w.shape)


def prune(graph: Graph, zeros: float, rows: int) -> None:
    for node in graph.nodes:
        w = node.input(1) if node.op.name == "conv2d" else None
        if w is None or w.array is None or w.array.shape[2:] != (1, 1) or w.array.shape[1] == 1:
            continue
        w.array = pruned(w.array, zeros, rows).astype(np.float32)


def compare(path: Path, zeros: float, rows: int, threads: int, rounds: int) -> str:
    graph = load_graph(path)
    prune(graph, zeros, rows)
    files = [convert_to_bytes(graph, sparse_threshold=threshold)[0] for threshold in (None, zeros * 0.95)]
    sessions = [Model(data).session(threads, tune_cache="") for data in files]
    feeds = random_inputs(sessions[0].inputs, {})
    dense, sparse = (session.run(None, feeds)[0] for session in sessions)
    error = float(np.abs(dense - sparse).max() / np.abs(dense).max())
    layers = sum(step[2] == "sparse" for step in sessions[1]._native.steps())
    dense_ms, sparse_ms = race(sessions, feeds, rounds)
    return (f"{path.stem:<20} {threads} threads  zeros {zeros:.0%} by {rows}  dense {dense_ms:7.3f} ms "
            f"{len(files[0]) / 1e6:6.2f} MB  sparse {sparse_ms:7.3f} ms {len(files[1]) / 1e6:6.2f} MB  "
            f"ratio {dense_ms / sparse_ms:.2f}  {layers} layers sparse  error {error:.1e}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="+", type=Path, help="source models")
    parser.add_argument("--zeros", default="0.5,0.6,0.7,0.8,0.9", help="parts of the weights")
    parser.add_argument("--rows", default="1,2,4", help="output channels that have the same zeros")
    parser.add_argument("--threads", default="1")
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    print(f"{_native.cpu_name()}, {_native.isa()}")
    for path in arguments.models:
        for threads in map(int, arguments.threads.split(",")):
            for rows in map(int, arguments.rows.split(",")):
                for zeros in map(float, arguments.zeros.split(",")):
                    print(compare(path, zeros, rows, threads, arguments.rounds), flush=True)


if __name__ == "__main__":
    main()
