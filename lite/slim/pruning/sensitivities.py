# SPDX-License-Identifier: Apache-2.0
"""What accuracy each layer costs when it alone is pruned, measured step by step."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Union

from lite.convert import Convertible, convert_to_bytes
from lite.errors import InputError, LiteError
from lite.ir import Graph
from lite.ir.text import to_text
from lite.session import Model
from lite.slim.pruning.channels import Pruner, demand_ratio
from lite.slim.pruning.store import Losses, PathLike, Store, numbers, read_json

RATIOS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
Evaluate = Callable[[Any], float]
Source = Union[PathLike, Mapping[str, Mapping[float, float]]]


def sensitivity(model: Convertible, evaluate: Evaluate, *, ratios: Sequence[float] = RATIOS,
                layers: Iterable[str] | None = None, criterion: str = "l1_norm",
                store: PathLike | None = None,
                progress: Callable[[str], None] = lambda message: None) -> Losses:
    """Losses of accuracy by layer and ratio: each layer's group is pruned by itself, without training.

    Parameters
    ----------
    model : module of to_torch, path, bytes or Graph
    evaluate : callable
        The accuracy of a pruned model, the higher the better: a module if ``model`` is one, else a
        ``lite.Session`` of it.
    ratios : sequence of float
        0 < ratio < 1.
    layers : iterable of str, optional
        By the names of outputs, nodes or weights; left out, the first layer of each group.
    criterion : str
        As of ``prune_channels``.
    store : path, optional
        A JSON file that keeps each measurement. The same call goes on from there, and several processes may
        fill one store at the same time.
    progress : callable(str), optional
        Hears what is measured.

    Returns
    -------
    dict of layer to dict of ratio to float
        Losses as parts of the accuracy before, as ``get_ratios_by_loss`` takes them. Negative: it rose.

    Raises
    ------
    InputError
        If a layer is unknown or cannot be pruned, a ratio is wrong, evaluate fails or gives no number, or the
        store is damaged or of another model. What was measured stays in the store.
    FileError
        If the store cannot be written.
    """
    wanted = sorted({float(ratio) for ratio in _checked(ratios)})
    pruner = Pruner(model, criterion)
    chosen = [group.layers[0] for group in pruner.dependencies.groups] if layers is None else list(layers)
    for layer in chosen:
        pruner.dependencies.group_of(layer)
    digest = hashlib.sha256(to_text(pruner.dependencies.trace.graph).encode()).hexdigest()[:16]
    with contextlib.closing(Store(store, {"model": digest, "criterion": criterion})) as kept:
        measuring = _Measuring(hasattr(model, "state_dict"), evaluate, pruner, kept, progress)
        measuring.all([(layer, ratio) for layer in chosen for ratio in wanted])
    return {layer: {ratio: kept.losses[layer][ratio] for ratio in wanted} for layer in chosen}


class _Measuring:
    """Measurements of one model, of which some may be done already or be under way elsewhere."""

    def __init__(self, is_module: bool, evaluate: Evaluate, pruner: Pruner, store: Store,
                 progress: Callable[[str], None]) -> None:
        self._is_module, self._evaluate, self._pruner = is_module, evaluate, pruner
        self._store, self._progress = store, progress

    def all(self, wanted: list[tuple[str, float]]) -> None:
        """First what nobody else measures, then what others have not finished."""
        with self._store.claimed("baseline", wait=True):
            if self._store.baseline is None:
                whole = self._accuracy(self._pruner.dependencies.trace.graph, "the model as it is")
                self._store.keep(baseline=whole)
        for wait in (False, True):
            for place, (layer, ratio) in enumerate(wanted, 1):
                if self._store.find(layer, ratio) is None:
                    self._one(layer, ratio, f"{place} of {len(wanted)}", wait)

    def _one(self, layer: str, ratio: float, place: str, wait: bool) -> None:
        with self._store.claimed(f"{layer} {ratio!r}", wait=wait) as is_mine:
            if not is_mine or self._store.find(layer, ratio) is not None:
                return
            self._progress(f"{place}: layer {layer}, ratio {ratio:g}")
            pruned = self._pruner.pruned({layer: ratio})
            accuracy = self._accuracy(pruned, f"layer {layer!r}, ratio {ratio:g}")
            before = self._store.baseline or 0.0
            if not before:
                raise InputError("the accuracy before is 0: nothing can be lost", where="evaluate")
            self._store.keep(loss=(layer, ratio, (before - accuracy) / abs(before)))

    def _accuracy(self, graph: Graph, where: str) -> float:
        try:
            accuracy = float(self._evaluate(self._runnable(graph)))
        except LiteError:
            raise
        except Exception as error:
            raise InputError(f"evaluate raised {type(error).__name__}: {error}", where=where,
                             hint="a store keeps what was measured before; the same call goes on from "
                                  "there") from error
        finally:
            gc.collect()  # graphs are cycles, whose arrays would pile up
        if not math.isfinite(accuracy):
            raise InputError(f"evaluate gave {accuracy}, expected a number: the higher the better",
                             where=where)
        return accuracy

    def _runnable(self, graph: Graph) -> Any:
        if not self._is_module:
            return Model(convert_to_bytes(graph)[0]).session()
        from lite.slim.torch_bridge import GraphModule

        return GraphModule(graph)


def _checked(ratios: Sequence[float]) -> Iterator[float]:
    if not len(ratios):
        raise InputError("there is none, expected some between 0 and 1", where="ratios")
    for ratio in ratios:
        demand_ratio(ratio, "ratios")
        if not ratio:
            raise InputError("the ratio is 0, expected 0 < ratio < 1", where="ratios")
        yield ratio


def load_sensitivities(path: PathLike) -> Losses:
    """Losses by layer and ratio of a store, or of any JSON file with such.

    Raises
    ------
    FileError, InputError
        If the file cannot be read, or holds something else.
    """
    content = read_json(Path(path))
    if isinstance(content, dict) and "format" in content:
        content = content.get("losses")
    return numbers(content, str(path))


def merge_sensitive(sources: Sequence[Source]) -> Losses:
    """Losses of several stores or mappings as one; where several have the same, the last one counts.

    Raises
    ------
    FileError, InputError
        If one cannot be read, or holds something else.
    """
    merged: Losses = {}
    for position, source in enumerate(sources):
        found = numbers(source, f"sources[{position}]") if isinstance(source, Mapping) \
            else load_sensitivities(source)
        for layer, losses in found.items():
            merged[layer] = dict(sorted({**merged.get(layer, {}), **losses}.items()))
    return merged
