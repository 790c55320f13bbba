"""What a sender asks of the portal by words in the subject: a telephone number for codes, and a phrase.

    [sms:+4512345678] Svar på din henvendelse          to the one recipient
    [sms:bo@kunde.dk=12345678] [sms:eva@kunde.dk=…]    to several, each by name
    [kodeord: den røde cykel] Svar på din henvendelse  asked for besides the code ([phrase: …] is the same)

Whatever is understood is taken off before the message goes on: it was meant for us, and would tell whoever reads the
message how it is guarded. What is not understood (a number that is none) stays, but it asks all the same
(:func:`asks`): the message goes securely, and its receipt says that the word was not understood.

The milter takes it off for all ways, and passes it on in a header field (``X-Segl-Wishes``) that never leaves the
house; segl-deliver does the same for a message that has not passed the milter.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from segl.addresses import mail_key, split_address
from segl.errors import Fault, SettingsError

# What copying brings along, from a list of contacts or a web page, and nobody sees: marks of direction, blanks of no
# width, and dashes that do not break.
_UNSEEN: Final = "\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_BLANK: Final = rf"[\s{_UNSEEN}]{{0,9}}"
_SMS: Final = re.compile(
    rf"\[{_BLANK}sms{_BLANK}:{_BLANK}(?:([^\]\s=]{{3,512}}){_BLANK}=)?"
    rf"([+0-9\s{_UNSEEN}().\-\u2010-\u2015/]{{6,60}})\]",
    re.I,
)
_PHRASE: Final = re.compile(rf"\[{_BLANK}(?:kodeord|phrase){_BLANK}:{_BLANK}([^\[\]]{{1,200}})\]", re.I)
# Whatever looks as if it were meant so. "[SMS] Besked" and "[SMS-gateway] Drift" do not: nobody's number is in them.
_ASKS: Final = re.compile(
    rf"\[{_BLANK}(?:sms(?:{_BLANK}[:=]|[\s{_UNSEEN}][^\]]{{0,200}}?[0-9]|[0-9])"
    rf"|(?:kodeord|phrase)[\s{_UNSEEN}:=]|(?:adgangskode|password){_BLANK}:)",
    re.I,
)
_SEPARATORS: Final = re.compile(rf"[\s{_UNSEEN}().\-\u2010-\u2015/]")
_DANISH: Final = re.compile(r"(?:\+?45)?([0-9]{8})")
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_LEAST_PHRASE: Final = 4
_FIELD: Final = 900  # characters of a header field's value


@dataclass(frozen=True, slots=True)
class Wishes:
    """``subject`` is what is left of it; ``numbers`` by :func:`normal` address, ``number`` for an only recipient."""

    subject: str
    number: str | None = None
    numbers: Mapping[str, str] = field(default_factory=dict, hash=False)
    phrase: str | None = None

    @property
    def any(self) -> bool:
        return self.number is not None or bool(self.numbers) or self.phrase is not None

    def number_for(self, address: str, *, only: bool) -> str | None:
        """The number for codes to *address*; *only*: the header names nobody else outside."""
        return self.numbers.get(number_key(address)) or (self.number if only else None)


def read_wishes(subject: str, country: str | None) -> Wishes:
    """What *subject* (decoded) asks for. *country* is put before numbers without "+"; ``None``: there is no way to
    send text messages, and words about them are none to us."""
    number: str | None = None
    numbers: dict[str, str] = {}
    phrase: str | None = None

    def sms(match: re.Match[str]) -> str:
        nonlocal number
        found = normal_number(match[2], country or "")
        if found is None:
            return match[0]
        if match[1]:
            numbers[number_key(re.sub(f"[{_UNSEEN}]", "", match[1]))] = found
        else:
            number = found
        return " "

    def word(match: re.Match[str]) -> str:
        nonlocal phrase
        found = " ".join(match[1].split())
        if len(found) < _LEAST_PHRASE:
            return match[0]
        phrase = found
        return " "

    left = _PHRASE.sub(word, subject)
    if country is not None:
        left = _SMS.sub(sms, left)
    return Wishes(" ".join(left.split()) if left != subject else subject, number, numbers, phrase)


def asks(subject: str) -> bool:
    """Whether *subject* seems to ask something of the portal, understood or not. Of what :func:`read_wishes` leaves:
    whether something was not."""
    return _ASKS.search(subject) is not None


def to_fields(wishes: Wishes) -> tuple[str, ...]:
    """*wishes*, without the subject, as the values of header fields: not to be read in passing, and each on one line.
    (Where reports repeat the header, Postfix takes our fields off line by line; a folded one would leave its end.)"""
    told = {"number": wishes.number, "numbers": dict(wishes.numbers), "phrase": wishes.phrase}
    text = b64encode(json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")).decode("ascii")
    return tuple(text[at : at + _FIELD] for at in range(0, len(text), _FIELD))


def from_fields(values: Iterable[bytes]) -> Wishes | None:
    """What :func:`to_fields` wrote; ``None`` for anything else."""
    try:
        told = json.loads(b64decode(b"".join(b"".join(values).split()), validate=True))
        number, numbers, phrase = told["number"], told["numbers"], told["phrase"]
        good = all(_NUMBER.fullmatch(one) for one in (*([number] if number else []), *numbers.values()))
        if not good or not isinstance(phrase, str | None):
            return None
        return Wishes("", number or None, {str(key): one for key, one in numbers.items()}, phrase or None)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def number_key(address: str) -> str:
    """By which a number is known to be that of *address*, however it is spelled: a code must go to nobody else. What is
    no address is its own key."""
    return mail_key(address) or address


def normal_number(text: str, country: str) -> str | None:
    """*text* in the form of E.164 (``+4512345678``), or ``None``. A Danish number has eight digits (the numbering plan
    has no other length for telephones), with 45 before them or without."""
    number = _SEPARATORS.sub("", text)
    if number.startswith("00"):
        number = "+" + number[2:]
    if number.startswith("+45") or (country == "+45" and not number.startswith("+")):
        danish = _DANISH.fullmatch(number)
        return f"+45{danish[1]}" if danish else None
    if not number.startswith("+"):
        number = country + number
    return number if _NUMBER.fullmatch(number) else None


def read_numbers(file: Path, country: str) -> dict[str, str]:
    """The address book: an address and a number on each line. Raises :class:`SettingsError` with every fault."""
    try:
        lines: Sequence[str] = file.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        problem = f"cannot be read: {error.strerror}" if isinstance(error, OSError) else "is not UTF-8"
        hint = "portal.sms.numbers names it: an address and a number on each line, or leave that out"
        raise SettingsError([Fault(file, "", problem, hint)]) from None
    found: dict[str, str] = {}
    faults: list[Fault] = []
    for at, line in enumerate(lines, 1):
        words = line.partition("#")[0].split(maxsplit=1)
        if not words:
            continue
        number = normal_number(words[1], country) if len(words) == 2 else None
        if number is None or not split_address(words[0])[1]:
            faults.append(
                Fault(file, f"line {at}", "is not an address and a number", "bo@kunde.dk +4512345678")
            )
        else:
            found[number_key(words[0])] = number
    if faults:
        raise SettingsError(faults)
    return found
