"""Numbers that the text takes apart: "født 010190, de sidste fire er 1234", "010190 (løbenr. 1234)".

Looked for from the words, which are rare: "sidste fire", "løbenr", "resten af nummeret". Back from them a
date must stand in the same sentence or two, forward from them four digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from segl.vocabulary import Adjustment
from segl_classifier.cpr.candidates import Candidate, Layout

# Pieces of words by which the phrase is found fast; each is then read in full by _PHRASE.
_STEMS = (
    "idste",
    "IDSTE",
    "løbe",
    "Løbe",
    "LØBE",
    "esten af",
    "iste fire",
    "ista fyra",
    "ast four",
    "ast 4",
    "etzten vier",
)
_PHRASE = re.compile(
    r"(?:(?:de\s+)?(?:sidste|siste|sista|last|letzten)\s+(?:fire|4|four|fyra|vier)"
    r"(?:\s+(?:cifre|tal|digits|siffer|siffror|ziffern|numre))?"
    r"|løbe(?:nr|nummer)(?:et)?|resten\s+af\s+(?:nummeret|cpr\S*|tallet))"
    r"(?P<between>[^\d\n]{0,40}?\n?[^\d\n]{0,20}?)(?P<serial>\d{4})(?!\d|[.,-]\d)",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?<![\d.,/-])(?P<d>0[1-9]|[12]\d|3[01])[ ./-]{0,2}(?P<m>0[1-9]|1[0-2])[ ./-]{0,2}"
    r"(?:18|19|20)?(?P<y>\d\d)"
    r"(?![\d]|[.,/-]\d)"
)
_BACK = 90
_PERSONAL = re.compile(r"\b(?:cpr|personn|fød(?:t|sels)|f\.|født|born|birth|född|född|geb)", re.IGNORECASE)
_OTHER = re.compile(
    r"lever|track|ordre|order|faktur|invoice|konto|kort|card|telefon|tlf|mobil|kolli|pakke|måler"
    r"|sag\b|journal",
    re.IGNORECASE,
)


def split_candidates(text: str) -> Iterator[Candidate]:
    """The numbers whose date and last four digits stand apart in a sentence."""
    places = sorted({place for stem in _STEMS for place in _places(text, stem)})
    done = 0
    for place in places:
        match = _PHRASE.search(text, max(done, place - 10), place + 100)
        if match is None:
            continue
        low = max(done, match.start() - _BACK)
        dates = list(_DATE.finditer(text, low, match.start()))
        if not dates:
            continue
        date = dates[-1]
        said = text[max(0, date.start() - 40) : match.end() + 20]
        doubts = [Adjustment("the text says that they are the last four", 0.2)]
        if _PERSONAL.search(said):
            doubts.append(Adjustment("a birthday or a CPR number is named", 0.3))
        if _OTHER.search(said):
            doubts.append(Adjustment("something else is named between", -0.5))
        digits = date["d"] + date["m"] + date["y"] + match["serial"]
        if digits.isascii():
            yield Candidate(date.start(), match.end(), Layout.WORDS, digits, tuple(doubts))
            done = match.end()


def _places(text: str, stem: str) -> Iterator[int]:
    at = text.find(stem)
    while at >= 0:
        yield at
        at = text.find(stem, at + len(stem))
