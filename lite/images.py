# SPDX-License-Identifier: Apache-2.0
"""Image files as arrays, and as the input of a network. Needs Pillow."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lite.errors import FileError, InputError, MissingDependencyError

if TYPE_CHECKING:
    from PIL.Image import Image

    from lite.ir import Preprocess

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".ppm", ".tif", ".tiff")
LEAST_STEPS = 32  # between black and white, of integers


def is_image(path: str | os.PathLike[str]) -> bool:
    """True if a file's name says that it is an image."""
    return Path(path).suffix.lower() in SUFFIXES


def open_image(path: str | os.PathLike[str]) -> Image:
    """An image file in RGB, upright as its camera meant it.

    Raises
    ------
    FileError
        If it is no image that Pillow reads.
    MissingDependencyError
        If Pillow is missing.
    """
    try:
        from PIL import Image as pillow
        from PIL import ImageOps
    except ImportError as error:
        hint = "pip install Pillow"
        raise MissingDependencyError(f"reading images needs Pillow: {error}", hint=hint) from error
    try:
        with pillow.open(path) as image:
            return ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, ValueError, SyntaxError, pillow.DecompressionBombError) as error:
        raise FileError(f"cannot be read as an image: {error}", where=str(path)) from error


def fault_in(rules: Preprocess) -> tuple[str, str] | None:
    """The first setting that no image can be prepared with, and what is wrong with it."""
    for name, values in (("mean", rules.mean), ("std", rules.std)):
        if len(values) not in (1, 3):
            return name, f"got {len(values)} numbers, expected one, or three: one a channel"
        if not np.isfinite(values).all():
            return name, f"got {_listed(values)}, expected finite numbers"
    if 0 in rules.std:
        return "std", f"got {_listed(rules.std)}, expected no zero: pixels are divided by it"
    if 0 < rules.resize < rules.crop:
        return "crop", f"got {rules.crop}, expected at most {rules.resize}, to which the short side is scaled"
    return None


def _listed(values: Sequence[float]) -> str:
    return ",".join(f"{value:g}" for value in values)


def network_input(
    path: str | os.PathLike[str],
    shape: Sequence[int | str],
    rules: Preprocess,
    dtype: np.dtype | type = np.float32,
) -> np.ndarray:
    """An image file as the input of a network.

    The short side is scaled to ``rules.resize`` (bilinear), the centre cut out, then
    (pixel - mean) / std with pixels of 0..255.

    Parameters
    ----------
    path : path
    shape : four extents
        Of the input; not an int where it is free. One or three channels in place 1 or, failing that, 3.
    rules : Preprocess
        Without a crop, an input of fixed extents gets the image cut to them.
    dtype : numpy dtype
        Of the input; integers are rounded and clamped.

    Raises
    ------
    InputError
        If the input is no image, the rules cannot be, or the image is smaller than the cut.
    """
    fault = fault_in(rules)
    if fault:
        raise InputError(fault[1], where=f"preprocess, {fault[0]}")
    channels, channels_last = _channels(shape)
    height, width = (
        extent if isinstance(extent, int) else 0 for extent in shape[1 if channels_last else 2 :][:2]
    )
    image = _scaled(open_image(path), rules.resize)
    image = _cut(image, rules.crop or height, rules.crop or width, str(path))
    pixels = np.asarray(image.convert("L") if channels == 1 else image, np.float32)
    pixels = pixels.reshape(image.height, image.width, channels)
    pixels = pixels[:, :, ::-1] if rules.format.upper() == "BGR" else pixels
    mean, std = (_per_channel(values, channels) for values in (rules.mean, rules.std))
    pixels = (pixels - mean) / std
    pixels = pixels[None] if channels_last else pixels.transpose(2, 0, 1)[None]
    if np.issubdtype(dtype, np.integer):
        _demand_whole(std, dtype)
        limits = np.iinfo(dtype)
        pixels = np.clip(np.rint(pixels), limits.min, limits.max)
    return np.ascontiguousarray(pixels, dtype)


def _demand_whole(std: np.ndarray, dtype: np.dtype | type) -> None:
    """Pixels that are normalised for floats would all become the same few integers."""
    steps = 255 / float(std.max())
    if steps < LEAST_STEPS:
        raise InputError(
            f"a std of {std.max():g} leaves {steps:.3g} steps, but the input takes whole numbers"
            f" ({np.dtype(dtype).name}), expected {LEAST_STEPS} or more",
            where="preprocess, std",
            hint="leave out mean and std, or give mean 128 and std 1 for int8: the model scales its pixels",
        )


def _channels(shape: Sequence[int | str]) -> tuple[int, bool]:
    for axis, channels_last in ((1, False), (3, True)):
        extent = shape[axis] if len(shape) == 4 else None
        if extent == 1 or extent == 3:
            return int(extent), channels_last
    raise InputError(
        f"the input's shape is {list(shape)}, expected one image: [n, 3, h, w] or [n, h, w, 3]",
        hint="give the input as .npy",
    )


def _scaled(image: Image, short_side: int) -> Image:
    from PIL import Image as pillow

    if not short_side or short_side == min(image.size):
        return image
    ratio = short_side / min(image.size)
    width, height = (max(short_side, int(extent * ratio)) for extent in image.size)
    return image.resize((width, height), pillow.Resampling.BILINEAR)


def _cut(image: Image, height: int, width: int, where: str) -> Image:
    """The centre; as torchvision and PaddleClas place it."""
    width, height = width or image.width, height or image.height
    if image.width < width or image.height < height:
        raise InputError(
            f"the image is {image.width} x {image.height}, smaller than the {width} x {height} "
            "that is cut out",
            where=where,
            hint="--image_resize scales the short side first",
        )
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def _per_channel(values: Sequence[float], channels: int) -> np.ndarray:
    """One number a channel; of three for a grey image the first counts, one number counts for all."""
    array = np.asarray(values, np.float32)
    if array.size not in (1, channels) and channels != 1:
        raise InputError(f"{array.size} means or deviations for {channels} channels")
    return np.broadcast_to(array[:1] if channels == 1 else array, (channels,))
