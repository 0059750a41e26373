# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re

import pytest

from lite.compare import Side, compare
from lite.compare.page import page
from lite.executor import preparer


@pytest.fixture
def text(float_graph, make_quantized, samples):
    graphs = {"a & b.nb": float_graph, "<int8>.nb": make_quantized(0.05, 0.25)}
    sides = [Side(graph, name, preparer("reference"), "reference") for name, graph in graphs.items()]
    return page(compare(*sides, samples, histograms=True), 1e-3)


def test_the_page_stands_alone(text):
    assert text.startswith("<!DOCTYPE html>") and text.rstrip().endswith("</html>")
    assert not re.search(r"https?:|@import|url\(|<script|<link rel=\"stylesheet", text)
    assert "&lt;int8&gt;.nb" in text and "a &amp; b.nb" in text
    assert "prefers-color-scheme: dark" in text


def test_the_page_shows_the_same_figures(text):
    assert text.count('<tr id="layer-') == 3
    assert text.count("Histogram of activations") == 3 and text.count("Histogram of weights") == 2
    assert 'class="clip"' in text and "beyond 0.001" in text


def test_a_browser_opens_it_offline(text, browser, tmp_path):
    (tmp_path / "page.html").write_text(text)
    address = (tmp_path / "page.html").as_uri()
    browser.open(address)
    assert browser.evaluate("document.querySelectorAll('svg.chart path.line').length") == 2
    assert browser.evaluate("document.querySelectorAll('tbody tr').length") == 3
    assert browser.evaluate("document.querySelectorAll('svg.histogram').length") == 5
    assert browser.evaluate("document.querySelector('svg.chart').getBoundingClientRect().height") > 50
    assert browser.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    sent = [event["params"]["request"]["url"] for event in browser.events
            if event.get("method") == "Network.requestWillBeSent"]
    assert [url for url in sent if url != address and not url.startswith("data:")] == []
    heard = {event.get("method") for event in browser.events}
    assert not heard & {"Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"}
