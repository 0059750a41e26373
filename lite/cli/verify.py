# SPDX-License-Identifier: Apache-2.0
"""`lite verify`: runs the golden vectors that a .nb file carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lite.cli._app import FAILURE, PaddleCommand
from lite.cli._output import emit, json_option, table
from lite.cli._session import threads_option
from lite.errors import InputError

if TYPE_CHECKING:
    from lite.nb.golden import Case
    from lite.session import Session


@click.command("verify", cls=PaddleCommand)
@click.argument("model", type=click.Path())
@threads_option
@json_option
def command(model: str, threads: int, as_json: bool) -> int:
    """Run the golden vectors in MODEL.nb; exit code 1 if an output is not what it must be.

    Example: lite opt model.onnx -o model.nb --bundle_inputs 2 && lite verify model.nb
    """
    from lite.nb.reader import read_golden
    from lite.session import Model

    golden = read_golden(model)
    if golden is None or not golden.cases:
        raise InputError(
            "the file carries no golden vectors", where=model, hint="lite opt --bundle_inputs N adds N"
        )
    session = Model(model).session(threads=threads)
    rows = [row for number, case in enumerate(golden.cases) for row in _differences(session, case, number)]
    for row in rows:
        row["ok"] = row["difference"] <= golden.tolerance
    passed = all(row["ok"] for row in rows)
    result = {
        "model": model,
        "isa": session.isa,
        "tolerance": golden.tolerance,
        "passed": passed,
        "outputs": rows,
    }
    emit(result, as_json, lambda: _text(model, session.isa, golden.tolerance, rows))
    return 0 if passed else FAILURE


def _differences(session: Session, case: Case, number: int) -> list[dict[str, Any]]:
    from lite.nb.golden import difference

    outputs = session.run(case.inputs)
    return [
        {"case": number, "output": name, "difference": difference(outputs[name], expected)}
        for name, expected in case.outputs.items()
    ]


def _text(model: str, isa: str, tolerance: float, rows: list[dict[str, Any]]) -> str:
    cells = [(str(row["case"]), row["output"], f"{row['difference']:.2e}", "ok" if row["ok"] else "WRONG")
             for row in rows]  # fmt: skip
    wrong = sum(not row["ok"] for row in rows)
    verdict = f"{wrong} of {len(rows)} outputs are wrong" if wrong else f"all {len(rows)} outputs are right"
    head = ("case", "output", "difference / range", "")
    return f"{table(head, cells)}\n\n{model} on {isa}: {verdict} (tolerance {tolerance:g})"
