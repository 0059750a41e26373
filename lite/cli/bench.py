# SPDX-License-Identifier: Apache-2.0
"""`lite bench`: how long a model takes here."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from lite.cli._app import PaddleCommand
from lite.cli._data import chosen_extents, planned_shapes, random_inputs
from lite.cli._device import Job, measured
from lite.cli._output import emit, json_option, megabytes, progress, table
from lite.cli._session import checked_threads, power_mode_option, precision_option, shape_option

if TYPE_CHECKING:
    from lite.profile import Profile
    from lite.session import PowerMode, Precision, Session

BINARY = "build/arm-aarch64/benchmark_bin"


@click.command("bench", cls=PaddleCommand)
@click.argument("model", type=click.Path())
@click.option("--threads", default=1, show_default=True, type=int, help="At most one per processor.")
@click.option(
    "--warmup", default=5, show_default=True, type=click.IntRange(0), help="Runs before those that count."
)
@click.option("--repeats", default=50, show_default=True, type=click.IntRange(1))
@precision_option
@shape_option
@click.option("--profile", is_flag=True, help="Time each layer.")
@click.option(
    "--trace", type=click.Path(), help="Write a profile that a browser's trace viewer opens (JSON)."
)
@click.option("--raw", is_flag=True, help="Print one latency in ms a line and nothing else.")
@power_mode_option
@click.option("--adb", "serial", metavar="SERIAL", help="Run on this device, over adb, all inputs being 1.")
@click.option("--binary", default=BINARY, show_default=True, type=click.Path(),
              help="With --adb: benchmark_bin for the device.")
@click.option("--table", "paddle_table", type=click.Path(),
              help="With --adb: write a latency table in PaddleSlim's format.")
@click.option("--latency-table", type=click.Path(), help="With --adb: write one that `lite` itself reads.")
@json_option
def command(
    model: str, threads: int, warmup: int, repeats: int, precision: Precision,
    shapes: dict[str, tuple[int, ...]], profile: bool, trace: str | None, raw: bool, power_mode: PowerMode,
    serial: str | None, binary: str, paddle_table: str | None, latency_table: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Time MODEL (.nb, or a source model) on random inputs.

    Example: lite bench model.nb --threads 2 --profile
    """
    tables = {"paddle": paddle_table, "lite": latency_table}
    if serial is not None:
        if trace is not None:
            raise click.UsageError("--trace is for this machine; --adb has --profile and --latency-table")
        job = Job(model, threads, warmup, repeats, precision, power_mode, shapes)
        _bench_device(job, serial, binary, profile, tables, raw, as_json)
        return
    if any(tables.values()):
        raise click.UsageError("--table and --latency-table go with --adb; `lite tune --table` is for here")
    _bench_here(model, checked_threads(threads), warmup, repeats, precision, power_mode, shapes, profile,
                trace, raw, as_json)  # fmt: skip


def _bench_device(job: Job, serial: str, binary: str, profile: bool, tables: dict[str, str | None],
                  raw: bool, as_json: bool) -> None:  # fmt: skip
    with progress() as tell:
        tell(f"running on {serial}")
        result, latencies = measured(job, serial, binary, profile, tables)
    if raw:
        click.echo("\n".join(f"{latency:.4f}" for latency in latencies))
        return
    result |= _statistics(latencies)
    emit(result, as_json, lambda: _device_text(result))


def _device_text(result: dict[str, Any]) -> str:
    lines = [_text(result, None), *([f"note     {result['note']}"] if result["note"] else [])]
    rows = [(f"{layer['median_us']:.1f}", layer["op"], layer["kernel"] or "-", layer["name"])
            for layer in result.get("profile", {}).get("layers", [])]  # fmt: skip
    return "\n".join([*lines, *(["", table(("us", "op", "kernel", "layer"), rows)] if rows else [])])


def _bench_here(
    model: str, threads: int, warmup: int, repeats: int, precision: Precision, power_mode: PowerMode,
    shapes: dict[str, tuple[int, ...]], profile: bool, trace: str | None, raw: bool, as_json: bool,
) -> None:  # fmt: skip
    from lite.cli._machine import peak_memory_bytes
    from lite.nb.writer import write_atomically

    before = peak_memory_bytes()
    with progress() as tell:
        tell("loading")
        session, load_ms, chosen = _loaded(model, threads, precision, power_mode, shapes)
        feeds = random_inputs(session.inputs, {})
        tell("running")
        first_ms = _timed(session, feeds)
        for _ in range(warmup):
            session.run(feeds)
        latencies = [_timed(session, feeds) for _ in range(repeats)]
        layers = session.profile(feeds, repeats=repeats) if profile or trace else None
    if raw:
        click.echo("\n".join(f"{latency:.4f}" for latency in latencies))
        return
    peak = {"peak_bytes": peak_memory_bytes(), "peak_before_load_bytes": before}
    times = {"load_ms": load_ms, "first_ms": first_ms, **_statistics(latencies)}
    result = {"model": model, **_conditions(session), "power_mode": power_mode, "chosen_extents": chosen,
              "warmup": warmup, "repeats": repeats, **peak, **times}
    if layers is not None and profile:
        result["profile"] = layers.to_dict()
    if layers is not None and trace:
        write_atomically(Path(trace), layers.chrome_trace().encode())
    emit(result, as_json, lambda: _text(result, layers if profile else None))


def _loaded(
    model: str, threads: int, precision: Precision, power_mode: PowerMode,
    shapes: dict[str, tuple[int, ...]],
) -> tuple[Session, float, dict[str, int]]:
    """A session, what loading took in ms (of a source model: with its conversion), extents it chose."""
    from lite.session import Model

    begin = time.perf_counter()
    session = Model(model).session(threads=threads, precision=precision, power_mode=power_mode)
    planned = planned_shapes(session.inputs, shapes)
    chosen = chosen_extents(session.inputs, planned, shapes)
    session.resize(planned)
    return session, (time.perf_counter() - begin) * 1e3, chosen


def _conditions(session: Session) -> dict[str, Any]:
    from lite.cli._machine import cpu_name, governor

    assert session.memory is not None  # the shapes are planned
    return {
        "machine": {"cpu": cpu_name(), "isa": session.isa, "governor": governor()},
        "threads": session.threads,
        "precision": session.precision,
        "input_shapes": {info.name: list(info.shape) for info in session.inputs},
        "memory": dataclasses.asdict(session.memory),
    }


def _timed(session: Session, feeds: dict[str, np.ndarray]) -> float:
    begin = time.perf_counter()
    session.run(feeds)
    return (time.perf_counter() - begin) * 1e3


def _statistics(latencies: list[float]) -> dict[str, float]:
    low, median, high = np.percentile(latencies, (10, 50, 90))
    return {"min_ms": min(latencies), "p10_ms": low, "median_ms": median, "avg_ms": float(np.mean(latencies)),
            "p90_ms": high, "max_ms": max(latencies)}  # fmt: skip


def _chosen(extents: dict[str, int]) -> list[str]:
    said = ", ".join(f"{name} = {extent}" for name, extent in extents.items())
    return [f"         {said} chosen for free extents; --input_shape gives others"] if extents else []


def _text(result: dict[str, Any], layers: Profile | None) -> str:
    machine, memory = result["machine"], result["memory"]
    lines = [
        f"model    {result['model']}",
        "inputs   " + ", ".join(f"{name}{list(shape)}" for name, shape in result["input_shapes"].items()),
        *_chosen(result["chosen_extents"]),
        f"machine  {machine['cpu']}, {machine['isa']}, governor {machine['governor']}",
        f"threads  {result['threads']}, precision {result['precision']}",
        f"memory   arena {megabytes(memory['arena_bytes'])} (no layout needs less than "
        f"{megabytes(memory['lower_bound_bytes'])}), weights {megabytes(memory['weights_bytes'])}",
        f"peak     {megabytes(result['peak_bytes'])} of this process, "
        f"{megabytes(result['peak_before_load_bytes'])} of it before loading",
        f"load     {result['load_ms']:.3f} ms",
        f"first    {result['first_ms']:.3f} ms",
    ]
    lines += [
        f"{name:<8} {result[name + '_ms']:.3f} ms" for name in ("min", "p10", "median", "avg", "p90", "max")
    ]
    return "\n".join([*lines, *(["", str(layers)] if layers is not None else [])])
