"""Numbers that the text takes apart: "født 010190, de sidste fire er 1234", "7. juli 1961 - 4285".

Looked for from four digits that stand alone. Before them a date must end, in figures or with the name of its
month; what stands between the two says how likely it is that they belong together.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from segl.vocabulary import Adjustment
from segl_classifier.cpr.candidates import Candidate
from segl_classifier.cpr.layout import Layout

# Looked for in the shape: four digits behind a word, and behind the year of a date with a word in it. Both expressions
# begin with several digits: a search for one looks at every digit of a table.
_FOUR_AFTER_WORD = re.compile(
    rb"0000(?!0)(?<!00000)(?:(?<=a 0  0000)|(?<=a 0 0000)|(?<=a0000)|(?<=a 0000)|(?<=a  0000)|(?<=a   0000))"
)
_YEAR_AFTER_WORD = b"|".join(
    rb"(?<=a%b%b )" % (b" " * blanks, year) for year in (b"00", b"0000") for blanks in range(5)
)
_FOUR_AFTER_YEAR = re.compile(rb"00 (?= {0,3}(0000)(?!0))(?:" + _YEAR_AFTER_WORD + rb")")
_WORD_BEFORE_YEAR = re.compile(rb"0 {0,3}(a{3,10}) {0,4}(?:00){1,2} \Z")
_LONGEST_WORD_AND_YEAR = 23
_MONTHS = (
    *(("jan",), ("feb",), ("mar", "mär", "mær"), ("apr",), ("maj", "may", "mai"), ("jun",), ("jul",)),
    *(("aug",), ("sep",), ("okt", "oct"), ("nov",), ("dec", "des", "dez")),
)
_MONTH = {name: f"{number:02}" for number, names in enumerate(_MONTHS, 1) for name in names}
_DATE = re.compile(
    r"(?<![\d.,/-])(?:(?P<d>0[1-9]|[12][0-9]|3[01])[ ./-]{0,2}(?P<m>0[1-9]|1[0-2])[ ./-]{0,2}"
    rf"|(?P<day>[0-3]?[0-9])\.?(?:\ (?:i|of))?\ ?(?P<month>{'|'.join(_MONTH)})[a-zæ]{{0,6}}\.?,?\ {{0,2}}'?)"
    r"(?P<year>(?:18|19|20)?(?P<y>[0-9]{2}))\Z",
    re.IGNORECASE,
)
_LONGEST_DATE, _FURTHEST = 28, 90  # characters of a date; between it and the four digits
_LAST = re.compile(
    r"(?:sidste|siste|sista|last|letzten)\s+(?:fire|4|four|fyra|vier)\b|løbe(?:nr|nummer)|loebenr"
    r"|resten\s+af\s+(?:nummeret|cpr)|(?:slutter|ender|endelsen)\s+(?:på|er|med)|slutcifre|kontrolcifre|kontrolnummer"
    r"|end(?:s|ing)\s+(?:in|with)|endet\s+(?:auf|mit)",
    re.IGNORECASE,
)
_JOINED = re.compile(
    r"[\s,(]{0,3}(?:(?P<said>bindestreg|streg|dash|hyphen|minus|bindestrich|efterfulgt\s+af|followed\s+by|gefolgt\s+von)"
    r"|og|and|und|och|samt|med|så|derefter|then|x|plus)(?:\s+(?:så|nummeret|tallet|cifrene))?[\s,:(]{1,3}",
    re.IGNORECASE,
)
_SIGNS = re.compile(r"(?P<hyphen>\s?[-–]\s?)|[\s,;:(|-]{1,4}")
_TOWN = re.compile(r"\s{1,3}[A-ZÆØÅ][a-zæøå]")
_PERSONAL = re.compile(r"\b(?:cpr|personn|fød(?:t|sels)|f\.|født|born|birth|född|geb)", re.IGNORECASE)
_OTHER = re.compile(
    r"lever|track|ordre|order|faktur|invoice|konto|kort|card|telefon|tlf|mobil|kolli|pakke|måler|sag\b|journal",
    re.IGNORECASE,
)

_LAST_FOUR = Adjustment("the text says that they are the last four", 0.2)
_SAID_HYPHEN = Adjustment("the hyphen is spelled out", 0.25)
_NAMED = Adjustment("a birthday or a CPR number is named", 0.3)
_ELSE = Adjustment("something else is named beside it", -0.5)
_POSTAL = Adjustment("a town follows: a postal code", -0.3)
_PERIOD = Adjustment("the four digits may be a year", -0.2)


def split_candidates(text: str, shape: bytes) -> Iterator[Candidate]:
    """The numbers whose date and last four digits stand apart in a sentence. *shape* is that of *text*."""
    if b"0000" not in shape:
        return
    words = [four.start() for four in _FOUR_AFTER_WORD.finditer(shape)]
    months = [
        four.start(1) for four in _FOUR_AFTER_YEAR.finditer(shape) if _month_before(four.end(), text, shape)
    ]
    done = 0
    for start in sorted({*words, *months}):
        last = shape.rfind(b"0", max(done, start - _FURTHEST), start)
        if text[last : last + 1] == "4" and shape[max(0, last - 1) : last] != b"0":  # "de sidste 4"
            last = shape.rfind(b"0", max(done, start - _FURTHEST), last)
        if last <= done or shape[last - 1 : last] != b"0":
            continue
        end = start + 4
        between = text[last + 1 : start]
        steps = _between(between, text, end)
        if steps is None:
            continue
        date = _DATE.search(text, max(done, last + 1 - _LONGEST_DATE), last + 1)
        if date is None or (date["m"] is not None and not any(c.isalpha() for c in between)):
            continue  # all in figures: the scan finds it
        serial = "".join(
            str(unicodedata.digit(char)) for char in text[start:end]
        )  # "①" too: the shape says digits
        yield _candidate(text, date, end, serial, steps, hyphen=between.strip() in ("-", "–"))
        done = end


def _month_before(end: int, text: str, shape: bytes) -> bool:
    """Whether a day, the name of a month and a year stand before *end*, the blank behind the year included."""
    found = _WORD_BEFORE_YEAR.search(shape, max(0, end - _LONGEST_WORD_AND_YEAR), end)
    return found is not None and text[found.start(1) : found.start(1) + 3].lower() in _MONTH


def _between(between: str, text: str, end: int) -> list[Adjustment] | None:
    """What is said by the text from the date to the four digits; ``None`` when they are strangers."""
    if _SIGNS.fullmatch(between):
        return [_POSTAL] if _TOWN.match(text, end) else []
    if between.count("\n") > 1:
        return None
    if _LAST.search(between):
        return [_LAST_FOUR]
    joined = _JOINED.fullmatch(between)
    if joined is None:
        return None
    return [_SAID_HYPHEN] if joined["said"] else []


def _candidate(
    text: str, date: re.Match[str], end: int, serial: str, steps: list[Adjustment], *, hyphen: bool
) -> Candidate:
    start = date.start()
    if steps and steps[0].by > 0:
        near = text[max(0, start - 40) : end + 20]
        steps += [_NAMED] * bool(_PERSONAL.search(near))
        steps += [_ELSE] * bool(_OTHER.search(near))
    day, month = date["d"], date["m"]
    if day is None:
        day, month = date["day"].zfill(2), _MONTH[date["month"].lower()]
    if hyphen and serial[:2] in ("19", "20"):
        steps.append(_PERIOD)
    year = int(date["year"]) if len(date["year"]) == 4 else None
    layout = Layout.NAMED_MONTH if hyphen else Layout.WORDS
    return Candidate(start, end, layout, day + month + date["y"] + serial, tuple(steps), year)
