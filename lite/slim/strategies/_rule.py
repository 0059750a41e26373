# SPDX-License-Identifier: Apache-2.0
"""What a setting of a strategy may be, and the words for what it may not."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_WORDS = {"flag": "true or false", "whole": "a whole number", "number": "a number", "word": "a word",
          "words": "a list of words", "numbers": "a list of numbers", "flags": "a list of true and false",
          "wholes": "a list of whole numbers", "options": "keys with values"}
_SINGLE = {"words": "word", "numbers": "number", "flags": "flag", "wholes": "whole"}


@dataclass(frozen=True)
class Rule:
    """What a setting may be.

    Attributes
    ----------
    kind : str
        flag, whole, number, word, a list of these, or options.
    keys : tuple of str
        Its names in a file, the preferred one first; none: the field's own.
    least, most : float
        Of numbers; both included.
    choices : tuple of str
        Of words; none: any.
    is_optional : bool
        Whether None may stand for it.
    size : int, optional
        Of a list.
    """

    kind: str
    keys: tuple[str, ...] = ()
    least: float = -math.inf
    most: float = math.inf
    choices: tuple[str, ...] = ()
    is_optional: bool = False
    size: int | None = None

    def fitted(self, found: Any, *, lenient: bool = False) -> Any:
        """The setting in its own type: lists become tuples.

        Parameters
        ----------
        found
        lenient : bool
            Take what files say otherwise, too: numbers in quotes (YAML reads 1e-5 as a word), one element
            for a list, words with commas.

        Raises
        ------
        ValueError
            Saying what was expected.
        """
        if found is None and self.is_optional:
            return None
        if self.kind in _SINGLE:
            return self._list(found, lenient)
        if self.kind == "options":
            if not isinstance(found, Mapping):
                raise ValueError(_WORDS["options"])
            return dict(found)
        return self._one(self.kind, found, lenient)

    def _list(self, found: Any, lenient: bool) -> tuple[Any, ...]:
        if lenient and isinstance(found, str):
            found = [word.strip() for word in found.split(",") if word.strip()]
        elif lenient and not isinstance(found, Sequence):
            found = [found]
        if isinstance(found, str) or not isinstance(found, Sequence):
            raise ValueError(self._described(_WORDS[self.kind]))
        if self.size is not None and len(found) != self.size:
            raise ValueError(f"{self.size} elements, not {len(found)}")
        return tuple(self._one(_SINGLE[self.kind], element, lenient) for element in found)

    def _one(self, kind: str, found: Any, lenient: bool) -> Any:
        if lenient and kind in ("number", "whole") and isinstance(found, str):
            found = number_in(found)
        if lenient and kind == "word" and isinstance(found, (int, float)) and not isinstance(found, bool):
            found = str(found)
        types = {"flag": bool, "whole": int, "number": (int, float), "word": str}[kind]
        if not isinstance(found, types) or (isinstance(found, bool) and kind != "flag"):  # type: ignore[arg-type]
            raise ValueError(self._described(_WORDS[kind]))
        if kind in ("number", "whole") and not self.least <= found <= self.most:  # NaN is neither
            raise ValueError(self._described(_WORDS[kind]))
        if self.choices and found not in self.choices:
            raise ValueError(self._described(""))
        return float(found) if kind == "number" else found

    def _described(self, words: str) -> str:
        if self.choices:
            return f"{'some' if self.kind in _SINGLE else 'one'} of {', '.join(self.choices)}"
        if math.isfinite(self.least) and math.isfinite(self.most):
            return f"{words} from {self.least:g} to {self.most:g}"
        if math.isfinite(self.least):
            return f"{words}, at least {self.least:g}"
        return words


def number_in(text: str) -> Any:
    """The number that a text is, as YAML reads 1e-5 as a text; other texts as they are."""
    try:
        value = float(text)
    except ValueError:
        return text
    return int(value) if text.strip().lstrip("+-").isdigit() else value


def setting(kind: str, default: Any = None, *, keys: str = "", least: float = -math.inf,
            most: float = math.inf, choices: Sequence[str] = (), size: int | None = None) -> Any:
    """A dataclass field with a rule; ``keys`` are its names in files, with spaces between.

    One whose default is None may be None.
    """
    rule = Rule(kind, tuple(keys.split()), least, most, tuple(choices), default is None, size)
    if isinstance(default, dict):
        return dataclasses.field(default_factory=lambda: dict(default), metadata={"rule": rule})
    return dataclasses.field(default=default, metadata={"rule": rule})
