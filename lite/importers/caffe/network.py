# SPDX-License-Identifier: Apache-2.0
"""A network as Caffe's text describes it: the layers that run when testing, old ones in today's words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.proto import messages

# Old type names that are not today's in capitals with underscores.
_RENAMED = {
    "ABSVAL": "AbsVal", "ARGMAX": "ArgMax", "BNLL": "BNLL", "HDF5_DATA": "HDF5Data", "LRN": "LRN",
    "HDF5_OUTPUT": "HDF5Output", "MVN": "MVN", "RELU": "ReLU", "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "TANH": "TanH",
}  # fmt: skip
_HINT = "give the text that describes the network (.prototxt); the weights (.caffemodel) lie in another file"


@dataclass(frozen=True)
class Layer:
    """One layer.

    Attributes
    ----------
    name, type : str
    bottoms, tops : tuple of str
        Names of the blobs that it reads and writes.
    parameters : message
        Holds the messages ``convolution_param`` and so on.
    index : int
        Position in the text, from 0.
    """

    name: str
    type: str
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    parameters: Any
    index: int

    @property
    def title(self) -> str:
        """How errors name the layer."""
        return f"layer {self.name!r} ({self.type})"


@dataclass
class Network:
    """Inputs that the text declares outside of layers, and the layers in their order."""

    name: str
    inputs: dict[str, tuple[int, ...]] = field(default_factory=dict)
    layers: list[Layer] = field(default_factory=list)


def read_network(text: bytes, where: str) -> Network:
    """Parse a .prototxt; what runs in training only is left out.

    Raises
    ------
    ModelFormatError
        If the text is no network.
    UnsupportedOpError
        If its layers are in the oldest form, which nested them twice.
    """
    from google.protobuf import text_format

    message = messages("caffe")["Net"]()
    try:
        text_format.Parse(text.decode(), message, allow_unknown_field=True)
    except (text_format.ParseError, UnicodeDecodeError, RecursionError, ValueError) as error:
        told = "it nests too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        raise ModelFormatError(f"found no description of a Caffe network ({told})", where=where,
                               hint=_HINT) from error  # fmt: skip
    if not message.layer and not message.layers:
        raise ModelFormatError("found no layer, expected a Caffe network", where=where, hint=_HINT)
    if message.layer and message.layers:
        raise ModelFormatError(
            f"found {len(message.layers)} old layers ('layers') among {len(message.layer)} new ones "
            f"('layer'), expected one kind",
            where=where,
            hint="Caffe's upgrade_net_proto_text makes new layers of old ones",
        )
    return Network(message.name, _inputs(message, where), list(_layers(message, where)))


def _inputs(message: Any, where: str) -> dict[str, tuple[int, ...]]:
    """Blobs declared as ``input``, with the shapes of ``input_shape`` or of four ``input_dim`` each."""
    names = list(message.input)
    shapes = [tuple(shape.dim) for shape in message.input_shape]
    if not shapes and len(message.input_dim) == 4 * len(names):
        shapes = [tuple(message.input_dim[at : at + 4]) for at in range(0, 4 * len(names), 4)]
    if len(shapes) != len(names) or len(set(names)) != len(names):
        raise ModelFormatError(
            f"found inputs {names} with {len(shapes)} input_shape and {len(message.input_dim)} input_dim, "
            f"expected different names, each with one input_shape or four input_dim",
            where=where,
        )
    return dict(zip(names, shapes))


def _layers(message: Any, where: str) -> Iterable[Layer]:
    for index, layer in enumerate(message.layer or message.layers):
        if not layer.HasField("type"):
            raise _without_type(layer.name, index, where)
        kind = layer.type if message.layer else _of_today(layer.DESCRIPTOR, layer.type)
        if _runs_when_testing(layer):
            yield Layer(layer.name or f"#{index}", kind, tuple(layer.bottom), tuple(layer.top), layer, index)


def _without_type(name: str, index: int, where: str) -> Exception:
    if name:
        return ModelFormatError("it has no type", where=f"{where}: layer {name!r}")
    return UnsupportedOpError(
        f"layer {index} has neither name nor type: it is in Caffe's oldest form",
        where=where,
        hint="Caffe's upgrade_net_proto_text makes new layers of old ones",
    )


def _of_today(descriptor: Any, number: int) -> str:
    name: str = descriptor.fields_by_name["type"].enum_type.values_by_number[number].name
    return _RENAMED.get(name, "".join(word.capitalize() for word in name.split("_")))


def _runs_when_testing(layer: Any) -> bool:
    """Caffe's rules of inclusion for phase TEST at level 0 without stages."""
    if layer.include:
        return any(_is_met(rule) for rule in layer.include)
    return not any(_is_met(rule) for rule in layer.exclude)


def _is_met(rule: Any) -> bool:
    testing = (
        messages("caffe")["StateRule"].DESCRIPTOR.fields_by_name["phase"].enum_type.values_by_name["TEST"]
    )
    if rule.HasField("phase") and rule.phase != testing.number:
        return False
    above = rule.HasField("min_level") and rule.min_level > 0
    below = rule.HasField("max_level") and rule.max_level < 0
    return not (above or below or rule.stage)
