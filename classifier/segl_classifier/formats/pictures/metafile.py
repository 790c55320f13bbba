"""Windows metafiles, EMF and WMF (MS-EMF, MS-WMF, MS-EMFPLUS): drawings whose words stand in them as words.

A metafile is a list of commands to draw. A range of cells or a chart that was pasted as a picture writes its words by
commands of text, which are read here exactly. Commands next to one another at the same height are a line; the widths
of their letters tell whether two of them touch, as the halves of a number that was written in two fonts do.

Not read: bitmaps (those of GDI+ that are files are handed on), letters written as numbers of glyphs, outlines.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

_TEXT = {83: 1, 84: 2}  # EMR_EXTTEXTOUTA, EMR_EXTTEXTOUTW: bytes of a letter
_SEVERAL = {96: 1, 97: 2}  # EMR_POLYTEXTOUTA, EMR_POLYTEXTOUTW
_SMALL_TEXT = 108
_COMMENT = 70
_BITMAPS = frozenset((*range(76, 82), 114, 116))
_GLYPHS, _NO_RECTANGLE, _SMALL_LETTERS = 0x10, 0x100, 0x200
_PLUS_HEADER, _PLUS_OBJECT, _PLUS_STRING, _PLUS_DRIVER_STRING = 0x4001, 0x4008, 0x401C, 0x4036
_WMF_TEXT, _WMF_EXTENDED_TEXT = 0x0521, 0x0A32
_WMF_BITMAPS = frozenset((0x0922, 0x0940, 0x0B23, 0x0B41, 0x0D33, 0x0F43))
_LARGE = 30_000  # bytes of a bitmap: a scanned page takes 270 000, in black and white
_MOST_RECORDS = 1_000_000
_BROKEN = (struct.error, IndexError, ValueError)


@dataclass(slots=True)
class Drawing:
    """``lines`` are the words in it, ``pictures`` the files in it; ``gaps`` when something in it was not understood,
    ``glyphs`` how many letters of it stand there as numbers of glyphs, which only their font knows."""

    lines: list[str] = field(default_factory=list)
    pictures: list[bytes] = field(default_factory=list)
    gaps: bool = False
    glyphs: int = 0
    again: bool = False  # it is the other drawing once more
    left: int = 0  # so many letters may still come: commands may say that they share theirs
    _line: list[str] = field(default_factory=list)
    _height: int | None = None
    _end: float | None = None
    _width: float = 0.0

    def put(self, text: str, x: int, y: int, widths: tuple[int, ...] = ()) -> None:
        """*text* was written at *x* and *y*."""
        self.left -= len(text)
        if y != self._height:
            self.end_line()
        elif self._line:
            touches = self._end is not None and abs(x - self._end) <= self._width / 3
            self._line.append("" if touches else "\t")
        self._line.append(text)
        self._height = y
        self._width = abs(sum(widths)) / max(len(widths), 1)
        self._end = x + sum(widths) if widths else None

    def leave(self, glyphs: int) -> None:
        """So many letters cannot be read."""
        self.gaps = self.gaps or glyphs > 0
        self.glyphs += glyphs

    def end_line(self) -> None:
        if line := "".join(self._line).strip():
            self.lines.append(line)
        self._line.clear()


def read_metafile(data: bytes, kind: str) -> Drawing:
    """What stands in the metafile *data*, of the *kind* ``image/emf`` or ``image/wmf``. Never raises."""
    drawing, plus = Drawing(left=len(data)), Drawing(left=len(data))
    try:
        if kind == "image/emf":
            _read_emf(data, drawing, plus)
        else:
            _read_wmf(data, drawing)
    except _BROKEN:
        drawing.gaps = True
    drawing.end_line()
    plus.end_line()
    drawing.lines += plus.lines
    drawing.pictures += plus.pictures
    drawing.gaps = drawing.gaps or plus.gaps
    drawing.glyphs = min(drawing.glyphs, plus.glyphs) if plus.again else drawing.glyphs + plus.glyphs
    return drawing


def _read_emf(data: bytes, drawing: Drawing, plus: Drawing) -> None:
    """The commands of the drawing, and those of GDI+ for *plus*: they may stand between halves of a line."""
    place = 0
    for _ in range(_MOST_RECORDS):
        if place + 8 > len(data):
            return
        kind, size = struct.unpack_from("<II", data, place)
        if size < 8:
            break
        record = data[place : place + size]
        if kind in _TEXT:
            _emf_text(record, 36, _TEXT[kind], drawing)
        elif kind in _SEVERAL:
            for number in range(min(struct.unpack_from("<I", record, 36)[0], len(record) // 40)):
                _emf_text(record, 40 + 40 * number, _SEVERAL[kind], drawing)
        elif kind == _SMALL_TEXT:
            _small_text(record, drawing)
        elif kind == _COMMENT and record[12:16] == b"EMF+":
            _read_plus(record, plus)
        elif kind in _BITMAPS and size > _LARGE:
            drawing.gaps = True
        place += size
    drawing.gaps = True


def _emf_text(record: bytes, at: int, width: int, drawing: Drawing) -> None:
    """The text that is described *at* a place in the record (MS-EMF §2.2.5)."""
    x, y, count, start, options = struct.unpack_from("<iiIII", record, at)
    (start_widths,) = struct.unpack_from("<I", record, at + 36)
    if options & _GLYPHS or count > drawing.left:
        drawing.leave(count)
        return
    raw = record[start : start + count * width]
    widths: tuple[int, ...] = ()
    if start_widths and start_widths + 4 * count <= len(record):
        widths = struct.unpack_from(f"<{count}i", record, start_widths)
    drawing.put(_decoded(raw, width), x, y, widths)


def _small_text(record: bytes, drawing: Drawing) -> None:
    """A text without widths (MS-EMF §2.3.5.37)."""
    x, y, count, options = struct.unpack_from("<iiII", record, 8)
    start = 36 if options & _NO_RECTANGLE else 52
    width = 1 if options & _SMALL_LETTERS else 2
    if options & _GLYPHS:
        drawing.leave(count)
    else:
        drawing.put(_decoded(record[start : start + count * width], width), x, y)


def _read_plus(comment: bytes, drawing: Drawing) -> None:
    """Commands of GDI+ in a comment: the same drawing once more, or the only one (MS-EMFPLUS §2.3)."""
    place = 16
    while place + 12 <= len(comment):
        kind, flags, size, length = struct.unpack_from("<HHII", comment, place)
        if size < 12:
            break
        content = comment[place + 12 : place + min(size, 12 + length)]
        if kind == _PLUS_STRING:
            count, x, y = struct.unpack_from("<Iff", content, 8)
            drawing.put(_decoded(content[28 : 28 + 2 * count], 2), _whole(x), _whole(y))
        elif kind == _PLUS_DRIVER_STRING:
            options, _matrix, count = struct.unpack_from("<III", content, 4)
            places = 16 + 2 * count
            if options & 1:  # letters, not glyphs
                x, y = struct.unpack_from("<ff", content, places)
                drawing.put(_decoded(content[16:places], 2), _whole(x), _whole(y))
            else:
                drawing.leave(count)
        elif kind == _PLUS_HEADER:
            drawing.again = drawing.again or bool(flags & 1)
        elif kind == _PLUS_OBJECT and flags >> 8 & 0x7F == 5:  # a picture; a file when its form is 1
            if struct.unpack_from("<I", content, 24)[0] == 1:
                drawing.pictures.append(content[28:])
            drawing.gaps = drawing.gaps or length > _LARGE or bool(flags & 0x8000)  # one in several comments
        place += size


def _read_wmf(data: bytes, drawing: Drawing) -> None:
    place = 22 if data.startswith(b"\xd7\xcd\xc6\x9a") else 0
    place += 2 * struct.unpack_from("<H", data, place + 2)[0]
    for _ in range(_MOST_RECORDS):
        if place + 6 > len(data):
            return
        words, kind = struct.unpack_from("<IH", data, place)
        if words < 3:
            break
        record = data[place : place + 2 * words]
        if kind == _WMF_TEXT:
            (count,) = struct.unpack_from("<H", record, 6)
            y, x = struct.unpack_from("<hh", record, 8 + count + count % 2)
            drawing.put(_decoded(record[8 : 8 + count], 1), x, y)
        elif kind == _WMF_EXTENDED_TEXT:
            y, x, count, options = struct.unpack_from("<hhHH", record, 6)
            start = 22 if options & 6 else 14
            after = start + count + count % 2
            widths = (
                struct.unpack_from(f"<{count}h", record, after) if after + 2 * count <= len(record) else ()
            )
            if options & _GLYPHS:
                drawing.leave(count)
            else:
                drawing.put(_decoded(record[start : start + count], 1), x, y, widths)
        elif kind in _WMF_BITMAPS and 2 * words > _LARGE:
            drawing.gaps = True
        place += 2 * words
    drawing.gaps = True


def _decoded(raw: bytes, width: int) -> str:
    return raw.decode("utf-16-le" if width == 2 else "cp1252", "replace")


def _whole(number: float) -> int:
    """Coordinates may be anything that is stored as a number, such as infinity."""
    return round(number) if abs(number) < 1e9 else 0
