# SPDX-License-Identifier: Apache-2.0
"""Models as their sources have them: what is trained or pruned is not yet folded or fused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lite.convert import Convertible, Source, load_graph
from lite.ir import Graph
from lite.passes import pipeline
from lite.passes.eliminate_dead import EliminateDead
from lite.passes.eliminate_identities import EliminateIdentities
from lite.passes.fold_constants import FoldConstants
from lite.passes.recognize_activations import RecognizeActivations
from lite.passes.recognize_normalizations import RecognizeNormalizations


def load_layers(model: Convertible, *, param_file: Source | None = None,
                input_shape: Mapping[str, Sequence[int]] | None = None,
                freeze_inputs: Mapping[str, np.ndarray] | None = None) -> Graph:
    """A model's graph with constants folded, and activations and norms as single ops; a copy of a graph.

    Parameters as of ``lite.convert``.

    Raises
    ------
    LiteError
        If the model cannot be read or holds what is not supported.
    """
    graph = load_graph(model, param_file=param_file, input_shape=input_shape, freeze_inputs=freeze_inputs)
    pipeline.run(graph, [FoldConstants(), EliminateIdentities(), RecognizeActivations(),
                         RecognizeNormalizations(), FoldConstants(), EliminateDead()])
    return graph
