# SPDX-License-Identifier: Apache-2.0
"""`lite compress`: a float model becomes a smaller, faster .nb, as a file of settings says."""

from __future__ import annotations

import click

from lite.cli._app import FAILURE, PaddleCommand
from lite.cli._output import emit, json_option, progress


@click.command("compress", cls=PaddleCommand)
@click.argument("config", type=click.Path())
@click.option("--output", "-o", type=click.Path(), help="The .nb file to write; else CONFIG's `output`.")
@click.option("--work", type=click.Path(), help="Folder for what is finished; OUTPUT.act if left out.")
@click.option("--explain", is_flag=True, help="Say what would be done, and why.")
@click.option("--dry-run", is_flag=True, help="Take one batch through every step, and write nothing.")
@json_option
def command(
    config: str, output: str | None, work: str | None, explain: bool, dry_run: bool, as_json: bool
) -> int:
    """Compress the model that CONFIG (YAML) names: prune, distill, quantize.

    Without a section that says how, PTQ, a search for its settings, and training with rounding are tried
    until the goal is reached. Sections and keys are PaddleSlim's. A run that was interrupted goes on where it
    was. The exit code is 1 if the goal is not reached.

    \b
    Examples:
      lite compress act.yaml
      lite compress act.yaml --explain
      lite compress act.yaml --dry_run
      lite compress act.yaml -o small.nb --json
    """
    from lite import slim

    if explain and dry_run:
        raise click.UsageError("--explain runs nothing and --dry_run a little of all: give one")
    if explain:
        text = slim.explain(config=config)
        emit({"explanation": text.splitlines()}, as_json, lambda: text)
        return 0
    try:
        with progress() as tell:
            outcome = slim.compress(out=output, config=config, work=work, dry_run=dry_run, progress=tell)
    except KeyboardInterrupt:
        if not dry_run:
            click.echo("what is finished is kept: the same command goes on from there", err=True)
        raise
    emit(outcome.to_dict(), as_json, lambda: str(outcome))
    return 0 if outcome.is_reached or dry_run else FAILURE
