"""The bodies of an Outlook message: text, HTML, compressed rich text, most often two or three with the same words.

All are read, since a program that shows one ignores the others; a body whose words stand in one already read is not
kept again.
"""

from __future__ import annotations

from dataclasses import replace

from segl.vocabulary import Unreadable
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.page_in_file import take_beside
from segl_classifier.formats.rtf import reader as rtf
from segl_classifier.formats.rtf.compressed import unfold
from segl_classifier.markup.html import read_html

_MOST_KNOWN = 10


class Bodies:
    """The bodies of one message; *where* goes in front of their places (``attached message, ``)."""

    def __init__(self, harvest: Harvest, where: str) -> None:
        self._harvest = harvest
        self._where = where
        self._known: list[str] = []

    def plain(self, text: str) -> None:
        words = "".join(text.split()).replace("\0", "")
        if words and not any(words in known for known in self._known):
            if len(self._known) < _MOST_KNOWN:
                self._known.append(words)
            self._harvest.text(text, self._where.rstrip(", "))

    def html(self, markup: str) -> None:
        page = read_html(markup.replace("\0", ""))
        self.plain(page.text)
        where = self._where
        take_beside(
            page,
            self._harvest,
            shown=f"{where}as displayed",
            spoken=f"{where}spoken",
            aside=f"{where}beside the text",
        )

    def packed_rtf(self, packed: bytes) -> None:
        """Rich text, compressed. HTML packed into it comes out as what it says beyond that."""
        harvest = self._harvest
        rich = unfold(packed)
        if rich is None:
            harvest.lack(Unreadable.DAMAGED, "compressed rich text")
            return
        if not harvest.spend(len(rich)):
            return
        left = replace(harvest.allowance, chars=harvest.left, bytes=harvest.bytes_left)
        found = rtf.read(rich, "", left)
        for passage in found.passages:
            if passage.place:
                harvest.text(passage.text, f"{self._where}{passage.place}")
            else:
                self.plain(passage.text)
        for file in found.files:
            if not harvest.holds(file.data):
                harvest.file(file.name, file.content_type, file.data)
        for lack in found.lacks:
            harvest.lack(lack.cause, lack.detail)
