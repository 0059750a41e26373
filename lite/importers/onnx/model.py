# SPDX-License-Identifier: Apache-2.0
"""From bytes to a ModelProto that may be walked: parsed, versions checked, functions by name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import DecodeError

from lite.errors import ModelFormatError
from lite.importers import Source, describe, read_bytes
from lite.importers.onnx.tensors import TensorReader

MOST_OPSET = 1 << 16  # no domain is near
OLDEST_OPSET = 1  # before 7 as far as rules/legacy.py goes


class Model:
    """A parsed model.

    Attributes
    ----------
    where : str
        What errors call it.
    graph : onnx.GraphProto
    opsets : dict of str to int
        Version by domain; the default domain is "".
    functions : dict of (domain, name) to onnx.FunctionProto
        The model's own.
    tensors : TensorReader
    """

    def __init__(self, source: Source) -> None:
        self.where = describe(source)
        proto = _parsed(read_bytes(source), self.where)
        self.graph: Any = proto.graph
        self.opsets = opsets_of(proto.opset_import)
        self.functions = {(domain_of(function), function.name): function for function in proto.functions}
        self.tensors = TensorReader(None if isinstance(source, bytes) else Path(source).parent)
        self._check_opset()

    def _check_opset(self) -> None:
        newest = onnx.defs.onnx_opset_version()
        for domain, version in self.opsets.items():
            if not 0 < version < MOST_OPSET:
                raise ModelFormatError(
                    f"the model uses opset {version} of domain {domain!r}", where=self.where
                )
        version = self.opsets.get("", newest)
        if not OLDEST_OPSET <= version <= newest:
            raise ModelFormatError(
                f"the model uses opset {version}, expected {OLDEST_OPSET} to {newest}",
                where=self.where,
                hint="a newer onnx package knows newer opsets"
                if version > newest
                else "onnx.version_converter.convert_version(model, 13) lifts old models",
            )


def opsets_of(imports: Iterable[Any]) -> dict[str, int]:
    """Version by domain of a model or function."""
    return {domain_of(entry): entry.version for entry in imports}


def domain_of(proto: Any) -> str:
    """Domain of a node, function or opset; the default domain is ""."""
    return "" if proto.domain == "ai.onnx" else str(proto.domain)


def _parsed(content: bytes, where: str) -> Any:
    try:
        proto = onnx.ModelProto.FromString(content)
    except (DecodeError, ValueError, RecursionError) as error:
        raise ModelFormatError(f"the file is damaged or is no ONNX model ({error})", where=where) from error
    if not proto.HasField("graph"):
        raise ModelFormatError("the file holds no ONNX graph", where=where)
    if not proto.opset_import:
        raise ModelFormatError("the model states no opset", where=where)
    return proto
