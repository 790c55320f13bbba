"""Masked forms: the only shape in which a personal number may leave the message.

``mask_digits`` masks an excerpt: every run of digits that could belong to a number of a person, an
account or a phone is cut, so that an excerpt in a log or on a screen cannot leak what was found. Of a
personal number ``0101xx-xxxx`` is left: ``010190-xxxx`` would still tell the birthday.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

MASK = "x"

# What is not seen, or only on the sign before it: it may stand between two digits in any number.
_ONE_UNSEEN = r"[\u00ad\u0300-\u036f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]"
_ANY_UNSEEN = re.compile(_ONE_UNSEEN)
_UNSEEN = f"{_ONE_UNSEEN}*+"
# A digit, then digits kept apart by signs, percent codes or entities: "01_01_90&ndash;12 34". As many as the
# detector reads over (segl_classifier.cpr.spelling.candidates): what it takes for a number is masked.
_NUMBERISH = re.compile(rf"\d(?:{_UNSEEN}(?:(?:%[0-9A-Fa-f]{{2}}|&#?\w{{1,12}};|[\W_]){_UNSEEN}){{0,6}}\d)+")
# The same of a text without codes and entities, which hold digits too: then it is as long as it has digits.
_PLAIN_AND_LONG = re.compile(rf"\d(?:{_UNSEEN}(?:[\W_]{_UNSEEN}){{0,6}}\d){{5,}}")
# Digits of one line with many signs between, as no number is written but to hide it: "0101........90......12......34".
_FAR_APART = re.compile(r"\d(?:(?:[^\w\n]|_){0,40}+\d){5,}")
_BLANKS = re.compile(r"\s{2,}")
_BEYOND = 64  # characters of the wider cut, to either side
_WIDE = 600  # characters, of which many may be blanks
_KEEP = 4  # as many leading digits stay readable: enough to find the place, too few to know the number
_LONG = 6  # runs with fewer digits (years, prices, clock times) stay as they are
_DIGITS = b"0123456789"
_KEPT = re.compile(rb"(?:[^0-9]*[0-9]){%d}" % _KEEP)
_MASKED = bytes.maketrans(_DIGITS, MASK.encode() * len(_DIGITS))


def mask_digits(text: str) -> str:
    """*text* with every digit masked past the fourth in each run of six or more digits."""
    return (_NUMBERISH if "%" in text or "&" in text else _PLAIN_AND_LONG).sub(_cut, text)


def mask_far_apart(text: str) -> str:
    """The same with more signs between them, for what is shown of a whole text: sums in a line are masked as well."""
    return _FAR_APART.sub(_cut, text)


def _cut(match: re.Match[str]) -> str:
    """A run as it may be shown."""
    run = match.group()
    if len(run) < _LONG:  # as the rest of numbers that are masked already
        return run
    if not run.isascii():
        return _cut_slowly(run)
    letters = run.encode()  # byte by byte it costs a fraction
    if len(letters) - len(letters.translate(None, _DIGITS)) < _LONG:
        return run
    kept = _KEPT.match(letters).end()  # type: ignore[union-attr]  # it has more digits than that
    return run[:kept] + letters[kept:].translate(_MASKED).decode()


def _cut_slowly(run: str) -> str:
    """The same for digits of any script."""
    if sum(c.isdigit() for c in run) < _LONG:
        return run
    out, seen = [], 0
    for char in run:
        if char.isdigit():
            seen += 1
            out.append(char if seen <= _KEEP else MASK)
        else:
            out.append(char)
    return "".join(out)


def excerpt(text: str, start: int, end: int, around: int = 32, limit: int = 120) -> str:
    """The masked neighbourhood of ``text[start:end]`` on one line, at most *limit* characters.

    Masking is done on a wider cut than is shown, so that a number which the cut would split
    is masked as the whole it is.
    """
    wide_from = max(0, start - around - _BEYOND)
    wide, lo = text[wide_from : end + around + _BEYOND], max(0, start - around - wide_from)
    hi = end + around - wide_from
    if _BLANKS.search(wide):  # a number with many of them in it would not be masked as one
        wide, lo, hi = _with_single_blanks(text, start, end, around)
    return _in_one_line(mask_digits(wide)[lo:hi], limit)


def excerpts(text: str, places: Sequence[tuple[int, int]], around: int = 32, limit: int = 120) -> list[str]:
    """:func:`excerpt` of each of *places*, which are near each other: *text* is masked once for all where that comes to
    the same. It does where a run has a digit in any seven characters: of one that the wider cut splits, more digits
    stand in what is cut off the excerpt than are kept, and enough for a run."""
    plain = "%" not in text and "&" not in text and (text.isascii() or _ANY_UNSEEN.search(text) is None)
    masked = mask_digits(text) if plain and len(places) > 1 else None
    blanks = [] if masked is None else [found.span() for found in _BLANKS.finditer(text)]
    ends = [last for _, last in blanks]

    def has_blanks(low: int, high: int) -> bool:
        at = bisect_right(ends, low + 1)  # the first of which two characters or more stand behind *low*
        return at < len(blanks) and blanks[at][0] + 1 < high

    def shown(start: int, end: int) -> str:
        low, high = max(0, start - around), end + around
        if masked is None or has_blanks(max(0, low - _BEYOND), high + _BEYOND):
            return excerpt(text, start, end, around, limit)
        return _in_one_line(masked[low:high], limit)

    return [shown(start, end) for start, end in places]


def _in_one_line(shown: str, limit: int) -> str:
    line = " ".join(shown.split())
    if not line.isprintable():
        line = " ".join("".join(c if c.isprintable() else " " for c in line).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _with_single_blanks(text: str, start: int, end: int, around: int) -> tuple[str, int, int]:
    """The neighbourhood of ``text[start:end]`` with one blank for several, and from where to where *around* reaches."""
    pieces = text[max(0, start - around - _WIDE) : start], text[start:end], text[end : end + around + _WIDE]
    before, hit, behind = (_BLANKS.sub(" ", piece) for piece in pieces)
    before, behind = before[-around - _BEYOND :], behind[: around + _BEYOND]
    return before + hit + behind, max(0, len(before) - around), len(before) + len(hit) + around
