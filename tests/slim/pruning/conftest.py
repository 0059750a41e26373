# SPDX-License-Identifier: Apache-2.0
"""The small nets of this folder and of the one above."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = map(str, Path(__file__).parents[:2])
