"""Tesseract, run on one picture: its words, where they stand, and how sure it is of each.

The program gets the picture through a pipe and gives a table through one: nothing touches the disk. It runs in one
thread, and the kernel ends it when its time is over or the worker that asked dies.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from segl.confined import sandbox

_LANGUAGES = "dan+eng"
_LIE = "osd"  # how a page lies, which is asked with Layout.ANY
_LIST_SECONDS = 10.0
_MOST_SECONDS = 60.0  # for one run; what is allowed is usually shorter
_SURE = 60.0  # of a hundred: print has 90 and more, patterns and letters on their head less than 50
_COLUMNS = 12
_LINE, _BOX = slice(1, 5), slice(6, 10)  # page, block, paragraph, line; left, top, width and height


class Layout(Enum):
    """How the page is taken to lie (page segmentation modes)."""

    LEVEL = "3"
    ANY = "1"  # upright, on its side or its head, as most letters stand: some .1 s more
    BLOCK = "6"
    LINE = "7"


class TooLate(Exception):
    """The time for pictures is over."""


class Failed(Exception):
    """The program ended without reading: it lacks its data or memory, or takes no picture of these sides."""


@dataclass(frozen=True, slots=True)
class Word:
    """``line`` is its page, block, paragraph and line; ``height`` its shorter side in pixels; ``sure`` 0 to 100;
    ``box`` where it stands: left, top, width and height."""

    line: tuple[str, ...]
    height: int
    sure: float
    text: str
    box: tuple[int, int, int, int] = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Page:
    """What was read on one page."""

    words: tuple[Word, ...] = ()

    @property
    def letters(self) -> int:
        return sum(len(word.text) for word in self.words)

    @property
    def sure(self) -> float:
        """How sure its letters are, from 0 to 100."""
        return sum(word.sure * len(word.text) for word in self.words) / max(1, self.letters)

    @property
    def sure_letters(self) -> int:
        """Those in words that are what they seem."""
        return sum(len(word.text) for word in self.words if word.sure >= _SURE)

    @property
    def height(self) -> int:
        """Of its words: the median, in pixels."""
        heights = sorted(word.height for word in self.words)
        return heights[len(heights) // 2] if heights else 0

    @property
    def text(self) -> str:
        """Its lines, with a blank one between paragraphs."""
        lines: dict[tuple[str, ...], list[str]] = {}
        for word in self.words:
            lines.setdefault(word.line, []).append(word.text)
        text, paragraph = "", None
        for line, shown in lines.items():
            text += ("" if not text else "\n" if line[:3] == paragraph else "\n\n") + " ".join(shown)
            paragraph = line[:3]
        return text


def program() -> str | None:
    """Where Tesseract is; ``None`` where it is not installed."""
    return shutil.which("tesseract")


def lacking() -> str:
    """What is missing on this host for pictures to be read, in words; ``""``: nothing. Blocking."""
    path = program()
    if path is None:
        return "tesseract is not installed"
    try:
        asked = [path, "--list-langs"]
        done = subprocess.run(asked, capture_output=True, text=True, timeout=_LIST_SECONDS, check=False)
    except (OSError, subprocess.SubprocessError):
        return f"{path} does not run"
    there = {line.strip() for line in done.stdout.splitlines()}
    missing = [name for name in (*_LANGUAGES.split("+"), _LIE) if name not in there]
    return f"tesseract has no data for {', '.join(missing)}" if missing else ""


def pages_read(path: str, picture: bytes, layout: Layout, until: float) -> list[Page] | None:
    """The pages of *picture*, read by the program at *path*; ``None`` when it cannot open it. Raises :class:`TooLate`
    at *until* of the monotonic clock."""
    worker, seconds = os.getpid(), min(_MOST_SECONDS, until - time.monotonic())
    if seconds <= 0:
        raise TooLate
    done = subprocess.run(
        [path, "stdin", "stdout", "-l", _LANGUAGES, "--psm", layout.value, "-c", "tessedit_create_tsv=1"],
        input=picture,
        capture_output=True,
        check=False,
        env={"PATH": os.environ.get("PATH", ""), "OMP_THREAD_LIMIT": "1", "LC_ALL": "C"},
        # no timeout of subprocess.run: its kill is refused to who is shut in
        preexec_fn=lambda: sandbox.end_by_itself(worker, seconds),
    )
    if done.returncode == -signal.SIGALRM:
        raise TooLate
    if done.returncode != 0:
        return None
    pages: dict[str, list[Word]] = {}
    for word in _words(done.stdout.decode("utf-8", "replace")):
        pages.setdefault(word.line[0], []).append(word)
    return [Page(tuple(filter(_says, pages[number]))) for number in sorted(pages, key=int)]


def _words(table: str) -> Iterator[Word]:
    """The words in Tesseract's table: a row for each page, block, paragraph and line, too, which have no text."""
    for row in table.split("\n")[1:]:
        cells = row.split("\t", _COLUMNS - 1)
        if len(cells) == _COLUMNS:
            left, top, width, height = map(int, cells[_BOX])
            line, sure, text = tuple(cells[_LINE]), float(cells[10]), cells[11].strip()
            yield Word(line, min(width, height), sure, text, (left, top, width, height))


def _says(word: Word) -> bool:
    return bool(word.text)
