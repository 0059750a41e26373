# SPDX-License-Identifier: Apache-2.0
"""Cases of loops and branches. The first value that goes round a loop is the number of rounds so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from tfl_case import Case, Step, T, floats, ints
from tfl_math import held
from tfl_quant import made, q

I32 = {"dtype": "int32"}
NUMBER = np.int32(0)


def cases() -> Iterator[Case]:
    yield from _loops()
    yield from _nested()
    yield from _branches()


def below(limit: int, *others: T) -> Case:
    """The condition of a loop: rounds so far < limit."""
    tensors = {"i": T(np.array(NUMBER)), **{f"v{place}": other for place, other in enumerate(others)},
               "limit": ints(limit), "y": T(dtype="bool")}  # fmt: skip
    return Case("condition", tensors, [("LESS", ["i", "limit"], ["y"], {})])


def body(tensors: dict[str, T], steps: Sequence[Step], *outputs: str) -> Case:
    """A round: one more of them, and what the steps make."""
    known = {"i": T(np.array(NUMBER)), **tensors, "one": ints(1), "next": T(**I32)}
    return Case("body", known, [("ADD", ["i", "one"], ["next"], {}), *steps], ["next", *outputs])


def loop(name: str, round_: Case, condition: Case, more: Sequence[Case] = (), **values: T) -> Case:
    """A loop from 0 on whose last value is the model's output, with the number of rounds."""
    end = next(reversed(values))
    made_ = {f"y_{key}": T(dtype=value.dtype, scale=value.scale, zero_point=value.zero_point)
             for key, value in values.items()}  # fmt: skip
    tensors = {**values, "start": ints(0), "rounds": T(**I32), **made_}
    options = {"cond_subgraph_index": 1, "body_subgraph_index": 2}
    step = ("WHILE", ["start", *values], ["rounds", *made_], options)
    return Case(f"WHILE_{name}", tensors, [step], [f"y_{end}", "rounds"], [condition, round_, *more])


def counted(limit: int, x: np.ndarray) -> Case:
    """x = tanh(x * w + b), so many times."""
    tensors = {"x": T(x), "w": held(floats(2, 3)), "b": held(floats(3, 2, 3)), "m": T(), "s": T(), "y": T()}
    steps: list[Step] = [("MUL", ["x", "w"], ["m"], {}), ("ADD", ["m", "b"], ["s"], {}),
                         ("TANH", ["s"], ["y"], {})]  # fmt: skip
    return loop(f"counted_{limit}", body(tensors, steps, "y"), below(limit, T(x)), x=T(x))


def _loops() -> Iterator[Case]:
    x = floats(1, 2, 3)
    yield counted(4, x)
    yield counted(0, x)
    rows, sum_ = floats(4, 5, 2), floats(5, 2)
    half = held(np.float32(0.5))
    tensors = {"rows": T(rows), "sum": T(sum_), "row": T(), "half": T(), "by": half, "y": T()}
    steps: list[Step] = [("GATHER", ["rows", "i"], ["row"], {}), ("MUL", ["sum", "by"], ["half"], {}),
                         ("ADD", ["half", "row"], ["y"], {})]  # fmt: skip
    yield loop("rows", body(tensors, steps, "rows", "y"), below(5, T(rows), T(sum_)), rows=T(rows),
               sum=T(sum_))  # fmt: skip
    x8 = q(1, 2, 6)
    add = [("ADD", ["x", "b"], ["y"], {})]
    yield loop("int8", body({"x": x8, "b": q(2, 6, fixed=True), "y": made()}, add, "y"), below(3, x8), x=x8)


def _nested() -> Iterator[Case]:
    """A loop in a loop; and a branch in one, by the number of rounds."""
    x = floats(1, 2, 3)
    inner = {"x": T(x), "w": held(floats(2, 3)), "y": T()}
    tensors = {"x": T(x), "start": ints(0), "done": T(**I32), "y": T()}
    options = {"cond_subgraph_index": 3, "body_subgraph_index": 4}
    outer = body(tensors, [("WHILE", ["start", "x"], ["done", "y"], options)], "y")
    more = below(2, T(x)), body(inner, [("MUL", ["x", "w"], ["y"], {})], "y")
    yield loop("loop", outer, below(3, T(x)), more, x=T(x))
    tensors = {"x": T(x), "limit": ints(2), "early": T(dtype="bool"), "y": T()}
    options = {"then_subgraph_index": 3, "else_subgraph_index": 4}
    steps: list[Step] = [("LESS", ["i", "limit"], ["early"], {}), ("IF", ["early", "x"], ["y"], options)]
    yield loop("branch", body(tensors, steps, "y"), below(4, T(x)), _ways(x), x=T(x))


def _ways(x: np.ndarray) -> tuple[Case, Case]:
    return tuple(Case(op, {"x": T(x), "w": held(floats(2, 3)), "y": T()}, [(op, ["x", "w"], ["y"], {})])
                 for op in ("MUL", "SUB"))  # fmt: skip


def branches(taken: T, x: np.ndarray) -> Case:
    options = {"then_subgraph_index": 1, "else_subgraph_index": 2}
    return Case("IF", {"x": T(x), "taken": taken, "y": T()},
                [("IF", ["taken", "x"], ["y"], options)], bodies=_ways(x))  # fmt: skip


def _branches() -> Iterator[Case]:
    for name, taken in (("then", True), ("else", False)):
        case = branches(ints(taken, dtype="bool"), floats(1, 2, 3))
        case.name = f"IF_{name}"
        yield case
