# SPDX-License-Identifier: Apache-2.0
"""Source model or .nb -> .onnx, so that a model that was made small here runs in other engines, too."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lite.convert import Progress, Source, convert_to_bytes, make_executor, megabytes
from lite.errors import FileError, InputError

if TYPE_CHECKING:
    import numpy as np

    from lite.ir import Graph, Preprocess
    from lite.passes.rule import Pass
    from lite.quant import StaticPTQ

NB_IDENTIFIER = b"LTNB"
SUFFIX = ".onnx"


@dataclass
class Exported:
    """What an export wrote.

    Attributes
    ----------
    source, path : str
        The model that was read and the file that was written ("" if it was kept in memory).
    size_bytes : int
    opset : int
    nodes : dict
        Number of ONNX nodes by op.
    quantized_values : int
        How many values are rounded to integers.
    quantization : dict
        What static quantization chose, as in the report of ``convert``; else empty.
    time_s : float
    """

    source: str = ""
    path: str = ""
    size_bytes: int = 0
    opset: int = 0
    nodes: dict[str, int] = field(default_factory=dict)
    quantized_values: int = 0
    quantization: dict[str, Any] = field(default_factory=dict)
    time_s: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """All of it in plain types, for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        rows = sorted(self.nodes.items(), key=lambda row: (-row[1], row[0]))
        counts = ", ".join(f"{count} {op}" for op, count in rows)
        lines = [f"{self.source} -> {self.path or 'memory'}, opset {self.opset}, in {self.time_s:.2f} s",
                 f"size   {megabytes(self.size_bytes)}", f"nodes  {sum(self.nodes.values())} ({counts})"]
        if self.quantized_values:
            lines.append(f"int8   {self.quantized_values} values stand between QuantizeLinear and "
                         "DequantizeLinear")
        return "\n".join(lines)


def export(model: Source, out: str | os.PathLike[str] | None = None, *, param_file: Source | None = None,
           input_shape: Mapping[str, Sequence[int]] | None = None,
           freeze_inputs: Mapping[str, np.ndarray] | None = None, preprocess: Preprocess | None = None,
           quantize: StaticPTQ | None = None, progress: Progress | None = None) -> Exported:
    """Write a model as ONNX: floats, or integers between QuantizeLinear and DequantizeLinear.

    A .nb is written as it runs: its integer layers with the scales that they have. A source model is
    optimised first. Inputs and outputs keep names, shapes and element types; open extents are ``dim_param``.
    docs/export.md says what becomes of integer layers.

    Parameters
    ----------
    model : path or bytes
        A .nb, or a source model as ``lite.convert`` takes it.
    out : path, optional
        File to write; ".onnx" is appended if missing. Left out: the model's name in the current folder.
    param_file, input_shape, freeze_inputs, preprocess
        As of ``lite.convert``; not for a .nb.
    quantize : StaticPTQ, optional
        Make an integer model of a source model, with scales from calibration data.
    progress : callable(str), optional
        Hears what is done next.

    Returns
    -------
    Exported

    Raises
    ------
    UnsupportedOpError
        If the model, or ONNX, lacks something: all of it is listed.
    LiteError
        If the model cannot be read or the file cannot be written. There is never half a file.
    """
    path = _output_path(model, out)
    data, exported = export_to_bytes(model, param_file=param_file, input_shape=input_shape,
                                     freeze_inputs=freeze_inputs, preprocess=preprocess,
                                     quantize=quantize, progress=progress)
    from lite.nb.writer import write_atomically

    write_atomically(path, data)
    exported.path = str(path)
    return exported


def export_to_bytes(model: Source, *, param_file: Source | None = None,
                    input_shape: Mapping[str, Sequence[int]] | None = None,
                    freeze_inputs: Mapping[str, np.ndarray] | None = None,
                    preprocess: Preprocess | None = None, quantize: StaticPTQ | None = None,
                    progress: Progress | None = None) -> tuple[bytes, Exported]:
    """Write a model in memory: the bytes of the ONNX file, and what is in it. Parameters as of ``export``."""
    from lite import importers
    from lite.exporters import onnx
    from lite.passes import pipeline

    tell = progress or (lambda message: None)
    start = time.perf_counter()
    options: dict[str, Any] = {name: option for name, option in (
        ("param_file", param_file), ("input_shape", input_shape), ("freeze_inputs", freeze_inputs),
        ("preprocess", preprocess), ("quantize", quantize)) if option}  # fmt: skip
    tell("reading the model")
    exported = Exported(source=importers.describe(model))
    graph = _stored(model, options) if _is_nb(model) else _optimised(model, options, exported, tell)
    pipeline.run(graph, pipeline.export())
    tell("writing")
    data, exported.opset, exported.nodes = onnx.written(graph)
    exported.quantized_values = sum(node.op.name == "quantize" for node in graph.nodes)
    exported.size_bytes, exported.time_s = len(data), time.perf_counter() - start
    return data, exported


def _stored(model: Source, options: Mapping[str, Any]) -> Graph:
    from lite.nb.reader import read

    if options:
        raise InputError("a .nb is exported as it is", where=next(iter(options)),
                         hint="say this when it is converted, or export the source model")
    return read(model)


def _optimised(model: Source, options: dict[str, Any], exported: Exported, tell: Progress) -> Graph:
    """The graph of a source model, with what static quantization puts in."""
    from lite import _native, importers
    from lite.nb.reader import read
    from lite.passes import pipeline
    from lite.passes.fold_constants import FoldConstants
    from lite.quant.static_ptq import quantize

    settings = options.pop("quantize", None)
    if settings is not None and settings.is_tuned:
        data, report = convert_to_bytes(model, quantize=settings, progress=tell, **options)
        exported.quantization = report.quantization
        return read(data)
    preprocess = options.pop("preprocess", None)
    if "input_shape" in options:
        options["input_shapes"] = dict(options.pop("input_shape"))
    graph = importers.load(model, **options)
    graph.preprocess = preprocess or graph.preprocess
    scaled = settings is not None or any(node.op.name in ("quantize", "dequantize") for node in graph.nodes)
    if settings is not None:
        pipeline.run(graph, [FoldConstants(dequantize=True)])
    steps = pipeline.standard(quantized=scaled)
    pipeline.run(graph, [step for step in steps if scaled or step.name != "to_nhwc"])
    if settings is not None:
        exported.quantization = quantize(graph, settings, make_executor, tell).to_dict()
    if scaled:
        integers = pipeline.integers(frozenset(_native.ops()))
        pipeline.run(graph, [step for step in integers if not _loses_scales(step)])
    return graph


def _loses_scales(step: Pass) -> bool:
    """Whether nothing tells, behind a pass, what is between a layer and its table, or what weights were."""
    from lite.passes.fold_constants import FoldConstants
    from lite.passes.fuse_lookup import FuseLookup

    return isinstance(step, FuseLookup) or (isinstance(step, FoldConstants) and step.dequantize)


def _is_nb(model: Source) -> bool:
    """Whether a model is a .nb of ours; Paddle Lite's are source models."""
    from lite.importers import begins_paddle_lite

    if isinstance(model, bytes):
        return model[4:8] == NB_IDENTIFIER
    path = Path(model)
    if path.is_dir():
        return False
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror}", where=str(path)) from error
    return head[4:] == NB_IDENTIFIER or (path.suffix == ".nb" and not begins_paddle_lite(head))


def _output_path(model: Source, out: str | os.PathLike[str] | None) -> Path:
    if out is None and isinstance(model, bytes):
        raise InputError("a model given as bytes has no name for its .onnx file", where="out",
                         hint="say out=..., or call export_to_bytes")
    if out is not None:
        path = Path(out)
        return path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)
    source = Path(str(model)).resolve()
    path = Path(f"{source.name if source.is_dir() else source.stem}{SUFFIX}")
    if path.resolve() == source:
        raise InputError("it would overwrite the model that it is made of", where="out", hint="say out=...")
    return path
