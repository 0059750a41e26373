# SPDX-License-Identifier: Apache-2.0
"""From a float model to a module that simulates its integers: passes, calibration, and the reals kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lite.convert import Convertible, Progress, Source, load_graph, make_executor, runnable_ops
from lite.ir import Graph, Node, Preprocess
from lite.passes import pipeline
from lite.passes.fold_constants import FoldConstants
from lite.quant.roles import LAYERS, Role, classify, layer_names
from lite.quant.static_ptq import quantize
from lite.slim.qat.module import QuantizedModule
from lite.slim.qat.settings import QAT


def prepare(model: Convertible, samples: Any, settings: QAT | None = None, *,
            param_file: Source | None = None, input_shape: Mapping[str, Sequence[int]] | None = None,
            freeze_inputs: Mapping[str, np.ndarray] | None = None, preprocess: Preprocess | None = None,
            progress: Progress | None = None) -> QuantizedModule:
    """A module that computes as the int8 model will, to be trained.

    The float passes come first, as in a conversion: batch norms are folded, so they are frozen. Then the
    model is quantized as by ``StaticPTQ``, and the module begins with what that gives. Converting the module
    gives the int8 model: ``lite.convert(net, "model.nb")``.

    Parameters
    ----------
    model : path, bytes, Graph, or module of to_torch
        A float model; whatever ``lite.convert`` takes. A graph is copied.
    samples
        Calibration data, as of ``StaticPTQ``.
    settings : QAT, optional
    param_file, input_shape, freeze_inputs, preprocess
        As of ``lite.convert``. To train a model that fixes its batch, give another one in ``input_shape``.
    progress : callable(str), optional
        Hears what is done next.

    Raises
    ------
    CalibrationError
        If the samples cannot be used, names in the settings mean nothing, or the model is quantized already.
    UnsupportedOpError
        If ops cannot be trained: all of them are listed.
    """
    chosen = settings or QAT()
    graph = load_graph(model, param_file=param_file, input_shape=input_shape, freeze_inputs=freeze_inputs)
    graph.preprocess = preprocess or graph.preprocess
    pipeline.run(graph, [FoldConstants(dequantize=True), *pipeline.standard(runnable_ops(), quantized=True)])
    calibration = chosen.calibration(samples, _left_out(graph, chosen))
    names = layer_names(graph)
    outcome = quantize(graph, calibration, make_executor, progress)
    bits = {_weights_name(node): calibration.options(names[node]).weight_bits for node in outcome.weights}
    reals = {_weights_name(node): array for node, array in outcome.weights.items()}
    net = QuantizedModule(graph, chosen, reals, bits)
    net.quantization = outcome.to_dict()
    return net


def _left_out(graph: Graph, settings: QAT) -> list[str]:
    """Layers of ops that are not to be quantized."""
    if settings.op_types is None:
        return []
    roles, _ = classify(graph, {})
    names = layer_names(graph)
    return [names[node] for node, role in roles.items()
            if role is Role.LAYER and node.op.name not in settings.op_types]


def _weights_name(node: Node) -> str:
    """What the dequantize of a layer's weights makes."""
    form = LAYERS[node.op.name].weights
    value = None if form is None else node.inputs[form[0]]
    assert value is not None
    return value.name
