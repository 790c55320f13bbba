"""Drawings that programs exchange as text (DXF, Autodesk's reference of AutoCAD 2018): the words in them.

A drawing is pairs of lines, a number and what it says: ``0 LINE`` begins a line, ``10 694213.52`` is where, ``8 VAND``
its layer, ``1 Brønd 12`` what is written there. The number tells of which type its value is. So thousands of places on
the map are left out, which look like other numbers; of those that are none, and of all others, the words stay.

Not read: what other programs put into a drawing (told of), and solids, which stand there ciphered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_BEGINS = re.compile(r"\ufeff?\s*(?:999[ \t\r]*\n[^\n]*\n\s*)*+0[ \t\r]*\n[ \t]*SECTION[ \t\r]*\n")
_CODE = re.compile(r"\s*-?[0-9]{1,4}\s*", re.ASCII)
# Of these the value is a number, or a figure to the base of 16.
_NUMERIC = frozenset(
    (*range(10, 100), *range(110, 300), *range(370, 390), *range(400, 410), *range(420, 430))
)
_NUMERIC_TOO = frozenset((*range(440, 470), *range(1010, 1072)))
_HANDLES = frozenset((5, 105, *range(310, 370), *range(390, 400), 480, 481, 1004, 1005))
# Numbers of 32 bits and more: data of a house may stand there.
_WHOLE = frozenset((*range(90, 100), *range(160, 170), 1071))
_LONG = re.compile(r"\s*[0-9]{9,10}\s*", re.ASCII)
_NUMBER = re.compile(r"\s*[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?\s*", re.ASCII)
_HEXADECIMAL = re.compile(r"\s*[0-9A-Fa-f]*\s*", re.ASCII)
_ENTITY, _TEXT, _NAME = 0, 1, 2
_GOES_ON = 3  # before _TEXT: the first 250 letters, and so on
_NAMED_BY = ("ATTRIB", "ATTDEF")  # their name stands behind what they say
_SOLIDS = ("3DSOLID", "BODY", "REGION", "SURFACE")
_FOREIGN = frozenset(("OLE2FRAME", "OLEFRAME", "ACAD_PROXY_ENTITY", "ACAD_PROXY_OBJECT"))
_CLASS = re.compile(r"AcDb\w{1,60}", re.ASCII)
_LETTER = re.compile(r"\\U\+([0-9A-Fa-f]{4})")
_SIGN = re.compile(r"%%([cdpuok])", re.IGNORECASE)
_SIGNS = {"c": "Ø", "d": "°", "p": "±"}
_FORM = re.compile(r"\\(?:[ACFfHQTWp][^;\\{}]{0,80};|[LlOoKk])")
_BREAK = re.compile(r"\\[PXN~]|\^[JI]")
_BRACE = re.compile(r"(?<!\\)[{}]")

Value = tuple[int, str]


class Drawing(NamedTuple):
    """*text* is what is written in a drawing; *foreign* whether other programs put something into it."""

    text: str
    foreign: bool


def drawing(text: str) -> Drawing | None:
    """What *text* says if it is a drawing; ``None`` for any other, and for one that is damaged."""
    if _BEGINS.match(text) is None:
        return None
    lines: dict[str, None] = {}
    foreign = False
    values: list[Value] = []
    kind = ""
    for code, value in _pairs(text.lstrip("\ufeff")):
        if code is None:
            return None
        if code == _ENTITY:
            lines.update(dict.fromkeys(_said(kind, values)))
            kind, values = value.strip(), []
            foreign = foreign or kind in _FOREIGN
            if not kind.isidentifier() and not kind[:1].isdigit():
                lines[value] = None
        elif not _is_number(code, value):
            values.append((code, value))
    lines.update(dict.fromkeys(_said(kind, values)))
    return Drawing("\n".join(filter(None, lines)), foreign)


def _pairs(text: str) -> Iterator[tuple[int | None, str]]:
    """The numbers and their values; ``None`` for a number that is none."""
    lines = iter(text.split("\n"))
    for code in lines:
        if code.strip():
            yield (int(code) if _CODE.fullmatch(code) else None), next(lines, "").rstrip("\r")


def _is_number(code: int, value: str) -> bool:
    if code in _HANDLES:
        return _HEXADECIMAL.fullmatch(value) is not None
    if code in _WHOLE and _LONG.fullmatch(value):
        return False
    return (code in _NUMERIC or code in _NUMERIC_TOO) and _NUMBER.fullmatch(value) is not None


def _said(kind: str, values: list[Value]) -> Iterator[str]:
    """What an entity of this *kind* says: a text in one, however it is cut, and each other value."""
    if kind in _SOLIDS or kind.endswith(_SOLIDS):
        return
    written = _shown("".join(value for code, value in values if code in (_GOES_ON, _TEXT)))
    if kind in _NAMED_BY:
        written = f"{next((value for code, value in values if code == _NAME), '')}: {written}"
    yield from written.split("\n")
    for code, value in values:
        if code not in (_GOES_ON, _TEXT) and _CLASS.fullmatch(value) is None:
            yield value.strip()


def _shown(text: str) -> str:
    """*text* without the codes of forms and signs."""
    text = _LETTER.sub(lambda letter: chr(int(letter[1], 16)), text)
    text = _SIGN.sub(lambda sign: _SIGNS.get(sign[1].lower(), ""), text)
    return _BRACE.sub("", _FORM.sub("", _BREAK.sub("\n", text)))
