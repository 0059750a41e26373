# SPDX-License-Identifier: Apache-2.0
"""Room: report - what a compression found: plain data, JSON, and a page that opens offline."""

from __future__ import annotations

import os
from pathlib import Path

from lite.errors import InputError
from lite.slim.report.data import Layer, Measured, Report, Weights, pareto_front

__all__ = ["Layer", "Measured", "Report", "Weights", "pareto_front", "write_report"]


def write_report(report: Report, path: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Write a report as JSON and as a page; each whole or not at all.

    Parameters
    ----------
    report : Report
    path : path
        Of either file: the other lies beside it, under the same name.

    Returns
    -------
    (Path, Path)
        Of the .json and of the .html.

    Raises
    ------
    InputError
        If the path ends in something else than .json or .html.
    FileError
    """
    from lite.nb.writer import write_atomically
    from lite.slim.report.page import page

    named = Path(path)
    if named.suffix not in ("", ".json", ".html"):
        raise InputError(f"it ends in {named.suffix!r}, expected .json, .html or nothing", where=str(path))
    both = named.with_suffix(".json"), named.with_suffix(".html")
    for target, text in zip(both, (report.to_json(), page(report))):
        write_atomically(target, text.encode())
    return both
