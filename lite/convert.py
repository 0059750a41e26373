# SPDX-License-Identifier: Apache-2.0
"""Source model -> .nb: import, optimise, write."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Union, cast

from lite.errors import InputError, LiteError, TargetError

if TYPE_CHECKING:
    import numpy as np
    from typing_extensions import TypeGuard

    from lite.executor import Executor
    from lite.ir import Graph, Preprocess
    from lite.nb.golden import Golden
    from lite.passes.rule import Log, Pass
    from lite.quant import StaticPTQ, WeightOnly

Source = Union[str, "os.PathLike[str]", bytes]
Progress = Callable[[str], None]


class HasGraph(Protocol):
    """What is a graph in another form, as modules of ``slim.to_torch`` are."""

    def to_graph(self) -> Graph: ...


Convertible = Union[Source, "Graph", HasGraph]
TARGETS = ("arm", "x86")
REFUSALS_SHOWN = 5
STAYS_FLOAT = "stays_float"  # as in lite.passes.to_integers, which is not imported before it is needed
JOINING = ("fold_affine", "fold_pad", "fuse_", "make_", "recognize_")  # passes that make one op of several
MOST_THREADS = 4  # of calibration, and where models are judged
SPARSE_THRESHOLD = 0.6  # where a flag asks for sparse weights and no number is given
PARTNERS = {".pdmodel": ".pdiparams", ".prototxt": ".caffemodel", ".caffemodel": ".prototxt"}  # counted, too
GOLDEN_EXTENTS = (32, 64, 224, 8, 1)  # tried in turn for free extents


@dataclass
class Report:
    """What a conversion did.

    Attributes
    ----------
    source, path : str
        The model that was read and the file that was written ("" if it was kept in memory).
    source_bytes, size_bytes : int
        Their sizes; a folder counts with all of its files.
    targets : tuple of str
    ops_before, ops_after : dict
        Number of nodes by op, as imported and as written.
    passes : list of Log
        Each pass with its changes by rule, its refusals and its time.
    quantization : dict
        What static quantization chose: samples seen, scale and zero point by value, scales of weights by
        layer, integer layers with the values that they make, what stays float and why. Else empty.
    weights : dict
        What became of weights alone: bits, layers and weights that are integers now, bytes of a file of
        floats, which layers stay float and why. Else empty.
    sparse : dict
        Where sparse weights were asked for: the threshold, and by layer that is stored so which part of its
        weights is zero. Else empty.
    tuning : dict
        What was tried to keep the accuracy (search) or the speed (guard), and what came out. Else empty.
    time_s : float
        Of the whole conversion.
    """

    source: str = ""
    path: str = ""
    source_bytes: int = 0
    size_bytes: int = 0
    targets: tuple[str, ...] = TARGETS
    ops_before: dict[str, int] = field(default_factory=dict)
    ops_after: dict[str, int] = field(default_factory=dict)
    passes: list[Log] = field(default_factory=list)
    quantization: dict[str, Any] = field(default_factory=dict)
    weights: dict[str, Any] = field(default_factory=dict)
    sparse: dict[str, Any] = field(default_factory=dict)
    tuning: dict[str, Any] = field(default_factory=dict)
    time_s: float = 0.0

    @property
    def changes(self) -> dict[str, int]:
        """Changes by rule, over all passes."""
        total: dict[str, int] = {}
        for log in self.passes:
            for rule, count in log.changes.items():
                total[rule] = total.get(rule, 0) + count
        return total

    @property
    def fusions(self) -> dict[str, int]:
        """Changes that made one op of several, by rule."""
        joining = {rule for log in self.passes if log.name.startswith(JOINING) for rule in log.changes}
        return {rule: count for rule, count in self.changes.items() if rule in joining}

    @property
    def refusals(self) -> list[str]:
        """Why what looked like something to improve was left as it is, one sentence a place."""
        return list(dict.fromkeys(str(refusal) for log in self.passes for refusal in log.refusals
                                  if refusal.rule != STAYS_FLOAT))

    @property
    def float_left(self) -> list[str]:
        """What computes on floats in a quantized model, and why, one sentence a node."""
        return [f"{refusal.node}: {refusal.reason}" for log in self.passes for refusal in log.refusals
                if refusal.rule == STAYS_FLOAT]

    def to_dict(self) -> dict[str, object]:
        """All of it in plain types, for JSON."""
        own = {row.name: getattr(self, row.name) for row in dataclasses.fields(self)}
        return {**own, "changes": self.changes, "fusions": self.fusions, "refusals": self.refusals,
                "float_left": self.float_left,
                "passes": [{"name": log.name, "changes": dict(log.changes), "time_s": log.time_s,
                            "refusals": [dataclasses.asdict(refusal) for refusal in log.refusals]}
                           for log in self.passes]}

    def __str__(self) -> str:
        before, after = sum(self.ops_before.values()), sum(self.ops_after.values())
        targets = ", ".join(self.targets)
        lines = [f"{self.source} -> {self.path or 'memory'} for {targets} in {self.time_s:.2f} s",
                 f"size   {megabytes(self.source_bytes)} -> {megabytes(self.size_bytes)}",
                 f"nodes  {before} -> {after} ({_counts(self.ops_after)})"]
        if self.changes:
            lines.append(f"passes {_counts(self.changes)}")
        if self.quantization:
            layers, samples = len(self.quantization["layers"]), self.quantization["samples"]
            lines.append(f"int8   {layers} layer{'s' * (layers != 1)}, scales from "
                         f"{samples} sample{'s' * (samples != 1)}")
            lines += [f"note   {note}" for note in self.quantization["notes"]]
        if self.weights:
            lines += _weights_text(self.weights, self.size_bytes)
        if self.sparse:
            lines.append(_sparse_text(self.sparse))
        lines += [f"{name:<6} {found['text']}" for name, found in self.tuning.items()]
        return "\n".join([*lines, *_first("kept  ", self.refusals, "refusals"),
                          *_first("float ", self.float_left, "float_left")])


def convert(model: Convertible, out: str | os.PathLike[str] | None = None, *,
            targets: Sequence[str] = TARGETS, param_file: Source | None = None,
            input_shape: Mapping[str, Sequence[int]] | None = None,
            freeze_inputs: Mapping[str, np.ndarray] | None = None, bundle_inputs: int = 0,
            preprocess: Preprocess | None = None, quantize: StaticPTQ | WeightOnly | None = None,
            keep_io_float: bool = True, sparse_threshold: float | None = None,
            discard_passes: Sequence[str] = (), verify: bool = False,
            progress: Progress | None = None) -> Report:
    """Convert a model to a .nb file.

    Parameters
    ----------
    model : path, bytes, Graph, or module of slim.to_torch
        .onnx, .pdmodel, .pb, .tflite, .prototxt, .caffemodel, a folder, ... A graph is copied.
    out : path, optional
        File to write; ".nb" is appended if missing. A folder: the file gets the model's name in it. Left out:
        the current folder.
    targets : sequence of {"arm", "x86"}
        Where the file may run.
    param_file : path or bytes, optional
        The weights of a Paddle or Caffe model, if they do not lie where they usually do; bytes with bytes.
    input_shape : mapping of str to shape, optional
        Fixes extents of inputs.
    freeze_inputs : mapping of str to array, optional
        Inputs that become constants: those whose content decides shapes.
    bundle_inputs : int
        How many golden vectors (random inputs with the outputs they must give) go into the file.
    preprocess : Preprocess, optional
        How an image becomes the first input; kept in the file.
    quantize : StaticPTQ or WeightOnly, optional
        Make an integer model, with scales from calibration data; or make integers of the weights alone,
        without data: layers still compute in float.
    keep_io_float : bool
        False: inputs and outputs of a quantized model become integers, which the caller scales.
    sparse_threshold : float, optional
        Weights of 1 x 1 convolutions in floats of which this part (0 to 1) or more is zero are stored sparse
        and multiplied so, where that is faster.
    discard_passes : sequence of str
        Names of passes to leave out.
    verify : bool
        Check the graph around every pass.
    progress : callable(str), optional
        Hears what is done next.

    Returns
    -------
    Report

    Raises
    ------
    LiteError
        If the model cannot be read, holds what is not supported, or the file cannot be written.
    """
    path = _output_path(model, out)
    parts, report = _converted(model, targets=targets, param_file=param_file, input_shape=input_shape,
                               freeze_inputs=freeze_inputs, bundle_inputs=bundle_inputs,
                               preprocess=preprocess, quantize=quantize, keep_io_float=keep_io_float,
                               sparse_threshold=sparse_threshold, discard_passes=discard_passes,
                               verify=verify, progress=progress)
    start = time.perf_counter()
    from lite.nb.writer import write_atomically

    write_atomically(path, parts)
    report.path = str(path)
    report.time_s += time.perf_counter() - start
    return report


def convert_to_bytes(model: Convertible, *, targets: Sequence[str] = TARGETS,
                     param_file: Source | None = None,
                     input_shape: Mapping[str, Sequence[int]] | None = None,
                     freeze_inputs: Mapping[str, np.ndarray] | None = None, bundle_inputs: int = 0,
                     preprocess: Preprocess | None = None, quantize: StaticPTQ | WeightOnly | None = None,
                     keep_io_float: bool = True, sparse_threshold: float | None = None,
                     discard_passes: Sequence[str] = (), verify: bool = False,
                     progress: Progress | None = None) -> tuple[bytes, Report]:
    """Convert a model in memory: the bytes of the .nb, and the report. Parameters as of ``convert``."""
    parts, report = _converted(model, targets=targets, param_file=param_file, input_shape=input_shape,
                               freeze_inputs=freeze_inputs, bundle_inputs=bundle_inputs,
                               preprocess=preprocess, quantize=quantize, keep_io_float=keep_io_float,
                               sparse_threshold=sparse_threshold, discard_passes=discard_passes,
                               verify=verify, progress=progress)
    return b"".join(parts), report


def _converted(model: Convertible, *, targets: Sequence[str], param_file: Source | None,
               input_shape: Mapping[str, Sequence[int]] | None,
               freeze_inputs: Mapping[str, np.ndarray] | None, bundle_inputs: int,
               preprocess: Preprocess | None, quantize: StaticPTQ | WeightOnly | None, keep_io_float: bool,
               sparse_threshold: float | None, discard_passes: Sequence[str], verify: bool,
               progress: Progress | None) -> tuple[list[bytes], Report]:
    """``convert_to_bytes``, its bytes in the parts that are written one behind the other."""
    from lite.quant import StaticPTQ, WeightOnly

    if isinstance(quantize, StaticPTQ) and quantize.is_tuned:
        data, report = _tuned(model, quantize, {
            "targets": targets, "param_file": param_file, "input_shape": input_shape,
            "freeze_inputs": freeze_inputs, "bundle_inputs": bundle_inputs, "preprocess": preprocess,
            "sparse_threshold": sparse_threshold, "discard_passes": discard_passes, "verify": verify,
            "progress": progress}, keep_io_float)
        return [data], report
    runnable = runnable_ops()  # first: it says in words when the engine has not been built
    from lite.nb import writer
    from lite.passes import pipeline
    from lite.passes.fold_constants import FoldConstants

    tell = progress or (lambda message: None)
    start = time.perf_counter()
    chosen = _targets(targets)
    _check_passes(discard_passes)
    if sparse_threshold is not None and not 0.0 <= sparse_threshold <= 1.0:
        raise InputError(f"it is {sparse_threshold}, expected a part of the weights, 0 to 1",
                         where="sparse_threshold")
    tell("reading the model")
    graph = load_graph(model, param_file=param_file, input_shape=input_shape, freeze_inputs=freeze_inputs)
    graph.preprocess = preprocess or graph.preprocess
    report = Report(source=_described(model, graph), source_bytes=_source_bytes(model, param_file, graph),
                    targets=chosen, ops_before=_ops(graph))
    static = quantize if isinstance(quantize, StaticPTQ) else None
    scaled = static is not None or _has_scales(graph)
    if not scaled and not keep_io_float:
        raise InputError("the model is not quantized, so its inputs and outputs stay float",
                         where="keep_io_float")
    golden = None if scaled or quantize else _golden(graph, bundle_inputs, tell)

    def run(steps: Sequence[Pass]) -> None:
        kept = [step for step in steps if step.name not in discard_passes]
        report.passes += pipeline.run(graph, kept, verify=verify, progress=lambda name: tell(f"pass {name}"))

    if static is not None:
        run([FoldConstants(dequantize=True)])  # weights that are integers already are weights like others
    run(pipeline.standard(runnable, quantized=scaled))
    if static is not None:
        report.quantization = _calibrated(graph, static, tell)
    if scaled:
        run(pipeline.integers(runnable, keep_io_float=keep_io_float))
    _demand_kernels(graph, runnable, report.source)
    if isinstance(quantize, WeightOnly):
        report.weights = _weights_only(graph, quantize, chosen, tell)
    if golden is None:  # integers define their own meaning
        golden = _golden(graph, bundle_inputs, tell)
    tell("writing")
    if sparse_threshold is not None:
        report.sparse = _sparse_layers(graph, sparse_threshold)
    parts = writer.to_parts(graph, targets=chosen, golden=golden, sparse_from=sparse_threshold)
    report.ops_after, report.size_bytes = _ops(graph), sum(map(len, parts))
    report.time_s = time.perf_counter() - start
    return parts, report


def load_graph(model: Convertible, *, param_file: Source | None = None,
               input_shape: Mapping[str, Sequence[int]] | None = None,
               freeze_inputs: Mapping[str, np.ndarray] | None = None) -> Graph:
    """The graph of a model, as its importer builds it; a copy of a graph. Parameters as of ``convert``.

    Raises
    ------
    LiteError
        If the model cannot be read or holds what is not supported.
    InputError
        If a graph comes with what only sources have.
    """
    from lite import importers

    if not _is_source(model):
        given = {"param_file": param_file, "input_shape": input_shape, "freeze_inputs": freeze_inputs}
        for name in (name for name, value in given.items() if value):
            raise InputError("a graph has its weights and shapes already", where=name, hint="leave it out")
        if not (_is_graph(model) or hasattr(model, "to_graph")):
            raise InputError(f"got a {type(model).__name__}, expected a path, bytes or a Graph",
                             where="model",
                             hint="lite.from_torch(module, example) makes a graph of a PyTorch module")
        return model.copy() if _is_graph(model) else cast(HasGraph, model).to_graph()
    options: dict[str, Any] = {} if param_file is None else {"param_file": param_file}
    return importers.load(model, input_shapes=dict(input_shape or {}),
                          freeze_inputs=dict(freeze_inputs or {}), **options)


def _is_source(model: Convertible) -> TypeGuard[Source]:
    return isinstance(model, (str, bytes, os.PathLike))


def _is_graph(model: Convertible) -> TypeGuard[Graph]:
    from lite.ir import Graph

    return isinstance(model, Graph)


def _described(model: Convertible, graph: Graph) -> str:
    from lite import importers

    return importers.describe(model) if _is_source(model) else f"graph {graph.name!r}"


def _source_bytes(model: Convertible, param_file: Source | None, graph: Graph) -> int:
    if _is_source(model):
        return size_bytes(model, param_file)
    return sum(value.array.nbytes for value in graph.constants() if value.array is not None)


def _tuned(model: Convertible, settings: StaticPTQ, options: Mapping[str, Any],
           keep_io_float: bool) -> tuple[bytes, Report]:
    """The best of several conversions, by accuracy and by speed."""
    from lite.tuning.tune import tuned

    tell = options["progress"] or (lambda message: None)
    start = time.perf_counter()

    def once(chosen: StaticPTQ | None) -> tuple[bytes, Report]:
        return convert_to_bytes(model, quantize=chosen, keep_io_float=keep_io_float or chosen is None,
                                **options)

    data, report = tuned(once, settings, options["input_shape"] or {}, make_executor, tell)
    report.time_s = time.perf_counter() - start
    return data, report


def _has_scales(graph: Graph) -> bool:
    return any(node.op.name in ("quantize", "dequantize") for node in graph.nodes)


def _calibrated(graph: Graph, settings: StaticPTQ, tell: Progress) -> dict[str, Any]:
    """Put scales into a float graph, from what the engine makes of calibration data."""
    from lite.quant.static_ptq import quantize

    return quantize(graph, settings, make_executor, tell).to_dict()


def make_executor(graph: Graph, taps: Sequence[str]) -> Executor:
    """Runs a graph on all cores."""
    from lite.executor import Executor

    return Executor(graph, taps, threads=usual_threads(), copy=False)


def usual_threads() -> int:
    """As many as there are cores that this process may use, but few."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST_THREADS)


def _weights_only(graph: Graph, options: WeightOnly, targets: tuple[str, ...],
                  tell: Progress) -> dict[str, Any]:
    """Make integers of weights; what became of them, in plain types."""
    from lite.nb import writer
    from lite.quant.weights import quantize_weights

    tell("quantizing weights")
    float_bytes = sum(map(len, writer.to_parts(graph, targets=targets)))
    return {**quantize_weights(graph, options).to_dict(), "float_bytes": float_bytes}


def _weights_text(done: Mapping[str, Any], size: int) -> list[str]:
    """Sizes that were measured; no speed, which was not."""
    kept = [f"{name}: {reason}" for name, reason in done["kept_float"].items()]
    floats = done["float_bytes"]
    return [f"weight int{done['bits']} for {done['weights']} weights of {done['layers']} layers, in the file "
            f"and in memory: {megabytes(size)}, {size / floats:.1%} of {megabytes(floats)} in float",
            "       layers still compute in float: this is for size, not for speed",
            *_first("float ", kept, "weights")]


def _sparse_layers(graph: Graph, threshold: float) -> dict[str, Any]:
    """Which layers are stored sparse, and which part of their weights is zero."""
    from lite.nb import pack, sparse

    layers = {node.name: sparse.zeros_share(value.array) for node in graph.nodes if len(node.inputs) > 1
              for value in (node.input(1),) if value is not None and value.array is not None
              and pack.packing_of(node, 1, threshold).word == "sparse"}
    return {"threshold": threshold, "layers": layers}


def _sparse_text(done: Mapping[str, Any]) -> str:
    shares, threshold = list(done["layers"].values()), done["threshold"]
    if not shares:
        return f"sparse no layer: no 1 x 1 convolution in float has {threshold:.0%} zeros or more"
    return (f"sparse {len(shares)} layer{'s' * (len(shares) != 1)} of 1 x 1 with {min(shares):.0%} to "
            f"{max(shares):.0%} zeros (threshold {threshold:.0%})")


def _targets(targets: Sequence[str]) -> tuple[str, ...]:
    chosen = (targets,) if isinstance(targets, str) else tuple(targets)
    unknown = [target for target in chosen if target not in TARGETS]
    if unknown or not chosen:
        raise TargetError(f"targets are {list(chosen)}, expected some of {', '.join(TARGETS)}")
    return tuple(dict.fromkeys(chosen))


def _check_passes(names: Sequence[str]) -> None:
    from lite.passes import pipeline

    known = dict.fromkeys(step.name for step in (*pipeline.standard(), *pipeline.integers()))
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(f"there are no passes {unknown}, expected some of {', '.join(known)}",
                         where="discard_passes")


def _output_path(model: Convertible, out: str | os.PathLike[str] | None) -> Path:
    in_memory = isinstance(model, bytes) or not _is_source(model)
    if out is None and in_memory:
        raise InputError("a model in memory has no name for its .nb file", where="out",
                         hint="say out=..., or call convert_to_bytes")
    if out is not None and not Path(out).is_dir():
        path = Path(out)
        return path if path.suffix == ".nb" else path.with_name(path.name + ".nb")
    if in_memory:
        raise InputError("it is a folder, and a model in memory has no name for its .nb file in it",
                         where=str(out), hint="name the file")
    source = Path(cast("str | os.PathLike[str]", model)).resolve()
    return Path(out or "") / f"{source.name if source.is_dir() else source.stem}.nb"


def size_bytes(model: Source, param_file: Source | None = None) -> int:
    """Size of a model and of the parameters beside it; a folder counts with all of its files."""
    sources = [source for source in (model, param_file) if source is not None]
    total = sum(len(source) for source in sources if isinstance(source, bytes))
    paths = [Path(source) for source in sources if not isinstance(source, bytes)]
    beside = [path.with_suffix(PARTNERS[path.suffix]) for path in paths if path.suffix in PARTNERS]
    chosen = paths if param_file is not None else paths + beside
    files = {file for path in chosen for file in (path.rglob("*") if path.is_dir() else (path,))}
    return total + sum(file.stat().st_size for file in files if file.is_file())


def runnable_ops() -> frozenset[str]:
    """Names of the ops that have kernels."""
    from lite import _native

    return frozenset(_native.ops())


def _demand_kernels(graph: Graph, runnable: frozenset[str], where: str) -> None:
    from lite.importers._report import UnsupportedReport

    report = UnsupportedReport(where)
    for node in graph.nodes:
        if node.op.name not in runnable:
            report.add(node.op.name, node.name, "it is imported, but no kernel runs it")
    report.raise_if_any()


def _golden(graph: Graph, count: int, tell: Progress) -> Golden | None:
    if count <= 0:
        return None
    from lite.ir.interpret import interpret, random_feeds
    from lite.nb.golden import record

    tell(f"computing {count} golden vectors")
    problem: Exception | None = None
    for extent in GOLDEN_EXTENTS:
        extents = _golden_extents(graph, extent)
        try:
            return record((random_feeds(graph, seed, extents) for seed in range(count)),
                          lambda feeds: interpret(graph, feeds), count=count)
        except (LiteError, ValueError, ArithmeticError) as error:
            if not extents:
                raise
            problem = problem or error
    raise InputError(f"no golden vectors: the model runs with none of the extents tried; {problem}",
                     where="bundle_inputs", hint="say what shape to use with input_shape") from problem


def _golden_extents(graph: Graph, extent: int) -> dict[str, int]:
    """Values for the free extents: 1 for batches, the given one for the others, as near as is allowed."""
    batches = {str(value.type.shape[0]) for value in graph.inputs if value.type.shape}
    return {name: min(max(1 if name in batches else extent, symbol.smallest), symbol.greatest)
            for name, symbol in graph.symbols.items()}


def _first(word: str, sentences: Sequence[str], where: str) -> list[str]:
    """The first of many lines of a report."""
    more = len(sentences) - REFUSALS_SHOWN
    shown = [f"{word} {sentence}" for sentence in sentences[:REFUSALS_SHOWN]]
    return [*shown, f"{word} ... and {more} more (Report.{where})"] if more > 0 else shown


def _ops(graph: Graph) -> dict[str, int]:
    counts: dict[str, int] = {}
    for node in graph.nodes:
        counts[node.op.name] = counts.get(node.op.name, 0) + 1
    return counts


def _counts(counts: Mapping[str, int]) -> str:
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    return ", ".join(f"{count} {name}" for name, count in rows)


def megabytes(size_bytes: int) -> str:
    """A size as people read it: kB below a tenth of an MB."""
    return f"{size_bytes / 1e6:.2f} MB" if size_bytes >= 100_000 else f"{size_bytes / 1e3:.1f} kB"
