"""Words that say of four digits that they are the last ones of a personal number."""

from __future__ import annotations

import re
from bisect import bisect_left

import re2

from segl_classifier.latin import latin_options, small_letters

_LAST, _FOUR = r"(?:sidste|siste|sista|last|final|letzten)", r"(?:fire|4|four|fyra|vier)"
_FOUR_SAID = r"(?:fire|four|fyra|vier)"  # "Elmevej 4" may end the line above "Sidste fire"
# What may follow "the last four", so that they are digits and not weeks or bottles.
_GO_ON = (
    r"(?=\W*(?:[0-9]|\Z|\n[^\n:]{1,30}:[ \t]{1,3}[0-9]|cif|tal(?:lene)?\b|num|dig|siff|ziff|stel|cpr|personn"
    r"|i\b|in\b|af\b|of\b|på\b|von\b|som\b|der\b"
    r"|er\b|is\b|are\b|ist\b|sind\b|är\b|var\b|bliver|blir|lyder|hedder|har\b|kommer|står|mangler|skal|kan\b|og\b|and\b))"
)
_OF_A_PERSON = (
    rf"sidste_?4(?![0-9])|(?:sidste|last)_?f(?:ire|our)\b|{_LAST}\s+{_FOUR}\b{_GO_ON}|\b(?:{_FOUR}[^\S\n]+|{_FOUR_SAID}\s+){_LAST}\b{_GO_ON}"
    r"|l(?:ø|oe)be[ -]?(?:nr|num)|slutcif(?:fer|re)|kontrolcifre|kontroln(?:ummer|r)|\bendelse\W*\Z"
    r"|cpr_?(?:4|l(?:ø|oe)b|suffix|suffiks|endelse|serial)(?![^\W_])"
)
_PLAINLY = re.compile(rf"{_OF_A_PERSON}|resten\s+af\s+(?:nummeret|cpr)|cpr[- ]?endelsen?", re.IGNORECASE)
_ENDS = re.compile(
    r"(?:slutter|ender|endelsen)\s+(?:på|er|med)|end(?:s|ing)\s+(?:in|with)|endet\s+(?:auf|mit)",
    re.IGNORECASE,
)
# The name of the whole number before four digits: "født 7. juli 1961, CPR: 4285".
_CALLED = re.compile(
    r"\bcpr(?:[-. ]{0,2}(?:nr|no|num(?:mer|ber)?))?\.?[ \t]?[:=]?[ \t]?[.…_]{0,8}-?\Z", re.IGNORECASE
)
_SENTENCE = re.compile(r"[.!?:]\s+|\n\s*\n")
_NUMBER = re.compile(r"cpr|personn|nummer|number|cif|digit|\b(?:tal|det|den|it)\b", re.IGNORECASE)
SECOND_PART = re.compile(
    r"\b(?:anden|andre|second)\s+(?:del|half|part)\b|\b(?:del|part)\s+2\b", re.IGNORECASE
)
THE_LAST = re.compile(r"\b(?:de\s+sidste|resten)\s+er\b", re.IGNORECASE)  # of whatever was spoken of
_HEADING = re.compile(_OF_A_PERSON, re.IGNORECASE)
_RUNNING = re.compile(r"l(?:ø|oe)be[ -]?(?:nr|num)", re.IGNORECASE)
_LONGEST_LABEL = 70  # characters of such words before the digits
_FURTHEST = 40  # of them behind "the last four"

# "4285 som de sidste fire cifre", "4285 er de sidste fire i mit cpr".
_BEHIND = re.compile(
    rf"[\s,(]{{1,3}}(?:som|er|is|are|as|var|udgør|ist|sind|är)\s+"
    rf"(?:(?:de|the|mine|hans|hendes|sine|my|his|her|die)\s+)?(?:{_LAST}\s+{_FOUR}|{_FOUR}\s+{_LAST})\b"
    r"(?=[.,;)]|\W*(?:\n|\Z)|\s+(?:cif|tal(?:lene)?\b|dig|siff|ziff|stel|i\b|in\b|af\b|of\b|på\b))",
    re.IGNORECASE,
)
# Without its hyphen it may be that of a card.
_MASKED = re.compile(
    r"(?:(?<![\w*#•])|(?<=cpr)|(?<=nr))(?:[x*#•_]{6}-|(?:(?<=cpr )|(?<=nr )|(?<=nr. )|(?<=cpr: )|(?<=nr: )|(?<=nr.: ))"
    r"[x*#•_]{6} ?)\Z",
    re.IGNORECASE,
)
MASKS = ("******-", "######-", "••••••-", "______-")  # those that are no letters
FOUR_AFTER_MASK = re.compile(r"[*#•_]{6}-(?P<four>[0-9]{4})(?!\w)")

# What all of these words hold, in small letters, so that one look tells where in a text there may be any: the first
# are those that head columns, too. The name of the whole number is looked for by itself.
_OF_HEADINGS = (
    r"(?:sidste|sist[ae]|last|final|letzten)[^a-z0-9]+(?:fire|4|four|fyra|vier)",
    r"(?:fire|4|four|fyra|vier)[^a-z0-9]+(?:sidste|sist[ae]|last|final|letzten)",
    r"sidste_?(?:4|fire)|last_?four|l(?:ø|oe)be[ -]?n|(?:slut|kontrol)cif|kontroln(?:ummer|r)"
    r"|cpr_?(?:4|l(?:ø|oe)b|suff|serial)|endelse",
)
_OTHERS = (
    r"resten[^a-z0-9]+(?:af|er)|slutter[^a-z]|ender[^a-z]",
    r"ends[^a-z]|ending[^a-z]|endet[^a-z]|(?:anden|andre|second)[^a-z0-9]+(?:del|half|part)|(?:del|part)[^a-z0-9]+2",
    r"de[^a-z0-9]+sidste[^a-z0-9]+er",
)
_NAME = re.compile(rb"cpr")
_ENDING, _BEFORE_ENDING, _LONGEST_BEFORE = b"endelse", (b"cpr", b"cpr_"), 4
_OF_WORDS = frozenset(bytes((code,)) for code in range(256) if re.match(r"\w", chr(code)))
_REACH, _BEHIND_REACH = 100, 20  # characters between such words and the digits behind them, or before


_ANY_PIECE = re2.compile(
    "|".join((f"({'|'.join(_OF_HEADINGS)})", *_OTHERS)).encode("latin-1"), latin_options()
)


class Mentions:
    """Where in *text* such words may stand. ``headings``: those that head columns, too."""

    __slots__ = ("_named", "_said", "headings")

    def __init__(self, text: str) -> None:
        latin = small_letters(text)
        found = list(_ANY_PIECE.finditer(latin))
        self._said = [piece.start() for piece in found]
        self._named = [name.start() for name in _NAME.finditer(latin)]
        starts = (piece.start(1) for piece in found)
        self.headings = [start for start in starts if start >= 0 and not _ends_a_word(latin, start)]

    def __bool__(self) -> bool:
        return bool(self._said or self._named)

    @property
    def said(self) -> bool:
        """Whether words for the last four digits may stand anywhere."""
        return bool(self._said)

    def near(self, start: int) -> bool:
        """Whether they may stand so near before *start* that they speak of the digits there."""
        return _near(self._said, start) or _near(self._named, start)

    def behind(self, end: int) -> bool:
        """Whether they may stand so near behind *end* that they speak of the digits there."""
        at = bisect_left(self._said, end)
        return at < len(self._said) and self._said[at] - end <= _BEHIND_REACH


def _ends_a_word(latin: bytes, start: int) -> bool:
    """Whether "endelse" is the end of a word: "henvendelse", "afsendelse", of which letters have many, head nothing."""
    return (
        latin.startswith(_ENDING, start)
        and latin[start - 1 : start] in _OF_WORDS
        and not latin.endswith(_BEFORE_ENDING, max(0, start - _LONGEST_BEFORE), start)
    )


def _near(places: list[int], start: int) -> bool:
    at = bisect_left(places, start)
    return at > 0 and start - places[at - 1] <= _REACH


def plainly_said(text: str, low: int, high: int) -> int | None:
    """Where ``text[low:high]`` says that they are the last four: "sidste fire", "løbenr."."""
    found = _PLAINLY.search(text, low, high)
    return None if found is None else found.start()


def ends_said(text: str, low: int, high: int) -> int | None:
    """Where ``text[low:high]`` says that a number ends with them. In a sentence of its own that must be said of a
    number: "Mit cpr slutter på 4285", not "Koden til døren slutter på 4285"."""
    for found in _ENDS.finditer(text, low, high):
        before = _sentence_before(text, low, found.start())
        if before is None or not any(map(str.isalpha, before)) or _NUMBER.search(before):
            return found.start()
    return None


def label_behind(text: str, end: int) -> int | None:
    """Where the words end that say of the digits which end at *end* that they are the last four; ``None`` when none
    do."""
    found = _BEHIND.match(text, end)
    return None if found is None else found.end()


def label_before(text: str, start: int) -> int | None:
    """Where the words begin that say of the digits at *start* that they are the last four; ``None`` when none do."""
    low = max(0, start - _LONGEST_LABEL)
    at = _last(_PLAINLY, text, low, start)
    if at is None:
        at = _last(_ENDS, text, low, start)
        before = "" if at is None else _sentence_before(text, low, at) or text[low:at]
        if not _NUMBER.search(before):
            return _called_before(text, low, start)
    return at


def _called_before(text: str, low: int, start: int) -> int | None:
    found = _CALLED.search(text, low, start)
    return None if found is None else found.start()


def _last(words: re.Pattern[str], text: str, low: int, start: int) -> int | None:
    """Where the last of *words* begins that nothing but a few other words divides from the digits at *start*."""
    at = None
    for found in words.finditer(text, low, start):
        between = text[found.end() : start]
        if len(between) <= _FURTHEST and not any(char.isdigit() for char in between):
            at = found.start()
    return at


def _sentence_before(text: str, low: int, at: int) -> str | None:
    """The words before *at* of a sentence that begins behind *low*; ``None`` when it began before."""
    begins = [found.end() for found in _SENTENCE.finditer(text, low, at)]
    return text[begins[-1] : at] if begins else None


def mask_before(text: str, start: int) -> int | None:
    """Where six masked digits and a hyphen begin that end at *start*: "xxxxxx-4285"."""
    found = _MASKED.search(text, max(0, start - 8), start)
    return None if found is None else found.start()


def heads(cell: str) -> bool:
    """Whether *cell* is the heading of a column of last four digits."""
    return _HEADING.search(cell) is not None


def numbers_only(cell: str) -> bool:
    """Whether *cell*, such a heading, may as well be one of running numbers: "Løbenr."."""
    return _RUNNING.search(cell) is not None
