"""What touches the digits: more digits (a piece of a longer number), letters (an identifier), an address.

Nothing here looks at the meaning of words; :mod:`.context.said` does.
"""

from __future__ import annotations

import re

from segl.vocabulary import Adjustment
from segl_classifier.cpr.vocabulary.number_of import NumberOf
from segl_classifier.cpr.vocabulary.words import Kind, key, look_up, unit

# A second number of the same kind.
_MATE = r"(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])[0-9]{2}[ -]?[0-9]{4}"
_MATE_BEFORE = re.compile(rf"(?<![0-9]){_MATE}[^\w\s]?[ \n]?$")
_MATE_AFTER = re.compile(rf"[^\w\s]?[ \n]?{_MATE}(?![0-9])")
_NUMBERED = re.compile(r"(?:^|[\s(])[0-9]{1,2}\.$")  # "2.010190-1234": an item of a list
_WHOLE = re.compile(r"(?:\.0{1,2}|,0)(?![0-9])")  # "0101901234.0": how a spreadsheet writes a whole number
_DECIMALS = re.compile(r"[.,][0-9]{1,3}(?![0-9])")
_PAYMENT = re.compile(r"\+[0-9]{2} ?<[0-9<> ]*$")  # a payment line: "+71<000000101901234+12345678<"
_JOINED = re.compile(r"(?:[-._/:+<>][0-9]{1,16}){1,4}")
_REACH = 16  # characters
_JOINTS_BEFORE = frozenset("-._/<> \u00a0")
_DIALLED = Adjustment("dialled behind the number of a telephone", -0.4)
MAY_JOIN_BEFORE = _JOINTS_BEFORE | {"+"}
JOINTS_AFTER = frozenset("-._/+<>:, ")

SLASH_BEFORE = Adjustment("a number and a slash stand directly before it", -0.25)
_SLASH_AFTER = Adjustment("a slash and a number follow directly", -0.25)
_ITEM = Adjustment("may be numbered as an item of a list", -0.1)
_AMOUNT = Adjustment("written as an amount", -0.4)
_ACCOUNT = Adjustment("four digits stand before it: a bank account", -0.3)
_PHONE = Adjustment("a country code stands before it: a phone number", -0.6)
_PLUS = Adjustment("a plus stands before it", -0.2)
_DIGITS_BEFORE = Adjustment("digits stand before it", -0.2)
_DIGITS_AFTER = Adjustment("digits follow", -0.2)
# So much that no spelling alone makes up for it, but a word for the personal number does: case systems number the
# papers of a person so ("cpr 010190-1234-2").
GOES_ON_BEFORE = Adjustment("joined to digits before it: a longer number", -0.4)
GOES_ON = Adjustment("joined to digits behind it: a longer number", -0.4)


def of_longer_number(
    plain: str, start: int, end: int, divided: bool, bare: bool
) -> tuple[Adjustment, ...] | None:
    """Doubts from the digits beside ``plain[start:end]``; ``None`` when it is a phone number or stands in a payment
    line, whatever the words beside it say."""
    joined = bool(start) and plain[start - 1] in MAY_JOIN_BEFORE
    before = _before(plain, start, divided, bare) if joined else ()
    if before is None:
        return None
    if end >= len(plain) or plain[end] not in JOINTS_AFTER:
        return before
    return (*before, *_after(plain, end, bare))


def _before(plain: str, start: int, divided: bool, bare: bool) -> tuple[Adjustment, ...] | None:
    """Doubts from what stands before the number."""
    sign = plain[start - 1]
    if sign == "<" and _payment(plain, start):
        return None
    if sign == "+":
        return _plus_before(plain, start)
    if start < 2 or not plain[start - 2].isdigit() or sign not in _JOINTS_BEFORE:
        return ()
    before = plain[max(0, start - _REACH) : start]
    if _MATE_BEFORE.search(before):
        return ()
    if sign in " \u00a0":
        return _group_before(before, divided, bare)
    if sign == "/":
        return (SLASH_BEFORE,)
    return (_ITEM,) if divided and _NUMBERED.search(before) else (GOES_ON_BEFORE,)


def _plus_before(plain: str, start: int) -> tuple[Adjustment, ...] | None:
    """Doubts from a plus directly before the number: it begins a phone number, unless a zero follows, with which no
    country code begins, or a letter stands before it: messages of EDIFACT divide their elements so."""
    divides = plain[start] == "0" or plain[max(0, start - 2)].isalpha()
    return (_PLUS,) if divides else None


def _group_before(before: str, divided: bool, bare: bool) -> tuple[Adjustment, ...]:
    """Doubts from a group of digits one space before the number."""
    group = before[:-1].rsplit(None, 1)[-1]
    digits = group.lstrip("+")
    if not digits.isdigit():
        return ()
    if digits != group or (digits.startswith("00") and len(digits) <= 5):
        return (_PHONE,)
    if len(digits) == 4 and digits[:2] not in ("19", "20"):
        return (_ACCOUNT,) if bare else () if divided else (_DIGITS_BEFORE,)
    return (_DIGITS_BEFORE,) if len(digits) > 4 else ()


def _after(plain: str, end: int, bare: bool) -> tuple[Adjustment, ...]:
    """Doubts from what follows the number."""
    sign, after = plain[end], plain[end : end + _REACH]
    if bare and after.startswith(",-"):
        return (_AMOUNT,)
    if not after[1:2].isdigit() or _MATE_AFTER.match(after):
        return ()
    if sign == " ":
        group = after[1:].split(None, 1)[0]
        return (_DIGITS_AFTER,) if group.isdigit() and len(group) >= 4 else ()
    if sign == ",":
        return (_AMOUNT,) if bare and _DECIMALS.match(after) and not _WHOLE.match(after) else ()
    if sign == "/":
        return (_SLASH_AFTER,)
    return () if bare and _WHOLE.match(after) else (GOES_ON,)


def behind(text: str, end: int) -> int:
    """Where the digits end that are joined to what ends at *end*."""
    found = _JOINED.match(text, end)
    return end if found is None else found.end()


def alone(text: str, start: int, end: int) -> bool:
    """Whether no other digits stand beside ``text[start:end]``, not even behind a blank."""
    return not (
        text[max(0, start - 2) : start].rstrip()[-1:].isdigit() or text[end : end + 2].lstrip()[:1].isdigit()
    )


def _payment(plain: str, start: int) -> bool:
    return _PAYMENT.search(plain, max(0, start - 40), start) is not None


_IDENTIFIER = -0.6
_LETTERS_BEFORE = re.compile(r"[^\W\d_]{1,24}$")
_LETTERS_AFTER = re.compile(r"[^\W\d_]{1,24}")
_JOINED_BEFORE = re.compile(r"([^\W_]{1,24})[-_]$")
_A_WORD = re.compile(r"[^\W\d_]*[0-9]*")  # "sag", "bilag2", "2026", but no piece of a UUID
_STEPS = ("/", "\\")
_JOINS_NAMES = (".", "-", "_", "+", "=", "/")
_PERSONAL_KEY = re.compile(
    r"cpr|pers(?:on)?(?:nr|num|id|_|=|s?/)|\bpnr=|borger|citizen|national_?id|patient|ssn", re.IGNORECASE
)


def letters(
    text: str, start: int, end: int, *, divided: bool, likely: bool, file: bool, living: bool
) -> Adjustment | None:
    """The doubt from letters that touch ``text[start:end]``, an identifier such as ``DK0101901234``. Initials that
    touch a number like hardly any other (*likely*) are none, nor is what "_" or "-" joins to it, as in the name of a
    file. In the name of a *file* a group of digits alone is none, and a name or a word for a paper says little of a
    number of somebody *living*: "Journal0101901234.pdf".

    A word that says what the number is (``cpr0101901234``) is for the context to weigh; it outweighs this.
    """
    last, following = text[max(0, start - 1) : start], text[end : end + 1]
    if following.isalpha() and (found := _LETTERS_AFTER.match(text, end)) is not None:
        glued = file and living and _names_file(found.group())
        if (not divided and not glued) or (
            not likely and len(found.group()) == 1 and found.group().isupper()
        ):
            return Adjustment("letters follow directly: an identifier", _IDENTIFIER)
        return Adjustment("letters follow directly", -0.1)
    if not last.isalpha() and last not in ("-", "_"):
        return None
    before = text[max(0, start - 26) : start]
    if (found := _LETTERS_BEFORE.search(before)) is not None:
        glued = file and living and _names_file(found.group())
        if (not divided and not glued) or (
            not likely and found.group().isupper() and len(found.group()) <= 6
        ):
            return Adjustment("letters stand directly before it: an identifier", _IDENTIFIER)
        return Adjustment("letters stand directly before it", -0.1)
    if (found := _JOINED_BEFORE.search(before)) is not None:
        word = found.group(1)
        if (likely and _A_WORD.fullmatch(word)) or (file and word.isdigit()):
            return None
        if any(c.isdigit() for c in word) or (word.isupper() and len(word) <= 6):
            return Adjustment("joined to letters: an identifier", -0.25 if divided else _IDENTIFIER)
        return Adjustment("joined to a word", -0.1)
    return None


def _names_file(word: str) -> bool:
    """Whether *word*, glued to a number, may be a name, or what the file is: neither a sign ("IMG") nor some other
    thing that has a number ("Faktura")."""
    this = look_up(key(word))
    if word.isupper() or (len(word) < 3 and not word.istitle()) or len(word) < 2:
        return False
    return this.kind is not Kind.OTHER or (
        this.other in (NumberOf.PAPER, NumberOf.CASE, NumberOf.MARK) and not this.numbers
    )


_COUNTED = re.compile(r"\s{0,2}([^\W\d_]{1,15}[23]?|[%€²³])(?![^\W_])")
_AMOUNT_OF = {
    tight: Adjustment("a unit follows: an amount", -0.2 if tight else -0.4) for tight in (True, False)
}


def counted(text: str, end: int, *, tight: bool) -> Adjustment | None:
    """The doubt from a unit behind the number: "1234 stk.". *tight*: spelled with a hyphen and no blanks."""
    found = _COUNTED.match(text, end)
    if found is None or found[1].istitle() or not unit(key(found[1])):  # "Tage" is a name, "tage" are days
        return None
    return _AMOUNT_OF[tight]


def dialled(text: str, start: int, end: int) -> Adjustment | None:
    """The doubt from standing between the pauses and the key that dial into a meeting: "… 00 41,,0101901234#". Without
    the key it may be any cell between two that are empty: "Anna Holm,,0707614285,,Elmevej 4"."""
    between = (
        text.startswith("#", end) and text.endswith(",,", 0, start) and text[start - 3 : start - 2].isdigit()
    )
    return _DIALLED if between else None


def address(text: str, start: int, end: int, *, divided: bool, living: bool) -> Adjustment | None:
    """The doubt from standing inside a web or mail address or a message id, unless its key is personal. The number of
    somebody *living* that is all that stands before the "@" may be whose address it is."""
    left = _touching(text[max(0, start - 120) : start], last=True)
    right = _touching(text[end : end + 60], last=False)
    if "://" not in left and "www." not in left and "@" not in right and "@" not in left:
        return None
    if _PERSONAL_KEY.search(left):
        return Adjustment("stands in an address under a personal key", 0.1)
    whole = living and right.startswith("@") and not left[-1:].isalnum() and left[-1:] not in _JOINS_NAMES
    return Adjustment("stands in a web or mail address", -0.1 if divided or whole else -0.4)


def in_path(text: str, start: int, end: int) -> bool:
    """Whether ``text[start:end]`` is a step of a path: what stands behind it, stands in it, and calls it nothing."""
    return text[end : end + 1] in _STEPS and text[max(0, start - 1) : start] in _STEPS


def _touching(side: str, *, last: bool) -> str:
    """The run of characters without a space that touches the number on this side."""
    if not side or side[-1 if last else 0].isspace():
        return ""
    return side.rsplit(None, 1)[-1] if last else side.split(None, 1)[0]
