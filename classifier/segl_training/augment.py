"""Texts as they also arrive: without Danish letters, in small letters, with typing errors, read by OCR."""

from __future__ import annotations

import random

_PLAIN = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "Æ": "Ae", "Ø": "Oe", "Å": "Aa"})
_BARE = str.maketrans("æøåÆØÅ", "aoaAOA")
_OCR = {"l": "1", "O": "0", "rn": "m", "å": "a", "ø": "o", "æ": "a", "i": "l", "e": "c"}


def augmented(text: str, chance: random.Random) -> str:
    """*text*, in about one of six cases changed in one of these ways."""
    roll = chance.random()
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
