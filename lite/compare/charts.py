# SPDX-License-Identifier: Apache-2.0
"""SVG drawings for the page: lines along the net, bars, histograms. Colours are those of the page's CSS."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from lite.compare.histograms import Bounds, Histogram

WIDTH, HEIGHT = 960, 280
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 14, 26
MOST_DB = 120.0  # float rounding lies there: what is better is drawn as if it were this good


def line_chart(names: Sequence[str], series: Sequence[tuple[str, Sequence[float | None]]]) -> str:
    """Several lines over the same layers, in dB.

    Parameters
    ----------
    names : sequence of str
        Of the layers, shown when one points at them.
    series : sequence of (CSS class, numbers)
        None leaves a gap.
    """
    known = [_bounded(number) for _, numbers in series for number in numbers if number is not None]
    top = max(20.0, 20 * math.ceil(max(known, default=20.0) / 20))
    bottom = min(0.0, 20 * math.floor(min(known, default=0.0) / 20))
    scale = _Scale(len(names), bottom, top)
    parts = [_grid(scale)]
    for style, numbers in series:
        points = [(scale.x(place), scale.y(_bounded(number)), names[place], number)
                  for place, number in enumerate(numbers) if number is not None]
        path = " ".join(f"{'L' if place else 'M'}{x:.1f} {y:.1f}" for place, (x, y, *_) in enumerate(points))
        parts.append(f'<path class="line {style}" d="{path}"/>' if points else "")
        parts += [f'<circle class="dot {style}" cx="{x:.1f}" cy="{y:.1f}" r="2.6">'
                  f"<title>{escape(name)}: {decibels(number)}</title></circle>"
                  for x, y, name, number in points]
    label = f"Signal to noise of {len(names)} values along the net"
    return svg(WIDTH, HEIGHT, "".join(parts), "chart", label)


class _Scale:
    """Where layers and decibels lie in the drawing."""

    def __init__(self, count: int, bottom: float, top: float) -> None:
        self.count, self.bottom, self.top = count, bottom, top

    def x(self, place: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (place + 0.5) / max(self.count, 1)

    def y(self, number: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.top - number) / (self.top - self.bottom)


def _grid(scale: _Scale) -> str:
    marks = range(int(scale.bottom), int(scale.top) + 1, 20)
    lines = [f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{scale.y(mark):.1f}" '
             f'y2="{scale.y(mark):.1f}"/><text class="mark" x="{LEFT - 6}" y="{scale.y(mark) + 4:.1f}" '
             f'text-anchor="end">{mark}</text>' for mark in marks]
    foot = (f'<text class="mark" x="{LEFT}" y="{HEIGHT - 6}">first layer</text>'
            f'<text class="mark" x="{WIDTH - RIGHT}" y="{HEIGHT - 6}" text-anchor="end">last layer</text>'
            f'<text class="mark" x="2" y="{HEIGHT - 6}">dB</text>')
    return "".join(lines) + foot


def bar(share: float, style: str) -> str:
    """A bar as long as a share of its room, 0 to 1."""
    width = 100 * min(max(share, 0.0), 1.0)
    return (f'<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
            f'<rect class="room" width="100" height="8"/>'
            f'<rect class="{style}" width="{width:.1f}" height="8"/></svg>')


def histogram(counts: Histogram, clip: Bounds | None, label: str) -> str:
    """Bars on a logarithmic scale; what the integers reach is marked."""
    width, height, foot = 420, 120, 18
    greatest = math.log1p(max(int(counts.counts.max(initial=0)), 1))
    step = width / len(counts.counts)
    bars = []
    for place, count in enumerate(counts.counts):
        if count:
            tall = (height - foot) * math.log1p(int(count)) / greatest
            bars.append(f'<rect class="count" x="{place * step:.2f}" y="{height - foot - tall:.2f}" '
                        f'width="{step * 0.86:.2f}" height="{tall:.2f}"/>')
    span = counts.high - counts.low or 1.0
    marks = []
    for bound in clip or ():
        x = min(max(width * (bound - counts.low) / span, 1.0), width - 1.0)
        marks.append(f'<line class="clip" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height - foot}">'
                     f"<title>clipped at {bound:.4g}</title></line>")
    ends = (f'<text class="mark" x="0" y="{height - 4}">{counts.low:.3g}</text>'
            f'<text class="mark" x="{width}" y="{height - 4}" text-anchor="end">{counts.high:.3g}</text>')
    return svg(width, height, "".join([*bars, *marks, ends]), "histogram", label)


def decibels(number: float | None) -> str:
    """A figure in dB as people read it."""
    if number is None:
        return "-"
    return "exact" if number == math.inf else f"{number:.1f} dB"


def _bounded(number: float) -> float:
    return min(max(number, -40.0), MOST_DB) if not math.isnan(number) else -40.0


def svg(width: int, height: int, content: str, style: str, label: str) -> str:
    """A drawing that says to those who cannot see it what it is."""
    return (f'<svg class="{style}" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">'
            f"{content}</svg>")
