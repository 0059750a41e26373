# SPDX-License-Identifier: Apache-2.0
"""A report as one HTML page: no script, no network, light or dark as the reader's browser is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

from lite.compare.charts import bar
from lite.compare.page import STYLE
from lite.slim.report.data import Layer, Measured, Report
from lite.slim.report.plots import (
    COLOURS,
    Point,
    colour_of,
    most_sensitive,
    pareto,
    sensitivity_curves,
    weight_histogram,
)

BYTES, TIMES = ("B", "kB", "MB", "GB"), ("us", "ms", "s")
OWN_STYLE = """
:root { --c0: #2563eb; --c1: #d9730d; --c2: #1a8f5a; --c3: #9333c9; --c4: #c93a3a; --c5: #0e8a9c;
  --c6: #a16207; --c7: #d6409f; --other: #9aa3ad; }
@media (prefers-color-scheme: dark) { :root { --c0: #6ea8fe; --c1: #f0a04b; --c2: #4cc38a; --c3: #c58af9;
  --c4: #f2777a; --c5: #4fc3d4; --c6: #d4a72c; --c7: #f07fc0; --other: #646b73; } }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(340px, 1fr)); gap: 12px; }
.plots .panel { min-width: 0; }
.curve { fill: none; stroke-width: 1.8; stroke-linejoin: round; } .name { fill: var(--ink); font-size: 12px;
  paint-order: stroke; stroke: var(--card); stroke-width: 4px; stroke-linejoin: round; }
.front { fill: none; stroke: var(--good); stroke-width: 1.5; stroke-dasharray: 5 4; }
.faint { opacity: .5; } .point { stroke: var(--card); stroke-width: 1.2; }
.point.chosen { fill: var(--own); } .point.best { fill: var(--good); } .point.other { fill: var(--other); }
.curve.other { stroke: var(--other); } .key.other { background: var(--other); }
.key.chosen { background: var(--own); } .key.best { background: var(--good); }
.legend { display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 8px 0 0; padding: 0; list-style: none;
  font-size: 13px; } .legend li { display: flex; align-items: baseline; }
.legend .key { margin-left: 0; flex: none; }
tr.chosen td { background: color-mix(in srgb, var(--own) 9%, transparent); }
th.figure { text-align: right; } td .soft { font-size: 12px; } td.layer { min-width: 180px; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 16px;
  margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.5 ui-monospace, monospace; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 18px; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
""" + "".join(f".curve.c{n} {{ stroke: var(--c{n}); }} .point.c{n}, .key.c{n} {{ fill: var(--c{n}); "
              f"background: var(--c{n}); }}\n" for n in range(COLOURS))


def page(report: Report) -> str:
    """The whole page."""
    body = "".join([_head(report), _cards(report), _models(report), _steps(report), _sensitivities(report),
                    _layers(report), _weights(report), _facts(report)])
    return ('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<link rel="icon" href="data:,">'
            f"<title>{escape(report.title)}</title><style>{STYLE}{OWN_STYLE}</style></head>"
            f"<body><main>{body}</main></body></html>\n")


def _head(report: Report) -> str:
    against = f'{escape(report.after.name)} against {escape(report.before.name)}'
    return f'<h1>{escape(report.title)}</h1><p class="soft">{against}</p>'


def _cards(report: Report) -> str:
    before, after = report.before, report.after
    cards = [_card("size", before.size_bytes, after.size_bytes, _size, "smaller"),
             _card("latency", before.latency_ms, after.latency_ms, _time, "faster"),
             _accuracy_card(report, before.accuracy, after.accuracy),
             _card("multiply-adds", before.flops, after.flops, _count, "fewer")]
    return f'<div class="cards">{"".join(cards)}</div>'


def _card(what: str, before: float | None, after: float | None, written: Callable[[Any], str],
          better: str) -> str:
    if not before or not after:
        return ""
    if before == after:
        return _one_card(what, written(after), "unchanged", "", "")
    ratio = before / after
    words = f"{ratio:.2f}x {better}" if ratio >= 1 else f"{1 / ratio:.2f}x as much"
    return _one_card(what, written(after), words, "good" if ratio >= 1 else "bad", written(before))


def _accuracy_card(report: Report, before: float | None, after: float | None) -> str:
    if before is None or after is None:
        return ""
    style = "good" if after > before else "bad" if after < before else ""
    return _one_card(report.metric, _accuracy(report, after), _change(report, after - before), style,
                     "" if after == before else _accuracy(report, before))


def _one_card(what: str, figure: str, change: str, style: str, before: str) -> str:
    was = f' <span class="soft">from {before}</span>' if before else ""
    return (f'<div class="card"><span class="soft">{escape(what)}</span><b>{figure}</b>'
            f'<span class="{style}">{change}</span>{was}</div>')


def _is_part(report: Report) -> bool:
    """Whether accuracies are parts of 1, which are shown in per cent."""
    known = [model.accuracy for model in report.models if model.accuracy is not None]
    return all(0 <= accuracy <= 1 for accuracy in known)


def _accuracy(report: Report, accuracy: float) -> str:
    return f"{accuracy:.2%}" if _is_part(report) else f"{accuracy:.4g}"


def _change(report: Report, change: float) -> str:
    if not change:
        return "unchanged"
    return f"{100 * change:+.2f} points" if _is_part(report) else f"{change:+.3g}"


def _models(report: Report) -> str:
    columns = ["model", "size", "latency", report.metric, "multiply-adds", "parameters"]
    head = "".join(f'<th{" class=figure" if place else ""}>{escape(name)}</th>'
                   for place, name in enumerate(columns))
    rows = "".join(_model(report, model) for model in report.models)
    table = (f'<div class="panel scroll"><table class="models"><thead><tr>{head}</tr></thead>'
             f"<tbody>{rows}</tbody></table></div>")
    return f"<h2>Models</h2>{table}{_plots(report)}"


def _model(report: Report, model: Measured) -> str:
    before = report.before
    cells = [f"<td>{escape(model.name)}</td>",
             _figure(_size(model.size_bytes), _ratio(before.size_bytes, model.size_bytes)),
             _figure(_time(model.latency_ms), _ratio(before.latency_ms, model.latency_ms)),
             _figure("-" if model.accuracy is None else _accuracy(report, model.accuracy),
                     "" if model.accuracy is None or before.accuracy is None or model is before
                     else _change(report, model.accuracy - before.accuracy)),
             _figure(_count(model.flops), _ratio(before.flops, model.flops)),
             _figure(_count(model.parameters), _ratio(before.parameters, model.parameters))]
    style = ' class="chosen"' if model.name == report.chosen else ""
    return f"<tr{style}>{''.join(cells)}</tr>"


def _ratio(before: float | None, after: float | None) -> str:
    return f"{before / after:.2f}x" if before and after and before != after else ""


def _figure(text: str, note: str = "", share: float | None = None) -> str:
    below = f'<p class="soft">{note}</p>' if note else ""
    drawn = "" if share is None else bar(share, "whole")
    return f'<td class="figure">{text}{below}{drawn}</td>'


def _plots(report: Report) -> str:
    measured = [model for model in report.models if model.accuracy is not None]
    timed = [model for model in measured if model.latency_ms is not None]
    drawn = [_plot(report, measured, [float(model.size_bytes) for model in measured], "size", BYTES),
             _plot(report, timed, [1e3 * (model.latency_ms or 0) for model in timed], "latency", TIMES)]
    if not any(drawn):
        return ""
    words = {"chosen": "chosen", "best": "no other is better in both", "other": "others"}
    items = "".join(f'<li><span class="key {style}"></span>{word}</li>' for style, word in words.items())
    key = f'<ul class="legend">{items}</ul>'
    return f'<h2>What accuracy costs</h2><div class="plots">{"".join(drawn)}</div>{key}'


def _plot(report: Report, models: Sequence[Measured], costs: Sequence[float], cost: str,
          units: Sequence[str]) -> str:
    """Costs in the first unit, which are drawn in the greatest one that the dearest model fills."""
    if len(models) < 2:
        return ""
    place = _unit(max(costs), units)
    scale = 100 if _is_part(report) else 1
    points = [Point(model.name, number / 1000**place, scale * (model.accuracy or 0),
                    model.name == report.chosen) for model, number in zip(models, costs)]
    drawn = pareto(points, f"{cost}, {units[place]}", report.metric + ", %" * (scale == 100),
                   most=100.0 if scale == 100 else math.inf)
    return f'<div class="panel">{drawn}</div>'


def _steps(report: Report) -> str:
    if not report.steps:
        return ""
    items = "".join(f"<li><b>{escape(name)}</b> {escape(text)}</li>" for name, text in report.steps)
    return f'<h2>What was done</h2><div class="panel"><ol>{items}</ol></div>'


def _sensitivities(report: Report) -> str:
    if not report.sensitivities:
        return ""
    layers = most_sensitive(report.sensitivities)
    shown = "".join(f'<li><span class="key {colour_of(order)}"></span><code>{escape(layer)}</code></li>'
                    for order, layer in enumerate(layers[:COLOURS]))
    more = len(layers) - COLOURS
    rest = f'<li><span class="key other"></span>{more} that lose less</li>' if more > 0 else ""
    return ('<h2>Sensitivity to pruning</h2><div class="panel">'
            f'{sensitivity_curves(report.sensitivities)}<ul class="legend">{shown}{rest}</ul></div>')


def _layers(report: Report) -> str:
    if not report.layers:
        return ""
    is_judged = any(layer.sqnr_db is not None for layer in report.layers)
    columns = ["", "layer", "multiply-adds", "parameters", "size", "latency",
               *(["noise of its own"] if is_judged else [])]
    head = "".join(f'<th{" class=figure" if place > 1 else ""}>{name}</th>'
                   for place, name in enumerate(columns))
    rows = "".join(_layer(place, layer, report.layers) for place, layer in enumerate(report.layers))
    return (f'<h2>Layers of {escape(report.after.name)}</h2><div class="panel scroll">'
            f'<table class="layers"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
            '<p class="soft">Latency: of each layer by itself.'
            + (" Noise: signal to noise that the layer adds to what it is given; less is worse."
               if is_judged else "") + "</p>")


def _layer(place: int, layer: Layer, layers: Sequence[Layer]) -> str:
    made = " x ".join(map(str, layer.shape))
    kind = ", ".join(filter(None, (layer.op, layer.kernel, made)))
    return (f'<tr><td class="figure soft">{place + 1}</td><td class="layer"><code>{escape(layer.name)}</code>'
            f'<p class="soft">{escape(kind)}</p></td>'
            + _shared(_count(layer.flops), layer.flops, [other.flops for other in layers])
            + _figure(_count(layer.parameters))
            + _shared(_size(layer.size_bytes), layer.size_bytes,
                      [other.size_bytes for other in layers])
            + _shared(_time(None if layer.latency_us is None else layer.latency_us / 1e3), layer.latency_us,
                      [other.latency_us for other in layers])
            + _noise(layer, layers) + "</tr>")


def _noise(layer: Layer, layers: Sequence[Layer]) -> str:
    """A cell; none where no layer was judged."""
    if all(other.sqnr_db is None for other in layers):
        return ""
    noise = "-" if layer.sqnr_db is None else f"{layer.sqnr_db:.1f} dB"
    return f'<td class="figure {"bad" if layer in _worst(layers) else ""}">{noise}</td>'


def _worst(layers: Sequence[Layer], count: int = 3) -> list[Layer]:
    """The layers that add most noise."""
    noisy = [layer for layer in layers if layer.sqnr_db is not None]
    return sorted(noisy, key=lambda layer: layer.sqnr_db or 0.0)[:count]


def _shared(text: str, part: float | None, parts: Iterable[float | None]) -> str:
    """A figure over a bar of its part of the whole."""
    whole = sum(other or 0 for other in parts)
    return _figure(text, share=part / whole if part and whole else 0.0)


def _weights(report: Report) -> str:
    if not report.weights:
        return ""
    drawn = "".join(f'<div><p class="soft"><code>{escape(weights.name)}</code>{_zeros(weights.zeros)}</p>'
                    f"{weight_histogram(weights)}</div>" for weights in report.weights)
    return ('<h2>Weights</h2><div class="panel">'
            '<p class="soft">How often they occur, on a logarithmic scale.</p>'
            f'<div class="histograms">{drawn}</div></div>')


def _zeros(part: float) -> str:
    return f", {part:.1%} are 0" if part >= 0.0005 else ""


def _facts(report: Report) -> str:
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in report.facts.items())
    shown = f'<h2>Conditions</h2><div class="panel"><dl>{facts}</dl></div>' if facts else ""
    return f"{shown}<h2>Again</h2><pre>{escape(report.command)}</pre>"


def _size(size_bytes: int) -> str:
    return _in_unit(float(size_bytes), BYTES) if size_bytes else "-"


def _time(latency_ms: float | None) -> str:
    return "-" if latency_ms is None else _in_unit(1e3 * latency_ms, TIMES)


def _in_unit(number: float, units: Sequence[str]) -> str:
    """Three digits and the greatest unit that the number fills; each is a thousand times the one before."""
    place = _unit(number, units)
    shown = number / 1000**place
    digits = 0 if shown >= 100 or number == int(number) < 1000 else 1 if shown >= 10 else 2
    return f"{shown:,.{digits}f} {units[place]}"


def _unit(number: float, units: Sequence[str]) -> int:
    return min(len(units) - 1, int(math.log10(max(number, 1.0)) // 3))


def _count(number: float | None) -> str:
    """A number of things as people read it."""
    if not number:
        return "-"
    for unit, word in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if number >= unit:
            return f"{number / (1e3 if word == 'k' else unit):.3g}{word}"
    return f"{number:,.0f}"
