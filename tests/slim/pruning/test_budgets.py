# SPDX-License-Identifier: Apache-2.0
"""Ratios that a budget leads to, in multiply-adds and in time."""

from __future__ import annotations

from typing import Any

import pytest
from pruning_nets import Net

import lite
from lite.errors import InputError
from lite.ir import Graph
from lite.tuning.latency_table import LatencyTable

pytest.importorskip("torch", reason="PyTorch is not installed: lite.slim needs it")
from lite.slim import choose_ratios, flops, predicted_us, prune_channels

SENSITIVITIES = {"first": {0.3: 0.001, 0.6: 0.1, 0.9: 0.5}, "second": {0.3: 0.05, 0.6: 0.2, 0.9: 0.9}}


@pytest.fixture
def graph() -> Graph:
    net = Net()
    deep = net.conv(net.conv(net.x, 64, 3, name="first"), 96, 3, name="second")
    return net.ended(net.conv(net.op("relu", deep), 5, name="last"))


@pytest.fixture
def table(graph: Graph) -> LatencyTable:
    """Of this machine's times, in whose place any others can stand."""
    found = LatencyTable("this machine")
    session = lite.Model(lite.convert_to_bytes(graph)[0]).session()
    found.add(session.profile(session.random_feeds(), repeats=3))
    return found


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("sensitivities", [None, SENSITIVITIES])
def test_a_budget_of_multiply_adds_is_met_closely(graph: Graph, sensitivities: Any, part: float) -> None:
    ratios = choose_ratios(graph, sensitivities, pruned_flops=part)
    left = flops(prune_channels(graph, ratios)) / flops(graph)
    assert 1 - part - 0.03 < left <= 1 - part


def test_layers_that_lose_less_are_pruned_more(graph: Graph) -> None:
    ratios = choose_ratios(graph, SENSITIVITIES, pruned_flops=0.5)
    assert ratios["first"] > ratios["second"] + 0.1
    even = choose_ratios(graph, pruned_flops=0.5)
    assert even["first"] == even["second"] and list(even) == ["first", "second"]


def test_no_ratio_is_greater_than_allowed(graph: Graph) -> None:
    ratios = choose_ratios(graph, SENSITIVITIES, pruned_flops=0.55, max_ratio=0.4)
    assert max(ratios.values()) == 0.4


def test_a_model_takes_what_its_own_table_says(graph: Graph, table: LatencyTable) -> None:
    assert predicted_us(graph, table) == pytest.approx(sum(table.rows.values()))
    halved = predicted_us(prune_channels(graph, 0.5), table) / predicted_us(graph, table)
    assert 0.2 < halved < 0.5


def test_a_budget_of_time_is_met(graph: Graph, table: LatencyTable) -> None:
    ratios = choose_ratios(graph, pruned_latency=0.4, table=table)
    left = predicted_us(prune_channels(graph, ratios), table) / predicted_us(graph, table)
    assert 0.5 < left <= 0.6


@pytest.mark.parametrize(("options", "words"), [
    ({}, "either pruned_flops or pruned_latency"), ({"pruned_flops": 1.2}, "pruned_flops: the ratio is 1.2"),
    ({"pruned_flops": 0.5, "pruned_latency": 0.5}, "either pruned_flops or"),
    ({"pruned_latency": 0.5}, "table: a budget of time needs a latency table"),
    ({"pruned_latency": 0.5, "table": LatencyTable("another")}, "table of another: it has none of the model"),
    ({"pruned_flops": 0.5, "max_ratio": 0.1}, r"budget: at most 1\d% can go, expected 50%"),
])  # fmt: skip
def test_budgets_that_cannot_be_are_refused(graph: Graph, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        choose_ratios(graph, **options)
