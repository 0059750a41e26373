# SPDX-License-Identifier: Apache-2.0
"""`lite bench --adb`: the same figures, measured on a device, and latency tables of its layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lite.cli._data import chosen_extents, planned_shapes

if TYPE_CHECKING:
    from lite.ir import Graph
    from lite.session import TensorInfo
    from lite.tuning.device import Device

MEMORY = ("arena_bytes", "lower_bound_bytes", "scratch_bytes", "weights_bytes")
SAME = ("threads", "precision", "input_shapes", "warmup", "repeats", "peak_bytes", "peak_before_load_bytes",
        "prepare_ms", "first_ms")  # fmt: skip


@dataclass(frozen=True)
class Job:
    """What to run on a device, and how."""

    model: str
    threads: int
    warmup: int
    repeats: int
    precision: str
    power_mode: str
    shapes: Mapping[str, tuple[int, ...]]


def measured(job: Job, serial: str, program: str, profile: bool, tables: Mapping[str, str | None]
             ) -> tuple[dict[str, Any], list[float]]:  # fmt: skip
    """The figures of a model on a device, and the latencies of its runs in ms.

    Parameters
    ----------
    job : Job
    serial, program : str
        The device, and benchmark_bin for its processor.
    profile : bool
        Whether to time each layer.
    tables : mapping of str to path or None
        Where to write the latency tables "paddle" and "lite".
    """
    from lite.nb.reader import read
    from lite.tuning.device import APART, POWER_MODES, Device

    device = Device(serial, program)
    nb = _nb(job.model)
    graph = read(nb)
    inputs = _inputs(graph)
    planned = planned_shapes(inputs, job.shapes)
    flags = {"warmup": job.warmup, "repeats": job.repeats, "threads": job.threads,
             "precision": job.precision, "power_mode": POWER_MODES.index(job.power_mode),
             "input_shape": ":".join(",".join(map(str, planned[info.name])) for info in inputs)}  # fmt: skip
    with device.holding(nb) as folder:
        found = device.measure(folder, flags)
        layers = []
        if profile or any(tables.values()):
            layers = device.measure(folder, {**flags, "profile": "true"}, APART)["layers"]
    result = {**_result(job, device, found), "chosen_extents": chosen_extents(inputs, planned, job.shapes)}
    if profile:
        result["profile"] = {"layers": layers}
    if any(tables.values()):
        _write_tables(tables, f"{found['cpu']} ({serial})", (nb, graph, planned), layers)
    return result, found["latencies_ms"]


def _nb(model: str) -> bytes:
    from lite.convert import convert_to_bytes
    from lite.errors import FileError

    if Path(model).suffix != ".nb":
        return convert_to_bytes(model)[0]
    try:
        return Path(model).read_bytes()
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror}", where=model) from error


def _inputs(graph: Graph) -> list[TensorInfo]:
    from lite.session import TensorInfo

    return [TensorInfo(value.name, tuple(extent if isinstance(extent, int) else str(extent)
                                         for extent in value.type.shape), value.type.dtype.numpy)
            for value in graph.inputs]  # fmt: skip


def _result(job: Job, device: Device, found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "model": job.model,
        "machine": {"cpu": found["cpu"], "isa": found["isa"], "governor": "unknown", "cores": found["cores"],
                    "device": device.serial},
        "power_mode": job.power_mode,
        "note": found["note"],
        **{key: found[key] for key in SAME},
        "memory": {key: found[key] for key in MEMORY},
        "load_ms": found["load_ms"] + found["prepare_ms"],
    }


def _write_tables(tables: Mapping[str, str | None], machine: str,
                  model: tuple[bytes, Graph, Mapping[str, Sequence[int]]],
                  layers: Sequence[Mapping[str, Any]]) -> None:  # fmt: skip
    from lite.nb.writer import write_atomically
    from lite.tuning.device import device_layers
    from lite.tuning.latency_table import LatencyTable
    from lite.tuning.paddle_table import table_of
    from lite.tuning.stopwatch import Net

    net = Net(*model, tune_cache="")
    times = device_layers(net, layers)
    if path := tables["lite"]:
        table = LatencyTable(machine)
        table.add(times)
        write_atomically(Path(path), table.to_text().encode())
    if path := tables["paddle"]:
        rows = [(node, layer, layer.median_us) for node, layer in net.layers(times)]
        write_atomically(Path(path), table_of(machine, rows).to_text().encode())
