# SPDX-License-Identifier: Apache-2.0
"""The latency guard: layers stay float where integers would be slower, conversions counted.

Both nets are cut into pieces by the values that they have in common. A piece costs what its nodes take, in
float or on integers; where neighbours differ, a conversion is added. A minimum cut finds the cheapest choice:
it sees chains, so a layer that would win a little, but add two conversions, stays as its neighbours are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lite.compare.pieces import common_names, homes_of, layers_by_piece
from lite.compare.places import Place, places_of
from lite.ir import Graph, Node, TensorType, Value
from lite.ir.dim import evaluate
from lite.nb import writer
from lite.ops.dequantize import Dequantize
from lite.ops.quantize import Quantize
from lite.tuning.cut import ENDLESS, Cut
from lite.tuning.latency_table import LatencyTable
from lite.tuning.stopwatch import ROUNDS, Net, layer_times, race

CONVERSIONS = frozenset({"quantize", "dequantize"})
PROBES = (1 << 12, 1 << 17)  # elements
Times = list[tuple[Node, float]]


@dataclass
class Piece:
    """What leads to a value that both nets have.

    Attributes
    ----------
    name : str
        Of the value.
    float_us, integer_us : float
        Of all nodes between the values before and this one.
    elements : int
        Of the value: what a conversion of it has to do.
    read : set of str
        Pieces whose values it reads.
    is_integer : bool
        Whether the quantized net holds the value in integers.
    """

    name: str
    float_us: float = 0.0
    integer_us: float = 0.0
    elements: int = 0
    read: set[str] = field(default_factory=set)
    is_integer: bool = False


@dataclass(frozen=True)
class Line:
    """Microseconds of a conversion: a + b * elements."""

    fixed_us: float
    element_us: float

    def of(self, elements: int) -> float:
        return max(0.0, self.fixed_us + self.element_us * elements)


def pieces_of(floats: Net, integers: Net, float_times: Times, integer_times: Times,
              extents: Mapping[Value, int]) -> dict[str, Piece]:
    """The pieces of two nets, by name, in running order.

    Parameters
    ----------
    floats, integers : Net
    float_times, integer_times : list of (Node, microseconds)
    extents : mapping of Value to int
        Elements of the quantized net's values.
    """
    places = {net: places_of(net.graph) for net in (floats, integers)}
    common = common_names(floats.graph, integers.graph)
    inputs = {value.name for value in integers.graph.inputs}  # they stay as they come
    pieces: dict[str, Piece] = {}
    homes = homes_of(integers.graph, places[integers], common)
    for node in integers.graph.nodes:
        name = homes.get(node)
        if name is None:
            continue
        piece = pieces.setdefault(name, Piece(name))
        for value in node.inputs:
            if value is not None and not value.is_constant:
                source = _source(value, places[integers], homes)
                if source is not None and source != name:
                    piece.read.add(source)
        for value in node.outputs:
            if places[integers][value].name == name:
                piece.elements = extents.get(value, 0)
                piece.is_integer |= not value.type.dtype.is_float and name not in inputs
    _charge(pieces, homes, integer_times, "integer_us")
    _charge(pieces, homes_of(floats.graph, places[floats], common), float_times, "float_us")
    return pieces


def _charge(pieces: dict[str, Piece], homes: Mapping[Node, str], times: Times, side: str) -> None:
    for node, time_us in times:
        piece = pieces.get(homes.get(node, ""))
        if piece is not None and node.op.name not in CONVERSIONS:
            setattr(piece, side, getattr(piece, side) + time_us)


def _source(value: Value, places: Mapping[Value, Place], homes: Mapping[Node, str]) -> str | None:
    """The piece that a value belongs to; an input of the net is one by itself."""
    if value.producer is None:
        return places[value].name
    return homes.get(value.producer)


def choose_float(pieces: Mapping[str, Piece], outputs: Iterable[str], quantize: Line,
                 dequantize: Line) -> set[str]:
    """The pieces that had better be float.

    Parameters
    ----------
    pieces : mapping of str to Piece
    outputs : iterable of str
        Pieces whose values leave the net, as floats.
    quantize, dequantize : Line
    """
    cut = Cut()  # the first kind: integers
    readers: dict[str, set[str]] = {}
    for piece in pieces.values():
        cut.add_node(piece.name, piece.integer_us if piece.is_integer else ENDLESS, piece.float_us)
        for source in piece.read:
            readers.setdefault(source, set()).add(piece.name)
    for name in outputs:
        readers.setdefault(name, set()).add(Cut.SECOND)
    for name in readers.keys() & pieces.keys():
        to_float, to_integers = ("to float", name), ("to integers", name)
        cut.add(name, to_float, dequantize.of(pieces[name].elements))
        cut.add(to_integers, name, quantize.of(pieces[name].elements))
        for reader in sorted(readers[name]):
            cut.add(to_float, reader, ENDLESS)
            if reader != Cut.SECOND:
                cut.add(reader, to_integers, ENDLESS)
    integers = cut.first_kind()
    return {name for name, piece in pieces.items() if piece.is_integer and name not in integers}


def elements_of(net: Net) -> dict[Value, int]:
    """How many elements each value has for the shapes that a net is timed with."""
    symbols: dict[str, int] = {}
    for value, info in zip(net.graph.inputs, net.session.inputs):
        for declared, extent in zip(value.type.shape, info.shape):
            if not isinstance(declared, int):
                symbols.setdefault(str(declared), int(extent))
    return {value: int(np.prod([evaluate(extent, symbols) for extent in value.type.shape], dtype=np.int64))
            for node in net.graph.nodes for value in node.outputs}


def measured_conversions(rounds: int = ROUNDS) -> tuple[Line, Line]:
    """What quantize and dequantize take on this machine."""
    samples: dict[str, list[tuple[int, float]]] = {"quantize": [], "dequantize": []}
    for elements in PROBES:
        net = _conversion_net(elements)
        for node, _, time_us in layer_times([net], rounds)[0]:
            if node.op.name in samples:
                samples[node.op.name].append((elements, time_us))
    return line_through(samples["quantize"]), line_through(samples["dequantize"])


def _conversion_net(elements: int) -> Net:
    graph = Graph("conversions")
    x = graph.add_input("x", TensorType((1, elements)))
    scale = graph.constant(np.array(0.02, np.float32), "scale")
    (q,) = graph.add(Quantize(), [x, scale], name="q")
    graph.outputs = list(graph.add(Dequantize(), [q, scale], name="r"))
    return Net(writer.to_bytes(graph), graph, {})


def tabled_conversions(table: LatencyTable) -> tuple[Line, Line]:
    """What they take by a table's rows."""
    lines = []
    for op in ("quantize", "dequantize"):
        rows = [(int(np.prod(outputs[0], dtype=np.int64)), time_us)
                for (name, _, outputs), time_us in table.rows.items() if name == op]
        lines.append(line_through(rows))
    return lines[0], lines[1]


def line_through(samples: Sequence[tuple[int, float]]) -> Line:
    """The line nearest to (elements, microseconds); through the origin if there is but one."""
    if len({elements for elements, _ in samples}) < 2:
        return Line(0.0, max((time_us / max(elements, 1) for elements, time_us in samples), default=0.0))
    elements, times = zip(*samples)
    slope, fixed = np.polyfit(np.array(elements, np.float64), np.array(times, np.float64), 1)
    return Line(float(fixed), float(slope))


@dataclass(frozen=True)
class Built:
    """A net that was converted: its file, what is in it, its integer layers with the values they make."""

    nb: bytes
    graph: Graph
    layers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What the guard found.

    Attributes
    ----------
    chosen : {"int8", "mixed", "float"}
    kept_float : tuple of str
        Names of the layers that the guard keeps float.
    times_us : dict of str to float
        Of the whole nets: measured here, or by the table.
    measured : bool
    machine : str
    """

    chosen: str
    kept_float: tuple[str, ...]
    times_us: Mapping[str, float]
    measured: bool
    machine: str

    @property
    def gain(self) -> float:
        """How many times as fast as float the chosen net is."""
        return self.times_us["float"] / self.times_us[self.chosen]

    def __str__(self) -> str:
        how = f"measured here ({self.machine})" if self.measured else f"by the table for {self.machine}"
        said = ", ".join(f"{name} {time_us / 1e3:.3f} ms" for name, time_us in self.times_us.items())
        if self.chosen == "float":
            return f"{how}: {said}: integers are not faster, so the float net is kept"
        count = len(self.kept_float)
        layers = f"{count} layers kept float" if count else "no layer is slower on integers"
        return f"{how}: {said}: {layers}, {self.gain:.2f} times as fast as float"

    def to_dict(self) -> dict[str, object]:
        return {"chosen": self.chosen, "kept_float": list(self.kept_float), "times_us": dict(self.times_us),
                "gain": self.gain, "measured": self.measured, "machine": self.machine}


def guard(floats: Built, integers: Built, build: Callable[[Sequence[str]], Built],
          shapes: Mapping[str, Sequence[int]], table: LatencyTable | None = None,
          tell: Callable[[str], None] = lambda message: None) -> tuple[Built, Verdict]:
    """The fastest of the float net, the quantized one, and one with its slower layers float.

    Parameters
    ----------
    floats, integers : Built
    build : callable(names of layers that stay float)
    shapes : mapping of str to shape
        For which the net shall be fast.
    table : LatencyTable, optional
        Times of another machine, instead of measuring on this one.
    tell : callable(str), optional
    """
    tell("timing layers")
    nets = [Net(built.nb, built.graph, shapes) for built in (floats, integers)]
    slower = _slower_layers(nets[0], nets[1], integers.layers, table)
    candidates = {"float": floats, "int8": integers}
    if 0 < len(slower) < len(integers.layers):
        tell(f"quantizing again, {len(slower)} layers float")
        candidates["mixed"] = build(slower)
        nets.append(Net(candidates["mixed"].nb, candidates["mixed"].graph, shapes))
    tell("timing whole nets")
    times = race(nets) if table is None else [sum(_tabled(net, table).values()) for net in nets]
    times_us = dict(zip(candidates, times))
    chosen = min(times_us, key=lambda name: times_us[name])
    kept = tuple(slower) if chosen == "mixed" else ()
    machine = nets[0].session.isa if table is None else table.machine
    return candidates[chosen], Verdict(chosen, kept, times_us, table is None, machine)


def _slower_layers(floats: Net, integers: Net, layers: Mapping[str, str],
                   table: LatencyTable | None) -> list[str]:
    """Names of the layers that had better be float."""
    if table is None:
        timed = layer_times([floats, integers])
        sides = [[(node, time_us) for node, _, time_us in side] for side in timed]
        lines = measured_conversions()
    else:
        sides = [list(_tabled(net, table).items()) for net in (floats, integers)]
        lines = tabled_conversions(table)
    pieces = pieces_of(floats, integers, sides[0], sides[1], elements_of(integers))
    outputs = [value.name for value in integers.graph.outputs]
    slower = choose_float(pieces, outputs, *lines)
    by_piece = layers_by_piece(layers, integers.graph, common_names(floats.graph, integers.graph))
    return [layer for piece, inside in by_piece.items() if piece in slower for layer in inside]


def _tabled(net: Net, table: LatencyTable) -> dict[Node, float]:
    layers = net.layers(net.profile(runs=1))
    times = table.times((layer.op, layer.inputs, layer.outputs) for _, layer in layers)
    return {node: time_us for (node, _), time_us in zip(layers, times)}
