# SPDX-License-Identifier: Apache-2.0
"""Room: cli - the commands `lite <name>` and `opt`; one module each, found by folder.
In:   the command line.
Out:  text or --json on stdout; one or two lines on stderr and exit code 1 (failure) or 2 (bad use).
May import: everything, inside the command's function; click at the top.
"""

from __future__ import annotations


def main() -> None:
    """Entry point of `lite`."""
    from lite.cli._app import run_app

    run_app()


def opt_main() -> None:
    """Entry point of `opt`, which is `lite opt`."""
    from lite.cli._app import run_app

    run_app(command="opt")
