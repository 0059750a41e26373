# SPDX-License-Identifier: Apache-2.0
"""What a compression found, as plain data that goes to JSON and back."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

from lite.errors import InputError


@dataclass(frozen=True)
class Measured:
    """A model as it was measured. None: it was not measured.

    Attributes
    ----------
    name : str
    size_bytes : int
        Of the file that is deployed.
    latency_ms : float, optional
        Median of whole runs on the machine that the report names.
    accuracy : float, optional
        In the report's metric, the higher the better.
    flops : int, optional
        Multiply-adds.
    parameters : int, optional
    """

    name: str
    size_bytes: int
    latency_ms: float | None = None
    accuracy: float | None = None
    flops: int | None = None
    parameters: int | None = None


@dataclass(frozen=True)
class Layer:
    """What a layer costs, and what it loses.

    Attributes
    ----------
    name, op : str
    shape : tuple of int
        Of what it makes.
    flops, parameters, size_bytes : int
        Multiply-adds; numbers in its weights and biases, and their bytes as they are stored.
    latency_us : float, optional
        By itself, as the runtime profiles it.
    kernel : str
    sqnr_db : float, optional
        Signal to noise that it adds by itself, against the model before; None: nothing that can be told.
    """

    name: str
    op: str
    shape: tuple[int, ...] = ()
    flops: int = 0
    parameters: int = 0
    size_bytes: int = 0
    latency_us: float | None = None
    kernel: str = ""
    sqnr_db: float | None = None


@dataclass(frozen=True)
class Weights:
    """How often weights of a layer occur, between its least and greatest.

    Attributes
    ----------
    name : str
        Of the layer.
    low, high : float
    counts : tuple of int
        In equal steps from low to high.
    zeros : float
        Part of the weights that are exactly 0.
    """

    name: str
    low: float
    high: float
    counts: tuple[int, ...]
    zeros: float = 0.0


@dataclass(frozen=True)
class Report:
    """Everything that a page about a compression shows.

    Attributes
    ----------
    title : str
    command : str
        What reproduces it.
    models : tuple of Measured
        The first is the model before, all others are held against it.
    chosen : str
        The model that was kept, by name; "" if none was.
    metric : str
        What accuracies are: "top-1", say. Parts of 1 are shown in per cent.
    steps : tuple of (name, what came of it)
        What was done, in order.
    layers : tuple of Layer
        Of the chosen model, in running order.
    sensitivities : mapping of layer to mapping of ratio to loss
        As ``get_ratios_by_loss`` takes them.
    weights : tuple of Weights
    facts : mapping of str to str
        Machine, versions, seeds, data: what the figures depend on.

    Raises
    ------
    InputError
        If a figure is NaN or infinite, models share a name, or the chosen one is none of them.
    """

    title: str
    command: str
    models: tuple[Measured, ...]
    chosen: str = ""
    metric: str = "accuracy"
    steps: tuple[tuple[str, str], ...] = ()
    layers: tuple[Layer, ...] = ()
    sensitivities: Mapping[str, Mapping[float, float]] = field(default_factory=dict)
    weights: tuple[Weights, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [model.name for model in self.models]
        if not names or len(set(names)) < len(names):
            raise InputError(f"the models are {names}, expected at least one, each with a name of its own",
                             where="Report.models")
        if self.chosen and self.chosen not in names:
            raise InputError(f"the chosen model is {self.chosen!r}, expected one of {names}",
                             where="Report.chosen")
        _demand_finite(dataclasses.asdict(self), "Report")

    @property
    def before(self) -> Measured:
        """The model that all others are held against."""
        return self.models[0]

    @property
    def after(self) -> Measured:
        """The chosen model; where none was, the last."""
        return next((model for model in self.models if model.name == self.chosen), self.models[-1])

    def to_dict(self) -> dict[str, Any]:
        """All of it in JSON's own types."""
        plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self), default=_number))
        return plain

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n"

    @staticmethod
    def from_dict(found: Mapping[str, Any]) -> Report:
        """What ``to_dict`` made.

        Raises
        ------
        InputError
            If keys are missing or unknown, or values are no such.
        """
        try:
            fields = dict(found)
            fields["models"] = tuple(Measured(**row) for row in fields["models"])
            fields["steps"] = tuple((str(name), str(text)) for name, text in fields.get("steps", ()))
            fields["layers"] = tuple(Layer(**{**row, "shape": tuple(row.get("shape", ()))})
                                     for row in fields.get("layers", ()))
            fields["weights"] = tuple(Weights(**{**row, "counts": tuple(row["counts"])})
                                      for row in fields.get("weights", ()))
            fields["sensitivities"] = {layer: {float(ratio): float(loss) for ratio, loss in losses.items()}
                                       for layer, losses in fields.get("sensitivities", {}).items()}
            return Report(**fields)
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"it is no report: {error}", where="report",
                             hint="give what Report.to_dict or Report.to_json made") from error


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Positions of the points (cost, gain) that no other beats in both, by rising cost."""
    front: list[int] = []
    for position in sorted(range(len(points)), key=lambda row: (points[row][0], -points[row][1])):
        if not front or points[position][1] > points[front[-1]][1]:
            front.append(position)
    return front


def _number(scalar: Any) -> Any:
    """What JSON knows, of one of numpy's scalars."""
    return scalar.item()


def _demand_finite(found: Any, where: str) -> None:
    if isinstance(found, Mapping):
        for key, value in found.items():
            _demand_finite(value, f"{where}.{key}")
    elif isinstance(found, (list, tuple)):
        for position, value in enumerate(found):
            _demand_finite(value, f"{where}[{position}]")
    elif isinstance(found, Real) and not math.isfinite(found):
        raise InputError(f"it is {found}, expected a finite number, or None for what is not known",
                         where=where)
