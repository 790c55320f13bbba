"""Texts as they also arrive: of other people, below the head of a mail that is answered, without Danish letters, in
small letters, with typing errors, read by OCR."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from functools import cache

from segl_classifier.rules import shipped_rules

_PLAIN = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "Æ": "Ae", "Ø": "Oe", "Å": "Aa"})
_BARE = str.maketrans("æøåÆØÅ", "aoaAOA")
_OCR = {"l": "1", "O": "0", "rn": "m", "å": "a", "ø": "o", "æ": "a", "i": "l", "e": "c"}
_NAME = re.compile(r"\b[^\W\d_a-zæøåäöüé][^\W\d_]+(?:-[^\W\d_]+)?")
# Each list by itself: a name may say where somebody comes from.
_NAME_LISTS = ("first_name_danish", "first_name_muslim", "first_name_other")
_HEADS = (
    "Den {day}. {month} skrev {name}:",
    "Fra: {name} Sendt: {day}. {month} Emne: SV:",
    "Fra: {name} Sendt: {day}. {month} Til: {other} Emne: VS:",
    "---- Videresendt besked ---- Fra: {name}",
    "{name} skrev:",
    "On {day} {month} {name} wrote:",
    "Från: {name} Skickat: den {day} {month}",
    "Von: {name} Gesendet: {day}. {month}",
)
_MONTHS = ("januar", "marts", "maj", "juni", "august", "oktober", "november")


def augmented(text: str, chance: random.Random) -> str:
    """*text*, in three of ten cases changed in one of these ways."""
    roll = chance.random()
    if roll >= 0.84:
        return _renamed(text, chance) if roll < 0.96 else _quoted(text, chance)
    if roll < 0.05:
        return text.translate(_PLAIN)
    if roll < 0.06:
        return text.translate(_BARE)
    if roll < 0.09:
        return text.lower()
    if roll < 0.10:
        return text.upper()
    if roll < 0.14:
        return _mistyped(text, chance)
    if roll < 0.16:
        return _scanned(text, chance)
    return text


@cache
def _first_names() -> Mapping[str, Sequence[str]]:
    """The names of the same list, by each name."""
    lists = shipped_rules().parts.lists
    named = [[word.text.title() for word in lists[name].words] for name in _NAME_LISTS]
    return {name: names for names in named for name in names}


def _renamed(text: str, chance: random.Random) -> str:
    """*text* with another first name for each: whose matter it is says nothing of what it is."""
    names, given = _first_names(), dict[str, str]()

    def other(found: re.Match[str]) -> str:
        name = found[0]
        if name not in names:
            return name
        return given.setdefault(name, chance.choice(names[name]))

    return _NAME.sub(other, text)


def _quoted(text: str, chance: random.Random) -> str:
    """*text* below the head that mail programs write above a mail that is answered or sent on."""
    name, other = (chance.choice(list(_first_names())) for _ in range(2))
    day, month = chance.randint(1, 28), chance.choice(_MONTHS)
    return f"{chance.choice(_HEADS).format(name=name, other=other, day=day, month=month)} {text}"


def _mistyped(text: str, chance: random.Random) -> str:
    """About one letter of fifty left out, doubled or swapped with the next."""
    letters = list(text)
    for n in range(len(letters) - 1):
        if letters[n].isalpha() and chance.random() < 0.02:
            match chance.randrange(3):
                case 0:
                    letters[n] = ""
                case 1:
                    letters[n] *= 2
                case _:
                    letters[n], letters[n + 1] = letters[n + 1], letters[n]
    return "".join(letters)


def _scanned(text: str, chance: random.Random) -> str:
    for seen, read in _OCR.items():
        if seen in text and chance.random() < 0.3:
            place = chance.randrange(text.count(seen))
            parts = text.split(seen)
            text = seen.join(parts[: place + 1]) + read + seen.join(parts[place + 1 :])
    return text
