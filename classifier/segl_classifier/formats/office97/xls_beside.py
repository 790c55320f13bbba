"""What an Excel sheet of before 2007 says beside its cells (MS-XLS §2.4): heads and feet, comments, drawings, prompts,
lists to choose from, links, names, filters, scenarios, names of other workbooks, and the literals of formulas.

Each record that holds words has a function here, which gives them. Strings of Excel 5 and 95 are in a code page and
have no flags (:class:`Letters`).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

from segl_classifier.formats.cells import numbers
from segl_classifier.formats.office97.biff import Strings, string
from segl_classifier.formats.ole.shapes import words_of_shapes
from segl_classifier.formats.ooxml.sheet import printed

_NAME, _NOTE, _TXO, _HEADER, _FOOTER = 0x18, 0x1C, 0x1B6, 0x14, 0x15
_VALIDATION, _SERIES, _LINK, _DRAWING = 0x1BE, 0x100D, 0x1B8, 0xEC
_CONDITION, _MORE_OF_CONDITION = 0x1B1, 0x87A
_HEADS, _SCENARIO, _FILTER, _MORE_OF_FILTER, _HINT, _OTHER_BOOK = 0x89C, 0xAF, 0x9E, 0x87F, 0x800, 0x1AE
_BEFORE_HEADS = 30  # bytes: a mark of the record, one of the view, flags
_BEFORE_HINT, _BEFORE_CRITERION = 10, 12
_A_PACKED, _A_NUMBER, _A_TEXT = 2, 4, 6  # what a filter compares with
_CRITERION = 10  # bytes
_LONGEST_PATH = 255  # greater numbers say that it is this workbook, or an add-in
_MARK = re.compile(r"[\0-\x1f]+")
_RUN = re.compile(r"[^\0-\x1f\x7f-\x9f]{3,}")  # in a record of Excel 5 and 95
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


def _condition(pieces: list[bytes], letters: Letters) -> list[str]:
    """The texts that decide how a cell looks (§2.4.42, §2.4.43)."""
    return [] if letters.old else literals(pieces[0])


def _series(pieces: list[bytes], letters: Letters) -> list[str]:
    return [letters.text(pieces[0], 2, short=True)]


def _heads(pieces: list[bytes], letters: Letters) -> list[str]:
    """Heads and feet of even pages and of the first one (§2.4.137)."""
    strings = Strings(pieces)
    strings.take(_BEFORE_HEADS)
    lengths = struct.unpack("<4H", strings.take(8))
    return [printed(strings.next()) for length in lengths if length]


def _scenario(pieces: list[bytes], letters: Letters) -> list[str]:
    """What cells hold if it comes to pass (§2.4.244): its name, who made it, his comment, and the values."""
    if letters.old:
        return _runs(pieces, letters)
    strings = Strings(pieces)
    count, name, comment, _user = struct.unpack("<HxxBBB", strings.take(7))
    found = [strings.of_length(name), strings.next()]
    if comment:
        found.append(strings.next())
    strings.take(4 * count)
    return found + [strings.next() for _ in range(count)]


def _filter(pieces: list[bytes], letters: Letters) -> list[str]:
    """The two values that a column is compared with (§2.4.6)."""
    if letters.old:
        return _runs(pieces, letters)
    strings = Strings(pieces)
    criteria = strings.take(4 + 2 * _CRITERION)[4:]
    return [
        text
        for at in (0, _CRITERION)
        if (text := _compared(criteria[at : at + _CRITERION], strings)) is not None
    ]


def _more_of_filter(pieces: list[bytes], letters: Letters) -> list[str]:
    """One of many values (§2.4.7). Other records go on in records of this type, too."""
    data = pieces[0]
    criterion = data[_BEFORE_CRITERION : _BEFORE_CRITERION + _CRITERION]
    behind = data[_BEFORE_CRITERION + _CRITERION :]
    if len(criterion) < _CRITERION or criterion[0] != _A_TEXT or not behind:
        return []
    if len(behind) != 1 + criterion[6] * (2 if behind[0] & 1 else 1):
        return []
    return [Strings([behind]).of_length(criterion[6])]


def _compared(criterion: bytes, strings: Strings) -> str | None:
    """A value, its letters among *strings*."""
    kind = criterion[0]
    if kind == _A_TEXT:
        return strings.of_length(criterion[6])
    if kind == _A_NUMBER:
        return numbers.plain(struct.unpack_from("<d", criterion, 2)[0])
    if kind == _A_PACKED:
        return numbers.plain(numbers.unpacked(struct.unpack_from("<I", criterion, 2)[0]))
    return None


def _hint(pieces: list[bytes], letters: Letters) -> list[str]:
    """What is shown beside a link under the mouse (§2.4.141)."""
    return [pieces[0][_BEFORE_HINT:].decode("utf-16-le", "replace").partition("\0")[0]]


def _other_book(pieces: list[bytes], letters: Letters) -> list[str]:
    """Where another workbook is, with marks in place of some strokes, and the names of its sheets (§2.4.271)."""
    strings = Strings(pieces)
    sheets, length = struct.unpack("<HH", strings.take(4))
    if not 0 < length <= _LONGEST_PATH:
        return []
    path = _MARK.sub(" ", strings.of_length(length)).strip()
    return [path, *(strings.next() for _ in range(sheets))]


def _runs(pieces: list[bytes], letters: Letters) -> list[str]:
    """Whatever looks like words."""
    return _RUN.findall(b"".join(pieces).decode(letters.page, "replace"))


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
    _CONDITION: _condition,
    _MORE_OF_CONDITION: _condition,
    _HEADS: _heads,
    _SCENARIO: _scenario,
    _FILTER: _filter,
    _MORE_OF_FILTER: _more_of_filter,
    _HINT: _hint,
    _OTHER_BOOK: _other_book,
}
