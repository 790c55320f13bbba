"""What touches the digits: more digits (a piece of a longer number), letters (an identifier), an address.

Nothing here looks at the meaning of words; :mod:`.context` does.
"""

from __future__ import annotations

import re

from segl.vocabulary import Adjustment

_MATE = (
    r"(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])[0-9]{2}[ -]?[0-9]{4}"  # a second number of the same kind
)
_MATE_BEFORE = re.compile(rf"(?<![0-9]){_MATE}[^\w\s]?[ \n]?$")
_MATE_AFTER = re.compile(rf"[^\w\s]?[ \n]?{_MATE}(?![0-9])")
_NUMBERED = re.compile(r"(?:^|[\s(])[0-9]{1,2}\.$")  # "2.010190-1234": an item of a list
_WHOLE = re.compile(r"[.,]0{1,2}(?![0-9])")  # "0101901234.0": how a spreadsheet writes a whole number
_DECIMALS = re.compile(r"[.,][0-9]{1,3}(?![0-9])")
_GROUP_BEFORE = re.compile(r"(?P<sign>\+|00)?(?P<group>[0-9]+)[ \u00a0]$")
_GROUP_AFTER = re.compile(r" (?P<group>[0-9]+)(?![0-9])")
_PAYMENT = re.compile(r"\+[0-9]{2} ?<[0-9<> ]*$")  # a payment line: "+71<000000101901234+12345678<"
_TIGHT = "-._/+<>"
_PIECE_OF_MORE = -0.6


def of_longer_number(
    plain: str, start: int, end: int, divided: bool, bare: bool
) -> tuple[Adjustment, ...] | None:
    """Doubts from the digits beside ``plain[start:end]``; ``None`` when it is a piece of a longer number."""
    before, after = plain[max(0, start - 16) : start], plain[end : end + 16]
    doubts: list[Adjustment] = []
    if len(before) > 1 and before[-1] in _TIGHT and before[-2].isdigit() and not _MATE_BEFORE.search(before):
        if before[-1] == "/":
            doubts.append(Adjustment("a number and a slash stand directly before it", -0.25))
        elif not (divided and _NUMBERED.search(before)):
            return None
        else:
            doubts.append(Adjustment("may be numbered as an item of a list", -0.1))
    if len(after) > 1 and after[0] in _TIGHT + ":" and after[1].isdigit() and not _MATE_AFTER.match(after):
        if after[0] == "/":
            doubts.append(Adjustment("a slash and a number follow directly", -0.25))
        elif not (bare and _WHOLE.match(after)):
            return None
    if before[-1:] == "+" or _PAYMENT.search(plain, max(0, start - 40), start):
        return None
    if bare and _DECIMALS.match(after) and not _WHOLE.match(after):
        doubts.append(Adjustment("written as an amount", -0.4))
    doubts += _groups(before, after, divided, bare)
    return tuple(doubts)


def _groups(before: str, after: str, divided: bool, bare: bool) -> list[Adjustment]:
    """Doubts from groups of digits one space away."""
    doubts = []
    group = _GROUP_BEFORE.search(before)
    if group and group["sign"]:
        doubts.append(Adjustment("a country code stands before it: a phone number", _PIECE_OF_MORE))
    elif group and not _MATE_BEFORE.search(before):
        digits = len(group["group"])
        if bare and digits == 4 and group["group"][:2] not in ("19", "20"):
            doubts.append(Adjustment("four digits stand before it: a bank account", -0.3))
        elif digits > 4 or (not bare and digits == 4 and group["group"][:2] not in ("19", "20")):
            doubts.append(Adjustment("digits stand before it", -0.2))
    group = _GROUP_AFTER.match(after)
    if group and len(group["group"]) >= 4 and not _MATE_AFTER.match(after):
        doubts.append(Adjustment("digits follow", -0.2))
    return doubts


_LETTERS_BEFORE = re.compile(r"[^\W\d_]{1,24}$")
_LETTERS_AFTER = re.compile(r"[^\W\d_]{1,24}")
_JOINED_BEFORE = re.compile(r"([^\W_]{1,24})[-_]$")
_PERSONAL_KEY = re.compile(r"cpr|pers(?:on)?(?:nr|num|id|_)|borger|patient|ssn", re.IGNORECASE)


def letters(text: str, start: int, end: int, divided: bool) -> Adjustment | None:
    """The doubt from letters that touch ``text[start:end]``, an identifier such as ``DK0101901234``.

    A word that says what the number is (``cpr0101901234``) is for the context to weigh; it outweighs this.
    """
    last, following = text[max(0, start - 1) : start], text[end : end + 1]
    if following.isalpha() and (found := _LETTERS_AFTER.match(text, end)) is not None:
        if not divided or (len(found.group()) == 1 and found.group().isupper()):
            return Adjustment("letters follow directly: an identifier", _PIECE_OF_MORE)
        return Adjustment("letters follow directly", -0.1)
    before = text[max(0, start - 26) : start]
    if last.isalpha() and (found := _LETTERS_BEFORE.search(before)) is not None:
        if not divided or (found.group().isupper() and len(found.group()) <= 6):
            return Adjustment("letters stand directly before it: an identifier", _PIECE_OF_MORE)
        return Adjustment("letters stand directly before it", -0.1)
    if last in ("-", "_") and (found := _JOINED_BEFORE.search(before)) is not None:
        word = found.group(1)
        if any(c.isdigit() for c in word) or (word.isupper() and len(word) <= 6):
            return Adjustment("joined to letters: an identifier", _PIECE_OF_MORE)
        return Adjustment("joined to a word", -0.1)
    return None


def address(text: str, start: int, end: int, divided: bool) -> Adjustment | None:
    """The doubt from standing inside a web or mail address or a message id, unless its key is personal."""
    left = _touching(text[max(0, start - 120) : start], last=True)
    right = _touching(text[end : end + 60], last=False)
    if "://" not in left and "www." not in left and "@" not in right and "@" not in left:
        return None
    if _PERSONAL_KEY.search(left):
        return Adjustment("stands in an address under a personal key", 0.1)
    return Adjustment("stands in a web or mail address", -0.1 if divided else -0.4)


def _touching(side: str, *, last: bool) -> str:
    """The run of characters without a space that touches the number on this side."""
    if not side or side[-1 if last else 0].isspace():
        return ""
    return side.rsplit(None, 1)[-1] if last else side.split(None, 1)[0]
