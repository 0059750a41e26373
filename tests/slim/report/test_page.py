# SPDX-License-Identifier: Apache-2.0
"""The page stands alone, shows what the report says, and a browser draws it without a network."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lite.slim.report import Layer, Measured, Report, write_report
from lite.slim.report.page import page


def test_the_page_stands_alone(report: Report) -> None:
    text = page(report)
    assert text.startswith("<!DOCTYPE html>") and text.rstrip().endswith("</html>")
    assert not re.search(r"https?:|@import|url\(|<script|<link rel=\"stylesheet", text)
    assert "prefers-color-scheme: dark" in text
    assert text.count("&lt;script&gt;") >= 9  # wherever a name stands


def test_the_page_shows_the_figures(report: Report) -> None:
    text = page(report)
    for shown in ("21.0 kB", "2.29x smaller", "2.00x faster", "95.50%", "-0.20 points", "36.4 dB",
                  "25.0% are 0", "5 that lose less"):  # fmt: skip
        assert shown in text, shown


def test_parts_that_are_not_known_are_left_out() -> None:
    bare = page(Report("bare", "again", (Measured("only", 1000),)))
    assert "What was done" not in bare and "Layers of" not in bare and 'class="chart"' not in bare
    assert "1.00 kB" in bare and "again" in bare


def test_scores_beyond_one_are_no_parts() -> None:
    models = (Measured("a", 1000, 1.0, 41.3), Measured("b", 500, 3.0, 41.9))
    text = page(Report("detector", "again", models, metric="mAP"))
    assert "41.9" in text and "+0.6" in text and "%" not in text.partition("<body>")[2].replace("100%", "")
    assert "3.00x as much" in text


@pytest.mark.parametrize("size, shown", [(7, "7 B"), (999, "999 B"), (1000, "1.00 kB"), (47_928, "47.9 kB"),
                                         (324_000, "324 kB"), (14_300_000, "14.3 MB")])  # fmt: skip
def test_sizes_have_three_digits(size: int, shown: str) -> None:
    assert f">{shown}<" in page(Report("t", "c", (Measured("only", size),)))


def test_worst_layers_stand_out(report: Report) -> None:
    layers = tuple(Layer(f"layer{n}", "conv2d", sqnr_db=40.0 - n) for n in range(6))
    marked = re.findall(r'<td class="figure bad">([\d.]+) dB', page(replace(report, layers=layers)))
    assert marked == ["37.0", "36.0", "35.0"]


def test_a_browser_draws_it_offline(report: Report, browser: Any, tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed: pip install Pillow")
    _, html = write_report(report, tmp_path / "report")
    browser.open(html.as_uri())
    said = browser.evaluate("document.body.innerText")
    assert "2.29x smaller" in said and "<script>alert('x')</script>" in said and "36.4 dB" in said
    assert browser.evaluate("document.querySelectorAll('svg.chart').length") == 3
    assert browser.evaluate("document.querySelectorAll('table.layers tbody tr').length") == 2
    heights = "[...document.querySelectorAll('svg.chart')].map(svg => svg.getBoundingClientRect().height)"
    assert min(browser.evaluate(heights)) > 50
    assert browser.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    picture = image.open(io.BytesIO(browser.screenshot())).convert("RGB")
    assert len(picture.getcolors(1 << 24)) > 50 and min(picture.size) > 300
    sent = [event["params"]["request"]["url"] for event in browser.events
            if event.get("method") == "Network.requestWillBeSent"]
    assert [url for url in sent if url != html.as_uri() and not url.startswith("data:")] == []
    heard = {event.get("method") for event in browser.events}
    assert not heard & {"Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"}
