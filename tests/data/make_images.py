#!/usr/bin/env python3
"""Writes the images in images/ on which the guest ocr reads text.

Needs the PyPI package pillow==13.0.0 and the font DejaVu Sans (Debian: fonts-dejavu-core).
"""

import pathlib

from PIL import Image, ImageDraw, ImageFont

OUT = pathlib.Path(__file__).resolve().parent / "images"
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
PAPER, INK = (245, 243, 238), (30, 30, 60)


def save(name, size, *lines):
    """Each line is its left and top edges, the height of its letters, and its text."""
    image = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(image)
    for left, top, height, text in lines:
        draw.text((left, top), text, font=ImageFont.truetype(FONT, height), fill=INK)
    image.save(OUT / f"{name}.png", optimize=True)


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    save("line", (512, 128), (24, 50, 32, "Namesake reads line 42, café."))
    save("lines", (500, 220), (24, 170, 24, "total 1,234.50 EUR"), (360, 170, 24, "(paid)"),
         (60, 86, 44, "Größe: 3,5 m"), (24, 20, 28, "Second Street 17"))
    save("blank", (320, 64))
