"""Pictures, read by Tesseract in Danish and English: scanned pages, photographs of letters, screens.

Only when the setting for OCR allows it; otherwise the picture is told of as not read. The program gets the picture
through a pipe and gives the text through one: nothing touches the disk. Tesseract opens what its library Leptonica
knows (PNG, JPEG, TIFF, GIF, BMP, WebP, PNM); of a TIFF with several pages each is read.

However small a picture is, it is read: which are decoration is told where they are shown
(:mod:`segl_classifier.extract`, :mod:`.picture`).

OCR is a guess: æ, ø and å come out wrong often, digits seldom. Its text has a place of its own so that this shows.
Tesseract says of each word how sure it is: 90 and more of a hundred for print, some 45 for a page that stands on its
head, below 30 for the patterns of a photograph, which it takes for letters. A page of which it is not sure is tried
again with a look at how it lies, and told of when that does not help; so is paper with ink on it and no sure word,
which is written by hand. A photograph without words is no gap.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

from segl.confined import sandbox
from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance, Content
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.pictures.picture import kind_of, pixels
from segl_classifier.formats.pictures.raster import ink_on_paper

_LANGUAGES = "dan+eng"
_LIE = "osd"  # how a page lies, which is asked with _TURNED
_LIST_SECONDS = 10.0
_MOST_SECONDS = 60.0  # for one run of Tesseract; what is allowed is usually shorter
_MOST_PIXELS = 60_000_000
_AS_IT_LIES, _TURNED = "3", "1"  # page segmentation modes: upright, or turned as most letters stand
_FEWEST_LETTERS = 20
_SURE = 60.0
_PATTERNS = 30.0
_LEAST_INK = 0.002  # of a page: one line of letters; dust and the shadow of a staple are less
_KNOWN = ("image/png", "image/jpeg", "image/tiff", "image/gif", "image/bmp", "image/webp")


def lacking() -> str:
    """What is missing on this host for pictures to be read, in words; ``""``: nothing. Blocking."""
    program = shutil.which("tesseract")
    if program is None:
        return "tesseract is not installed"
    try:
        asked = [program, "--list-langs"]
        done = subprocess.run(asked, capture_output=True, text=True, timeout=_LIST_SECONDS, check=False)
    except (OSError, subprocess.SubprocessError):
        return f"{program} does not run"
    there = {line.strip() for line in done.stdout.splitlines()}
    missing = [name for name in (*_LANGUAGES.split("+"), _LIE) if name not in there]
    return f"tesseract has no data for {', '.join(missing)}" if missing else ""


def read(data: bytes, name: str, allowance: Allowance) -> Content:
    """The text in a picture."""
    harvest = Harvest(allowance)
    kind = kind_of(data)
    size = pixels(data, kind) if kind else None
    if not kind:
        harvest.lack(Unreadable.UNKNOWN_TYPE, "a picture of unknown kind")
    elif not allowance.ocr or kind not in _KNOWN:
        harvest.lack(Unreadable.UNKNOWN_TYPE, f"{kind}, {len(data)} bytes")
    elif size is not None and size[0] * size[1] > _MOST_PIXELS:
        harvest.lack(Unreadable.TOO_LARGE, f"{kind} of {size[0]} x {size[1]} pixels")
    else:
        _recognise(data, kind, harvest)
    return harvest.content()


class _TooLate(Exception):
    """The time for pictures is over."""


@dataclass(frozen=True, slots=True)
class _Page:
    """What was read on one page, and how sure that is (0 to 100)."""

    text: str = ""
    letters: int = 0
    sure: float = 0.0

    @property
    def doubtful(self) -> bool:
        return self.letters >= _FEWEST_LETTERS and self.sure < _SURE


def _recognise(data: bytes, kind: str, harvest: Harvest) -> None:
    program = shutil.which("tesseract")
    if program is None:
        harvest.lack(Unreadable.UNKNOWN_TYPE, f"{kind}: tesseract is not installed")
        return
    until = harvest.allowance.ocr_until
    pages: list[_Page] | None = []
    try:
        pages = _pages(program, data, _AS_IT_LIES, until)
        if pages and any(page.doubtful for page in pages):
            turned = _pages(program, data, _TURNED, until) or []
            if len(turned) == len(pages):
                pages = [max(pair, key=lambda page: page.sure) for pair in zip(pages, turned, strict=True)]
    except _TooLate:  # what was read as it lies is kept
        harvest.lack(Unreadable.TIMED_OUT, f"{kind}, {len(data)} bytes")
        if not pages:
            return
    if pages is None:
        harvest.lack(Unreadable.DAMAGED, kind)
        return
    for number, page in enumerate(pages, 1):
        place = "read by OCR" if number == 1 else f"page {number}, read by OCR"
        harvest.text(page.text, place)
    if any(page.doubtful and page.sure >= _PATTERNS for page in pages) or (
        all(page.sure < _SURE for page in pages) and ink_on_paper(data) >= _LEAST_INK
    ):
        harvest.lack(Unreadable.UNKNOWN_TYPE, f"{kind}, {len(data)} bytes: no sure words")


def _pages(program: str, data: bytes, layout: str, until: float) -> list[_Page] | None:
    """The pages of a picture; ``None`` when it cannot be opened. Raises :class:`_TooLate` at *until* of the monotonic
    clock."""
    worker, seconds = os.getpid(), min(_MOST_SECONDS, until - time.monotonic())
    if seconds <= 0:
        raise _TooLate
    command = [program, "stdin", "stdout", "-l", _LANGUAGES, "--psm", layout, "-c", "tessedit_create_tsv=1"]
    done = subprocess.run(
        command,
        input=data,
        capture_output=True,
        check=False,
        env={"PATH": os.environ.get("PATH", ""), "OMP_THREAD_LIMIT": "1", "LC_ALL": "C"},
        # no timeout of subprocess.run: its kill is refused to who is shut in
        preexec_fn=lambda: sandbox.end_by_itself(worker, seconds),
    )
    if done.returncode == -signal.SIGALRM:
        raise _TooLate
    if done.returncode != 0:
        return None
    pages: dict[str, list[_Word]] = {}
    for word in _words(done.stdout.decode("utf-8", "replace")):
        pages.setdefault(word.line[0], []).append(word)
    return [_page(pages[number]) for number in sorted(pages, key=int)]


@dataclass(frozen=True, slots=True)
class _Word:
    line: tuple[str, ...]  # page, block, paragraph, line
    sure: float
    text: str


def _words(table: str) -> Iterator[_Word]:
    """The words in Tesseract's table: a row for each page, block, paragraph and line, too, which have no text."""
    for row in table.split("\n")[1:]:
        cells = row.split("\t", 11)
        if len(cells) == 12:
            yield _Word(tuple(cells[1:5]), float(cells[10]), cells[11].strip())


def _page(words: list[_Word]) -> _Page:
    lines: dict[tuple[str, ...], list[str]] = {}
    for word in words:
        if word.text:
            lines.setdefault(word.line, []).append(word.text)
    text, paragraph = "", None
    for line, shown in lines.items():
        text += ("" if not text else "\n" if line[:3] == paragraph else "\n\n") + " ".join(shown)
        paragraph = line[:3]
    letters = sum(len(word.text) for word in words)
    sure = sum(word.sure * len(word.text) for word in words)
    return _Page(text, letters, sure / letters if letters else 0.0)
