"""Pictures, read by Tesseract in Danish and English: scanned pages, photographs of letters, screens.

Only when the setting for OCR allows it; otherwise the picture is told of as not read. Each page is laid straight first
(:mod:`.straight`); one of which Tesseract is not sure is tried again (:mod:`.tries`). What Pillow cannot open is given
to Tesseract as it is. Codes for machines are read beside it (:mod:`.codes`).

However small a picture is, it is read: which are decoration is told where they are shown
(:mod:`segl_classifier.extract`, :mod:`.picture`).

In forms with a box for each digit the boxes are read by themselves (:mod:`.boxes`).

OCR is a guess: æ, ø and å come out wrong often, digits seldom. Its text has a place of its own so that this shows. A
page with writing that was not read is told of, and so is paper with ink on it and no sure word, which is written by
hand. A photograph without words is no gap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from PIL import Image

from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance, Content
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.pictures.boxes import Boxes, boxes_in, without
from segl_classifier.formats.pictures.codes import codes_in
from segl_classifier.formats.pictures.picture import kind_of, pixels
from segl_classifier.formats.pictures.raster import ink_on_paper
from segl_classifier.formats.pictures.straight import (
    BROKEN,
    Lie,
    TooManyPages,
    as_pgm,
    lie_of,
    pages_of,
    straight,
)
from segl_classifier.formats.pictures.tesseract import (
    Failed,
    Layout,
    Page,
    TooLate,
    pages_read,
    program,
)
from segl_classifier.formats.pictures.tries import tries
from segl_classifier.formats.pictures.words import words_of

_MOST_PIXELS = 60_000_000
_LEAST_INK = 0.002  # of a page: one line of letters; dust and the shadow of a staple are less
_KNOWN = ("image/png", "image/jpeg", "image/tiff", "image/gif", "image/bmp", "image/webp", "image/heic")
# When writing was not read (docs/decisions/0072). In letters; fewer are a word on a map, a leaf taken for a comma.
_FEWEST_LETTERS = 30
_UNSURE_SHARE = 0.3
_MANY_UNSURE, _UNSURE_OF_MANY = 40, 0.08  # a note by hand on a printed page
_A_WORD, _LETTERS = 3, re.compile(r"[^\W\d_]")
_TIMES_AS_HIGH = 2.5  # as most words of the page, or as low
_SURE = 60.0
_PATTERNS = 30.0
_FEWEST_DIGITS = 6


def read(data: bytes, name: str, allowance: Allowance) -> Content:
    """The text in a picture."""
    harvest = Harvest(allowance)
    kind = kind_of(data)
    size = pixels(data, kind) if kind else None
    harvest.file("", "", words_of(data, kind).behind if allowance.ocr else b"")
    if not kind:
        harvest.lack(Unreadable.UNKNOWN_TYPE, "a picture of unknown kind")
    elif not allowance.ocr or kind not in _KNOWN:
        harvest.lack(Unreadable.UNKNOWN_TYPE, f"{kind}, {len(data)} bytes")
    elif size is not None and size[0] * size[1] > _MOST_PIXELS:
        harvest.lack(Unreadable.TOO_LARGE, f"{kind} of {size[0]} x {size[1]} pixels")
    else:
        path = program()
        if path is None:
            harvest.lack(Unreadable.UNKNOWN_TYPE, f"{kind}: tesseract is not installed")
        else:
            _Reading(path, data, kind, harvest).read()
    return harvest.content()


class _Reading:
    """One picture, with all its pages."""

    def __init__(self, path: str, data: bytes, kind: str, harvest: Harvest) -> None:
        self._path = path
        self._data = data
        self._kind = f"{kind}, {len(data)} bytes"
        self._harvest = harvest
        self._until = harvest.allowance.ocr_until
        self._sure = False  # whether there is a page with sure words

    def read(self) -> None:
        pages, number = pages_of(self._data), 0
        try:
            while grey := self._next(pages, number):
                number += 1
                self._read_page(number, grey)
        except TooLate:
            self._harvest.lack(Unreadable.TIMED_OUT, self._kind)
            return
        if not self._sure and ink_on_paper(self._data) >= _LEAST_INK:
            self._harvest.lack(Unreadable.UNKNOWN_TYPE, f"{self._kind}: no sure words")

    def _next(self, pages: Iterator[Image.Image], done: int) -> Image.Image | None:
        """The next page. One that Pillow cannot open ends them, and is left to Tesseract with those behind it."""
        try:
            return next(pages, None)
        except TooManyPages as more:
            self._harvest.lack(Unreadable.TOO_MANY, f"{self._kind}: {more} pages")
            return None
        except BROKEN:
            self._read_raw(done)
            return None

    def _read_page(self, number: int, grey: Image.Image) -> None:
        """One page, and the codes on it. Raises :class:`TooLate`; what was read until then is kept."""
        lie = lie_of(grey)
        if not self._read_codes(grey) and lie.turns:
            self._read_codes(straight(grey, lie))  # of bars that lie aslant
        lying, fields = _boxed(grey, lie)
        if fields:
            grey, lie = without(lying, fields), Lie(clear=lie.clear)
        best, late = Page(), False
        try:
            for page in tries(self._path, grey, lie, self._until):
                best = max(best, page, key=lambda each: (each.sure_letters, each.letters))
        except TooLate:
            late = True
        except Failed:
            self._harvest.lack(Unreadable.FAILED, f"{self._kind}: tesseract failed")
        self._keep(number, best, lines=lie.is_clear)
        if late:
            raise TooLate
        for field in fields:
            self._read_boxes(lying, field)

    def _keep(self, number: int, page: Page, *, lines: bool) -> None:
        self._harvest.text(page.text, "read by OCR" if number == 1 else f"page {number}, read by OCR")
        self._sure = self._sure or page.sure >= _SURE
        doubt = unread(page, lines=lines)
        if doubt:
            self._harvest.lack(Unreadable.UNKNOWN_TYPE, f"{self._kind}: {doubt}")

    def _read_codes(self, picture: Image.Image) -> bool:
        """Whether there were any that say something."""
        codes = codes_in(picture)
        self._harvest.lines([*codes.texts], "read from a code")
        for kind in codes.unread:
            self._harvest.lack(Unreadable.UNKNOWN_TYPE, f"{self._kind}: a code ({kind})")
        return bool(codes.texts)

    def _read_boxes(self, page: Image.Image, field: Boxes) -> None:
        """What is in the boxes of *field* on *page*, with what stands before them. Raises :class:`TooLate`."""
        held = self._run(field.picture, Layout.LINE) if field.is_whole else Page()
        said = "".join(word.text for word in held.words)
        digits = sum(map(str.isdecimal, said))
        if held.sure < _SURE or (digits * 2 >= len(said) and not digits == len(said) == field.filled):
            self._harvest.lack(Unreadable.UNKNOWN_TYPE, f"{self._kind}: digits in boxes")
            return
        label = [w.text for w in self._run(field.label_in(page), Layout.BLOCK).words if w.sure >= _SURE]
        self._harvest.text(" ".join((*label, said)), "read in boxes by OCR")

    def _run(self, picture: Image.Image, layout: Layout) -> Page:
        pages = pages_read(self._path, as_pgm(picture), layout, self._until)
        return pages[0] if pages else Page()

    def _read_raw(self, done: int) -> None:
        """The pages behind the first *done*, by Tesseract's own reader of pictures."""
        pages = pages_read(self._path, self._data, Layout.LEVEL, self._until)
        if pages is None:
            self._harvest.lack(Unreadable.DAMAGED, self._kind)
            return
        for number, page in enumerate(pages[done:], done + 1):
            self._keep(number, page, lines=False)


def _boxed(grey: Image.Image, lie: Lie) -> tuple[Image.Image, list[Boxes]]:
    """The page as it lies straight, and the fields of boxes on it; as it is, if there are only then any."""
    lying = straight(grey, lie)
    if (fields := boxes_in(lying)) or not lie.turns:
        return lying, fields
    return grey, boxes_in(grey)


def unread(page: Page, *, lines: bool) -> str:
    """Which words of *page* were not read, if any: told by those that Tesseract is not sure of. *lines*: whether there
    are lines of writing; else what it is least sure of are patterns."""
    if any(word.sure < _SURE and _is_number(word.text) for word in page.words):
        return "an unsure number"
    unsure = page.letters - page.sure_letters
    if page.letters < _FEWEST_LETTERS or (page.sure < _PATTERNS and not lines):
        return ""
    if unsure >= page.letters * _UNSURE_SHARE:
        return "no sure words"
    if _written(page) >= max(_MANY_UNSURE, page.letters * _UNSURE_OF_MANY):
        return "many unsure words"
    return ""


def _written(page: Page) -> int:
    """The letters of unsure words that look like words: what is read in the icons of a screen does not."""
    lowest, highest = page.height / _TIMES_AS_HIGH, page.height * _TIMES_AS_HIGH
    words = (word for word in page.words if word.sure < _SURE and lowest <= word.height <= highest)
    return sum(len(word.text) for word in words if len(_LETTERS.findall(word.text)) >= _A_WORD)


def _is_number(text: str) -> bool:
    digits = sum(letter.isdigit() for letter in text)
    return digits >= _FEWEST_DIGITS and digits * 2 >= len(text)
