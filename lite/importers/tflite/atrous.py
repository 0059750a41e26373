# SPDX-License-Identifier: Apache-2.0
"""Convolutions between space_to_batch and batch_to_space: older converters write dilation so."""

from __future__ import annotations

import copy
import dataclasses
from collections import Counter
from collections.abc import Mapping

from lite.importers.proto import flat
from lite.importers.tflite.model import Model, Operator
from lite.importers.tflite.tensors import read_array

LAYERS = ("CONV_2D", "DEPTHWISE_CONV_2D")
VALID = 1


def with_dilation(model: Model) -> list[Operator]:
    """The operators of a model, where each three that come to a dilated convolution are one.

    Its options have an attribute ``pads`` besides those of the file: top, left, bottom, right.
    """
    written = {index: operator for operator in model.operators for index in operator.outputs}
    reads = Counter([index for operator in model.operators for index in operator.inputs])
    reads.update(model.outputs)
    replaced: dict[int, Operator | None] = {}
    for last in model.operators:
        layer = _only_writer(last, "BATCH_TO_SPACE_ND", written, reads)
        first = _only_writer(layer, "", written, reads) if layer is not None else None
        options = _options(model, first, layer, last)
        if first is None or layer is None or options is None:
            continue
        replaced[first.index] = replaced[last.index] = None
        replaced[layer.index] = dataclasses.replace(
            layer, inputs=(first.inputs[0], *layer.inputs[1:]), outputs=last.outputs, options=options
        )
    operators = [replaced.get(operator.index, operator) for operator in model.operators]
    return [operator for operator in operators if operator is not None]


def _only_writer(
    reader: Operator, op: str, written: Mapping[int, Operator], reads: Mapping[int, int]
) -> Operator | None:
    """What writes the first input of an operator, if nothing else reads that."""
    if (op and reader.op != op) or not reader.inputs or reads[reader.inputs[0]] != 1:
        return None
    writer = written.get(reader.inputs[0])
    return writer if writer is not None and len(writer.outputs) == 1 else None


def _options(
    model: Model, first: Operator | None, layer: Operator | None, last: Operator
) -> flat.Record | None:
    """Options of the dilated convolution; None if the three are none."""
    if first is None or layer is None or first.op != "SPACE_TO_BATCH_ND" or layer.op not in LAYERS:
        return None
    options = layer.options
    steps = (options.stride_h, options.stride_w, options.dilation_h_factor, options.dilation_w_factor)
    blocks, crops = _constants(model, last)
    found, pads = _constants(model, first)
    if len(blocks) != 2 or blocks != found or steps != (1, 1, 1, 1) or options.padding != VALID:
        return None
    if len(pads) != 4 or len(crops) != 4:
        return None
    top, bottom, left, right = (pad - crop for pad, crop in zip(pads, crops))
    if min(top, bottom, left, right) < 0:
        return None
    dilated: flat.Record = copy.copy(options)
    dilated.dilation_h_factor, dilated.dilation_w_factor = blocks
    dilated.pads = (top, left, bottom, right)
    return dilated


def _constants(model: Model, operator: Operator) -> tuple[list[int], list[int]]:
    """The block's extents, and what is padded or cropped, flat; empty where that is computed."""
    tensors = [model.tensors[index] for index in operator.inputs[1:] if index >= 0]
    if len(tensors) != 2 or any(tensor.content is None for tensor in tensors):
        return [], []
    blocks, sides = ([int(number) for number in read_array(tensor).reshape(-1)] for tensor in tensors)
    return blocks, sides
