# SPDX-License-Identifier: Apache-2.0
"""`lite opt` (and `opt`): a source model becomes a .nb file; what is supported and what is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

import lite
from lite.cli._app import PaddleCommand
from lite.cli._calibration import calibration_options, static_ptq
from lite.cli._ops import Source, print_all, print_of_model, print_supported
from lite.cli._output import emit, json_option, progress
from lite.cli._session import shape_option
from lite.convert import SPARSE_THRESHOLD
from lite.errors import InputError

if TYPE_CHECKING:
    from lite.ir import Preprocess
    from lite.quant import StaticPTQ, WeightOnly

_REFUSED = {  # flags of Paddle's opt that would change the result
    "enable_fp16": "it asks for a half precision model, and this version writes float32 models only",
    "record_tailoring_info": "the library is not cut to a model, so there is nothing to record",
    "display_kernels": "an op has one kernel, so there are none to choose from; see --print_all_ops",
}


def _paddle_flags(function: Callable[..., Any]) -> Callable[..., Any]:
    """What scripts for Paddle's opt pass: accepted where it asks for nothing, else refused in words."""
    for name in ("enable-fp16", "record-tailoring-info", "display-kernels"):
        function = click.option(f"--{name}", is_flag=True, hidden=True)(function)
    return function


def _numbers(context: click.Context, option: click.Parameter, text: str | None) -> tuple[float, ...] | None:
    if text is None:
        return None
    try:
        return tuple(float(word) for word in text.split(","))
    except ValueError:
        raise click.BadParameter(f"got {text!r}, expected numbers such as 123.675,116.28,103.53") from None


def _bits(context: click.Context, option: click.Parameter, word: str) -> int:
    from lite.quant.weights import bits_of

    try:
        return bits_of(word)
    except InputError as error:
        raise click.BadParameter("; ".join(filter(None, (error.message, error.hint)))) from None


def _targets(context: click.Context, option: click.Parameter, text: str) -> tuple[str, ...]:
    from lite.convert import TARGETS

    names = [name.strip() for name in text.split(",") if name.strip() != "host"]
    unknown = [name for name in names if name not in TARGETS]
    if unknown or not names:
        raise click.BadParameter(f"got {text!r}, expected some of {', '.join(TARGETS)}")
    return tuple(names)


def image_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """How an image becomes the first input: the same flags for `opt`, which keeps them, and `run`."""
    options = [
        click.option("--image-resize", type=click.IntRange(1), help="Scale the image's short side to this."),
        click.option("--image-crop", type=click.IntRange(1), help="Cut out the centre, this high and wide."),
        click.option(
            "--image-mean", callback=_numbers, metavar="M,M,M", help="Subtracted from pixels of 0..255."
        ),
        click.option("--image-std", callback=_numbers, metavar="S,S,S", help="Divides what is left."),
        click.option("--image-format", type=click.Choice(["RGB", "BGR"], case_sensitive=False)),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def preprocess_of(flags: dict[str, Any], stored: dict[str, Any] | None = None) -> Preprocess | None:
    """What the --image_* flags say, over what a model says itself; None if neither says anything.

    Raises
    ------
    click.BadParameter
        If no image can be prepared so.
    """
    from lite.images import fault_in
    from lite.ir import Preprocess

    given = {
        name.removeprefix("image_"): value
        for name, value in flags.items()
        if name.startswith("image_") and value is not None
    }
    both = {**(stored or {}), **given}
    rules = Preprocess(**both)
    fault = fault_in(rules)
    if fault and given:
        raise click.BadParameter(fault[1], click.get_current_context(), param_hint=f"--image_{fault[0]}")
    return rules if both else None


@click.command("opt", cls=PaddleCommand, no_args_is_help=False)
@click.argument("model", required=False, type=click.Path())
@click.option("--output", "-o", type=click.Path(), help="The .nb file; MODEL.nb in this folder if left out.")
@click.option("--optimize-out", type=click.Path(), help="As --output; .nb is appended.")
@click.option("--optimize-out-type", default="naive_buffer", type=click.Choice(["naive_buffer"]))
@click.option("--model-dir", type=click.Path(), help="Folder of a Paddle model.")
@click.option("--model-filename", help="The program's name in --model_dir.")
@click.option("--param-filename", help="The parameter file's name in --model_dir.")
@click.option("--model-file", type=click.Path(), help="A model's file, say a Paddle program or a .prototxt.")
@click.option("--param-file", type=click.Path(), help="The parameters of --model_file.")
@click.option(
    "--valid-targets",
    "targets",
    default="arm,x86",
    show_default=True,
    callback=_targets,
    help="Where the file may run.",
)
@shape_option
@click.option(
    "--bundle-inputs",
    default=0,
    type=click.IntRange(0),
    metavar="N",
    help="Put N golden vectors into the file, for `lite verify`.",
)
@click.option("--quant-model", is_flag=True, help="Store weights as integers; needs no data.")
@click.option(
    "--quant-type",
    "bits",
    default="QUANT_INT16",
    show_default=True,
    callback=_bits,
    metavar="QUANT_INT8|QUANT_INT16",
    help="Integers of --quant_model.",
)
@calibration_options
@click.option(
    "--sparse-model", is_flag=True, help="Store 1 x 1 convolutions sparse whose weights are mostly zeros."
)
@click.option(
    "--sparse-threshold", type=click.FloatRange(0, 1), default=SPARSE_THRESHOLD, show_default=True,
    metavar="PART", help="Zeros from which on --sparse_model stores a layer so.",
)
@image_options
@click.option("--print-all-ops", is_flag=True, help="List all ops and how each runs.")
@click.option("--print-all-ops-in-md-format", is_flag=True, help="The same as a table in Markdown.")
@click.option("--print-supported-ops", is_flag=True, help="List the ops that are converted, by format.")
@click.option(
    "--print-model-ops", is_flag=True, help="List the model's ops; exit code 1 unless all are supported."
)
@click.option(
    "--keep-io-float", type=bool, default=True, show_default=True,
    help="Scale at the ends of a quantized model; false: its inputs and outputs are integers.",
)
@click.option("--tune", is_flag=True, help="Then measure its kernels on this machine, as `lite tune` does.")
@_paddle_flags
@click.version_option(lite.__version__, prog_name="lite", help="Show the version.")
@json_option
def command(as_json: bool, **flags: Any) -> int:
    """Convert MODEL (.onnx, .pdmodel, .pb, .tflite, .caffemodel, or a folder of one) to a .nb file.

    \b
    Examples:
      lite opt model.onnx -o model.nb
      opt --model_dir=mobilenet --valid_targets=arm,x86 --optimize_out=mobilenet
      lite opt model.onnx --quant_model=true --quant_type=QUANT_INT8
      lite opt model.onnx --image_resize 256 --image_crop 224 --image_mean 127.5 --image_std 127.5
      lite opt model.onnx --calib_data samples.npz -o int8.nb
      lite opt pruned.onnx --sparse_model --sparse_threshold 0.7
    """
    _refuse_unknown_results(flags)
    if flags["print_all_ops"] or flags["print_all_ops_in_md_format"]:
        return print_all(as_json, markdown=flags["print_all_ops_in_md_format"])
    if flags["print_supported_ops"]:
        return print_supported(as_json)
    source = _source(flags)
    if source is None:
        return _without_model(click.get_current_context())
    if flags["print_model_ops"]:
        return print_of_model(source, flags["targets"], as_json)
    _convert(source, flags, as_json)
    return 0


def _without_model(context: click.Context) -> int:
    """Help if nothing was asked for.

    Raises
    ------
    click.UsageError
        If a flag asks for work.
    """
    given = [
        parameter.opts[0].replace("-", "_").replace("__", "--", 1)
        for parameter in context.command.params
        if parameter.name and parameter.name != "as_json"
        and context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
    ]  # fmt: skip
    if given:
        raise click.UsageError(f"{', '.join(given)} without a model: give MODEL, --model_dir or --model_file")
    click.echo(context.get_help())
    return 0


def _source(flags: dict[str, Any]) -> Source | None:
    ways = [name for name in ("model", "model_dir", "model_file") if flags[name]]
    if len(ways) > 1:
        raise click.UsageError(
            "the model was named more than once: give one of MODEL, --model_dir and --model_file"
        )
    if not ways:
        return None
    path, parameters = Path(flags[ways[0]]), flags["param_file"]
    if ways[0] == "model_dir":
        parameters = path / flags["param_filename"] if flags["param_filename"] else parameters
        path = path / flags["model_filename"] if flags["model_filename"] else path
    return Source(str(path), {"param_file": str(parameters)} if parameters else {})


def _refuse_unknown_results(flags: dict[str, Any]) -> None:
    for name, reason in _REFUSED.items():
        if flags[name]:
            raise click.UsageError(f"--{name} is refused: {reason}")


def _with_suffix(path: str | None) -> str | None:
    """Paddle's opt appends .nb even if a folder has that name; its scripts call both alike."""
    return path if path is None or path.endswith((".nb", "/")) else path + ".nb"


def _quantization(flags: dict[str, Any]) -> StaticPTQ | WeightOnly | None:
    """Weights only with --quant_model, all of the model with --calib_data.

    Raises
    ------
    click.UsageError
        If both are asked for.
    """
    static = static_ptq(flags)
    if not flags["quant_model"]:
        return static
    if static is not None:
        raise click.UsageError("--quant_model is for weights only, --calib_data for all of a model: give one")
    from lite.quant import WeightOnly

    return WeightOnly(bits=flags["bits"])


def _convert(source: Source, flags: dict[str, Any], as_json: bool) -> None:
    from lite.convert import convert

    if flags["output"] and flags["optimize_out"]:
        raise click.UsageError("--output and --optimize_out both name the file to write")
    rules = preprocess_of(flags)
    with progress() as tell:
        report = convert(
            source.path,
            flags["output"] or _with_suffix(flags["optimize_out"]),
            targets=flags["targets"],
            input_shape=flags["shapes"],
            bundle_inputs=flags["bundle_inputs"],
            preprocess=rules,
            quantize=_quantization(flags),
            keep_io_float=flags["keep_io_float"],
            sparse_threshold=flags["sparse_threshold"] if flags["sparse_model"] else None,
            progress=tell,
            **source.options,
        )
    if not flags["tune"]:
        emit(report.to_dict(), as_json, lambda: str(report))
        return
    from lite.cli.tune import text_of, tuned

    kernels = tuned(report.path, (1,), {}, "exact", None)
    emit({**report.to_dict(), "kernels": kernels}, as_json, lambda: f"{report}\n\n{text_of(kernels)}")
