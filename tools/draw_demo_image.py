#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws lite/demo/image.png, the image that `lite demo` reads: our own words in Pillow's built-in font.

Run it from the project's root; the image is committed, so nothing needs it at build time.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SIZE = (960, 540)
PAPER, INK, ACCENT = (247, 244, 236), (38, 42, 51), (176, 58, 46)
TARGET = Path("lite/demo/image.png")


def background() -> Image.Image:
    """Paper that darkens towards the bottom, with a sign on it: detection should not have it too easy."""
    image = Image.new("RGB", SIZE)
    draw = ImageDraw.Draw(image)
    for row in range(SIZE[1]):
        shade = row * 40 // SIZE[1]
        draw.line([(0, row), (SIZE[0], row)], fill=tuple(channel - shade for channel in PAPER))
    draw.rounded_rectangle((40, 330, 560, 430), radius=18, fill=INK)
    draw.polygon([(780, 170), (850, 50), (920, 170)], fill=ACCENT)
    return image


def write(
    image: Image.Image,
    text: str,
    position: tuple[int, int],
    size: int,
    colour: tuple[int, int, int] = INK,
    degrees: float = 0,
) -> None:
    """Put text with its top left corner at a position, turned anticlockwise about the middle of the text."""
    font = ImageFont.load_default(size)
    left, top, right, bottom = font.getbbox(text)
    stamp = Image.new("L", (int(right - left) + 8, int(bottom - top) + 8))
    ImageDraw.Draw(stamp).text((4 - left, 4 - top), text, font=font, fill=255)
    stamp = stamp.rotate(degrees, expand=True, resample=Image.Resampling.BICUBIC)
    image.paste(Image.new("RGB", stamp.size, colour), position, stamp)


def main() -> None:
    image = background()
    write(image, "Lite reads this image", (40, 40), 64)
    write(image, "on your own device, offline", (44, 130), 44)
    write(image, "Price: 3,141.59", (44, 215), 52, ACCENT)
    write(image, "EXIT 42 - North Gate", (70, 350), 46, PAPER)
    write(image, "upside down", (600, 450), 44, degrees=180)
    write(image, "at an angle", (640, 230), 48, degrees=18)
    image.save(TARGET, optimize=True)


if __name__ == "__main__":
    main()
