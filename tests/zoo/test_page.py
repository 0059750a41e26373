# SPDX-License-Identifier: Apache-2.0
"""docs/models.md tells of the models that there are, and of what they become."""

from __future__ import annotations

import catalogue
import pytest

pytest.importorskip("lite._native")
pytest.importorskip("onnxruntime")
import make_page


@pytest.mark.skipif(not catalogue.zoo(), reason="LITE_TEST_DATA is not set: no real models")
def test_page_is_current() -> None:
    assert make_page.stable(make_page.PAGE.read_text()) == make_page.stable(make_page.page(measure=False)), (
        "run python tests/zoo/make_page.py"
    )
