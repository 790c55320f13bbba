"""Writing that Tesseract passed over: on a page half in shadow, light on a coloured ground, under a stamp.

It tells ink from paper by one tone for large parts of a picture. Where a letter lies on a dark table, or a lamp lights
a half of it, the other half is black to it, and of a chat in a dark window it reads the bubbles of one colour. What it
did read it is sure of, so nothing shows but that there are strokes where there are no words.

A stroke is what a median of its surroundings wipes out, darker or lighter than they are. Of a page made of strokes
alone Tesseract reads all; of one made of the strongest what a stamp lies over. Rules and frames are no writing.
"""

from __future__ import annotations

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from segl_classifier.formats.pictures.tesseract import Page

_LESS, _AROUND = 4, 9  # how much smaller the picture is made for the median; its side, in pixels of that
_STROKE = 48  # of 255, between a stroke and its surroundings
_STRONGEST = 145  # the same of ink, which is no stamp
_RULE = 48  # pixels in a row that are all ink
_AT_ONCE = 2  # pixels of a side looked at as one
_FEWEST = 400  # such pixels with ink: a dozen letters


def evened(grey: Image.Image) -> Image.Image:
    """The strokes of *grey*, dark or light, as ink on white."""
    small = grey.reduce(_LESS).filter(ImageFilter.MedianFilter(_AROUND))
    return ImageChops.invert(ImageChops.difference(grey, small.resize(grey.size, Image.Resampling.BILINEAR)))


def strongest(grey: Image.Image) -> Image.Image:
    """Of these the strongest."""
    least = 255 - _STRONGEST
    return evened(grey).point([255 if tone > least else tone * 255 // least for tone in range(256)])


def left_out(grey: Image.Image, page: Page) -> float:
    """How much of the writing on *grey* is in no word of *page*, which was read on it: from 0 to 1."""
    strokes = evened(grey).reduce(_AT_ONCE).point([255 * (tone < 255 - _STROKE) for tone in range(256)])
    strokes = ImageChops.subtract(strokes, _rules(strokes))
    whole = _count(strokes)
    if whole < _FEWEST:
        return 0.0
    drawing = ImageDraw.Draw(strokes)
    for word in page.words:
        left, top, width, height = (side // _AT_ONCE for side in word.box)
        drawing.rectangle((left - 2, top - 2, left + width + 2, top + height + 2), fill=0)
    return _count(strokes) / whole


def _count(strokes: Image.Image) -> int:
    return strokes.histogram()[255]


def _rules(strokes: Image.Image) -> Image.Image:
    """What lies in a long row of ink, level or upright."""
    run = _RULE // _AT_ONCE
    found = Image.new("L", strokes.size, 0)
    width, height = strokes.size
    for size in ((max(1, width // run), height), (width, max(1, height // run))):
        full = strokes.resize(size, Image.Resampling.BOX).point([255 * (tone > 200) for tone in range(256)])
        full = full.filter(ImageFilter.MaxFilter(3))  # a rule ends within the next piece
        found = ImageChops.lighter(found, full.resize(strokes.size, Image.Resampling.NEAREST))
    return found
