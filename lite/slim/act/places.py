# SPDX-License-Identifier: Apache-2.0
"""YAML with the line of every key, so that what is wrong can be found."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Union

from lite.errors import InputError, MissingDependencyError

Keys = tuple[Union[str, int], ...]


@dataclass(frozen=True)
class Places:
    """Where keys lie in a file.

    Attributes
    ----------
    file : str
        What to call it in errors.
    lines : dict
        By keys from the top: ("Quantization", "weight_bits").
    """

    file: str
    lines: dict[Keys, int] = field(default_factory=dict)

    def of(self, *keys: str | int) -> str:
        """The place of a key in words."""
        line = self.lines.get(keys)
        at = f"{self.file}, line {line}" if line else self.file
        return f"{at}, {'.'.join(map(str, keys))}" if keys else at


def read_yaml(path: str | os.PathLike[str]) -> tuple[dict[Any, Any], Places]:
    """A file's keys and values, and their places.

    Raises
    ------
    InputError
        If it cannot be read, is no YAML, has no keys or has one twice.
    MissingDependencyError
        If PyYAML is missing.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise InputError(f"cannot be read: {reason}", where=str(path)) from error
    return parse_yaml(text, str(path))


def parse_yaml(text: str, file: str) -> tuple[dict[Any, Any], Places]:
    """As ``read_yaml``, of a text."""
    try:
        import yaml
    except ImportError as error:
        raise MissingDependencyError(f"reading {file} needs PyYAML: {error}",
                                     hint="pip install pyyaml") from error
    try:
        found, root = yaml.safe_load(text), yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        words = " ".join(str(error).split())
        raise InputError(f"cannot be read as YAML: {words}", where=file) from error
    if not isinstance(found, dict):
        what = "it is empty" if found is None else f"it holds a {type(found).__name__}"
        raise InputError(f"{what}, expected keys with values", where=file)
    places = Places(file)
    _walk(root, (), places)
    return found, places


def _walk(node: Any, keys: Keys, places: Places) -> None:
    """Note the lines of all keys below a node of the YAML tree; aliases lead nowhere new."""
    if isinstance(node.value, str) or (keys and len(keys) > 8):
        return
    for position, entry in enumerate(node.value):
        is_pair = isinstance(entry, tuple)
        name = entry[0].value if is_pair and isinstance(entry[0].value, str) else position
        inner = (*keys, name)
        line = (entry[0] if is_pair else entry).start_mark.line + 1
        if is_pair and inner in places.lines:
            where = f"{places.file}, line {line}, {'.'.join(map(str, inner))}"
            raise InputError(f"it was given in line {places.lines[inner]} already", where=where,
                             hint="keep one of them")
        places.lines[inner] = line
        value = entry[1] if is_pair else entry
        if value.start_mark.line + 1 >= line:
            _walk(value, inner, places)
