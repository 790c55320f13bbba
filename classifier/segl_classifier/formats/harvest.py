"""What a reader gathers while it reads: passages, files found inside, and what could not be read.

The harvest keeps to the allowance, so that no reader has to count: text beyond the last character allowed
is cut and told of once, files beyond the last one likewise, and equal passages are kept once.
"""

from __future__ import annotations

import re

from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance, Content, Inside, Lack, Passage

_CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), " ") | {0: "", 0xAD: "", 13: "\n"}
_LABEL = re.compile(r"(?=.{0,39}[^\W\d_]{2})[^\d\n]{2,40}")
_HAS_CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f\xad]")


class Harvest:
    """Gathers the content of one file within *allowance*."""

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        self.left = allowance.chars
        self.bytes_left = allowance.bytes
        self._passages: dict[tuple[str, str], Passage] = {}
        self._files: list[Inside] = []
        self._lacks: dict[Lack, None] = {}

    def content(self) -> Content:
        return Content(tuple(self._passages.values()), tuple(self._files), tuple(self._lacks))

    def text(self, text: str, place: str = "") -> None:
        """Keep *text*, as far as the allowance goes. Control characters that could part a word are taken out."""
        if _HAS_CONTROL.search(text):
            text = text.replace("\r\n", "\n").translate(_CONTROLS)
        if not text or text.isspace():
            return
        if (text, place) in self._passages:
            return
        if len(text) > self.left:
            self.overflow()
            text = text[: self.left]
            if not text:
                return
        self.left -= len(text)
        self._passages[text, place] = Passage(text, place)

    def lines(self, lines: list[str], place: str = "") -> None:
        """Keep *lines* as one passage, equal ones once, but for labels of what is new behind them: forms do so."""
        seen: set[str] = set()
        kept: list[str] = []
        for line, behind in zip(lines, [*lines[1:], ""], strict=False):
            label = line in seen and behind and behind not in seen and kept[-1:] != [line]
            if line and (line not in seen or (label and _LABEL.fullmatch(line))):
                kept.append(line)
            seen.add(line)
        self.text("\n".join(kept), place)

    def said(self) -> set[str]:
        """All lines kept so far, and of those with a label that and what stands behind it."""
        lines = [line for passage in self._passages.values() for line in passage.text.split("\n")]
        return {*lines, *(part for line in lines for part in line.partition(": "))}

    def found(self, pattern: re.Pattern[str]) -> set[str]:
        """What of the passages kept so far *pattern* matches."""
        return {found for passage in self._passages.values() for found in pattern.findall(passage.text)}

    def holds(self, data: bytes) -> bool:
        """Whether a file with these bytes was kept."""
        return any(file.data == data for file in self._files)

    def file(self, name: str, content_type: str, data: bytes) -> None:
        """Keep a file found inside; its bytes count against what the file may unfold to."""
        if not data:
            return
        if len(self._files) >= self.allowance.files:
            self.lack(Unreadable.TOO_MANY, f"more than {self.allowance.files} files inside")
            return
        if not self.spend(len(data)):
            return
        self._files.append(Inside(name, content_type, data))

    def spend(self, size: int) -> bool:
        """Take *size* of the bytes that the file may unfold to; false, and told of, when they are used up."""
        if size > self.bytes_left:
            self.lack(Unreadable.TOO_LARGE, f"unfolds to more than {self.allowance.bytes} bytes")
            return False
        self.bytes_left -= size
        return True

    def overflow(self) -> None:
        """Tell that the file holds more text than may be read of it."""
        self.lack(Unreadable.TOO_LARGE, f"more than {self.allowance.chars} characters of text")

    def lack(self, cause: Unreadable, detail: str = "") -> None:
        if len(self._lacks) < 50:
            self._lacks.setdefault(Lack(cause, detail), None)
