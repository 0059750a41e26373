# SPDX-License-Identifier: Apache-2.0
"""Writes docs/models.md from the catalogue; a test holds what does not depend on the machine.

LITE_TEST_DATA=FOLDER python tests/zoo/make_page.py
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from pathlib import Path

import catalogue
from catalogue import ZooModel
from measure import Measured, measured, on_integers

from lite import Model

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
RUNS = 20
COLUMNS = ("model", "format", "nodes", "what they are", ".nb", "held against", "difference", "int8: cosine",
           "ms", "int8: ms")  # fmt: skip
SAME_EVERYWHERE = 6  # columns; those behind are measured
HEAD = """# Models

Written by `python tests/zoo/make_page.py` (with `LITE_TEST_DATA` set); do not edit.

Trained models and small samples of every layout, each from its file through import and passes to the `.nb`,
run by the kernels and held against its own framework: onnxruntime, run beside; LiteRT's reference kernels;
OpenCV for Caffe; Paddle's own output. **Difference** is the greatest of all outputs, as a part of their
range, or how many answers changed. **int8** is quantized here, calibrated on four samples of noise, and its
cosine is the least of any output with that of floats. Times are medians of {runs} runs on one thread, on
the machine named below. `pytest tests/zoo` runs all of it.

"""


def row(model: ZooModel, measure: bool) -> str:
    """A line of the table; without what is measured if so wanted."""
    found = measured(model)
    ops = Counter(found.report.ops_after)
    shown = ", ".join(f"{count} {op}" for op, count in ops.most_common(4)) + (", ..." if len(ops) > 4 else "")
    nodes = f"{sum(found.report.ops_before.values())} -> {sum(found.report.ops_after.values())}"
    cells = [model.name, model.format, nodes, shown, _size(len(found.data)), model.framework]
    return "| " + " | ".join(cells + (_measures(model, found) if measure else [])) + " |"


def _measures(model: ZooModel, found: Measured) -> list[str]:
    apart = f"{found.changed} of {found.samples} answers" if model.changed >= 0 else f"{found.difference:.0e}"
    if model.is_quantized:
        return [apart, "", f"{_median_ms(found.data, found):.2f}", ""]
    integers = on_integers(model)
    return [apart, f"{integers.cosine:.3f}", f"{_median_ms(found.data, found):.2f}",
            f"{_median_ms(integers.data, found):.2f}"]  # fmt: skip


def _median_ms(data: bytes, found: Measured) -> float:
    session = Model(data).session()
    feeds = {session.inputs[0].name: found.feed[:1]}
    session.run(feeds)
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        session.run(feeds)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def _size(size: int) -> str:
    return f"{size / 1e6:.2f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")


def stable(text: str) -> list[list[str]]:
    """What of a page is the same on all machines: the first cells of its rows."""
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [cells[:SAME_EVERYWHERE] for cells in rows]


def page(measure: bool = True) -> str:
    """The whole of docs/models.md."""
    rule = "|" + "---|" * len(COLUMNS)
    rows = [row(model, measure) for model in catalogue.zoo()]
    machine = f"\n\nMeasured on: {processor()}.\n"
    return HEAD.format(runs=RUNS) + "\n".join(["| " + " | ".join(COLUMNS) + " |", rule, *rows]) + machine


if __name__ == "__main__":
    PAGE.write_text(page())
