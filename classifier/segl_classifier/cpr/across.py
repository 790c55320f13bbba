"""Numbers of which one half stands in the subject or the name of a file, and the other in the letter: "SV: Anna Holm,
født 070761" above "De sidste fire er 4285".

Read by itself neither is a number. So where one has a date and the other words for the last four digits, they are read
one below the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
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
_MOST = 20  # titles of one message


def across(texts: Sequence[Text], found: Sequence[Finding], today: date) -> Iterator[Finding]:
    """The numbers of *texts* that are not among those *found*."""
    titles = [text for text in texts if text.source in _TITLES and _has_digits(text.text)][:_MOST]
    known = {finding.number for finding in found}
    for title in titles:
        for body in texts:
            if body.source is not Source.BODY or not _are_halves(title.text, body.text[:_READ]):
                continue
            both = replace(
                body, text=f"{title.text}\n\n{body.text[:_READ]}", where=f"{title.where}, {body.where}"
            )
            for finding in find_cpr(both, today=today):
                if finding.score >= THRESHOLD and finding.number not in known:
                    known.add(finding.number)
                    yield finding


def _has_digits(title: str) -> bool:
    return len(title) <= _LONGEST_TITLE and sum(map(str.isdecimal, title)) >= _FEWEST_DIGITS


def _are_halves(title: str, body: str) -> bool:
    """Whether one has a date, and the other words for the last four digits."""
    return (_has_day(title) and Mentions(body).said) or (Mentions(title).said and _has_day(body))


def _has_day(text: str) -> bool:
    return next(days_in(text, 0, len(text)), None) is not None
