"""Is an identifiable person in this passage? Names, pronouns, kin, numbers; pure functions over words.

The answer has three values, since a passage that says "the customer" may mean anybody or one who is named three
lines up. A name in a greeting or under a mail is a person too, but rarely the one whose matter it is, and is
told apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from segl_classifier.understanding.recogniser import Kind, Named


class Person(StrEnum):
    """Whether an identifiable person is in a passage."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Sign(StrEnum):
    """What points at a person."""

    NAMED = "named"
    CORRESPONDENT = "correspondent"  # named in a greeting or a signature
    ADDRESSED = "addressed"
    SPEAKER = "speaker"
    SPOKEN_OF = "spoken of"
    KIN = "kin"
    NUMBER = "number"
    ROLE = "role"


class Mark(NamedTuple):
    """A sign, or a name that is nobody's; first word and the one after the last."""

    first: int
    end: int
    kind: Sign | Kind


_PRONOUNS: dict[Sign, frozenset[str]] = {
    Sign.ADDRESSED: frozenset(
        "du dig din dit dine you your yours dere dei deg deres ditt dina dein deine deiner deinem".split()
    )
    - {"deres"},  # theirs, as often as yours
    Sign.SPEAKER: frozenset(
        "jeg mig min mit mine i me my jag eg meg mitt mina ich mir mich mein meine meiner".split()
    )
    - {"i"},  # Danish for "in"; the English one is caught by its capital
    Sign.SPOKEN_OF: frozenset(
        "han hun ham hende hans hendes he she him his hon honom henne hennes ho er ihn ihm ihr sie".split()
    )
    # Danish for "is"; German for "you all" and "they". English "her" is Danish for "here".
    - {"er", "ihr", "sie"},
}
_KIN = re.compile(
    r"""(?:min|mit|mine|din|dit|dine|vor|vores|our|my|your|hans|hendes|his|her|mein|meine|deine?|vår|mamma)
        \ (?:\w+\ )?
        (?:søn|datter|mor|far|bror|søster|mand|kone|kæreste|samlever|barn|børn|mormor|morfar|farmor|farfar|ægtefælle
          |eks\w*|svigermor|svigerfar|niece|nevø|onkel|moster|faster|fætter|kusine|dreng|pige|tvillinger
          |son|daughter|mother|father|brother|sister|wife|husband|partner|child|children|sohn|tochter|mutter|vater|frau
          |mann|kind|sønn|barna|dotter|fru|man)\b""",
    re.VERBOSE,
)
_ROLE = re.compile(
    r"""(?:kunde|borger|medarbejder|patient|elev|lejer|beboer|forbruger|ejer|klient|ansøger|klager|skyldner|debitor
          |pårørende|bogholder|kasserer|kollega|nabo|forælder|studerende|ansat|vedkommende|sygemeldt\w*|customer
          |employee|tenant|applicant|patienten|neighbour|mitarbeiter|kunden)(?:en|n|s|ens|t|te)?""",
    re.VERBOSE,
)
_NUMBER_WORD = re.compile(
    r"(?:cpr|person|kunde|installations?|medlems|journal|patient)[-\w]*(?:nr|nummer|no)?\.?"
)
_DIGITS = re.compile(r"\d[\d-]{4,}")
_GREETING = frozenset(
    """kære hej hejsa goddag hallo hi hello dear hei hej, liebe lieber hilsen hilsner mvh vh venlig venligst regards
    sincerely grüße gruß hilsning hälsningar best /""".split()
)
_WORD = re.compile(r"\w+")


def marks_of(words: Sequence[str], names: Sequence[Named]) -> list[Mark]:
    """Everything in *words*, the tokens of a passage, that points at a person, and the names of other
    things; in order."""
    found = [_name(words, name) for name in names]
    covered = {n for first, end, _ in names for n in range(first, end)}
    lowered = [word.lower() for word in words]
    for number, word in enumerate(lowered):
        if number not in covered:
            found += [Mark(number, number + 1, sign) for sign in _signs(word, words[number])]
            if _NUMBER_WORD.fullmatch(word) and any(map(_DIGITS.fullmatch, words[number + 1 : number + 4])):
                found.append(Mark(number, number + 1, Sign.NUMBER))
    found += _kin(lowered)
    return sorted(found)


def person_in(marks: Sequence[Mark]) -> Person:
    """What *marks* come to. A role may be anybody's, and an organisation may have a person's name."""
    kinds = {mark.kind for mark in marks}
    if kinds & (set(Sign) - {Sign.ROLE}):
        return Person.YES
    return Person.UNKNOWN if kinds & {Sign.ROLE, Kind.ORGANISATION} else Person.NO


def _signs(low: str, word: str) -> Iterator[Sign]:
    for sign, pronouns in _PRONOUNS.items():
        if low in pronouns or (word == "I'm" and sign is Sign.SPEAKER):
            yield sign
    if _ROLE.fullmatch(low):
        yield Sign.ROLE
    if re.fullmatch(r"\d{6}-\d{4}", word):
        yield Sign.NUMBER


def _kin(lowered: Sequence[str]) -> Iterator[Mark]:
    starts: dict[int, int] = {}
    length = 0
    for number, word in enumerate(lowered):
        starts[length] = number
        length += len(word) + 1
    text = " ".join(lowered)
    for hit in _KIN.finditer(text):
        first = starts.get(hit.start())
        if first is not None:
            yield Mark(first, first + hit[0].count(" ") + 1, Sign.KIN)


def _name(words: Sequence[str], name: Named) -> Mark:
    first, end, kind = name
    if kind is not Kind.PERSON:
        return Mark(first, end, kind)
    before = words[first - 1].lower() if first else ""
    signed = not any(map(_WORD.search, words[end:])) and before in {".", "!", "?", ":", ",", ")", "-", "–"}
    greeted = before in _GREETING
    return Mark(first, end, Sign.CORRESPONDENT if signed or greeted else Sign.NAMED)
