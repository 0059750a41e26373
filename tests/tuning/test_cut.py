# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools

import numpy as np
import pytest

from lite.tuning.cut import ENDLESS, Cut


@pytest.mark.parametrize("seed", range(20))
def test_no_choice_is_cheaper(seed):
    random = np.random.default_rng(seed)
    nodes = list(range(6))
    own = random.uniform(0, 10, (6, 2))
    pairs = {(a, b): float(random.uniform(0, 6))
             for a in nodes for b in nodes if a != b and random.random() < 0.4}  # fmt: skip

    def cost(first):
        alone = sum(own[node, 0 if node in first else 1] for node in nodes)
        return alone + sum(price for (a, b), price in pairs.items() if a in first and b not in first)

    cut = Cut()
    for node in nodes:
        cut.add_node(node, *own[node])
    for (a, b), price in pairs.items():
        cut.add(a, b, price)
    best = min(cost(set(chosen)) for size in range(7) for chosen in itertools.combinations(nodes, size))
    assert cost(cut.first_kind()) == pytest.approx(best)


def test_what_cannot_be_is_not_chosen():
    cut = Cut()
    cut.add_node("a", ENDLESS, 5.0)
    cut.add_node("b", 1.0, 5.0)
    assert cut.first_kind() == {"b"}
