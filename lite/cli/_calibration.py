# SPDX-License-Identifier: Apache-2.0
"""The flags of `lite opt` for static quantization: calibration data, and how ranges are chosen from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from lite.quant import StaticPTQ

FIELDS = {  # flag: field of StaticPTQ
    "calib_data": "data",
    "calib_algo": "algo",
    "calib_num": "num",
    "calib_table": "table_out",
    "use_calib_table": "table",
    "latency_table": "latency_table",
}


def calibration_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Flags for a model on integers."""
    options = [
        click.option("--calib-data", type=click.Path(), metavar="PATH",
                     help="Make an int8 model, with scales from this data: folder of images, .npy, .npz."),
        click.option("--calib-algo", metavar="ALGO",
                     help="percentile (usual), minmax, moving_average, kl, mse or emd."),
        click.option("--calib-num", type=click.IntRange(1), metavar="N", help="Use N samples at most."),
        click.option("--calib-table", type=click.Path(), metavar="OUT",
                     help="Write the scales to this file, to read, edit and use again."),
        click.option("--use-calib-table", type=click.Path(), metavar="FILE",
                     help="Take scales from this file instead of data."),
        click.option("--quant-config", type=click.Path(), metavar="F.yaml",
                     help="More settings, by the names of lite.StaticPTQ: exclude, recipe, equalize, ..."),
        click.option("--avx2-7bit", "avx2_7bit", is_flag=True,
                     help="Weights of 7 bits, which are faster on x86 processors without VNNI."),
        click.option("--guard", is_flag=True,
                     help="Time the layers here; those that are slower as integers stay float."),
        click.option("--latency-table", type=click.Path(), metavar="FILE",
                     help="Times of another machine for the guard, instead of measuring."),
    ]  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def static_ptq(flags: dict[str, Any]) -> StaticPTQ | None:
    """What the flags ask for, over what the file of --quant_config says; None if none was given.

    Raises
    ------
    click.UsageError
        If there is neither data nor a table, or a setting is wrong.
    """
    given = {field: flags[flag] for flag, field in FIELDS.items() if flags[flag] is not None}
    given |= {"guard": True} if flags["guard"] else {}
    given |= {"weight_bits": 7} if flags["avx2_7bit"] else {}
    if not given and flags["quant_config"] is None:
        return None
    from lite.errors import CalibrationError
    from lite.quant import StaticPTQ
    from lite.quant.settings import read_config

    try:
        stored = read_config(flags["quant_config"]) if flags["quant_config"] is not None else {}
        settings = StaticPTQ(**{**stored, **given})
    except CalibrationError as error:
        raise click.UsageError(str(error).replace("\n  hint: ", "; ")) from error
    if settings.data is None and settings.table is None:
        raise click.UsageError("there is nothing to calibrate with: give --calib_data or --use_calib_table")
    return settings
