"""What a long text is made of: the mails that it holds, below their heads, and what stands below a heading.

A section is read by itself, and behind what it is about, as a message is read behind its subject. Glued to the end of
what stands above, and without its title, a harmless mail looks like somebody's matter, and a matter like nobody's
(docs/decisions/0083).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from segl_classifier.layout.tables import table_rows
from segl_classifier.understanding.mail_heads import MailWithin

LONG: Final = 120  # characters: no program breaks lines of prose so late, so that such a line is a paragraph
_FEW: Final = 18  # words: what is no longer goes without a heading of its own
_MOST_WORDS: Final = 22  # of a heading: half a window
_LOOKED_AT: Final = 12  # lines below a heading
_HEADING: Final = re.compile(
    r"[ \t>]*+(?:(?:pkt|punkt|ad)?[. ]{0,2}\d{1,2}(?:\.\d{1,2})?[.):]?[ ]+)?(?P<title>[A-ZÆØÅÄÖÜ][^|;:,\"\t]{2,90})",
    re.IGNORECASE,
)
# A greeting, and what stands above a name.
_NO_HEADING: Final = re.compile(
    r"(?:kære|hej|hei|dear|hi|hello|til|to|med|venlig|mvh|hilsen|kh|vh|best|kind)\b", re.IGNORECASE
)
_SAID: Final = (".", "!", "?", ":", ",", ";")  # with which no heading ends
_ENDS: Final = (*".!?:)", '"', "»", "”")  # a paragraph; where a line of print only breaks stands any word
_CELLS: Final = frozenset("\t|;")
_EMPTY: Final = " \t\r>"


class Section(NamedTuple):
    """A part of a text: where it begins, what it is about, and what stands in it; without that line, and with it."""

    start: int
    about: str
    text: str
    whole: str

    def untitled(self) -> Section:
        """The same with its title as its first sentence."""
        return Section(self.start, "", self.whole, self.whole)


def sections(content: str, mails: Sequence[MailWithin]) -> Iterator[Section]:
    """The sections of *content*, in which these *mails* begin: one, if there are no heads and headings in it."""
    begins = sorted([*mails, *_headings(content)])
    for here, then in pairwise([MailWithin(0), *begins, MailWithin(len(content))]):
        whole, about = content[here.start : then.start], here.about
        if len(about.split()) > _MOST_WORDS:
            about = ""  # it does not fit before a sentence
        text = whole
        if about:
            low, high = here.low - here.start, here.high - here.start
            text = f"{whole[:low]}{' ' * (high - low)}{whole[high:]}"
        if whole.strip():
            yield Section(here.start, about, text, whole)


def _headings(content: str) -> Iterator[MailWithin]:
    """The lines that are titles of what stands below: of few words, no sentence, behind an empty line or before a
    long one."""
    lines = content.split("\n")
    start, apart = 0, True
    for number, line in enumerate(lines):
        is_empty = not line.strip(_EMPTY)
        if not is_empty and len(line) < LONG and (found := _HEADING.fullmatch(line.rstrip())):
            title = found["title"]
            below = next((one for one in lines[number + 1 : number + 3] if one.strip(_EMPTY)), "")
            if _may_be(title) and (
                len(below) >= LONG or (apart and _has_more(lines[number + 1 : number + _LOOKED_AT]))
            ):
                yield MailWithin(start, title, start, start + len(line))
        apart = is_empty or len(line) >= LONG
        start += len(line) + 1


def _may_be(title: str) -> bool:
    return (
        title[0].isupper()
        and not title.endswith(_SAID)
        and title.count(" ") < _FEW - 6
        and not _NO_HEADING.match(title)
        and "  " not in title  # a row of columns
    )


def _has_more(below: Sequence[str]) -> bool:
    """Whether the paragraph that *below* begins with has more than a few words."""
    count = 0
    for line in below:
        if line.strip(_EMPTY):
            count += len(line.split())
            if count > _FEW:
                return True
        elif count:
            return False
    return False


def _has_long_lines(paragraph: str) -> bool:
    return len(paragraph) >= LONG and "\n" in paragraph and any(map(_is_long, paragraph.split("\n")))


def _is_long(line: str) -> bool:
    return len(line) >= LONG and line.rstrip().endswith(_ENDS) and not _CELLS.intersection(line)


def ended_by_long_lines(content: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The paragraph from *start* to *end* of *content* in parts: a long line is one by itself. Word files have no
    empty lines between paragraphs. A table is one paragraph whatever stands in its rows."""
    if not _has_long_lines(content[start:end]) or table_rows(content[start:end]) is not None:
        yield start, end
        return
    low = at = start
    was_long = False
    for line in content[start:end].split("\n"):
        is_long = _is_long(line)
        if (is_long or was_long) and at > low:
            yield low, at - 1
            low = at
        was_long = is_long
        at += len(line) + 1
    yield low, end
