# SPDX-License-Identifier: Apache-2.0
"""SVG drawings: curves of sensitivity, size or latency against accuracy, weights. Colours are the page's."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from lite.compare.charts import histogram, svg
from lite.compare.histograms import Histogram
from lite.slim.report.axes import Axis
from lite.slim.report.data import Weights, pareto_front

WIDE, NARROW, HEIGHT = 1000, 480, 320
LEFT, RIGHT, TOP, BOTTOM = 46, 20, 24, 44
COLOURS = 8  # classes c0 to c7 of the page's style; further curves are grey
CHARACTER = 6.6  # width in the drawing, about


@dataclass(frozen=True)
class Point:
    """A model in a drawing of cost against gain."""

    name: str
    cost: float
    gain: float
    is_chosen: bool = False


def sensitivity_curves(sensitivities: Mapping[str, Mapping[float, float]]) -> str:
    """What pruning each layer alone loses, as a part of the accuracy, by the part of it that is pruned.

    Parameters
    ----------
    sensitivities : mapping of layer to mapping of ratio to loss
        The most sensitive layers come in colours, in the order of ``most_sensitive``.
    """
    curves = [[(0.0, 0.0), *sorted((100 * ratio, 100 * loss) for ratio, loss in sensitivities[layer].items())]
              for layer in most_sensitive(sensitivities)]
    across = Axis.around((x for curve in curves for x, _ in curve), LEFT, WIDE - RIGHT, with_zero=True)
    up = Axis.around((y for curve in curves for _, y in curve), HEIGHT - BOTTOM, TOP, with_zero=True)
    parts = [_frame(across, up, "pruned, % of the layer's channels", "loss, % of the accuracy")]
    for order, (layer, curve) in reversed(list(enumerate(zip(most_sensitive(sensitivities), curves)))):
        style = colour_of(order)
        path = " ".join(f"{across.place(x):.1f},{up.place(y):.1f}" for x, y in curve)
        parts.append(f'<polyline class="curve {style}" points="{path}"/>')
        parts += [_dot(across.place(x), up.place(y), style, f"{layer}: {x:.3g} % pruned loses {y:.3g} %")
                  for x, y in curve[1:]]
    return svg(WIDE, HEIGHT, "".join(parts), "chart", f"Sensitivity of {len(curves)} layers to pruning")


def most_sensitive(sensitivities: Mapping[str, Mapping[float, float]]) -> list[str]:
    """Layers by the greatest loss that was seen, the most sensitive first."""
    return sorted(sensitivities, key=lambda layer: -max(sensitivities[layer].values(), default=0.0))


def colour_of(order: int) -> str:
    """The style of the curve that comes at a place of the order."""
    return f"c{order}" if order < COLOURS else "other"


def pareto(points: Sequence[Point], cost: str, gain: str, *, most: float = math.inf) -> str:
    """Models by cost and gain; a line joins those that no other beats in both.

    Parameters
    ----------
    points : sequence of Point
    cost, gain : str
        What the axes say: name and unit.
    most : float
        That a gain can be.
    """
    across = Axis.around((point.cost for point in points), LEFT, NARROW - RIGHT, with_zero=True)
    up = Axis.around((point.gain for point in points), HEIGHT - BOTTOM, TOP, most=most)
    front = [points[position] for position in pareto_front([(point.cost, point.gain) for point in points])]
    stairs = [(across.place(front[0].cost), up.start)] if front else []
    for point, following in zip(front, [*front[1:], None]):
        x, y = across.place(point.cost), up.place(point.gain)
        stairs += [(x, y), (across.place(following.cost) if following else across.end, y)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in stairs)
    parts = [_frame(across, up, cost, gain), f'<polyline class="front" points="{path}"/>']
    dots: list[str] = []
    labels: list[str] = []
    taken: list[tuple[float, float, float]] = []
    for point in sorted(points, key=lambda point: not point.is_chosen):
        x, y = across.place(point.cost), up.place(point.gain)
        style = "chosen" if point.is_chosen else "best" if point in front else "other"
        dots.append(_dot(x, y, style, f"{point.name}: {cost} {point.cost:.4g}, {gain} {point.gain:.4g}",
                         radius=6.5 if point.is_chosen else 5))
        labels.append(_label(point.name, x, y, taken))
    dots.reverse()  # the chosen one lies on top
    title = f"{len(points)} models by {cost} and {gain}"
    return svg(NARROW, HEIGHT, "".join([*parts, *dots, *labels]), "chart", title)


def weight_histogram(weights: Weights) -> str:
    """Bars on a logarithmic scale."""
    counts = Histogram(weights.low, weights.high, np.array(weights.counts, np.int64))
    return histogram(counts, None, f"Histogram of the weights of {weights.name}")


def _label(name: str, x: float, y: float, taken: list[tuple[float, float, float]]) -> str:
    """A name beside its point: above unless another name stands there; it stays in the drawing."""
    width = CHARACTER * len(name)
    anchor = "start" if x + width + 8 < NARROW else "end"
    left = x if anchor == "start" else x - width
    heights = [y - 10, y + 20, y - 24, y + 34, y - 38, y + 48]
    free = [height for height in heights if TOP - 8 < height < HEIGHT - BOTTOM - 2
            and not any(abs(height - other) < 13 and left < end and start < left + width
                        for start, end, other in taken)]
    height = (free or heights)[0]
    taken.append((left, left + width, height))
    return (f'<text class="name" x="{x:.1f}" y="{height:.1f}" text-anchor="{anchor}">'
            f"{escape(name)}</text>")


def _dot(x: float, y: float, style: str, title: str, radius: float = 3.2) -> str:
    return (f'<circle class="point {style}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}">'
            f"<title>{escape(title)}</title></circle>")


def _frame(across: Axis, up: Axis, below: str, beside: str) -> str:
    lines = [f'<line class="grid" x1="{across.start}" x2="{across.end}" y1="{up.place(mark):.1f}" '
             f'y2="{up.place(mark):.1f}"/><text class="mark" x="{LEFT - 8}" y="{up.place(mark) + 4:.1f}" '
             f'text-anchor="end">{_written(mark, up)}</text>' for mark in up.marks]
    lines += [f'<line class="grid faint" x1="{across.place(mark):.1f}" x2="{across.place(mark):.1f}" '
              f'y1="{up.start}" y2="{up.end}"/><text class="mark" x="{across.place(mark):.1f}" '
              f'y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{_written(mark, across)}</text>'
              for mark in across.marks]
    return "".join([*lines, f'<text class="mark" x="{across.end}" y="{HEIGHT - 6}" text-anchor="end">'
                    f'{escape(below)}</text><text class="mark" x="{LEFT - 8}" y="{TOP - 10}" '
                    f'text-anchor="start">{escape(beside)}</text>'])


def _written(mark: float, axis: Axis) -> str:
    return f"{mark + 0.0:,.{axis.digits}f}"
