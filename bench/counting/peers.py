# SPDX-License-Identifier: Apache-2.0
"""Other engines' aarch64 wheels under the emulator, on what bench/engines makes of the same networks."""

from __future__ import annotations

import tempfile
from pathlib import Path

from engines import ENGINES, RefusalError

from .blocks import Counts
from .cores import Core
from .ours import WHOLE, Models
from .run import Counter, CountingError
from .userland import WHEELS, Userland

NAMES = ("ncnn", "mnn", "litert", "onnxruntime")
GUEST = Path(__file__).with_name("guest.py")
PINS = {pin.partition("==")[0].lower(): pin.partition("==")[2] for pin in WHEELS}
PACKAGES = {"litert": "ai-edge-litert"}  # where it is not the engine's name


def version(name: str) -> str:
    return PINS[PACKAGES.get(name, name)]


def inference(counter: Counter, userland: Userland, models: Models, core: Core, name: str, network: str,
              precision: str) -> Counts:  # fmt: skip
    """Counts of one inference, without loading.

    Raises
    ------
    RefusalError
        If the engine cannot have the network in this precision, or fails on it.
    """
    refusal = ENGINES[name].refusal(precision)
    if refusal:
        raise RefusalError(refusal)
    model, images = models.of(name, network, precision)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        userland.write_root(core, root)
        command = [userland.python, GUEST, name, model, precision, images]
        try:
            found = counter.run(core, command, root, userland.environment(GUEST.parents[1]))
        except CountingError as error:
            raise RefusalError(str(error)) from error
    return found.region(WHOLE)
