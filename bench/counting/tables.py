# SPDX-License-Identifier: Apache-2.0
"""Rows, functions, layers and hot runs of instructions as text, and rows as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from race.networks import title

from .bars import Bar
from .blocks import Counts, Symbols, by_function, straight_runs
from .cycles import Estimate, Model
from .ours import Layer

HEAD = ("network", "precision", "core", "engine", "isa", "M instr.", "M mul-adds", "mul-adds/instr.",
        "M cycles", "mul-adds/cycle", "model")  # fmt: skip
SHOWN = 0.002  # of all cycles; functions and layers below are summed up


def aligned(lines: Sequence[Sequence[str]], left: int = 0) -> str:
    """Columns to the right, but for the last ``left``, which stand at the left."""
    widths = [max(map(len, column)) for column in zip(*lines)]
    count = len(widths) - left
    return "\n".join(
        "  ".join(
            cell.rjust(width) if index < count else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(line, widths))
        ).rstrip()
        for line in lines
    )


def millions(number: float) -> str:
    return f"{number / 1e6:.2f}"


def ratio(above: float, below: float) -> str:
    return f"{above / below:.2f}" if below else "-"


def cycles_of(row: dict[str, Any]) -> str:
    """With the bound where the model is of an in-order core."""
    if not row["model"]:
        return "-"
    bound = f"{millions(row['bound'])} .. " if row["in_order"] else ""
    return bound + millions(row["cycles"])


def text(rows: Sequence[dict[str, Any]]) -> str:
    lines: list[Sequence[str]] = [HEAD]
    for row in rows:
        cycles = 0.0 if row["in_order"] else row["cycles"]
        lines.append((row["network"], row["precision"], row["core"], row["engine"], row["isa"],
                      millions(row["instructions"]), millions(row["multiply_adds"]),
                      ratio(row["multiply_adds"], row["instructions"]), cycles_of(row),
                      ratio(row["multiply_adds"], cycles), row["model"]))  # fmt: skip
    return aligned(lines)


def markdown(rows: Sequence[dict[str, Any]]) -> str:
    """A table for each core: networks down, engines and precisions across; instructions, (cycles)."""
    parts = []
    for core in dict.fromkeys(row["core"] for row in rows):
        chosen = [row for row in rows if row["core"] == core]
        columns = list(dict.fromkeys((row["precision"], row["engine"]) for row in chosen))
        lines = [[core, *(f"{engine} {precision}" for precision, engine in columns)]]
        lines.append(["---"] * len(lines[0]))
        for network in dict.fromkeys(row["network"] for row in chosen):
            cells = {(row["precision"], row["engine"]): row for row in chosen if row["network"] == network}
            lines.append([title(network), *(markdown_cell(cells.get(column)) for column in columns)])
        parts.append("\n".join(f"| {' | '.join(line)} |" for line in lines))
    return "\n\n".join(parts)


def markdown_cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    cycles = f" ({row['cycles'] / 1e6:.1f})" if row["model"] and not row["in_order"] else ""
    return f"{row['instructions'] / 1e6:.1f}{cycles}"


def bars(rows: Sequence[dict[str, Any]], wanted: Sequence[Bar]) -> str:
    """A table for each precision: networks down, cores across; what was counted (wanted), bold if held."""
    parts = []
    for precision in dict.fromkeys(bar.precision for bar in wanted):
        chosen = [bar for bar in wanted if bar.precision == precision]
        columns = list(dict.fromkeys((bar.core, bar.quantity) for bar in chosen))
        lines = [[precision, *(f"{core}, {quantity}" for core, quantity in columns)]]
        lines.append(["---"] * len(lines[0]))
        for network in dict.fromkeys(bar.network for bar in chosen):
            cells = {
                (bar.core, bar.quantity): bar_cell(rows, bar) for bar in chosen if bar.network == network
            }
            lines.append([title(network), *(cells.get(column, "") for column in columns)])
        parts.append("\n".join(f"| {' | '.join(line)} |" for line in lines))
    return "\n\n".join(parts)


def bar_cell(rows: Sequence[dict[str, Any]], bar: Bar) -> str:
    row = bar.row(rows)
    if row is None:
        return f"not counted ({bar.most:.1f})"
    counted = f"{row[bar.quantity] / 1e6:.1f}"
    return f"**{counted}** ({bar.most:.1f})" if bar.holds(row) else f"{counted} ({bar.most:.1f})"


def cost_cells(estimate: Estimate, all_cycles: float) -> list[str]:
    return [f"{100 * estimate.cycles / all_cycles:.1f} %", millions(estimate.cycles),
            millions(estimate.instructions), millions(estimate.multiply_adds),
            ratio(estimate.multiply_adds, estimate.cycles),
            ratio(estimate.instructions, estimate.cycles)]  # fmt: skip


COST_HEAD = ("cycles", "M cycles", "M instr.", "M mul-adds", "mul-adds/cycle", "instr./cycle")


def functions(counts: Counts, model: Model, symbols: Symbols) -> str:
    """What each function takes, the dearest first."""
    groups = by_function(straight_runs(counts), symbols.at)
    return costs([(name, model.estimate(runs)) for name, runs in groups.items()], "function", ordered=True)


def layers(found: Iterable[Layer], model: Model) -> str:
    """What each layer takes, in their order."""
    rows = [(f"{layer.op:<16} {layer.kernel:<22} {layer.name}", model.estimate(straight_runs(layer.counts)))
            for layer in found]  # fmt: skip
    return costs(rows, "layer", ordered=False)


def costs(rows: Sequence[tuple[str, Estimate]], what: str, ordered: bool) -> str:
    total = sum(estimate.cycles for _, estimate in rows) or 1.0
    if ordered:
        rows = sorted(rows, key=lambda row: -row[1].cycles)
    lines = [[*COST_HEAD, what]]
    kept = [row for row in rows if row[1].cycles >= SHOWN * total]
    lines += [[*cost_cells(estimate, total), name] for name, estimate in kept]
    if len(kept) < len(rows):
        small = [estimate for _, estimate in rows if estimate.cycles < SHOWN * total]
        rest = Estimate(sum(each.instructions for each in small), sum(each.multiply_adds for each in small),
                        sum(each.cycles for each in small), sum(each.bound for each in small))  # fmt: skip
        lines.append([*cost_cells(rest, total), f"{len(small)} others"])
    return aligned(lines, left=1)


def hottest(counts: Counts, model: Model, symbols: Symbols, shown: int) -> str:
    """The runs of instructions that take most cycles, in words."""
    runs = sorted(straight_runs(counts), key=lambda run: -run.instructions)[: 4 * shown]
    ranked = sorted(zip(runs, model.costs(runs)), key=lambda pair: -pair[0].count * pair[1].cycles)[:shown]
    parts = []
    for run, cost in ranked:
        multiplied = sum(map(model.multiply_adds, run.words))
        head = (f"{millions(run.count * cost.cycles)} M cycles: {run.count} times {cost.cycles:.1f} (bound "
                f"{cost.bound:.1f}), {len(run.words)} instructions, {ratio(multiplied, cost.cycles)} "
                f"mul-adds/cycle, {symbols.at(run.address)}")  # fmt: skip
        parts.append("\n".join([head, *(f"    {model.text(word)}" for word in run.words)]))
    return "\n\n".join(parts)
