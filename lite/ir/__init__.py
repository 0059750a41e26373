# SPDX-License-Identifier: Apache-2.0
"""Room: ir - the graph, its ops' base class, types, symbolic extents, interpreter, verifier, text.
In:   what importers and passes build.
Out:  Graph, Node, Value, Builder, Op, TensorType, DType, Dim.
May import: numpy, errors.
"""

from lite.ir.dim import Dim, Extent
from lite.ir.graph import Builder, Graph, Node, Preprocess, Symbol, Value
from lite.ir.op import Op, Quant, Rename
from lite.ir.types import DType, TensorType

__all__ = ["Builder", "DType", "Dim", "Extent", "Graph", "Node", "Op", "Preprocess", "Quant", "Rename",
           "Symbol", "TensorType", "Value"]
