"""Numbers in two halves, each with words of its own: fields of a form, the last four digits first.

"Sidste fire cifre: 4285" says by itself what the four are. So the date may stand before or behind, with other
things between, where words beside it say that it is a birthday.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from segl.vocabulary import Adjustment
from segl_classifier.cpr.calendar import century
from segl_classifier.cpr.spelling.candidates import Candidate
from segl_classifier.cpr.spelling.dates import LONGEST, Day, days_in
from segl_classifier.cpr.spelling.form import Spelling
from segl_classifier.cpr.vocabulary.last_four import (
    label_before,
    label_behind,
    mask_before,
    plainly_said,
)
from segl_classifier.cpr.vocabulary.mentions import NAMES_CPR
from segl_classifier.cpr.vocabulary.words import Kind, key, look_up

PERSONAL = re.compile(
    r"\b(?:cpr|personn|f(?:ø|o|oe)dsels|f(?:ø|o|oe)dt|f\.(?=\s?(?:d\.\s?)?[0-9])|born\b|birth(?:day|date)?\b|dob\b|bday\b|född|födelse"
    r"|geb(?:oren|urt|\b))",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"lever|track|ordre|order|bestil|booking|faktur|invoice|konto|(?<!sundheds)(?<!sikrings)kort|card|visa\b|iban"
    r"|telefon|phone|tlf|mobil|kolli|pakke|måler|serien|billet|nummerplade|password|kode\b|koden|sag\b|journal",
    re.IGNORECASE,
)
SAID_TO_BE_LAST_FOUR = Adjustment("the text says that they are the last four", 0.2)
NAMED = Adjustment("a birthday or a CPR number is named", 0.3)
_ELSE = Adjustment("something else is named beside it", -0.5)

_WORD = re.compile(r"[^\W\d_]+(?:[-'’.][^\W\d_]+)*")
_OWN_BEGINS = re.compile(r"(?<!nr)(?<!no)(?<!tlf)[.!?]\s+|[\n\t|0-9]", re.IGNORECASE)
_OWN_ENDS = re.compile(r"[^,;.\n\t|]{0,20}")
_LABEL_GOES_ON = re.compile(r"(?:[^0-9.!?]|[.!?](?!\s+[A-ZÆØÅ])){0,40}")
_DIGIT, _DIGIT_WITHIN = re.compile("[0-9]"), 12  # "september 7, 1961"
_WHOLE_NUMBER = re.compile(r"[0-9]{6}[ -]?[0-9]{4}")
_BEHIND, _BEFORE = 90, 250  # characters between the four and a date behind, and before them
_MOST_LINES = 8  # between a date and the four
_NEAR = 40


def plain_digits(spelled: str) -> str:
    """*spelled*, digits of any kind ("①" too), in plain ones."""
    return "".join(str(unicodedata.digit(char)) for char in spelled)


def of_something_else(text: str, label: int, end: int) -> bool:
    """Whether the last four digits, which end at *end* and of which words from *label* on speak, are those of some
    other number: "dankortets sidste fire cifre er 4285"."""
    low = max(0, label - _NEAR)
    for found in _OWN_BEGINS.finditer(text, low, label):
        low = found.end()
    behind = _OWN_ENDS.match(text, end)
    own = text[low : behind.end() if behind else end]
    if NAMES_CPR.search(own):
        return False
    return _OTHER.search(own) is not None or any(map(_names_other, _WORD.findall(own)))


def _names_other(word: str) -> bool:
    """Whether *word* is that for some other number: "medlemsnummer"."""
    this = look_up(key(word))
    return this.kind is Kind.OTHER and this.numbers and plainly_said(word, 0, len(word)) is None


def of_surroundings(text: str, start: int, end: int, label: int) -> list[Adjustment]:
    """What is said around ``text[start:end]``, a date and four digits that belong together by what stands at
    *label*."""
    if of_something_else(text, label, end):
        return [_ELSE]
    low = max(0, start - _NEAR)
    found = [NAMED] if PERSONAL.search(text, low, end + _NEAR // 2) else []
    other = text.count("\n", start, end) <= 1 and _OTHER.search(text, low, start)
    return [*found, _ELSE] if other else found


class Birthdays:
    """The dates in *text* of which the words before them say that they are somebody's. They are looked for once, when
    they are first asked for, however many digits stand near each."""

    __slots__ = ("_days", "_ends", "_named", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._named: list[int] | None = None  # where the words begin; in step with the days and their ends
        self._days: list[Day] = []
        self._ends: list[int] = []

    def last_before(self, low: int, end: int) -> Day | None:
        """The last whose words begin at *low* or later, and which ends at *end* or before."""
        named = self._find()
        at = bisect_right(self._ends, end) - 1
        return self._days[at] if at >= 0 and named[at] >= low else None

    def first_behind(self, start: int, high: int) -> Day | None:
        """The first whose words begin at *start* or later, if it ends at *high* or before."""
        at = bisect_left(self._find(), start)
        return self._days[at] if at < len(self._days) and self._ends[at] <= high else None

    def _find(self) -> list[int]:
        if self._named is None:
            self._named = []
            for named, day in _birthdays(self._text):
                self._named.append(named)
                self._days.append(day)
                self._ends.append(day.end)
        return self._named


def _birthdays(text: str) -> Iterator[tuple[int, Day]]:
    """The birthdays in *text*, each with where the words for it begin; of several words before one, the last."""
    names = PERSONAL.finditer(text)
    following = next(names, None)
    while following is not None:
        named, following = following, next(names, None)
        label = _LABEL_GOES_ON.match(text, named.end())
        reach = label.end() if label else named.end()
        if following is not None and following.end() <= reach:
            continue
        if _DIGIT.search(text, reach, reach + _DIGIT_WITHIN):
            day = next(days_in(text, named.end(), reach + LONGEST), None)
            if day is not None and day.start <= reach:
                yield named.start(), day


def beside_its_words(
    text: str, start: int, low: int, birthdays: Birthdays, *, says: bool
) -> Candidate | None:
    """The number of the four digits at *start* with the birthday beside them: the last before them that begins at *low*
    or later, else the first behind. *says*: whether words for the last four digits may stand near."""
    end = own = start + 4
    label = label_before(text, start) if says else None
    if label is None:
        label = mask_before(text, start)
    if label is None and (behind := label_behind(text, end)) is not None:
        label, own = start, behind
    if label is None:
        return None
    serial = plain_digits(text[start:end])
    day = birthdays.last_before(max(low, label - _BEFORE), label)
    if day is None and own != end:  # "Anna (7. juli 1961) har 4285 som de sidste fire"
        day = next(reversed([*days_in(text, max(low, start - _NEAR), start)]), None)
    if day is None or not fit(day, serial):
        day = birthdays.first_behind(end, end + _BEHIND)
    if day is None or not _belong_together(text, min(day.end, end), max(day.start, label)):
        return None
    steps = (SAID_TO_BE_LAST_FOUR, _ELSE if of_something_else(text, label, own) else NAMED)
    first, last = min(day.start, start), max(day.end, end)
    return Candidate(first, last, Spelling.WORDS, day.digits + serial, steps, day.year, read=True)


def fit(day: Day, serial: str) -> bool:
    """Whether the seventh digit tells the century in which *day* is, as far as that is written."""
    yy = int(day.digits[4:])
    return day.year is None or day.year == century(yy, int(serial[0])) + yy


def _belong_together(text: str, low: int, high: int) -> bool:
    return text.count("\n", low, high) <= _MOST_LINES and _WHOLE_NUMBER.search(text, low, high) is None
