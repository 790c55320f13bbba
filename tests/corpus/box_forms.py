"""A scanned form with a box for each digit, drawn here: boxes side by side, apart, or a comb."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

STYLES = ("side by side", "apart", "comb")


def form(
    digits: str,
    *,
    style: str = STYLES[0],
    dots: int = 200,
    line: int = 0,
    label: str = "CPR-nr.",
    angle: float = 0,
) -> Image.Image:
    """A page of *dots* an inch with *digits* in boxes of 6 by 8 mm, six and the others, whose lines are as dark as
    *line* says (0 is black); turned by *angle* degrees."""

    def px(millimetres: float) -> int:
        return round(millimetres * dots / 25.4)

    page = Image.new("L", (px(210), px(160)), 255)
    pen, letters, large = ImageDraw.Draw(page), ImageFont.load_default(px(4)), ImageFont.load_default(px(4.5))
    for number, words in enumerate(
        ("Anmodning om tilskud til briller", "Udfyldes af borgeren selv", "Vejledning")
    ):
        pen.text((px(20), px(20 + 9 * number)), words, fill=30, font=letters)
    pen.text((px(20), px(82)), label, fill=20, font=letters)
    thick = max(1, dots // 100)
    for number, digit in enumerate(digits):
        left, top = px(60 + 6 * number + 4 * (number >= 6)), px(80)
        right, bottom = left + px(6 * (0.85 if style == "apart" else 1)), top + px(8)
        if style == "comb":
            pen.line((left, bottom, right, bottom), line, thick)
            for x in (left, right):
                pen.line((x, top + px(4), x, bottom), line, thick)
        else:
            pen.rectangle((left, top, right, bottom), outline=line, width=thick)
        middle = ((left + right) // 2, (top + bottom) // 2)
        pen.text(middle, digit, fill=20, font=large, anchor="mm")
    return page.rotate(angle, Image.Resampling.BICUBIC, fillcolor=255) if angle else page


def table(columns: int, rows: int, wide: int, high: int) -> Image.Image:
    """A page with a ruled table that has a digit in each cell."""
    page = Image.new("L", (columns * wide + 240, rows * high + 500), 255)
    pen, letters = ImageDraw.Draw(page), ImageFont.load_default(24)
    for number in range(columns * rows):
        x, y = 120 + number % columns * wide, 300 + number // columns * high
        pen.rectangle((x, y, x + wide, y + high), outline=0, width=2)
        pen.text((x + wide // 2, y + high // 2), str(number * 7 % 10), fill=0, font=letters, anchor="mm")
    return page
