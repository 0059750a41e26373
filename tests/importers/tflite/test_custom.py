# SPDX-License-Identifier: Apache-2.0
"""Custom ops that LiteRT itself does not run, held to builtin ones that mean the same."""

from __future__ import annotations

import numpy as np
import pytest
from tfl_case import case, floats, ints
from tfl_math import SAME, VALID, held
from tfl_writer import packed

from lite.errors import ModelFormatError
from lite.importers.tflite import load
from lite.ir.interpret import interpret


@pytest.mark.parametrize(("padding", "shape"), [(SAME, (1, 8, 10, 4)), (VALID, (1, 9, 11, 4))])
def test_transposed_convolution_with_bias_is_transpose_conv(padding: int, shape: tuple[int, ...]) -> None:
    x, w, bias = floats(1, 1, 4, 5, 3), held(floats(2, 4, 3, 3, 3)), held(floats(3, 4))
    custom = np.array([padding + 1, 2, 2], "<i4").tobytes()
    own = load(packed(case("Convolution2DTransposeBias", "", x, w, bias, options={"custom": custom}).model()))
    options = {"padding": padding, "stride_h": 2, "stride_w": 2}
    builtin = load(packed(case("TRANSPOSE_CONV", "", ints(*shape), w, x, bias, options=options).model()))
    (given,), (expected,) = (interpret(graph, {graph.inputs[0].name: x}).values() for graph in (own, builtin))
    np.testing.assert_array_equal(given, expected)


def test_options_that_are_too_short_are_refused() -> None:
    model = case("Convolution2DTransposeBias", "", floats(1, 1, 4, 5, 3), held(floats(2, 4, 3, 3, 3)),
                 options={"custom": b"1234"}).model()  # fmt: skip
    with pytest.raises(ModelFormatError, match="its options have 4 bytes, expected 12"):
        load(packed(model))
