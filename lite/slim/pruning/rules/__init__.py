# SPDX-License-Identifier: Apache-2.0
"""What each op does with channels: one table in each module, ``RULES``, by name of op.

A rule gets the trace and a node. It returns the channels of the node's output, or a list of those of all
outputs; on the way it says what is cut, what changes, what belongs together and what must stay.
"""

from __future__ import annotations

from lite.ir import Node
from lite.slim.pruning.rules import elementwise, layers, moves, reductions
from lite.slim.pruning.tracing import Rule

RULES: dict[str, Rule] = {**elementwise.RULES, **layers.RULES, **moves.RULES, **reductions.RULES}


def rule_of(node: Node) -> Rule | None:
    """The rule for a node; None if its op has none."""
    return elementwise.broadcast if elementwise.is_elementwise(node) else RULES.get(node.op.name)
