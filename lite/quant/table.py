# SPDX-License-Identifier: Apache-2.0
"""The calibration table: JSON with one line for each value and each layer's weights, to read, edit and reuse.

A value's line gives its scale and zero point, or, if these are taken out, min and max to compute them from.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Union

import numpy as np

from lite.errors import CalibrationError, LiteError
from lite.ir.quant import Quantization
from lite.ir.types import DType
from lite.quant.parameters import GREATEST_WEIGHT, of_range

FORMAT = "lite calibration table 1"
VALUE_KEYS = frozenset({"scale", "zero_point", "dtype", "min", "max", "shared_by"})
PathLike = Union[str, "os.PathLike[str]"]


@dataclass
class Table:
    """What a calibration found.

    Attributes
    ----------
    model : str
    values : dict of str to Quantization
        By the name of the first of the values that share it.
    weights : dict of str to list of float
        Scales by name of the layer.
    weight_bits : dict of str to int
        Of the layers whose weights have not 8.
    shared_by : dict of str to list of str
        The other values.
    """

    model: str = ""
    values: dict[str, Quantization] = field(default_factory=dict)
    weights: dict[str, list[float]] = field(default_factory=dict)
    weight_bits: dict[str, int] = field(default_factory=dict)
    shared_by: dict[str, list[str]] = field(default_factory=dict)

    def to_text(self) -> str:
        """The file's content."""
        values = {name: _row(found, self.shared_by.get(name, [])) for name, found in self.values.items()}
        sections: list[tuple[str, Mapping[str, Any]]] = [("values", values), ("weights", self.weights)]
        sections += [("weight_bits", self.weight_bits)] if self.weight_bits else []
        lines = ["{", f' "format": {json.dumps(FORMAT)},', f' "model": {json.dumps(self.model)},']
        for position, (title, rows) in enumerate(sections):
            cells = [f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items()]
            end = " }" if position == len(sections) - 1 else " },"
            lines += [f' "{title}": {{', *(f"{cell}," for cell in cells[:-1]), *cells[-1:], end]
        return "\n".join([*lines, "}", ""])


def short(number: float) -> float:
    """A single precision number with as few digits as tell it from its neighbours."""
    return float(str(np.float32(number)))


def _row(found: Quantization, shared_by: list[str]) -> dict[str, Any]:
    row = {"scale": short(found.scale), "zero_point": found.zero_point, "dtype": found.dtype.value,
           "min": short(found.lowest), "max": short(found.highest)}
    return {**row, "shared_by": shared_by} if shared_by else row


def read_table(path: PathLike) -> Table:
    """A calibration table.

    Raises
    ------
    CalibrationError
        If it cannot be read, or says what cannot be.
    """
    where = str(path)
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CalibrationError(f"cannot be read as a calibration table: {error}", where=where) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CalibrationError(f"it is no calibration table, expected format {FORMAT!r}", where=where)
    table = Table(str(content.get("model", "")))
    for name, row in _rows(content, "values", where):
        table.values[name] = _parsed(row, f"{where}, value {name!r}")
        table.shared_by[name] = list(row.get("shared_by", []))
    for name, scales in _rows(content, "weights", where):
        table.weights[name] = _scales(scales, f"{where}, weights {name!r}")
    for name, bits in _rows(content, "weight_bits", where):
        if bits not in GREATEST_WEIGHT:
            raise CalibrationError(f"got {bits!r}, expected 7 or 8", where=f"{where}, weight_bits {name!r}")
        table.weight_bits[name] = bits
    return table


def _rows(content: Mapping[str, Any], section: str, where: str) -> list[tuple[str, Any]]:
    rows = content.get(section, {})
    if not isinstance(rows, dict):
        raise CalibrationError(f"{section!r} is {type(rows).__name__}, expected rows by name", where=where)
    return list(rows.items())


def _parsed(row: Any, where: str) -> Quantization:
    if not isinstance(row, dict):
        raise CalibrationError(f"got {row!r}, expected scale and zero_point", where=where)
    for key in row:
        if key not in VALUE_KEYS:
            near = difflib.get_close_matches(key, VALUE_KEYS, n=1)
            raise CalibrationError(f"unknown key {key!r}", where=where,
                                   hint=f"did you mean {near[0]!r}?" if near else None)
    try:
        dtype = DType(row.get("dtype", "s8"))
        if dtype not in (DType.S8, DType.S16):
            raise ValueError(f"dtype is {dtype.value}, expected s8 or s16")
        if "scale" in row:
            return Quantization(float(np.float32(row["scale"])), int(row.get("zero_point", 0)), dtype)
        low, high = float(row["min"]), float(row["max"])
        if not (np.isfinite([low, high]).all() and low <= high):
            raise ValueError(f"the range is {low} to {high}")
        return of_range(low, high, dtype)
    except LiteError as error:
        raise CalibrationError(error.message, where=where) from error
    except KeyError as error:
        raise CalibrationError(f"there is no {error.args[0]!r}, expected scale and zero_point or min and max",
                               where=where) from error
    except (TypeError, ValueError) as error:
        raise CalibrationError(str(error), where=where) from error


def _scales(scales: Any, where: str) -> list[float]:
    numbers = scales if isinstance(scales, list) else [scales]
    wrong = [n for n in numbers if isinstance(n, bool) or not isinstance(n, (int, float)) or not n > 0]
    if wrong or not numbers:
        raise CalibrationError(f"got {wrong or numbers}, expected positive scales", where=where)
    return [float(np.float32(number)) for number in numbers]
