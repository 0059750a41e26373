# SPDX-License-Identifier: Apache-2.0
"""What of a model cannot be imported (or exported), collected and told all at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from lite.errors import UnsupportedOpError

NODES_SHOWN = 5
INCONSISTENT = (  # what comes of reading a model that contradicts itself
    ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError,
)  # fmt: skip


@dataclass
class Unsupported:
    """One reason for which nodes of one foreign op cannot be imported."""

    op: str
    why: str
    todo: str
    nodes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        more = ", ..." if len(self.nodes) > NODES_SHOWN else ""
        shown = ", ".join(self.nodes[:NODES_SHOWN]) + more
        return f"{self.op} x{len(self.nodes)} ({shown}): {self.why}" + (f"; {self.todo}" if self.todo else "")


class UnsupportedReport:
    """Collects unsupported nodes of one model; ``raise_if_any`` tells them all.

    Parameters
    ----------
    where : str
        The model: path or description.
    done : str
        What cannot be done with the nodes.
    """

    def __init__(self, where: str, done: str = "imported") -> None:
        self.where = where
        self.done = done
        self.rows: dict[tuple[str, str], Unsupported] = {}

    def add(self, op: str, node: str, why: str, todo: str = "") -> None:
        """Note that a node cannot be imported.

        Parameters
        ----------
        op : str
            The foreign op's name.
        node : str
            The node's name.
        why : str
            What about it is not supported.
        todo : str, optional
            What the user can do.
        """
        self.rows.setdefault((op, why), Unsupported(op, why, todo)).nodes.append(node)

    def raise_if_any(self) -> None:
        """Raise one UnsupportedOpError (its ``ops`` are the rows) if anything was added."""
        if not self.rows:
            return
        rows = sorted(self.rows.values(), key=lambda row: (row.op, row.why))
        nodes = sum(len(row.nodes) for row in rows)
        lines = "".join(f"\n  {row}" for row in rows)
        raise UnsupportedOpError(
            f"{nodes} node{'s' * (nodes != 1)} cannot be {self.done}:{lines}",
            where=self.where,
            ops=tuple(rows),
        )
