# SPDX-License-Identifier: Apache-2.0
"""Scope: the names that nodes of one graph, branch or function body may read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lite.errors import ModelFormatError
from lite.ir import Value

DEEPEST = 64  # functions and branches within one another


class Scope:
    """Names and what they stand for; those of outer graphs are visible in branches.

    Parameters
    ----------
    opsets : dict of str to int
        Version by domain.
    outer : Scope, optional
        Of the graph in which this one is a branch.
    attributes : mapping, optional
        Attributes of the call whose function body this is: what ``ref_attr_name`` refers to.
    depth : int
    """

    def __init__(
        self,
        opsets: dict[str, int],
        outer: Scope | None = None,
        attributes: Mapping[str, Any] | None = None,
        depth: int = 0,
    ) -> None:
        if depth > DEEPEST:
            raise ModelFormatError(f"functions or branches are nested deeper than {DEEPEST}")
        self.opsets = opsets
        self.outer = outer
        self.depth = depth
        inherited: Mapping[str, Any] | None = None if outer is None else outer._attributes
        self._attributes: Mapping[str, Any] | None = inherited if attributes is None else attributes
        self._values: dict[str, Value | None] = {}
        self._broken: set[str] = set()

    def define(self, name: str, value: Value | None) -> None:
        """Give a name to a value; None: an optional argument left out."""
        if name in self._values:
            raise ModelFormatError(f"the name {name!r} is given to two tensors")
        self._values[name] = value

    def define_broken(self, name: str) -> None:
        """Give a name to what a node that is not supported would make."""
        self.define(name, None)
        self._broken.add(name)

    def find(self, name: str) -> Value | None:
        """What a name stands for.

        Raises
        ------
        ModelFormatError
            If it stands for nothing.
        """
        scope: Scope | None = self
        while scope is not None:
            if name in scope._values:
                return scope._values[name]
            scope = scope.outer
        raise ModelFormatError(f"{name!r} is read, but nothing makes it")

    def is_broken(self, name: str) -> bool:
        """Whether a name stands for what cannot be imported."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope._values:
                return name in scope._broken
            scope = scope.outer
        return False

    def attributes_of(self, node: Any) -> dict[str, Any]:
        """A node's attributes by name, references to the calling function's attributes resolved."""
        found = {}
        for attribute in node.attribute:
            if not attribute.ref_attr_name:
                found[attribute.name] = attribute
            elif self._attributes is not None and attribute.ref_attr_name in self._attributes:
                found[attribute.name] = self._attributes[attribute.ref_attr_name]
        return found
