# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from pathlib import Path

import pytest

HEADER = Path(__file__).parents[2] / "csrc" / "include" / "lite" / "lite.h"


@pytest.fixture(scope="session")
def ffi():
    """cffi with the declarations of the header that is shipped, read from it."""
    cffi = pytest.importorskip("cffi")
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.DOTALL)
    text = re.sub(r'#ifdef __cplusplus.*?#endif', "", text, flags=re.DOTALL)
    limits = dict(re.findall(r"#define (LITE_\w+) (\d+)", text))
    text = re.sub(r"^#.*$", "", text, flags=re.MULTILINE).replace("LITE_API", "")
    for name, number in limits.items():
        text = text.replace(f"[{name}]", f"[{number}]")
    ffi = cffi.FFI()
    ffi.cdef(text)
    return ffi


@pytest.fixture(scope="session")
def capi(ffi):
    """The C API, as the Python module exports it."""
    from lite import _native

    return ffi.dlopen(_native.__file__)
