# SPDX-License-Identifier: Apache-2.0
"""A comparison as one HTML page: no script, no network, light or dark as the reader's browser is."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from lite.compare.charts import MOST_DB, bar, decibels, histogram, line_chart
from lite.compare.histograms import Bounds, Histogram
from lite.compare.layers import Comparison, Row

MOST_SHOWN = 8  # of the worst layers
STYLE = """
:root { color-scheme: light dark; --ground: #fbfbfa; --card: #ffffff; --ink: #1c2024; --soft: #646b73;
  --line: #e3e5e8; --own: #d9730d; --whole: #2563eb; --good: #1a8f5a; --bad: #c93a3a; --count: #8fa6c7; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171a; --card: #1c2024; --ink: #e8eaed;
  --soft: #9aa3ad; --line: #31373d; --own: #f0a04b; --whole: #6ea8fe; --good: #4cc38a; --bad: #f2777a;
  --count: #4d6485; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 36px 0 10px; }
p { margin: 4px 0; } .soft { color: var(--soft); }
code { font: 13px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 12px;
  margin: 22px 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 16px; }
.card b { display: block; font-size: 22px; font-variant-numeric: tabular-nums; }
.good { color: var(--good); } .bad { color: var(--bad); }
.panel { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px; }
.scroll { overflow-x: auto; } table { width: 100%; border-collapse: collapse; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: 13px; white-space: nowrap; }
th, td { padding: 6px 8px; border-bottom: 1px solid var(--line); vertical-align: top; }
td.figure { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.wide { min-width: 120px; } tr:target { outline: 2px solid var(--whole); }
svg { display: block; max-width: 100%; } .chart { width: 100%; height: auto; }
.grid { stroke: var(--line); } .mark { fill: var(--soft); font-size: 11px; }
.line { fill: none; stroke-width: 1.6; } .line.own { stroke: var(--own); }
.line.whole { stroke: var(--whole); }
.dot.own { fill: var(--own); } .dot.whole { fill: var(--whole); }
.bar { width: 100%; height: 6px; border-radius: 3px; margin-top: 3px; } .room { fill: var(--line); }
rect.own { fill: var(--own); } rect.whole { fill: var(--whole); } rect.alike { fill: var(--good); }
.key { display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin: 0 5px 0 14px; }
.key.own { background: var(--own); } .key.whole { background: var(--whole); }
details > summary { cursor: pointer; color: var(--soft); font-size: 13px; }
.histograms { display: grid; grid-template-columns: repeat(auto-fit, minmax(280px, 1fr)); gap: 18px;
  padding: 8px 0; }
.histogram { width: 100%; } .count { fill: var(--count); }
.clip { stroke: var(--bad); stroke-dasharray: 4 3; }
a { color: inherit; text-decoration-color: var(--soft); } ol { margin: 6px 0; padding-left: 24px; }
"""


def page(result: Comparison, tolerance: float | None = None) -> str:
    """The whole page.

    Parameters
    ----------
    result : Comparison
    tolerance : float, optional
        How far outputs may be off, as a part of their range.
    """
    places = {row.name: place for place, row in enumerate(result.rows)}
    body = "".join([_head(result), _cards(result, tolerance), _chart(result), _worst(result, places),
                    _table(result.rows)])
    return ('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<link rel="icon" href="data:,">'
            f"<title>{escape(result.b)} against {escape(result.a)}</title><style>{STYLE}</style></head>"
            f"<body><main>{body}</main></body></html>\n")


def _head(result: Comparison) -> str:
    samples = f"{result.samples} sample{'s' if result.samples != 1 else ''}"
    engines = {"native": "the engine", "reference": "the numpy reference"}
    return (f"<h1>Layer by layer</h1><p>B <code>{escape(result.b)}</code> against A <code>{escape(result.a)}"
            f'</code>, {samples}</p><p class="soft">A was run by {engines[result.engines[0]]}, B by '
            f"{engines[result.engines[1]]}.</p>")


def _cards(result: Comparison, tolerance: float | None) -> str:
    judged = "" if tolerance is None else "good" if result.worst_output <= tolerance else "bad"
    said = "" if tolerance is None else f", {'within' if judged == 'good' else 'beyond'} {tolerance:g}"
    outputs = [row.cumulative.sqnr_db for row in result.rows if row.is_output]
    integers = sum(row.stored != "f32" for row in result.rows)
    cards = [(f"{result.worst_output:.1e}", f"of its range: error of the worst output{said}", judged),
             (decibels(min(outputs, default=None)), "signal to noise of the worst output", ""),
             (f"{integers} of {len(result.rows)}", "values are integers in B", ""),
             (str(len(result.not_in_b)), "values of A are not in B: fused or folded", "")]
    return '<div class="cards">' + "".join(
        f'<div class="card"><b class="{style}">{figure}</b><span class="soft">{escape(label)}</span></div>'
        for figure, label, style in cards) + "</div>"


def _chart(result: Comparison) -> str:
    own = [_own(row) for row in result.rows]
    whole: list[float | None] = [row.cumulative.sqnr_db for row in result.rows]
    drawn = line_chart([row.name for row in result.rows], [("whole", whole), ("own", own)])
    return (f'<h2>Signal to noise along the net</h2><div class="panel">{drawn}'
            '<p class="soft"><span class="key whole"></span>cumulative: both models from the same inputs'
            '<span class="key own"></span>isolated: the layer alone, fed with A\'s values</p></div>')


def _own(row: Row) -> float | None:
    return row.isolated.sqnr_db if row.isolated is not None else None


def _worst(result: Comparison, places: dict[str, int]) -> str:
    worst = result.worst(MOST_SHOWN)
    if not worst:
        return "<h2>Worst layers</h2><p>No layer adds an error of its own.</p>"
    items = "".join(
        f'<li><a href="#layer-{places[row.name]}"><code>{escape(row.name)}</code></a> '
        f'<span class="soft">{escape(row.op)}, {decibels(_own(row))}</span></li>' for row in worst)
    return f'<h2>Worst layers</h2><div class="panel"><ol>{items}</ol></div>'


def _table(rows: Iterable[Row]) -> str:
    head = "".join(f"<th>{cell}</th>" for cell in ("", "layer", "in B", "isolated", "cumulative", "cosine",
                                                   "greatest error"))
    body = "".join(_row(place, row) for place, row in enumerate(rows))
    return (f'<h2>Layers</h2><div class="panel scroll"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>")


def _row(place: int, row: Row) -> str:
    figures, own = row.cumulative, _own(row)
    made_by = f'<p class="soft">{escape(row.op)}, {" x ".join(map(str, row.shape))}</p>'
    cells = [
        f'<td class="figure soft">{place + 1}</td>',
        f"<td><code>{escape(row.name)}</code>{made_by}{_details(row)}</td>",
        f"<td>{escape(row.stored)}</td>",
        _barred(decibels(own), None if own is None else own / MOST_DB, "own"),
        _barred(decibels(figures.sqnr_db), figures.sqnr_db / MOST_DB, "whole"),
        _barred(f"{figures.cosine:.6f}", figures.cosine, "alike"),
        f'<td class="figure">{figures.max_error:.3g}'
        f'<p class="soft">{figures.error_ratio:.1e} of range</p></td>',
    ]
    return f'<tr id="layer-{place}">{"".join(cells)}</tr>'


def _barred(figure: str, share: float | None, style: str) -> str:
    return f'<td class="figure wide">{figure}{"" if share is None else bar(share, style)}</td>'


def _details(row: Row) -> str:
    counted = row.histograms
    if counted is None:
        return ""
    parts = [_one_histogram("activations", counted.activations, counted.clip)]
    if counted.weights is not None:
        parts.append(_one_histogram("weights", counted.weights, counted.weights_clip))
    return f'<details><summary>histograms</summary><div class="histograms">{"".join(parts)}</div></details>'


def _one_histogram(what: str, counts: Histogram, clip: Bounds | None) -> str:
    reach = f"integers of B reach {clip[0]:.4g} to {clip[1]:.4g}" if clip else "float in B"
    drawn = histogram(counts, clip, f"Histogram of {what}")
    return f'<div><p class="soft">{what} of A, logarithmic; {reach}</p>{drawn}</div>'
