# SPDX-License-Identifier: Apache-2.0
"""How a model is to be quantized from data: StaticPTQ, and the same in a YAML file."""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Union

from lite.errors import CalibrationError, MissingDependencyError
from lite.ir.types import DType
from lite.quant import observers
from lite.quant.parameters import GREATEST_WEIGHT

WEIGHT_METHODS = ("minmax", "mse")
BITS = {8: DType.S8, 16: DType.S16}
PathLike = Union[str, "os.PathLike[str]"]
_KINDS = {  # of settings: what they must be, in words
    "num": ((int,), "a whole number"),
    "seed": ((int,), "a whole number"),
    "percentile": ((int, float), "a number"),
    "max_drop": ((int, float), "a number"),
    "exclude": ((list, tuple), "a list of names"),
    **dict.fromkeys(("bias_correction", "equalize", "adaround", "guard"), ((bool,), "true or false")),
}


@dataclass(frozen=True)
class Options:
    """What may differ from layer to layer."""

    algo: str | None = None
    percentile: float = 0.99995
    bits: int = 8
    weights: str = "minmax"
    weight_bits: int = 8

    @property
    def observer(self) -> str:
        """The algorithm that chooses the range: unless said, 8 bits cut peaks, 16 bits have steps for all."""
        return self.algo or ("percentile" if self.bits == 8 else "minmax")

    @property
    def dtype(self) -> DType:
        """Of the activations."""
        return BITS[self.bits]


@dataclass(frozen=True)
class StaticPTQ:
    """Post-training quantization from calibration data: int8 weights and activations.

    Attributes
    ----------
    data
        Samples: a dict of arrays by input name, one array, an iterable of arrays or of dicts, or a path:
        .npy, .npz, or a folder of images, .npy or .npz. An array of more axes than the input, or of more
        rows, holds many samples. None if ``table`` says everything.
    algo : str, optional
        How the range of an activation is chosen: minmax, moving_average, percentile, kl, mse, emd; left out,
        percentile for 8 bits and minmax for 16. Outputs, and what softmax or arg_max read, keep minmax unless
        a recipe names them: their peaks are the answer.
    num : int, optional
        Most samples that are used; spread evenly over data whose length is known, else the first ones.
    exclude : sequence of str
        Layers that stay float: names, or regular expressions that match whole names.
    recipe : mapping of str to mapping
        Options of single layers by name or regular expression: algo, percentile, bits, weights, weight_bits,
        exclude; for the weights of a layer and the value that it makes. Later entries win.
    bits : {8, 16}
        Of the activations.
    percentile : float
        Part of the elements that the algorithm of that name keeps within reach.
    weights : {"minmax", "mse"}
        How the scales of weights are chosen.
    weight_bits : {8, 7}
        7: weights in [-64, 64], which multiply faster on x86 processors without VNNI.
    bias_correction : bool
        Let biases make up for the mean error of the rounded weights.
    equalize : bool
        Scale channels between neighbouring layers, so that they share one activation scale better.
    adaround : bool
        Learn whether each weight is rounded up or down; takes minutes.
    table : path, optional
        A calibration table that was written before: its values are taken as they are.
    table_out : path, optional
        Where the table of this calibration is written.
    seed : int
        Of what is drawn at random; the same seed and data give the same file.
    evaluate : callable(lite.Model), optional
        A score, the higher the better. With it, as few layers stay float as will keep the score within
        ``max_drop`` of the float model's.
    max_drop : float
        In the units of that score.
    guard : bool
        Time the layers on this machine, and keep float those that are slower as integers.
    latency_table : path, optional
        Times of another machine for the guard, instead of measuring on this one.
    """

    data: Any = None
    algo: str | None = None
    num: int | None = None
    exclude: Sequence[str] = ()
    recipe: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    bits: int = 8
    percentile: float = 0.99995
    weights: str = "minmax"
    weight_bits: int = 8
    bias_correction: bool = True
    equalize: bool = False
    adaround: bool = False
    table: PathLike | None = None
    table_out: PathLike | None = None
    seed: int = 0
    evaluate: Callable[[Any], float] | None = None
    max_drop: float = 0.5
    guard: bool = False
    latency_table: PathLike | None = None

    def __post_init__(self) -> None:
        for name in _KINDS:
            _demand_kind(name, getattr(self, name), "StaticPTQ")
        if self.num is not None and self.num < 1:
            raise CalibrationError(f"num is {self.num}, expected at least 1")
        if not isinstance(self.recipe, Mapping):
            raise CalibrationError(f"recipe is {self.recipe!r}, expected options by name of layer")
        for pattern in (*self.exclude, *self.recipe):
            _demand_pattern(pattern)
        _demand_options(self.defaults, "StaticPTQ")
        for pattern, options in self.recipe.items():
            known = {row.name for row in dataclasses.fields(Options)} | {"exclude"}
            demand_known(options, known, f"recipe for {pattern!r}")
            if "percentile" in options:
                _demand_kind("percentile", options["percentile"], f"recipe for {pattern!r}")
            _demand_options(self._merged(options), f"recipe for {pattern!r}")
        if self.evaluate is not None and not callable(self.evaluate):
            raise CalibrationError(f"evaluate is {self.evaluate!r}, expected a function of a lite.Model")
        if not self.max_drop >= 0:
            raise CalibrationError(f"max_drop is {self.max_drop}, expected 0 or more")

    @property
    def is_tuned(self) -> bool:
        """Whether the model is to be quantized several times, and one of these kept."""
        return self.evaluate is not None or self.guard or self.latency_table is not None

    @property
    def untuned(self) -> StaticPTQ:
        """The same for one quantization."""
        return dataclasses.replace(self, evaluate=None, guard=False, latency_table=None)

    @property
    def defaults(self) -> Options:
        """Options of layers for which the recipe says nothing."""
        return Options(self.algo, self.percentile, self.bits, self.weights, self.weight_bits)

    def options(self, layer: str, usual: Mapping[str, Any] | None = None) -> Options:
        """Options of a layer, by name; ``usual`` ones come before the defaults."""
        chosen: dict[str, Any] = dict(usual or {})
        for pattern, options in self.recipe.items():
            if matches(pattern, layer):
                chosen.update(options)
        return self._merged(chosen)

    def _merged(self, chosen: Mapping[str, Any]) -> Options:
        return dataclasses.replace(self.defaults, **{k: v for k, v in chosen.items() if k != "exclude"})

    def why_excluded(self, layer: str) -> str | None:
        """The reason why a layer stays float; None if nothing says so."""
        for pattern in self.exclude:
            if matches(pattern, layer):
                return f"excluded by {pattern!r}"
        decided = [(pattern, options["exclude"]) for pattern, options in self.recipe.items()
                   if "exclude" in options and matches(pattern, layer)]
        return f"excluded by the recipe for {decided[-1][0]!r}" if decided and decided[-1][1] else None

    def demand_matches(self, layers: Sequence[str]) -> None:
        """Refuse names and expressions that match no layer.

        Raises
        ------
        CalibrationError
        """
        for where, patterns in (("exclude", self.exclude), ("recipe", self.recipe)):
            for pattern in patterns:
                if not any(matches(pattern, layer) for layer in layers):
                    raise CalibrationError(f"no layer is called {pattern!r}", where=where,
                                           hint=nearest(pattern, layers) or "lite inspect lists the layers")


def matches(pattern: str, name: str) -> bool:
    """Whether a name is meant: the same, or matched whole by the regular expression."""
    try:
        return pattern == name or re.fullmatch(pattern, name) is not None
    except re.error:  # a plain name may be no expression, say one with a bracket
        return False


def demand_known(given: Any, known: Iterable[str], where: str) -> None:
    """Refuse a mapping with keys that mean nothing.

    Raises
    ------
    CalibrationError
    """
    if not isinstance(given, Mapping):
        raise CalibrationError(f"got {given!r}, expected keys with values", where=where)
    listed = sorted(known)
    for key in given:
        if key not in listed:
            raise CalibrationError(f"unknown key {key!r}, expected some of {', '.join(listed)}",
                                   where=where, hint=nearest(str(key), listed))


def read_config(path: PathLike) -> dict[str, Any]:
    """Arguments for StaticPTQ from a YAML file.

    Raises
    ------
    CalibrationError
        If the file cannot be read, is no YAML or has unknown keys.
    MissingDependencyError
        If PyYAML is missing.
    """
    try:
        import yaml
    except ImportError as error:
        raise MissingDependencyError(f"reading {path} needs PyYAML: {error}",
                                     hint="pip install pyyaml") from error
    try:
        settings = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise CalibrationError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        words = " ".join(str(error).split())
        raise CalibrationError(f"cannot be read as YAML: {words}", where=str(path)) from error
    demand_known(settings or {}, (row.name for row in dataclasses.fields(StaticPTQ)), str(path))
    return dict(settings or {})


def nearest(word: str, known: Iterable[str]) -> str | None:
    """A hint at what may have been meant; None if nothing known is like it."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else None


def _demand_kind(name: str, found: object, where: str) -> None:
    kinds, words = _KINDS[name]
    right = isinstance(found, kinds) and (isinstance(found, bool) == (bool in kinds))
    if not right and not (name == "num" and found is None):
        raise CalibrationError(f"{name} is {found!r}, expected {words}", where=where)


def _demand_pattern(pattern: object) -> None:
    if not isinstance(pattern, str):
        raise CalibrationError(f"got {pattern!r}, expected the name of a layer or an expression")


def _demand_options(options: Options, where: str) -> None:
    try:
        observers.get(options.observer)
    except CalibrationError as error:
        error.where, error.hint = where, nearest(str(options.algo), observers.names())
        raise
    for name, found, expected in (("bits", options.bits, tuple(BITS)),
                                  ("weights", options.weights, WEIGHT_METHODS),
                                  ("weight_bits", options.weight_bits, tuple(GREATEST_WEIGHT))):
        if found not in expected:
            raise CalibrationError(f"{name} is {found!r}, expected one of {', '.join(map(str, expected))}",
                                   where=where)
    if not 0.5 < options.percentile <= 1:
        raise CalibrationError(f"percentile is {options.percentile}, expected 0.5 to 1, say 0.9999",
                               where=where)
