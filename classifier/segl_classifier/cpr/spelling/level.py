"""What is written over, dressed up or turned round, made plain before numbers are looked for.

Each change keeps the length of the text, so that a place in the level text is the same place in the text: what
is not seen becomes a zero-width space, which no spelling minds. Each is a way in which a reader sees ten plain
digits while the text has something else:

* blanks that count as letters (Hangul filler, the empty Braille cell), control sequences of a terminal, letters
  struck over with a backspace;
* digits in circles, raised or lowered, where several stand together ("²" alone is a square metre);
* marks of Markdown and tags of HTML between digits, in a text that is neither;
* a line broken between two digits at a space (RFC 3676: ``format=flowed`` with ``delsp`` takes it out);
* characters as JSON escapes them (``\\u0030``);
* the letters O and l for digits, where six digits, a hyphen and four are complete with them, and more letters
  where a word for the personal number stands before them (:mod:`.misread`);
* text run from right to left against its nature (U+202E).
"""

from __future__ import annotations

import re
import unicodedata
from itertools import chain

from segl_classifier.cpr.spelling.misread import with_digits
from segl_classifier.latin import in_latin

_GONE = "\u200b"
_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
_DRESSED = {
    chr(code): str(unicodedata.digit(chr(code)))
    for code in chain(
        range(0xB2, 0xBA), range(0x2070, 0x208A), range(0x2460, 0x2800), range(0x1F100, 0x1F10D)
    )
    if unicodedata.digit(chr(code), None) is not None
}
_ONE_DRESSED = f"[{''.join(_DRESSED)}]"
_SEVERAL_DRESSED = re.compile(rf"{_ONE_DRESSED}(?:[\s\u200b.,–-]{{0,3}}{_ONE_DRESSED}){{3,}}")
_UNUSUAL = re.compile(f"[{_FILLERS}\u202e{''.join(char for char in _DRESSED if char > 'ÿ')}]")
_BEYOND = re.compile(r"[^\x00-\xff]")  # one of these is told in a fraction of the time of one among many
_FILLER = re.compile(f"[{_FILLERS}]")
_BACKWARDS = re.compile("\u202e([^\u202c\n]{4,200})")

_CONTROL = re.compile(r"\x1b\[[0-9;:]{0,20}[A-Za-z]|[^\x08\n]\x08")
_TAG = re.compile(r"<(?<=[0-9-]<)[/a-zA-Z][^<>\n]{0,80}>(?:<[/a-zA-Z][^<>\n]{0,80}>){0,5}(?=[0-9-])")
_MARKS = re.compile(r"(?:\*\*|__|~~)(?:(?<=[0-9-]..)(?=[0-9-]))")
_BLANK_ENDS_LINE = re.compile(r"\n(?:(?<= \n)|(?<= \r\n))")
_BROKEN = re.compile(r"\n(?:(?<=[0-9] \n)|(?<=[0-9] \r\n))(?=(?:> ?){0,5}(?P<after>[0-9]))")
_ESCAPED = re.compile(r"\\u00(?P<code>[0-7][0-9a-fA-F])")
_SIX_AND_FOUR = re.compile(r"-(?<=[0-9OoIl|]{6}-)(?<!\w[0-9OoIl|]{6}-)(?=[0-9OoIl|]{4}(?!\w))")
_AS_DIGITS = str.maketrans("OoIl|", "00111")
_FEWEST_REAL = 6  # of the ten digits


def level(text: str) -> str:
    """*text* made plain; *text* itself when there is nothing to make plain."""
    if in_latin(text) is None and _UNUSUAL.search("".join(_BEYOND.findall(text))):
        text = _FILLER.sub(_GONE, text)
        text = _SEVERAL_DRESSED.sub(lambda found: "".join(_DRESSED.get(c, c) for c in found.group()), text)
        text = _BACKWARDS.sub(lambda found: _GONE + found[1][::-1], text)
    if "\\" in text and "\\u00" in text:  # one character is found in a fraction of the time of several
        text = _ESCAPED.sub(lambda found: chr(int(found["code"], 16)) + _GONE * 5, text)
    if "\x1b" in text or "\x08" in text:
        text = _CONTROL.sub(_gone, text)
    if "<" in text:
        text = _TAG.sub(_gone, text)
    if "*" in text or "_" in text or "~" in text:
        text = _MARKS.sub(_gone, text)
    if _BLANK_ENDS_LINE.search(text):
        text = _joined(text)
    if _SIX_AND_FOUR.search(text):
        text = _with_digits(text)
    return with_digits(text)


def _gone(found: re.Match[str]) -> str:
    return _GONE * len(found.group())


def _joined(text: str) -> str:
    """Lines joined that are broken within a number; one that ends with six digits may end with a date."""
    parts: list[str] = []
    done = 0
    for found in _BROKEN.finditer(text):
        start, end = found.start(), found.start("after")
        start -= 2 if text[start - 1] == "\r" else 1
        if text[max(0, start - 6) : start].isdecimal() and not text[start - 7 : start - 6].isdecimal():
            continue
        parts += (text[done:start], _GONE * (end - start))
        done = end
    return "".join((*parts, text[done:])) if parts else text


def _with_digits(text: str) -> str:
    parts: list[str] = []
    done = 0
    for found in _SIX_AND_FOUR.finditer(text):
        start, end = found.start() - 6, found.end() + 4
        spelled = text[start:end]
        real = sum(c.isdecimal() for c in spelled)
        if start >= done and _FEWEST_REAL <= real < 10:
            parts += (text[done:start], spelled.translate(_AS_DIGITS))
            done = end
    return "".join((*parts, text[done:])) if parts else text
