# SPDX-License-Identifier: Apache-2.0
"""Which layers lose most: by the noise that each adds, or by the accuracy that each costs."""

from __future__ import annotations

import dataclasses
import math
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lite.compare.places import written_name
from lite.convert import Convertible, convert_to_bytes, make_executor
from lite.errors import InputError
from lite.nb.reader import read
from lite.quant import StaticPTQ
from lite.quant.analysis import ENOUGH_SAMPLES, layer_errors
from lite.quant.samples import Samples
from lite.session import Model, Session
from lite.slim.analysis.costs import deployed

Evaluate = Callable[[Session], float]


def blame(before: Convertible, after: Convertible, data: Any) -> dict[str, float]:
    """Signal to noise in dB that each layer adds by itself, when it reads what the model before computes.

    Parameters
    ----------
    before, after : .nb file or its bytes, or whatever ``lite.convert`` takes
        Of the same names: the second made of the first by quantization or training.
    data
        Samples, as StaticPTQ takes them; a few are enough.

    Returns
    -------
    dict
        By name of layer, the worst first. Layers that compute the same, or whose outputs have another shape
        in the model before, are not in it.

    Raises
    ------
    CalibrationError
        If the data does not fit the model.
    InputError
        If the models have no value in common.
    """
    floats, integers = read(deployed(before)), read(deployed(after))
    layers = {node.name: written_name(node.outputs[0])[0] for node in integers.nodes
              if node.op.name not in ("quantize", "dequantize")}
    errors = layer_errors(floats, integers, layers, make_executor, Samples(data, floats, ENOUGH_SAMPLES))
    return {layer: error.sqnr_db for error in errors if math.isfinite(error.sqnr_db)
            for layer in error.layers}


def metric_errors(model: Convertible, settings: StaticPTQ, evaluate: Evaluate, *,
                  layers: Sequence[str] = (), progress: Callable[[str], None] = lambda message: None,
                  ) -> dict[str, float]:
    """What accuracy each layer costs when it alone computes on integers, the most expensive first.

    Parameters
    ----------
    model : whatever ``lite.convert`` takes
        Floats.
    settings : StaticPTQ
        How it is quantized; ranges are found once, for all layers.
    evaluate : callable(Session)
        The accuracy, the higher the better; called once for each layer, and once for the float model.
    layers : sequence of str
        Those that are tried; all of them if left out.
    progress : callable(str), optional
        Hears which layer is tried.

    Returns
    -------
    dict
        Accuracy lost, by name of layer. Negative: it rose.

    Raises
    ------
    InputError
        If a layer is unknown.
    """
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table"
        usual = settings.untuned
        _, report = convert_to_bytes(model, quantize=dataclasses.replace(usual, table_out=table))
        known = list(report.quantization["layers"])
        chosen = list(layers or known)
        for layer in chosen:
            if layer not in known:
                raise InputError(f"no layer is called {layer!r}, expected some of {known}", where="layers")
        whole = evaluate(Model(deployed(model)).session())
        losses = {}
        for place, layer in enumerate(chosen):
            progress(f"layer {place + 1} of {len(chosen)}: {layer}")
            others = [name for name in known if name != layer]
            alone = dataclasses.replace(usual, exclude=[*usual.exclude, *others], table=table)
            losses[layer] = whole - evaluate(Model(convert_to_bytes(model, quantize=alone)[0]).session())
    return dict(sorted(losses.items(), key=lambda row: -row[1]))
