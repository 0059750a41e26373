# SPDX-License-Identifier: Apache-2.0
"""TfIdfVectorizer on whole numbers against onnxruntime, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tiny
from onnx import helper

from lite.errors import ModelFormatError, UnsupportedOpError

X = np.random.default_rng(13).integers(0, 5, (3, 12)).astype(np.int64)
POOL = [0, 1, 2, 3, 0, 1, 2, 2, 3, 1, 4, 0, 1, 2]  # four alone, two pairs, two of three


def vectorizer(x: np.ndarray = X, **attributes: Any) -> Any:
    given = {"mode": "TF", "min_gram_length": 1, "max_gram_length": 3, "max_skip_count": 2,
             "ngram_counts": [0, 4, 8], "ngram_indexes": [3, 1, 0, 2, 5, 4, 7, 6], "pool_int64s": POOL}
    node = helper.make_node("TfIdfVectorizer", ["x"], ["y"], **{**given, **attributes})
    return tiny.model([node], {"x": x})


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("mode", ["TF", "IDF", "TFIDF"])
@pytest.mark.parametrize("lengths", [(1, 3), (2, 2), (3, 3)])
def test_agrees_with_onnxruntime(mode: str, lengths: tuple[int, int], native: bool) -> None:
    weights = [0.5 + number for number in range(8)]
    least, most = lengths
    made = vectorizer(mode=mode, min_gram_length=least, max_gram_length=most, weights=weights)
    tiny.agree(made, {"x": X}, native=native)


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("x", [X[0], X[:, :2].astype(np.int32)])
def test_one_row_and_rows_shorter_than_runs(x: np.ndarray, native: bool) -> None:
    tiny.agree(vectorizer(x), {"x": x}, native=native)


@pytest.mark.parametrize("wrong", [{"ngram_indexes": [0, 1]}, {"ngram_counts": [0, 4, 7]},
                                   {"ngram_indexes": [1 << 60] * 8}, {"max_gram_length": 9},
                                   {"weights": [1.0]}, {"max_skip_count": -1}])  # fmt: skip
def test_attributes_that_do_not_fit(wrong: dict[str, Any]) -> None:
    with pytest.raises(ModelFormatError, match="runs"):
        tiny.load(vectorizer(**wrong))


def test_no_more_is_left_out_than_there_is() -> None:
    assert len(tiny.load(vectorizer(max_skip_count=1 << 40)).nodes) < 500


def test_text_is_refused() -> None:
    with pytest.raises(UnsupportedOpError, match="text"):
        tiny.load(vectorizer(pool_strings=["a"]))
