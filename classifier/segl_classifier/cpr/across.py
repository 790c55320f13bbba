"""Numbers of which one half stands in the subject or the name of a file, and the other in the letter: "SV: Anna Holm,
født 070761" above "De sidste fire er 4285".

Read by itself neither is a number. So where one has a date and the other words for the last four digits, they are read
one below the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from segl.vocabulary import Finding
from segl_classifier.cpr.find import find_cpr
from segl_classifier.cpr.judging.score import THRESHOLD
from segl_classifier.cpr.spelling.dates import days_in
from segl_classifier.cpr.vocabulary.last_four import Mentions
from segl_classifier.message import Source, Text

_TITLES = (Source.SUBJECT, Source.FILENAME)
_LONGEST_TITLE, _READ = 300, 1_000  # characters; so much of a letter is read below a title
_FEWEST_DIGITS = 4
_MOST_TITLES, _MOST_PAIRS = 20, 400  # of one message, as of one with many that are sent on


@dataclass(frozen=True, slots=True)
class _Half:
    """A title or the beginning of a letter, and which half of a number it may have."""

    text: Text
    at: int  # which of the texts it is
    day: bool
    last: bool

    def fits(self, letter: _Half) -> bool:
        """Whether *letter* may have the other half."""
        return (self.day and letter.last) or (self.last and letter.day)


def across(texts: Sequence[Text], found: Sequence[Finding], today: date) -> Iterator[Finding]:
    """The numbers of *texts* that are not among those *found*. Of many pairs the nearest are read."""
    titles = [half for at, text in enumerate(texts) if _is_title(text) and (half := _half(text, at))]
    if not titles:
        return
    letters = [
        half for at, text in enumerate(texts) if text.source is Source.BODY and (half := _half(text, at))
    ]
    pairs = [(title, letter) for title in titles[:_MOST_TITLES] for letter in letters if title.fits(letter)]
    pairs.sort(key=lambda pair: abs(pair[0].at - pair[1].at))
    known = {finding.number for finding in found}
    for title, letter in pairs[:_MOST_PAIRS]:
        for finding in find_cpr(_one_below_the_other(title.text, letter.text), today=today):
            if finding.score >= THRESHOLD and finding.number not in known:
                known.add(finding.number)
                yield finding


def _is_title(text: Text) -> bool:
    return (
        text.source in _TITLES
        and len(text.text) <= _LONGEST_TITLE
        and sum(map(str.isdecimal, text.text)) >= _FEWEST_DIGITS
    )


def _half(text: Text, at: int) -> _Half | None:
    """What *text* may have of a number, if anything: a date, or words for the last four digits."""
    read = text.text[:_READ]
    day, last = next(days_in(read, 0, len(read)), None) is not None, Mentions(read).said
    return _Half(text, at, day, last) if day or last else None


def _one_below_the_other(title: Text, letter: Text) -> Text:
    both = f"{title.text}\n\n{letter.text[:_READ]}"
    return replace(letter, text=both, where=f"{title.where}, {letter.where}")
