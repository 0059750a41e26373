# SPDX-License-Identifier: Apache-2.0
"""From a network and its weights to a Graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lite.errors import InputError, LiteError, ModelFormatError, UnsupportedOpError
from lite.importers import Source, read_bytes
from lite.importers._emitter import MOST_ELEMENTS, Emitter
from lite.importers._report import INCONSISTENT, NODES_SHOWN, UnsupportedReport
from lite.importers.caffe import rules
from lite.importers.caffe.call import Call, MissingWeightsError
from lite.importers.caffe.files import PathLike, find_files
from lite.importers.caffe.network import Layer, Network, read_network
from lite.importers.caffe.sources import SOURCES, shapes_of
from lite.importers.caffe.weights import read_weights
from lite.ir import Dim, Extent, Graph, Symbol, TensorType, Value
from lite.ir.dim import product

_NETWORK_BYTES, _WEIGHT_BYTES = "the network's bytes", "the bytes of weights"


def load(
    source: Source,
    *,
    param_file: PathLike | bytes | None = None,
    input_shapes: Mapping[str, Sequence[Extent]] | None = None,
    freeze_inputs: Mapping[str, np.ndarray] | None = None,
) -> Graph:
    """Import a Caffe model.

    Layers that only train or test a network (losses, accuracy) are left out, as are those that its rules of
    phases exclude when testing. The outputs are the blobs that no layer reads, in the order of their names,
    as in Caffe.

    Parameters
    ----------
    source : path or bytes
        The .prototxt, the .caffemodel, a folder of one pair, or the bytes of a .prototxt.
    param_file : path or bytes, optional
        The .caffemodel; needed with bytes, else found beside the .prototxt.
    input_shapes : mapping of name to shape, optional
        In the place of the shapes that the network declares.
    freeze_inputs : mapping of name to array, optional
        Inputs that become constants.

    Raises
    ------
    FileError, InputError, ModelFormatError, UnsupportedOpError
    """
    if isinstance(source, bytes):
        where, text = _NETWORK_BYTES, source
        weights_where, weights = _WEIGHT_BYTES, param_file or b""
    else:
        files = find_files(source, None if isinstance(param_file, bytes) else param_file)
        where, text = str(files.network), read_bytes(files.network)
        weights_where = _WEIGHT_BYTES if isinstance(param_file, bytes) else str(files.weights)
        weights = param_file if isinstance(param_file, bytes) else files.weights
    blobs = read_weights(read_bytes(weights), weights_where)
    return _Importer(
        read_network(text, where), blobs, where, dict(input_shapes or {}), dict(freeze_inputs or {})
    ).graph()


class _Importer:
    """Walks the layers in their order and applies the rule of each."""

    def __init__(
        self,
        network: Network,
        blobs: dict[str, list[np.ndarray]],
        where: str,
        input_shapes: Mapping[str, Sequence[Extent]],
        frozen: Mapping[str, np.ndarray],
    ) -> None:
        self.network = network
        self.blobs = blobs
        self.where = where
        self.input_shapes = input_shapes
        self.frozen = frozen
        self.emitter = Emitter(Graph(network.name or Path(where).stem))
        self.report = UnsupportedReport(where)
        self.values: dict[str, Value | None] = {}  # by blob; None: made by a layer that was not imported
        self.unread: set[str] = set()
        self.bare: list[str] = []  # layers whose weights are missing

    def graph(self) -> Graph:
        try:
            self._inputs()
            for layer in self.network.layers:
                if layer.type not in SOURCES:
                    self._place(layer)
            self.report.raise_if_any()
            self._demand_weights()
            return self._finished()
        except LiteError as error:
            if not (error.where or "").startswith(self.where):
                error.where = f"{self.where}: {error.where}" if error.where else self.where
            raise

    def _inputs(self) -> None:
        read = {
            name for layer in self.network.layers if layer.type not in rules.DROPPED for name in layer.bottoms
        }
        found: dict[str, tuple[Sequence[int] | None, Layer | None]] = {}
        for name, shape in self.network.inputs.items():
            found[name] = (shape, None)
        for layer in self.network.layers:
            if layer.type in SOURCES:
                shapes = shapes_of(layer)
                found.update({top: (shape, layer) for top, shape in zip(layer.tops, shapes) if top in read})
        for option, given in (("input_shapes", self.input_shapes), ("freeze_inputs", self.frozen)):
            if not set(given) <= set(found):
                names = sorted(set(given) - set(found))
                raise InputError(f"{option} names {names}, but the inputs are {sorted(found)}")
        for name, (declared, source) in found.items():
            self._input(name, declared, source)
        self.report.raise_if_any()

    def _input(self, name: str, declared: Sequence[int] | None, layer: Layer | None) -> None:
        where = layer.title if layer else f"input {name!r}"
        if name in self.frozen:
            array = np.asarray(self.frozen[name], np.float32)
            self.values[name] = self.emitter.constant(array, name=name)
            return
        shape: Sequence[Extent] | None = self.input_shapes.get(name, declared)
        if shape is None:
            self.report.add(
                layer.type if layer else "input",
                name,
                "it does not say the shape of what it reads",
                f"say it: --input_shape {name}:1,3,224,224",
            )
            return
        if declared is not None and len(shape) != len(declared):
            raise InputError(
                f"the shape {list(shape)} has {len(shape)} axes, expected {len(declared)} as in "
                f"{list(declared)}",
                where=where,
            )
        fixed = tuple(extent for extent in shape if isinstance(extent, int))
        if any(extent < 0 for extent in fixed) or product(fixed) > MOST_ELEMENTS:
            raise ModelFormatError(
                f"the shape is {list(shape)}",
                where=where,
                hint=f"say another: --input_shape {name}:1,3,224,224",
            )
        for extent in shape:
            for symbol in sorted(extent.symbols()) if isinstance(extent, Dim) else ():
                self.emitter.graph.symbols.setdefault(symbol, Symbol(symbol))
        self.values[name] = self.emitter.graph.add_input(name, TensorType(tuple(shape)))

    def _place(self, layer: Layer) -> None:
        """Import a layer, or note why not; keep book of what is read and made."""
        if layer.type in rules.DROPPED:
            self.values.update(dict.fromkeys(set(layer.tops) - set(layer.bottoms)))
            return
        values = [self._bottom(layer, name) for name in layer.bottoms]
        self.unread -= set(layer.bottoms)
        known = [value for value in values if value is not None]
        made: Sequence[Value | None] = [None] * len(layer.tops)
        if len(known) == len(values) or layer.type not in rules.table():
            made = self._imported(layer, known) or made
        for name, value in zip(layer.tops, made):
            if name in self.values and name not in layer.bottoms:
                raise ModelFormatError(
                    f"it makes the blob {name!r}, which was made before", where=layer.title
                )
            self.values[name] = value
            if value is not None:
                self.unread.add(name)

    def _bottom(self, layer: Layer, name: str) -> Value | None:
        if name not in self.values:
            later = [other.title for other in self.network.layers if name in other.tops]
            told = f"only {later[0]} makes it, further below" if later else "nothing makes it"
            raise ModelFormatError(f"it reads the blob {name!r}, but {told}", where=layer.title)
        return self.values[name]

    def _imported(self, layer: Layer, bottoms: list[Value]) -> Sequence[Value] | None:
        rule = rules.table().get(layer.type)
        try:
            if rule is None:
                why, todo = rules.why_not(layer.type)
                raise UnsupportedOpError(why, hint=todo)
            given = rule(Call(self.emitter, layer, bottoms, self.blobs.pop(layer.name, ())))
            made = (given,) if isinstance(given, Value) else tuple(given)
            if len(made) != len(layer.tops):
                raise ModelFormatError(f"it names {len(layer.tops)} tops, expected {len(made)}")
            return made
        except UnsupportedOpError as error:
            self.report.add(layer.type, layer.name, error.message, error.hint or "")
        except MissingWeightsError as error:
            self.bare.append(f"{layer.name}: {error.message}")
        except LiteError as error:
            told = f"{error.where}: {error.message}" if error.where else error.message
            raise ModelFormatError(told, where=f"{self.where}: {layer.title}", hint=error.hint) from error
        except INCONSISTENT as error:
            raise ModelFormatError(
                f"its blobs and parameters do not fit together ({error})", where=layer.title
            ) from error
        return None

    def _demand_weights(self) -> None:
        if self.bare:
            shown = "".join(f"\n  {line}" for line in self.bare[:NODES_SHOWN])
            more = "\n  ..." if len(self.bare) > NODES_SHOWN else ""
            raise ModelFormatError(
                f"{len(self.bare)} layer{'s' * (len(self.bare) != 1)} without weights:{shown}{more}",
                hint="they are found by the layers' names: does this .caffemodel belong to this .prototxt?",
            )

    def _finished(self) -> Graph:
        outputs = [(name, value) for name in sorted(self.unread) if (value := self.values[name]) is not None]
        if not outputs:
            raise ModelFormatError("the network has no output: layers read all blobs, or none is left")
        self.emitter.finish(outputs)
        return self.emitter.graph
