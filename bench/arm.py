#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Instructions and modelled cycles of ARM builds, counted under QEMU: repeatable, and no ARM needed.

    python bench/arm.py                                        # four networks, fp32 and int8, on a76
    python bench/arm.py --networks mobilenet_v2 --profile      # by function and by layer
    python bench/arm.py --networks my.onnx --cores a53,a710 --precisions int8
    python bench/arm.py --peers                                # also other engines' wheels: takes long
    python bench/arm.py --check --json table.json              # exits with 1 unless counting/bars.py holds
    python bench/arm.py --check --networks resnet50            # a part of it, which need not be the last

Our engine is cross-built with clang, statically, and runs each model three times on one thread; counted is
the third. Cycles are those of llvm-mca's model of the core, summed over all runs of instructions, with every
load from the first cache and no branch mispredicted: they compare kernels, they are no times. For in-order
cores (a53, a55) the model is far off, and the two figures are a bracket at best. Needs Debian's qemu-user,
clang-19, lld-19, llvm-19 and the libraries of g++-aarch64-linux-gnu (for a15 of g++-arm-linux-gnueabihf).
All that --check counts takes about ten minutes of a processor, and no peers.

Peers are counted in an arm64 Python, which apt and pip unpack into the folder; their models are converted by
the environments that bench/peers.py describes.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from counting import peers, tables
from counting.bars import Bar, bars, misses
from counting.blocks import straight_runs
from counting.cores import CORES
from counting.cycles import Estimate, Model
from counting.ours import PRECISIONS, ROOT, Inference, Models, Program
from counting.run import Counter, CountingError, MissingToolError
from counting.userland import Userland
from engines import Lite, RefusalError

NETWORKS = ("mobilenet_v1", "mobilenet_v2", "squeezenet_1_1", "resnet50")
FOLDER = ROOT / "build" / "arm-bench"


class Bench:
    """Programs, models and answers of llvm-mca, each made once.

    Parameters
    ----------
    arguments : argparse.Namespace
        Of the command.
    counter : Counter
    """

    def __init__(self, arguments: argparse.Namespace, counter: Counter) -> None:
        self._arguments = arguments
        self._counter = counter
        self._nb = Models(arguments.folder)
        self._programs: dict[str, Program] = {}
        self._models: dict[str, Model] = {}

    def row(self, network: str, precision: str, core_name: str) -> dict[str, Any]:
        """Figures of one inference of ours; prints its profile, if that is wanted."""
        if core_name not in self._models:
            core = CORES[core_name]
            self._programs[core_name] = Program(core, self._arguments.folder / "programs")
            self._models[core_name] = Model(core)
        program, model = self._programs[core_name], self._models[core_name]
        found = program.run(self._counter, self._nb.model(network, precision), precision)
        self._print_profile(f"{network} {precision} {core_name} {found.isa}", found, program, model)
        estimate = model.estimate(straight_runs(found.counts))
        return row_of(network, precision, core_name, "lite", Lite.version(), found.isa, estimate)

    def peer_rows(self, network: str, precision: str, core_name: str) -> list[dict[str, Any]]:
        """The same of those peers that can run it; why others cannot is printed."""
        core, rows = CORES[core_name], []
        userland = Userland(self._arguments.folder / "userland")
        for name in peers.NAMES:
            try:
                counts = peers.inference(self._counter, userland, self._nb, core, name, network, precision)
            except RefusalError as error:
                print(f"{network} {precision} {core_name} {name}: {error}", file=sys.stderr, flush=True)
                continue
            estimate = self._models[core_name].estimate(straight_runs(counts))
            rows.append(row_of(network, precision, core_name, name, peers.version(name), "", estimate))
        return rows

    def _print_profile(self, what: str, found: Inference, program: Program, model: Model) -> None:
        arguments = self._arguments
        if arguments.profile:
            print(f"\n{what}, by function\n{tables.functions(found.counts, model, program.symbols)}")
            print(f"\n{what}, by layer\n{tables.layers(found.layers, model)}")
        if arguments.runs:
            words = tables.hottest(found.counts, model, program.symbols, arguments.runs)
            print(f"\n{what}, the hottest runs of instructions\n{words}")


def row_of(
    network: str, precision: str, core: str, engine: str, version: str, isa: str, estimate: Estimate
) -> dict[str, Any]:
    return {"network": network, "precision": precision, "core": core, "engine": engine, "version": version,
            "isa": isa, "instructions": estimate.instructions, "multiply_adds": estimate.multiply_adds,
            "cycles": estimate.cycles, "bound": estimate.bound, "model": CORES[core].model,
            "in_order": CORES[core].in_order}  # fmt: skip


def wanted(arguments: argparse.Namespace) -> list[Bar]:
    """Bars of ``--check``: all, or those of the networks, precisions and cores that are given."""
    chosen = arguments.networks, arguments.precisions, arguments.cores
    return [bar for bar in bars() if all(names is None or name in names for names, name in
                                         zip(chosen, (bar.network, bar.precision, bar.core)))]  # fmt: skip


def cases(arguments: argparse.Namespace) -> list[tuple[str, str, str]]:
    """Network, precision and core of what is counted; of ``--check``, what has a bar."""
    if arguments.check:
        return list(dict.fromkeys((bar.network, bar.precision, bar.core) for bar in wanted(arguments)))
    return [(network, precision, core) for core in arguments.cores or ["a76"]
            for precision in arguments.precisions or ["fp32", "int8"]
            for network in arguments.networks or NETWORKS]  # fmt: skip


def names(text: str, known: tuple[str, ...]) -> list[str]:
    """Of a list with commas between them.

    Raises
    ------
    argparse.ArgumentTypeError
        If one is not known.
    """
    chosen = text.split(",")
    unknown = [name for name in chosen if name not in known]
    if unknown:
        raise argparse.ArgumentTypeError(f"there is no {unknown[0]!r}; there are {', '.join(known)}")
    return chosen


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--networks", nargs="+", help="of bench/zoo, or ONNX files")
    parser.add_argument("--precisions", type=lambda text: names(text, PRECISIONS),
                        help=f"{', '.join(PRECISIONS)} (fp32,int8)")  # fmt: skip
    parser.add_argument("--cores", type=lambda text: names(text, tuple(CORES)),
                        help=f"{', '.join(CORES)} (a76)")  # fmt: skip
    parser.add_argument("--profile", action="store_true", help="also by function and by layer")
    parser.add_argument("--runs", type=int, default=0, help="also the hottest runs of instructions")
    parser.add_argument("--peers", action="store_true", help="also " + ", ".join(peers.NAMES))
    parser.add_argument("--check", action="store_true", help="count what has a bar, and hold it against it")
    parser.add_argument("--json", type=Path, help="file for all figures")
    parser.add_argument("--folder", type=lambda text: Path(text).resolve(), default=FOLDER,
                        help="for builds and models (%(default)s)")  # fmt: skip
    return parser.parse_args()


def main() -> int:
    arguments = parsed()
    if not cases(arguments):
        sys.exit("no bar is for these networks, precisions and cores: bench/counting/bars.py has all")
    rows = []
    with Counter() as counter:
        bench = Bench(arguments, counter)
        for network, precision, core in cases(arguments):
            found = [bench.row(network, precision, core)]
            if arguments.peers and CORES[core].wide:
                found += bench.peer_rows(network, precision, core)
            print(tables.text(found), file=sys.stderr, flush=True)
            rows += found
            if arguments.json:  # what is counted stays, whatever comes
                arguments.json.write_text(json.dumps(rows, indent=1))
    print(f"\n{tables.text(rows)}\n\n{tables.markdown(rows)}")
    if not arguments.check:
        return 0
    held = wanted(arguments)
    print(f"\n{tables.bars(rows, held)}")
    missed = misses(rows, held)
    print("\n" + ("\n".join(missed) or "all bars are reached"))
    return 1 if missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (CountingError, MissingToolError, RefusalError) as error:
        sys.exit(str(error))
