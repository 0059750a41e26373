# SPDX-License-Identifier: Apache-2.0
"""`lite export`: a model for other engines, as ONNX."""

from __future__ import annotations

from typing import Any

import click

from lite.cli._app import PaddleCommand
from lite.cli._calibration import calibration_options, static_ptq
from lite.cli._output import emit, json_option, progress
from lite.cli._session import shape_option
from lite.cli.opt import image_options, preprocess_of


@click.command("export", cls=PaddleCommand)
@click.argument("model", type=click.Path())
@click.option("-o", "--output", type=click.Path(), help="File to write; otherwise MODEL.onnx here.")
@click.option(
    "--param-file", type=click.Path(), help="Weights of a Paddle or Caffe model, if they lie elsewhere."
)
@shape_option
@image_options
@calibration_options
@json_option
def command(
    model: str, output: str | None, param_file: str | None, shapes: dict[str, tuple[int, ...]], as_json: bool,
    **flags: Any,
) -> None:  # fmt: skip
    """Write MODEL (.nb, or a source model) as ONNX, for onnxruntime, TensorRT, OpenVINO.

    Integer models become QuantizeLinear and DequantizeLinear with the same scales.

    \b
    Examples:
      lite export int8.nb -o int8.onnx
      lite export model.onnx --calib_data samples.npz -o int8.onnx
      lite export model.onnx --calib_data photos --image_crop 224 --image_mean 127 --image_std 128
      lite export inference.pdmodel -o model.onnx
    """
    from lite.exporting import export

    settings = static_ptq(flags)
    with progress() as tell:
        exported = export(model, output, param_file=param_file, input_shape=shapes,
                          preprocess=preprocess_of(flags), quantize=settings, progress=tell)  # fmt: skip
    emit(exported.to_dict(), as_json, lambda: str(exported))
