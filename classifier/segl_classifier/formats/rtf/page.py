r"""The page (HTML) that Outlook packs into rich text (MS-OXRTFEX), so that it can be taken out as it was.

Its tags stand in groups ``{\*\htmltag64 <p>}``, its words between them as text of the rich text; what only rich text
needs is set apart by ``\htmlrtf`` … ``\htmlrtf0``. ``\mhtmltag`` repeats a tag with other addresses. A program that
knows HTML shows this page and not the rich text, with the words for pictures, the values of fields and where links
lead.
"""

from __future__ import annotations

from dataclasses import replace
from html import escape

from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.lines import new_lines, words_of
from segl_classifier.formats.page_in_file import take_beside
from segl_classifier.markup.html import Page, read_html

TAG, REPEATED_TAG = "htmltag", "mhtmltag"


class PackedPage:
    """The pieces of the page of one file, as they come. ``begun`` when its words are part of the page, too."""

    def __init__(self, harvest: Harvest) -> None:
        self.begun = False
        self._harvest = harvest
        self._left = harvest.left
        self._full = False
        self._pieces: list[str] = []
        self._repeated: list[str] = []

    def tag(self, kind: str, letters: str) -> None:
        """Letters of tags."""
        self._keep(self._repeated if kind == REPEATED_TAG else self._pieces, letters)

    def words(self, letters: str) -> None:
        """Letters between the tags."""
        if self.begun:
            self._keep(self._pieces, escape(letters, quote=False))

    def take(self, lines: list[str]) -> None:
        """Keep what the page says and the rich text, with its *lines*, does not."""
        said: set[str] = set()
        if self._pieces:
            page = read_html("".join(self._pieces))
            known = {"", *(words_of(line) for several in lines for line in several.split("\n"))}
            self._harvest.text(new_lines(known, page.text, words_of))
            said.update(page.spoken.split("\n"), page.aside.split("\n"))
            self._beside(page)
        if self._repeated:
            page = read_html("".join(self._repeated))
            spoken, aside = (
                "\n".join(line for line in text.split("\n") if line not in said)
                for text in (page.spoken, page.aside)
            )
            self._beside(replace(page, spoken=spoken, aside=aside, otherwise=""))

    def _beside(self, page: Page) -> None:
        take_beside(page, self._harvest, shown="as displayed", spoken="spoken", aside="beside the text")

    def _keep(self, pieces: list[str], letters: str) -> None:
        if self._full:
            return
        self._left -= len(letters)
        if self._left < 0:
            self._full = True
            self._harvest.overflow()
        else:
            pieces.append(letters)
