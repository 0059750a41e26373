# SPDX-License-Identifier: Apache-2.0
"""How a section of a file becomes settings: its names, its keys, and words for those that mean nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lite.errors import LiteError
from lite.slim.strategies._rule import number_in
from lite.slim.strategies._strategy import Settings, Strategy


@dataclass(frozen=True)
class Form:
    """A section of a file.

    Attributes
    ----------
    kind : type
        A dataclass whose fields have usual values.
    sections : tuple of str
        Names of the section, the preferred one first; none: it is no section of its own.
    keys : mapping of str to str
        The field of each key.
    unused : mapping of str to str
        Keys of PaddleSlim that ask for nothing here, and why.
    folded : tuple of str
        Keys that ``adapted`` makes others of.
    adapted : callable(dict) -> dict
        Brings what is nested there, or differs in form, to the keys. Raises ValueError with the key, a colon
        and what was found and expected.
    paths : tuple of str
        Fields that name files.
    """

    kind: type[Any]
    sections: tuple[str, ...]
    keys: Mapping[str, str]
    unused: Mapping[str, str] = dataclasses.field(default_factory=dict)
    folded: tuple[str, ...] = ()
    adapted: Callable[[dict[str, Any]], dict[str, Any]] = dict
    paths: tuple[str, ...] = ()

    @staticmethod
    def of(kind: type[Settings]) -> Form:
        """Of settings of this room."""
        names = kind.sections if issubclass(kind, Strategy) else ()
        return Form(kind, names, kind.keys(), kind.unused, kind.folded, kind.adapted, kind.paths)

    @staticmethod
    def around(kind: type[Any], *sections: str, also: Mapping[str, str], **more: Any) -> Form:
        """Of another room's dataclass, whose fields are keys; ``also`` has further keys."""
        fields = {field.name: field.name for field in dataclasses.fields(kind)}
        return Form(kind, sections, {**fields, **also}, **more)

    def fitted(self, field: str, found: Any) -> Any:
        """A value of a file as the field takes it.

        Raises
        ------
        ValueError
            Saying what was expected.
        """
        if issubclass(self.kind, Settings):
            return self.kind.rules()[field].fitted(found, lenient=True)
        usual = next(row.default for row in dataclasses.fields(self.kind) if row.name == field)
        if isinstance(found, str) and isinstance(usual, (int, float)):
            found = number_in(found)
        try:
            self.kind(**{field: found})
        except LiteError as error:
            raise ValueError(error.message) from error
        except (TypeError, AttributeError) as error:
            raise ValueError(f"another type: {error}") from error
        return found

    def to_mapping(self, settings: Any) -> dict[str, Any]:
        """The section of a file that says the same; settings with their usual values are left out."""
        if isinstance(settings, Settings):
            return settings.to_mapping()
        usual = self.kind()
        return {row.name: _plain(getattr(settings, row.name)) for row in dataclasses.fields(self.kind)
                if getattr(settings, row.name) != getattr(usual, row.name)}


def _plain(found: Any) -> Any:
    return [_plain(element) for element in found] if isinstance(found, (list, tuple)) else found
