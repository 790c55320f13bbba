"""Numbers that the text takes apart: "født 010190, de sidste fire er 1234", "7. juli 1961 - 4285".

Looked for from four digits that stand alone. Before them a date must end; what stands between the two says how
likely it is that they belong together. Where each half has words of its own, :mod:`.halves` and :mod:`.columns`
look further.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from segl.vocabulary import Adjustment
from segl_classifier.cpr.apart.columns import in_columns
from segl_classifier.cpr.apart.fields import in_fields
from segl_classifier.cpr.apart.halves import (
    NAMED,
    PERSONAL,
    SAID_TO_BE_LAST_FOUR,
    Birthdays,
    beside_its_words,
    of_surroundings,
    plain_digits,
)
from segl_classifier.cpr.apart.said_in_turn import said_in_turn
from segl_classifier.cpr.spelling.candidates import Candidate
from segl_classifier.cpr.spelling.dates import Day, day_before, may_name_month, month_named
from segl_classifier.cpr.spelling.form import Spelling
from segl_classifier.cpr.vocabulary.last_four import (
    FOUR_AFTER_MASK,
    MASKS,
    SECOND_PART,
    THE_LAST,
    Mentions,
    ends_said,
    plainly_said,
)
from segl_classifier.cpr.vocabulary.mentions import NAMES_CPR

# Looked for in the shape: four digits behind a word, and behind the year of a date with a word in it. Both expressions
# begin with several digits: a search for one looks at every digit of a table.
_FOUR_AFTER_WORD = re.compile(
    rb"0000(?!0)(?<!00000)(?:(?<=a 0   0000)|(?<=a 0  0000)|(?<=a 0 0000)|(?<=a0   0000)|(?<=a0  0000)|(?<=a0 0000)"
    rb"|(?<=a0000)|(?<=a 0000)|(?<=a  0000)|(?<=a   0000))"
)
# Where words for the last four digits stand anywhere, they may stand some lines above.
_FOUR_BELOW_WORD = re.compile(
    rb"0000(?!0)(?<!00000)(?:(?<=a    0000)|(?<=a     0000)|(?<=a      0000)|(?<=a       0000))"
)
_YEAR_AFTER_WORD = b"|".join(
    rb"(?<=a%b%b )" % (b" " * blanks, year) for year in (b"00", b"0000") for blanks in range(5)
)
# "July 7, 1961": the day stands between.
_YEAR_AFTER_DAY = b"|".join(
    rb"(?<=a %b%b0000 )" % (b"0" * figures, b" " * blanks) for figures in (1, 2) for blanks in (1, 2)
)
_FOUR_AFTER_YEAR = re.compile(rb"00 (?= {0,3}(0000)(?!0))(?:%b|%b)" % (_YEAR_AFTER_WORD, _YEAR_AFTER_DAY))
_WORD_BEFORE_YEAR = re.compile(rb"(?:0 {0,3}(a{3,10}) {0,4}(?:00){1,2}|(?<!a)(a{3,10}) 00? {1,2}0000) \Z")
_LONGEST_WORD_AND_YEAR = 23
_FEW = 20  # numbers that may be years: a letter has fewer, for which nothing more need be asked of all of it
_FURTHEST = 90  # characters between a date and the four digits
_MOST_LINES = 4  # between them, where the text says that they are the last four
_LABEL = 40  # characters, the date included, in which a word for it stands
_IN_A_ROW = 6  # characters of a date without signs
_JOINED = re.compile(
    r"(?:[\s,(]{0,3}(?:(?P<said>bindestreg|streg|dash|hyphen|minus|bindestrich|efterfulgt\s+af|followed\s+by|gefolgt\s+von)"
    r"|og|and|und|och|samt|med|så|derefter|then|x|plus|slutter|ender)"
    r"(?:\s+(?:så|nummeret|tallet|cifrene|slutter|ender))?"
    r"|\.\s+(?:(?:og|and)\s+)?(?:så|derefter|then))[\s,:()]{1,3}",
    re.IGNORECASE,
)
# Two fields of a form: "cpr1: 070761", "cpr2: 4285"; "CPR (6 cifre)", "CPR (4 cifre)"; "Kontrol".
_SECOND_FIELD = re.compile(
    r"[ \t\r]{0,9}\n[ \t>*|]{0,9}(?:cpr|personn|kontrol)[^\n]{0,30}[:=\t][ \t]{0,9}", re.IGNORECASE
)
# The same as a program names them: '"cpr":{"dob":"070761","serial":"4285"}'.
_SERIAL = re.compile(
    r"[\"'\s,;]{1,6}(?:serial|suffix|sequence|seq|rest|control)(?:_?(?:no|nr|num|number|digits))?[\"'\s]{0,3}[:=]"
    r"[\"'\s]{0,3}",
    re.IGNORECASE,
)
_SIGNS_SAID = frozenset(("x", "plus"))  # with which no sentence goes on
_SIGNS = re.compile(r"(?P<hyphen>\s?[-–]\s?)|[\s,;:(|/-]{1,4}")
_TOWN = re.compile(r"\s{1,3}[A-ZÆØÅ][a-zæøå]")

_SAID_BELOW_TO_BE_LAST_FOUR = Adjustment("the text says below that they are the last four", 0.15)
_SECOND_PART = Adjustment("the text calls them the second part", 0.05)
_SAID_HYPHEN = Adjustment("the hyphen is spelled out", 0.25)
_POSTAL = Adjustment("a town follows: a postal code", -0.3)
_PERIOD = Adjustment("the four digits may be a year", -0.2)
_GOES_ON = Adjustment("the sentence may go on with a year", -0.3)


def split_candidates(text: str, shape: bytes) -> Iterator[Candidate]:
    """The numbers whose date and last four digits stand apart. *shape* is that of *text*."""
    if b"0000" not in shape:
        return
    words = [four.start() for four in _FOUR_AFTER_WORD.finditer(shape)]
    months: list[int] = []
    if shape.count(b"00 ") < _FEW or may_name_month(text):
        after_year = _FOUR_AFTER_YEAR.finditer(shape)
        months = [four.start(1) for four in after_year if _month_before(four.end(), text, shape)]
    mentions = Mentions(text)
    others: list[int] = []
    if mentions:
        others = [four.start() for four in _FOUR_BELOW_WORD.finditer(shape)]
    if any(mask in text for mask in MASKS):
        others += [four.start("four") for four in FOUR_AFTER_MASK.finditer(text)]
    birthdays = Birthdays(text)
    done = 0
    for start in sorted({*words, *months, *others}):
        says = mentions.near(start)
        low, found = done, _in_a_sentence(text, shape, start, done, says)
        if found is not None:
            yield found
            done = found.end
        if (says or text[start - 1] == "-" or mentions.behind(start + 4)) and (
            found is None or NAMED not in found.doubts
        ):
            found = beside_its_words(text, start, low, birthdays, says=says)
            if found is not None:
                yield found
                done = max(done, found.end)
    if mentions:
        yield from said_in_turn(text, shape)
    yield from in_columns(text, mentions.headings)
    yield from in_fields(text, mentions.headings)


def _month_before(end: int, text: str, shape: bytes) -> bool:
    """Whether a day, the name of a month and a year stand before *end*, the blank behind the year included."""
    found = _WORD_BEFORE_YEAR.search(shape, max(0, end - _LONGEST_WORD_AND_YEAR), end)
    if found is None:
        return False
    word = found.start(found.lastindex or 1)
    return month_named(text[word : word + 3])


def _in_a_sentence(text: str, shape: bytes, start: int, done: int, says: bool) -> Candidate | None:
    """The number whose date is the last before the four digits at *start*. It does not begin before *done*."""
    last = shape.rfind(b"0", max(done, start - _FURTHEST), start)
    # "de sidste 4", "del 2".
    if text[last : last + 1] in ("4", "2") and shape[max(0, last - 1) : last] != b"0":
        last = shape.rfind(b"0", max(done, start - _FURTHEST), last)
    if last <= done or shape[last - 1 : last] != b"0":
        return None
    end = start + 4
    between = text[last + 1 : start]
    step, label = _between(between, text, start, says)
    if label is None:
        return None
    day = day_before(text, done, last + 1)
    if day is None or (day.in_figures and not any(c.isalpha() for c in between)):
        return None  # all in figures: the scan finds it
    hyphen = between.strip() in ("-", "–")
    steps = [] if step is None else [step]
    if step is not None and step.by > 0:
        steps += of_surroundings(text, day.start, end, label)
    serial = plain_digits(text[start:end])
    if serial[:2] in ("19", "20") and (hyphen or (step is None and _goes_on(between, day))):
        steps.append(_PERIOD if hyphen else _GOES_ON)
    spelling = Spelling.NAMED_MONTH if hyphen else Spelling.WORDS
    return Candidate(day.start, end, spelling, day.digits + serial, tuple(steps), day.year)


def _between(between: str, text: str, start: int, says: bool) -> tuple[Adjustment | None, int | None]:
    """What the text *between* the date and the four digits at *start* says, and where; nowhere when they are
    strangers."""
    low = start - len(between)
    if _SIGNS.fullmatch(between):
        return _POSTAL if _TOWN.match(text, start + 4) else None, low
    lines = between.count("\n")
    if says and lines <= _MOST_LINES:
        if (label := plainly_said(text, low, start)) is not None:
            return SAID_TO_BE_LAST_FOUR if lines <= 1 else _SAID_BELOW_TO_BE_LAST_FOUR, label
        if (label := ends_said(text, low, start)) is not None:
            return SAID_TO_BE_LAST_FOUR if lines == 0 else _SAID_BELOW_TO_BE_LAST_FOUR, label
        if (
            SECOND_PART.search(between)
            or (
                (_SECOND_FIELD.fullmatch(between) or _SERIAL.fullmatch(between))
                and NAMES_CPR.search(text, max(0, low - _LABEL), low)
            )
            or (THE_LAST.search(between) and PERSONAL.search(text, max(0, low - _LABEL), low))
        ):
            return _SECOND_PART, low
    joined = _JOINED.fullmatch(between) if lines <= 1 else None
    if joined is None:
        return None, None
    return _SAID_HYPHEN if joined["said"] else None, low


def _goes_on(between: str, day: Day) -> bool:
    """Whether a sentence with a date may merely go on with a year: "født 7. juli 1961, og 1985 flyttede hun"."""
    word = between.strip(" \n\t,(:").lower()
    return any(map(str.isalpha, word)) and word not in _SIGNS_SAID and day.end - day.start > _IN_A_ROW
