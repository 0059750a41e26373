# SPDX-License-Identifier: Apache-2.0
"""What `lite opt --print_supported_ops` says of ONNX, and that each refusal has a reason and a way out."""

from __future__ import annotations

from onnx import defs

from lite.importers import known_ops
from lite.importers.onnx.rules.refusals import REFUSALS


def test_listed_ops_are_ops_of_onnx() -> None:
    schemas = {schema.name for schema in defs.get_all_schemas_with_history() if schema.domain == ""}
    own = {name for name in known_ops("onnx") if name.startswith("com.microsoft.")}
    assert set(known_ops("onnx")) - own <= schemas
    assert "com.microsoft.QLinearAdd" in own
    assert set(REFUSALS) <= schemas


def test_rules_renames_and_bodies_are_listed() -> None:
    listed = known_ops("onnx")
    assert {"Conv", "Sigmoid", "Attention"} <= set(listed)  # by rule, by rename, by body
    assert listed == sorted(set(listed))


def test_what_is_refused_is_not_listed_and_says_what_to_do() -> None:
    assert not set(REFUSALS) & set(known_ops("onnx"))
    assert all(why and todo for why, todo in REFUSALS.values())
