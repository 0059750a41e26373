# SPDX-License-Identifier: Apache-2.0
"""Rows as text for the terminal and as Markdown for the README."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .bars import OURS, fault, group, ours_and_best
from .networks import title

COLUMNS = ("network", "precision", "threads", "engine", "median ms", "p10", "p90", "load ms", "peak MB",
           "resident MB", "cosine", "worst difference", "its/ours")  # fmt: skip


def groups(rows: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Rows of the same network, precision and number of threads, in the order of the run."""
    keys = dict.fromkeys((row["network"], row["precision"], row["threads"]) for row in rows)
    return [group(rows, *key) for key in keys]


def text(rows: Sequence[dict[str, Any]]) -> str:
    """A line for each row; below the table those that have no figures, or none that count, and why."""
    lines, remarks = [list(COLUMNS)], []
    for together in groups(rows):
        ours, _ = ours_and_best(together)
        for row in together:
            names = [row["network"], row["precision"], str(row["threads"]), row["engine"]]
            why = fault(row)
            if why:
                remarks.append(f"{' '.join(names)}: {why}")
            if not row["reason"]:
                lines.append([*names, *figures(row), ratio(row, ours)])
    widths = [max(map(len, column)) for column in zip(*lines)]
    table = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths)) for line in lines]
    return "\n".join([*(table if len(table) > 1 else []), *remarks, *states(rows)])


def figures(row: dict[str, Any]) -> list[str]:
    times = [f"{row[name]:.3f}" for name in ("median_ms", "p10_ms", "p90_ms")]
    memory = [f"{row[name] / 1e6:.1f}" for name in ("peak_bytes", "resident_bytes")]
    return [
        *times,
        f"{row['load_ms']:.1f}",
        *memory,
        f"{row['cosine']:.6f}",
        f"{row['worst_difference']:.1e}",
    ]


def ratio(row: dict[str, Any], ours: dict[str, Any] | None) -> str:
    if row["engine"] == OURS or ours is None:
        return ""
    return f"{row['median_ms'] / ours['median_ms']:.2f}{'' if not fault(row) else ' (wrong)'}"


def states(rows: Iterable[dict[str, Any]]) -> list[str]:
    """A line for each group of which rounds were set aside."""
    found = {}
    for row in rows:
        if row.get("rounds_set_aside"):
            kept = "all the same, for there were no others" if row["slow_state"] else "and set aside"
            found[f"{row['network']} {row['precision']} {row['threads']}"] = (
                f"{row['rounds_set_aside']} rounds with cores far apart, {kept}"
            )
    return [f"{key}: {words}" for key, words in found.items()]


def markdown(rows: Sequence[dict[str, Any]], engines: Sequence[str]) -> str:
    """A table for each precision and number of threads: ms of every engine, and the best peer's over ours."""
    parts = []
    for precision, threads in dict.fromkeys((row["precision"], row["threads"]) for row in rows):
        chosen = [row for row in rows if (row["precision"], row["threads"]) == (precision, threads)]
        present = [
            name for name in engines if any(row["engine"] == name and not row["reason"] for row in chosen)
        ]
        lines = [
            [precision + f", {threads} thread{'s' if threads > 1 else ''}", *present, "best peer / Lite"]
        ]
        lines.append(["---"] * len(lines[0]))
        lines += [markdown_row(together, present) for together in groups(chosen)]
        parts.append("\n".join(f"| {' | '.join(line)} |" for line in lines))
    return "\n\n".join(parts)


def markdown_row(rows: Sequence[dict[str, Any]], engines: Sequence[str]) -> list[str]:
    ours, best = ours_and_best(rows)
    by_engine = {row["engine"]: row for row in rows}
    lead = f"**{best['median_ms'] / ours['median_ms']:.2f}**" if ours and best else "-"
    return [title(rows[0]["network"]), *(cell(by_engine.get(name)) for name in engines), lead]


def cell(row: dict[str, Any] | None) -> str:
    """Milliseconds; with the cosine where it says something."""
    if row is None or row["reason"]:
        return "-"
    exact = "" if row["precision"] == "fp32" and not fault(row) else f" ({row['cosine']:.3f})"
    time = f"{row['median_ms']:.2f}"
    return f"~~{time}~~{exact}" if fault(row) else f"{time}{exact}"
