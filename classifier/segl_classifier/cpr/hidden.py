"""A whole text made fit to be shown: what may be a personal number in it cannot be read."""

from __future__ import annotations

import re

from segl.masking import MASK, mask_digits, mask_far_apart
from segl_classifier.cpr.find import read_numbers
from segl_classifier.cpr.judging.score import THRESHOLD
from segl_classifier.cpr.shown.masked import last_four_first
from segl_classifier.cpr.written import Written
from segl_classifier.layout.tidy import KEPT_APART, ONLY_OF_TABLES, closed_up, opened
from segl_classifier.message import Text

_SIGN = re.compile(KEPT_APART)
_KEPT = 4  # leading characters: the day and the month
_DIGITS = 10


def hidden(text: Text, certain: str = MASK) -> str:
    """The text of *text*, every candidate masked however little it scored, and then every long run of digits.
    Each character stays in its place. *certain* is the mask of what does count as a personal number."""
    written = Written.of(text)
    text = written.text
    if KEPT_APART not in text.text:
        return _hidden(written, certain)
    # As numbers are looked for: see find_cpr. What is masked in one reading is masked.
    near = _hidden(written.made(closed_up), certain)
    far = _hidden(written.made(opened), certain)
    both = zip(
        _apart_again(near, text.text, ONLY_OF_TABLES),
        _apart_again(far, text.text, _SIGN),
        text.text,
        strict=True,
    )
    return "".join(_stricter(one, other, char, certain) for one, other, char in both)


def _stricter(one: str, other: str, char: str, certain: str) -> str:
    masks = [mask for mask in (one, other) if mask != char]
    return next((mask for mask in (certain, MASK) if mask in masks), masks[0] if masks else char)


def _hidden(written: Written, certain: str) -> str:
    plain, numbers = read_numbers(written)
    parts: list[str] = []
    done = 0
    for number in numbers:
        mask = certain if number.score >= THRESHOLD else MASK
        parts += (plain[done : number.start], _masked(plain[number.start : number.end], number.digits, mask))
        done = max(done, number.end)
    return mask_far_apart(mask_digits("".join((*parts, plain[done:]))))


def _apart_again(masked: str, text: str, signs: re.Pattern[str]) -> str:
    """*masked* with the *signs* by which tables are told where they stand in *text*."""
    parts: list[str] = []
    at = done = 0
    for sign in signs.finditer(text):
        size = sign.start() - done
        parts += (masked[at : at + size], sign[0])
        at, done = at + size, sign.end()
    return "".join((*parts, masked[at:]))


def _masked(number: str, digits: str, mask: str) -> str:
    """Letters too, where they may stand for digits: not where all ten are there, and words between them."""
    seen = _KEPT if last_four_first(number, digits) else 0
    letters = sum(map(str.isdecimal, number)) < _DIGITS
    out: list[str] = []
    for char in number:
        masked = char.isalnum() if letters else char.isdigit()
        seen += masked
        out.append(mask if masked and seen > _KEPT else char)
    return "".join(out)
