"""Word documents of 1997 to 2003 (MS-DOC), with Word 6 and 95 as far as their text stands in one piece.

The stream ``WordDocument`` begins with the file information block (FIB), which says where everything is. The text lies
in pieces, in the order in which it was written; the piece table, in the stream ``1Table`` or ``0Table``, brings them
into reading order. A piece is in UTF-16 or, to save room, in Windows-1252. All stories follow one another in that
order: the body, footnotes, heads and feet, comments, endnotes, text boxes; the FIB gives the length of each.

Signs of the text: 13 ends a paragraph, 7 ends a cell and the row after its last cell, 19–20–21 enclose the
instruction and the result of a field. Text deleted with changes tracked stands in the text like any other; which
letters are deleted is a matter of their formatting (:mod:`.doc_changes`).
"""

from __future__ import annotations

import re
import struct

from segl.vocabulary import Unreadable
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.office97.doc_changes import Text, changes, within
from segl_classifier.formats.office97.doc_fields import words_of_fields
from segl_classifier.formats.office97.doc_strings import strings_beside
from segl_classifier.formats.ole.art import take_pictures
from segl_classifier.formats.ole.shapes import words_of_shapes
from segl_classifier.formats.ole.storage import Storage

_STORIES = (
    (0x4C, ""),
    (0x50, "footnote"),
    (0x54, "header or footer"),
    (0x58, "macro"),
    (0x5C, "comment"),
    (0x60, "endnote"),
    (0x64, "text box"),
    (0x68, "text box"),
)
_WORD_97 = 0xC1
_ENCRYPTED, _SECOND_TABLE = 0x0100, 0x0200
_FIELD = re.compile(r"\x13([^\x13\x14\x15]*)(?:\x14|(?=\x15))")
_SIGNS = str.maketrans(
    {"\r": "\n", "\x0b": "\n", "\x0c": "\n", "\x0e": "\n", "\x1e": "-", "\xa0": "\xa0"}
    | dict.fromkeys("\x01\x02\x03\x04\x05\x06\x08\x14\x15\x1f", "")
)


def read_word(storage: Storage, harvest: Harvest) -> None:
    """The text of all stories, field codes, fields of forms, drawings and pictures."""
    stream = storage.read("WordDocument")
    if len(stream) < 0x20 or stream[:2] not in (b"\xec\xa5", b"\xdc\xa5", b"\x9b\xa5"):
        harvest.lack(Unreadable.DAMAGED, "no Word document")
        return
    version, flags = struct.unpack_from("<H6xH", stream, 2)
    if flags & _ENCRYPTED:
        harvest.lack(Unreadable.ENCRYPTED, "a Word file with a password")
        return
    if version < _WORD_97:
        _read_old(stream, harvest)
        return
    table = storage.read("1Table" if flags & _SECOND_TABLE else "0Table")
    text = _text(stream, table, harvest)
    place = 0
    for offset, called in _STORIES:
        size = struct.unpack_from("<i", stream, offset)[0] if len(stream) >= offset + 4 else 0
        if size > 0:
            _story(text, place, place + size, called, harvest)
            place += size
    _story(text, place, len(text.letters), "beside the text", harvest)
    data = storage.read("Data")
    take_pictures(data, harvest)
    take_pictures(stream, harvest)
    harvest.lines(words_of_fields(data), "form field")
    harvest.lines([*words_of_shapes(table), *words_of_shapes(data)], "drawing")
    harvest.lines(strings_beside(stream, table), "properties")


def _story(text: Text, start: int, end: int, place: str, harvest: Harvest) -> None:
    """One story as it reads now, and those of its lines that read otherwise before a change was tracked."""
    now, codes = _lines(text.now(start, end))
    harvest.text(now, place)
    harvest.lines([code for code in codes if len(code) > 12], "field code")
    if text.is_changed(start, end):
        known = set(now.split("\n"))
        before, _ = _lines(text.before(start, end))
        harvest.lines([line for line in before.split("\n") if line not in known], "before tracked changes")
    if text.hides(start, end):
        shown, _ = _lines(text.shown(start, end))
        harvest.lines(shown.split("\n"), "as displayed")


def _text(stream: bytes, table: bytes, harvest: Harvest) -> Text:
    """The whole text, by the piece table (MS-DOC §2.4.1)."""
    try:
        place, size = struct.unpack_from("<II", stream, 0x1A2)
        end = place + size
        while place < end and table[place] == 1:  # formatting that comes before the table
            place += 3 + struct.unpack_from("<H", table, place + 1)[0]
        size = struct.unpack_from("<I", table, place + 1)[0] if table[place] == 2 else 0
        plc = table[place + 5 : place + 5 + size]
        count = (len(plc) - 4) // 12  # negative, and an error below, when there is no table
        starts = struct.unpack_from(f"<{count + 1}I", plc)
        places = [
            struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * number + 2)[0] for number in range(count)
        ]
    except (struct.error, IndexError, ValueError):
        harvest.lack(Unreadable.DAMAGED, "the piece table of a Word file")
        return Text("")
    text = Text("")
    deleted, inserted, hidden = changes(stream, table)
    pieces: list[str] = []
    size = 0
    left = harvest.allowance.chars
    for number, at in enumerate(places):
        length = starts[number + 1] - starts[number]
        if length < 0 or at & 0x3FFFFFFF > 2 * len(stream):
            harvest.lack(Unreadable.DAMAGED, "a piece of a Word file")
            continue
        if at & 0x40000000:
            start, width = (at & 0x3FFFFFFF) // 2, 1
            piece = stream[start : start + length].decode("cp1252", "replace")
        else:
            start, width = at, 2
            piece = _wide(stream[at : at + 2 * length])
        text.deleted += within(deleted, start, length, width, size)
        text.inserted += within(inserted, start, length, width, size)
        text.hidden += within(hidden, start, length, width, size)
        size += len(piece)
        if len(piece) < length:
            harvest.lack(Unreadable.DAMAGED, "a Word file cut off")
        left -= len(piece)
        if left < 0:
            harvest.overflow()
            break
        pieces.append(piece)
    text.letters = "".join(pieces)
    return text


def _read_old(stream: bytes, harvest: Harvest) -> None:
    """Word 6 and 95: the text in one piece, unless the file was saved quickly."""
    first, last = struct.unpack_from("<II", stream, 0x18)
    if stream[0x0A] & 0x04:
        harvest.lack(Unreadable.DAMAGED, "an old Word file saved in pieces")
    text = Text(stream[first:last].decode("cp1252", "replace"))
    _story(text, 0, len(text.letters), "", harvest)


def _lines(text: str) -> tuple[str, list[str]]:
    """*text* as lines, and the instructions of its fields."""
    codes: list[str] = []

    def keep(field: re.Match[str]) -> str:
        codes.append(field[1].strip())
        return ""

    for _ in range(3):  # fields in fields
        text, found = _FIELD.subn(keep, text)
        if not found:
            break
    text = text.replace("\x13", "")
    if "\x07" in text:
        text = _rows(text)
    return text.translate(_SIGNS).encode("utf-16", "surrogatepass").decode("utf-16", "replace"), codes


def _wide(data: bytes) -> str:
    """UTF-16 with one letter for each unit, as the piece table counts them, beyond the basic plane too."""
    text = data[: len(data) & ~1].decode("utf-16-le", "surrogatepass")
    if len(text) < len(data) // 2:
        text = "".join(map(chr, struct.unpack(f"<{len(data) // 2}H", data[: len(data) & ~1])))
    return text


def _rows(text: str) -> str:
    """Cells end with a sign, rows with one more. A row is as long as the first of its table, or, when that does not
    come out, as long as it takes to the next empty cell."""
    cells = text.split("\x07")
    lines: list[str] = []
    row: list[str] = []
    width = 0
    for number, cell in enumerate(cells):
        last = number == len(cells) - 1
        if not row and not last:  # text before the table ends where its last paragraph does
            before, _, cell = cell.rpartition("\r")
            if before:
                lines.append(before)
                width = 0
        ends = not cell and row and (len(row) == width or not width or len(row) > width)
        if last:
            if row:
                lines.append("\t".join(row))
            lines.append(cell)
        elif ends or (not cell and row and _next_is_longer(cells, number, width)):
            width = width or len(row)
            lines.append("\t".join(row))
            row = []
        else:
            row.append(cell.replace("\r", " ").replace("\x0b", " "))
    return "\n".join(lines)


def _next_is_longer(cells: list[str], number: int, width: int) -> bool:
    """Whether the mark at *number* must end a row of merged cells: the row's own end would not be empty."""
    behind = number + 1
    return width > 0 and behind < len(cells) and bool(cells[behind]) and "\r" in cells[behind]
