# SPDX-License-Identifier: Apache-2.0
"""Image files as inputs of networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lite.errors import FileError, InputError
from lite.images import is_image, network_input, open_image
from lite.ir import Preprocess

pillow = pytest.importorskip("PIL.Image")


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """20 wide, 10 high; red says the column, green the row, blue is 7."""
    rows, columns = np.mgrid[:10, :20]
    pixels = np.stack([columns * 10, rows * 10, np.full_like(rows, 7)], axis=-1).astype(np.uint8)
    pillow.fromarray(pixels).save(tmp_path / "picture.png")
    return tmp_path / "picture.png"


def test_the_centre_is_cut_out(picture: Path) -> None:
    array = network_input(picture, (1, 3, 4, 6), Preprocess())
    assert array.shape == (1, 3, 4, 6) and array.dtype == np.float32 and array.flags.c_contiguous
    np.testing.assert_array_equal(array[0, 0, 0], np.arange(7, 13) * 10)
    np.testing.assert_array_equal(array[0, 1, :, 0], np.arange(3, 7) * 10)


def test_mean_deviation_and_order_of_channels(picture: Path) -> None:
    rules = Preprocess(crop=4, mean=(5.0, 10.0, 7.0), std=(2.0, 4.0, 1.0), format="BGR")
    array = network_input(picture, (1, 3, "h", "w"), rules)
    assert array.shape == (1, 3, 4, 4)
    np.testing.assert_allclose(array[0, 0], (7 - 5) / 2)
    np.testing.assert_allclose(array[0, 2, 0], np.arange(8, 12) * 10 - 7)


def test_the_short_side_is_scaled(picture: Path) -> None:
    assert network_input(picture, ("n", 3, "h", "w"), Preprocess(resize=5)).shape == (1, 3, 5, 10)
    assert network_input(picture, ("n", 3, "h", "w"), Preprocess(resize=40, crop=32)).shape == (1, 3, 32, 32)


def test_channels_last_and_integers(picture: Path) -> None:
    array = network_input(picture, (1, 4, 6, 3), Preprocess(mean=(100,), std=(1,)), np.int8)
    assert array.dtype == np.int8
    np.testing.assert_array_equal(array[0, 0, :, 0], np.clip(np.arange(7, 13) * 10 - 100, -128, 127))


def test_normalised_pixels_are_no_integers(picture: Path) -> None:
    with pytest.raises(InputError, match=r"leaves 2 steps, but the input takes whole numbers \(uint8\)"):
        network_input(picture, (1, 4, 6, 3), Preprocess(mean=(127.5,), std=(127.5,)), np.uint8)


def test_grey(picture: Path) -> None:
    assert network_input(picture, (1, 1, 4, 4), Preprocess(mean=(1, 2, 3))).shape == (1, 1, 4, 4)


def test_what_cannot_be(picture: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="smaller than the 30 x 30"):
        network_input(picture, (1, 3, 30, 30), Preprocess())
    with pytest.raises(InputError, match="expected one image"):
        network_input(picture, (1, 1000), Preprocess())
    with pytest.raises(InputError, match="mean: got 2 numbers"):
        network_input(picture, (1, 3, 4, 4), Preprocess(mean=(1, 2)))
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(FileError, match="cannot be read as an image"):
        open_image(tmp_path / "text.png")
    with pytest.raises(FileError):
        open_image(tmp_path / "absent.png")


def test_names_of_images() -> None:
    assert is_image("a/B.JPG") and is_image("x.png") and not is_image("x.npy")
