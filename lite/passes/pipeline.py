# SPDX-License-Identifier: Apache-2.0
"""The order of the passes, and the loop that runs them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from lite.errors import LiteError, PassError
from lite.ir import Graph
from lite.ir.verify import verify as verify_graph
from lite.passes.eliminate_dead import EliminateDead
from lite.passes.eliminate_identities import EliminateIdentities
from lite.passes.fold_affine import FoldAffine
from lite.passes.fold_constants import FoldConstants
from lite.passes.fold_pad import FoldPad
from lite.passes.fold_scales import FoldScales
from lite.passes.from_integers import FromIntegers
from lite.passes.fuse_epilogue import FuseEpilogue
from lite.passes.fuse_lookup import FuseLookup
from lite.passes.integer_ends import IntegerEnds
from lite.passes.keep_weights_quantized import KeepWeightsQuantized
from lite.passes.lower_ops import LowerOps
from lite.passes.make_fully_connected import MakeFullyConnected
from lite.passes.merge_duplicates import MergeDuplicates
from lite.passes.move_scales import MoveScales
from lite.passes.recognize_activations import RecognizeActivations
from lite.passes.recognize_moves import RecognizeMoves
from lite.passes.recognize_normalizations import RecognizeNormalizations
from lite.passes.recognize_pooling import RecognizePooling
from lite.passes.rule import Log, Pass
from lite.passes.signed_activations import SignedActivations
from lite.passes.simplify_arithmetic import SimplifyArithmetic
from lite.passes.to_integers import JoinScales, ToIntegers
from lite.passes.to_nchw import ToNchw
from lite.passes.to_nhwc import ToNhwc
from lite.passes.unsigned_activations import UnsignedActivations


def standard(runnable: frozenset[str] | None = None, *, quantized: bool = False) -> list[Pass]:
    """The passes of `lite opt`, in order.

    Parameters
    ----------
    runnable : frozenset of str, optional
        Names of the ops that have kernels; see LowerOps.
    quantized : bool
        For graphs that hold quantize and dequantize, or will: of the activations, only bounds are fused into
        layers, since the value before any other one needs a scale of its own.
    """
    tidy: list[Pass] = [FoldConstants(), EliminateIdentities(), SimplifyArithmetic(), MergeDuplicates(),
                        EliminateDead()]
    return [
        LowerOps(runnable),
        *tidy,
        RecognizeActivations(),
        RecognizeNormalizations(),
        RecognizeMoves(),
        RecognizePooling(),
        MoveScales(constants_only=True),
        MakeFullyConnected(),
        FoldPad(),
        FoldAffine(),
        FoldScales(),
        FuseEpilogue(bounds_only=quantized),
        EliminateDead(),
        ToNhwc(),
        *tidy,
    ]


def integers(runnable: frozenset[str] | None = None, *, keep_io_float: bool = True) -> list[Pass]:
    """The passes that turn an optimised graph with quantize and dequantize into one on integers, in order.

    Parameters
    ----------
    runnable : frozenset of str, optional
        Names of the ops that have kernels; only these are made.
    keep_io_float : bool
        Scale at inputs and outputs; else callers give and get integers there.
    """
    ends: list[Pass] = [] if keep_io_float else [IntegerEnds()]
    return [
        FoldConstants(),
        SignedActivations(),
        MoveScales(),
        JoinScales(),
        FoldConstants(),
        MergeDuplicates(),
        ToIntegers(runnable),
        *ends,
        KeepWeightsQuantized(),
        FoldConstants(dequantize=True),
        FuseEpilogue(),
        FuseLookup(),
        EliminateIdentities(),
        MergeDuplicates(),
        EliminateDead(),
    ]


def export() -> list[Pass]:
    """The passes that make any graph one that other engines know: floats between scales, NCHW; in order."""
    return [FromIntegers(), UnsignedActivations(), ToNchw(), MergeDuplicates(), EliminateDead()]


def run(graph: Graph, passes: Sequence[Pass], *, verify: bool = False,
        progress: Callable[[str], None] | None = None) -> list[Log]:
    """Run passes over a graph, in place.

    Parameters
    ----------
    graph : Graph
    passes : sequence of Pass
    verify : bool
        Check the graph, and each pass's own conditions, around every pass.
    progress : callable(str), optional
        Hears the name of each pass before it runs.

    Raises
    ------
    PassError
        If a pass breaks the graph or its promise (with ``verify``).
    """
    if verify:
        verify_graph(graph)
    logs = []
    for step in passes:
        if progress is not None:
            progress(step.name)
        logs.append(_run_one(graph, step, verify))
    return logs


def _run_one(graph: Graph, step: Pass, verify: bool) -> Log:
    log, start = Log(step.name), time.perf_counter()
    if verify:
        _demand(step.before(graph), f"before pass {step.name}")
    try:
        step.run(graph, log)
    except LiteError as error:
        error.where = f"pass {step.name}" + (f", {error.where}" if error.where else "")
        raise
    log.time_s = time.perf_counter() - start
    if verify:
        try:
            verify_graph(graph)
        except PassError as error:
            error.where = f"after pass {step.name}, {error.where}"
            raise
        _demand(step.after(graph), f"after pass {step.name}")
    return log


def _demand(complaints: Iterable[str], where: str) -> None:
    found = list(complaints)
    if found:
        raise PassError("; ".join(found), where=where)
