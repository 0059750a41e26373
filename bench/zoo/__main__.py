# SPDX-License-Identifier: Apache-2.0
"""Write networks as ONNX files: python -m bench.zoo mobilenet_v1 -o mobilenet_v1.onnx"""

from __future__ import annotations

import argparse
from pathlib import Path

from . import NETWORKS, write


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.zoo", description=__doc__)
    parser.add_argument("name", choices=[*NETWORKS, "all"], help="a network, or all of them")
    parser.add_argument(
        "-o", "--output", type=Path, help="the file (for all: the folder), otherwise NAME.onnx here"
    )
    parser.add_argument("--seed", type=int, default=0, help="of weights and of the images that are measured")
    arguments = parser.parse_args()
    if arguments.name == "all":
        folder = arguments.output or Path()
        folder.mkdir(parents=True, exist_ok=True)
        for name in NETWORKS:
            write(name, folder / f"{name}.onnx", seed=arguments.seed)
    else:
        write(arguments.name, arguments.output or Path(f"{arguments.name}.onnx"), seed=arguments.seed)


if __name__ == "__main__":
    main()
