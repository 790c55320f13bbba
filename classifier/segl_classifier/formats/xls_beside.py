"""What an Excel sheet of before 2007 says beside its cells (MS-XLS §2.4): heads and feet, comments, drawings, prompts,
lists to choose from, links, names, and the literals of formulas.

Each record that holds words has a function here, which gives them. Strings of Excel 5 and 95 are in a code page and
have no flags (:class:`Letters`).
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from segl_classifier.formats.biff import string
from segl_classifier.formats.shapes import words_of_shapes
from segl_classifier.formats.sheet import printed

_NAME, _NOTE, _TXO, _HEADER, _FOOTER = 0x18, 0x1C, 0x1B6, 0x14, 0x15
_VALIDATION, _SERIES, _LINK, _DRAWING = 0x1BE, 0x100D, 0x1B8, 0xEC
_LITERAL = 0x17  # ptgStr: length, width and letters of a text in a formula (§2.5.198.89)


class Letters:
    """How the strings of a workbook are written."""

    def __init__(self) -> None:
        self.page = "cp1252"
        self.old = False  # Excel 5 and 95: strings without flags, in a code page

    def text(self, data: bytes, place: int, *, short: bool = False) -> str:
        """The string at *place*, its length in one byte (*short*) or two."""
        if not self.old:
            return string(data, place, short=short)
        length = data[place] if short else struct.unpack_from("<H", data, place)[0]
        place += 1 if short else 2
        return data[place : place + length].decode(self.page, "replace")


def words_of(kind: int, pieces: list[bytes], letters: Letters) -> list[str]:
    """The words of a record of this *kind*, whose data and continuations are *pieces*; may be empty ones."""
    read = _READ.get(kind)
    return read(pieces, letters) if read is not None else []


def literals(formula: bytes) -> list[str]:
    """The texts that stand in a formula. An entry in a list to choose from ends with a zero."""
    found: list[str] = []
    at = formula.find(_LITERAL)
    while at >= 0 and at + 3 <= len(formula):
        length, wide = formula[at + 1], formula[at + 2]
        size = length * (2 if wide else 1)
        raw = formula[at + 3 : at + 3 + size]
        text = raw.decode("utf-16-le" if wide else "latin-1", "replace").replace("\0", "\n")
        if length and wide < 2 and len(raw) == size and text.replace("\n", "").isprintable():
            found.append(text)
            at += 2 + size
        at = formula.find(_LITERAL, at + 1)
    return found


def _printed(pieces: list[bytes], letters: Letters) -> list[str]:
    data = pieces[0]
    return [printed(letters.text(data, 0, short=letters.old))] if data else []


def _drawn(pieces: list[bytes], letters: Letters) -> list[str]:
    """The text of a drawing or a comment: in the continuation, a byte that tells the width before it."""
    length = struct.unpack_from("<H", pieces[0], 10)[0]
    found = ""
    for piece in pieces[1:]:
        if len(found) >= length or not piece:
            break
        found += piece[1:].decode("utf-16-le" if piece[0] & 1 else "latin-1", "replace")
    return [found[:length].replace("\r", "\n")]


def _shapes(pieces: list[bytes], letters: Letters) -> list[str]:
    return words_of_shapes(b"".join(pieces))


def _note(pieces: list[bytes], letters: Letters) -> list[str]:
    data = pieces[0]
    if letters.old:
        return [data[6:].decode(letters.page, "replace")]
    return [string(data, 8)]  # the author; the text is that of a drawing


def _validation(pieces: list[bytes], letters: Letters) -> list[str]:
    """Titles and texts of what is shown when a cell is chosen, and when it is filled in wrongly; then the formulas,
    which name the entries to choose from."""
    data, place, found = pieces[0], 4, []
    for _ in range(4):
        text = string(data, place)
        found.append(text.strip("\0"))
        place += 3 + len(text) * (2 if data[place + 2] & 1 else 1)
    return found + literals(data[place:])


def _link(pieces: list[bytes], letters: Letters) -> list[str]:
    """Where a link leads: UTF-16 text between other things."""
    text = pieces[0][32:].decode("utf-16-le", "ignore")
    return ["".join(letter if letter.isprintable() else " " for letter in text).strip()]


def _defined(pieces: list[bytes], letters: Letters) -> list[str]:
    data = pieces[0]
    if letters.old or len(data) < 15:
        return []
    length, wide = data[3], data[14] & 1
    end = 15 + length * (2 if wide else 1)
    name = data[15:end].decode("utf-16-le" if wide else "latin-1", "replace")
    size = struct.unpack_from("<H", data, 4)[0]
    return [*([name] if len(name) > 1 else []), *literals(data[end : end + size])]


def _series(pieces: list[bytes], letters: Letters) -> list[str]:
    return [letters.text(pieces[0], 2, short=True)]


_READ: dict[int, Callable[[list[bytes], Letters], list[str]]] = {
    _HEADER: _printed,
    _FOOTER: _printed,
    _TXO: _drawn,
    _DRAWING: _shapes,
    _NOTE: _note,
    _VALIDATION: _validation,
    _LINK: _link,
    _NAME: _defined,
    _SERIES: _series,
}
