# SPDX-License-Identifier: Apache-2.0
"""What all strategies have: settings that are checked, and keys in a file."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lite.errors import InputError
from lite.slim.strategies._rule import Rule


@dataclass(frozen=True)
class Settings:
    """Settings that are checked when they are made; a subclass says its fields.

    Raises
    ------
    InputError
        If a setting has the wrong type, is out of range, or contradicts another.
    """

    folded: ClassVar[tuple[str, ...]] = ()  # keys that ``adapted`` makes others of
    paths: ClassVar[tuple[str, ...]] = ()  # fields that name files
    unused: ClassVar[Mapping[str, str]] = {}  # keys of PaddleSlim that ask for nothing here, and why

    def __post_init__(self) -> None:
        for name, rule in self.rules().items():
            found = getattr(self, name)
            try:
                object.__setattr__(self, name, rule.fitted(found))
            except ValueError as error:
                raise InputError(f"{name} is {found!r}, expected {error}",
                                 where=type(self).__name__) from error
        complaint = self.contradiction()
        if complaint:
            raise InputError(complaint, where=type(self).__name__)

    def contradiction(self) -> str | None:
        """What does not go together, in words."""
        return None

    @classmethod
    def rules(cls) -> dict[str, Rule]:
        """The rule of each setting, by field; fields that are settings themselves have none."""
        return {field.name: field.metadata["rule"] for field in dataclasses.fields(cls)
                if "rule" in field.metadata}

    @classmethod
    def keys(cls) -> dict[str, str]:
        """The field of each key that a file may have."""
        return {key: name for name, rule in cls.rules().items() for key in (name, *rule.keys)}

    @classmethod
    def adapted(cls, options: dict[str, Any]) -> dict[str, Any]:
        """A section with what is nested there, or differs in form, as the fields have it.

        Raises
        ------
        ValueError
            Saying what was found and expected, after the key and a colon.
        """
        return options

    def to_mapping(self) -> dict[str, Any]:
        """The section of a file that says the same; settings with their usual values are left out."""
        changed = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)
                   if "rule" in field.metadata and getattr(self, field.name) != _usual(field)}
        return {(self.rules()[name].keys or (name,))[0]: list(value) if isinstance(value, tuple) else value
                for name, value in changed.items()}


@dataclass(frozen=True)
class Strategy(Settings):
    """One way to compress, or what several have in common: a section in a file."""

    sections: ClassVar[tuple[str, ...]] = ()  # its names, the preferred one first


def _usual(field: dataclasses.Field[Any]) -> Any:
    made: Any = field.default_factory
    return made() if field.default is dataclasses.MISSING else field.default
