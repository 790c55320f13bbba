"""Numbers that the text takes apart: "født 010190, de sidste fire er 1234", "010190 (løbenr. 1234)".

Looked for from the words, which are rare: "sidste fire", "løbenr", "resten af nummeret". Back from them a
date must stand near, forward from them four digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from segl.vocabulary import Adjustment
from segl_classifier.cpr.candidates import Candidate
from segl_classifier.cpr.layout import Layout

# Pieces by which the phrases are found fast, and how many letters of the phrase stand before each.
_STEMS = (
    *(("dste f", 2), ("dste 4", 2), ("DSTE F", 2), ("iste f", 1), ("ista f", 1), ("zten v", 3), ("ast f", 1)),
    *(("ast 4", 1), ("øbenr", 1), ("øbenu", 1), ("ØBENR", 1), ("sten af nu", 2), ("sten af c", 2)),
)
_PHRASE = re.compile(
    r"(?:(?:sidste|siste|sista|last|letzten)\s+(?:fire|4|four|fyra|vier)\b"
    r"|løbe(?:nr|nummer(?:et)?)\b|resten\s+af\s+(?:nummeret|cpr[\w-]*))"
    r"(?P<between>\D{0,60}+)(?P<serial>[0-9]{4})(?![0-9]|[.,-][0-9])",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?<![\d.,/-])(?P<d>0[1-9]|[12][0-9]|3[01])[ ./-]{0,2}(?P<m>0[1-9]|1[0-2])[ ./-]{0,2}"
    r"(?:18|19|20)?(?P<y>[0-9]{2})(?![0-9]|[.,/-][0-9])"
)
_BACK = 90  # characters from the words back to the date
_PERSONAL = re.compile(r"\b(?:cpr|personn|fød(?:t|sels)|f\.|født|born|birth|född|geb)", re.IGNORECASE)
_OTHER = re.compile(
    r"lever|track|ordre|order|faktur|invoice|konto|kort|card|telefon|tlf|mobil|kolli|pakke|måler|sag\b|journal",
    re.IGNORECASE,
)

_LAST_FOUR = Adjustment("the text says that they are the last four", 0.2)
_NAMED = Adjustment("a birthday or a CPR number is named", 0.3)
_ELSE = Adjustment("something else is named beside it", -0.5)


def split_candidates(text: str) -> Iterator[Candidate]:
    """The numbers whose date and last four digits stand apart in a sentence."""
    done = 0
    for place in sorted(place for stem, before in _STEMS for place in _places(text, stem, before)):
        match = _PHRASE.match(text, place) if place >= done else None
        if match is None or match["between"].count("\n") > 1:
            continue
        dates = list(_DATE.finditer(text, max(done, place - _BACK), place))
        if not dates:
            continue
        date = dates[-1]
        near = text[max(0, date.start() - 40) : match.end() + 20]
        doubts = [_LAST_FOUR]
        if _PERSONAL.search(near):
            doubts.append(_NAMED)
        if _OTHER.search(near):
            doubts.append(_ELSE)
        digits = date["d"] + date["m"] + date["y"] + match["serial"]
        yield Candidate(date.start(), match.end(), Layout.WORDS, digits, tuple(doubts))
        done = match.end()


def _places(text: str, stem: str, before: int) -> Iterator[int]:
    """Where phrases with *stem* may begin."""
    at = text.find(stem)
    while at >= 0:
        if at >= before:
            yield at - before
        at = text.find(stem, at + len(stem))
