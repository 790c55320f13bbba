"""What a reader of rich text keeps: the open groups, the code pages of the fonts, and the lines so far."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto

from segl_classifier.formats.cells.numbers import says_something
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.mapi import codec
from segl_classifier.formats.ole.beside import read_data_store_in
from segl_classifier.formats.ole.objects import take_ole1
from segl_classifier.formats.pictures.picture import from_dib, picture, unknown
from segl_classifier.formats.rtf.page import REPEATED_TAG, TAG, PackedPage


class Destination(Enum):
    TEXT = auto()
    ASIDE = auto()  # text that stands by itself: a header, a comment, a text box, a property
    FONTS = auto()
    PICTURE = auto()
    OBJECT = auto()
    DATA = auto()  # that fields of the document are bound to
    MARKUP = auto()  # tags of the page that is packed into the text
    LAYOUT = auto()  # not text at all


# Destinations that hold text, and what to call their place.
PLACES: dict[str, str] = dict.fromkeys(("header", "headerl", "headerr", "headerf"), "header")
PLACES |= dict.fromkeys(("footer", "footerl", "footerr", "footerf"), "footer")
PLACES |= dict.fromkeys(
    "title subject author operator keywords doccomm company manager category".split(), "properties"
)
PLACES |= dict.fromkeys(("comment", "hlinkbase", "propname", "staticval", "docvar"), "properties")
PLACES |= dict.fromkeys(("annotation", "atnid", "atnauthor"), "comment")
PLACES |= dict.fromkeys(("ffname", "ffdeftext", "ffformat", "ffhelptext", "ffstattext", "ffl"), "form field")
PLACES |= {
    "footnote": "footnote",
    "shptxt": "text box",
    "fldinst": "field code",
    "bkmkstart": "bookmark",
    "sv": "shape",
}
# What stands before the paragraphs of a list.
PLACES |= dict.fromkeys(("leveltext", "pntxta", "pntxtb"), "beside a list")
PLACES |= {"revtbl": "authors"}
PLACES |= {"pict": "", "objdata": "", "fonttbl": "", "datastore": ""}
PLACES |= dict.fromkeys("colortbl stylesheet sn listtable".split(), "")
_KINDS = {
    "pict": Destination.PICTURE,
    "objdata": Destination.OBJECT,
    "datastore": Destination.DATA,
    "fonttbl": Destination.FONTS,
}
_IN_HEXADECIMAL = frozenset((Destination.PICTURE, Destination.OBJECT, Destination.DATA))
_LAYOUT = frozenset(
    "colortbl stylesheet sn listtable listoverridetable listtext pntext rsidtbl latentstyles themedata pnseclvl"
    " colorschememapping generator xmlnstbl defchp defpap mmathPr wgrffmtfilter pgptbl ftnsep ftnsepc"
    " ftncn aftnsep aftnsepc aftncn panose falt blipuid blipsector oldcprops oldpprops oldtprops oldsprops"
    " passwordhash bkmkend atrfstart atrfend atnref atndate atntime objclass nonshppict"
    " pn background fontemb fontfile cs ts ds s expandedcolortbl datafield lsdlockedexcept objalias rtf".split()
)
_MARKUP = frozenset((TAG, REPEATED_TAG))
_WORDS = frozenset((Destination.TEXT, Destination.ASIDE, Destination.MARKUP))
# Words among layout: of lists, and a comment of AbiWord, which stands in the group that says where it begins.
_AMONG_LAYOUT = frozenset(("leveltext", "pntxta", "pntxtb", "annotation", "atnauthor"))
_FLOWS = frozenset(
    ("shpinst", "nesttableprops", "fldrslt", "ud", "result", "shpgrp", "do", "userprops", "sp", "picprop")
)
_WINDOWS = {
    0: 1252, 1: 0, 77: 10000, 128: 932, 129: 949, 130: 1361, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258,
    177: 1255, 178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250, 254: 437, 255: 850,
}  # fmt: skip
_NAMES = {10000: "mac_roman", 65001: "utf-8"}  # the text is bytes: no UTF-16
_HEX = re.compile(rb"[^0-9a-fA-F]+")
_NUMBER_ONLY = re.compile(r"[-\d.,;e+ ]{0,6}|-?\d+|[\d;,()\s-]{12,}")


@dataclass(slots=True)
class Group:
    """What holds between two braces."""

    destination: Destination = Destination.TEXT
    place: str = ""
    font: int = -1
    substitutes: int = 1
    deleted: bool = False
    added: bool = False
    hidden: bool = False
    rich_only: bool = False  # of the rich text, and not of the page that is packed into it
    ignorable: bool = False
    fresh: bool = False  # nothing but \\* has come yet
    opened: bool = False  # this very group is the destination

    def inner(self) -> Group:
        now = (
            self.destination,
            self.place,
            self.font,
            self.substitutes,
            self.deleted,
            self.added,
            self.hidden,
            self.rich_only,
        )
        return Group(*now, fresh=True)


@dataclass(slots=True)
class _Flow:
    """A running text: its lines, its open row, its open paragraph now, before a change, and without what is hidden."""

    lines: list[str] = field(default_factory=list)
    row: list[str] = field(default_factory=list)
    now: list[str] = field(default_factory=list)
    before: list[str] | None = None
    shown: list[str] | None = None


class RtfText:
    """The text of one file. ``full`` when no more may be kept."""

    def __init__(self, harvest: Harvest) -> None:
        self.code_page = 1252
        self.font = -1  # being described in the table of fonts
        self.in_table = False
        self.full = False
        self.page = PackedPage(harvest)
        self._harvest = harvest
        self._left = harvest.left
        self._fonts: dict[int, int] = {}
        self._flows = [_Flow()]
        self._raw: list[bytes] = []  # bytes that wait for their neighbours, which may be halves of a letter
        self._raw_page = 1252
        self._high = 0
        self._data: list[bytes] = []
        self._earlier: list[str] = []
        self._shown: list[str] = []

    def raw(self, group: Group, data: bytes) -> None:
        """Bytes of text in the code page of the font."""
        group.fresh = False
        kind = group.destination
        if kind in _IN_HEXADECIMAL:
            self._data.append(_HEX.sub(b"", data))
        elif kind in _WORDS:
            if data.isascii() and not self._raw:
                self.put(group, data.decode("ascii"))
                return
            page = self._fonts.get(group.font, 0) or self.code_page
            if self._raw and page != self._raw_page:
                self._flush(group)
            self._raw_page = page
            self._raw.append(data)

    def put(self, group: Group, letters: str) -> None:
        """Letters of the text."""
        if group.destination not in _WORDS:
            return
        if self._raw:
            self._flush(group)
        if group.destination is Destination.MARKUP:
            self.page.tag(group.place, letters)
            return
        if not group.rich_only and group.destination is Destination.TEXT:
            self.page.words(letters)
        self._left -= len(letters)
        if self._left < 0:
            self.full = True
            self._harvest.overflow()
            return
        flow = self._flows[-1]
        if group.hidden and flow.shown is None:
            flow.shown = flow.now.copy()
        if flow.shown is not None and not group.hidden and not group.deleted:
            flow.shown.append(letters)
        if not (group.deleted or group.added):
            flow.now.append(letters)
            if flow.before is not None:
                flow.before.append(letters)
            return
        if flow.before is None:
            flow.before = flow.now.copy()
        if not group.deleted:
            flow.now.append(letters)
        if not group.added:
            flow.before.append(letters)

    def unicode(self, group: Group, number: int) -> None:
        """``\\u``: a UTF-16 unit, written as a signed number."""
        unit = number & 0xFFFF
        if 0xD800 <= unit < 0xDC00:
            self._high = unit
        elif 0xDC00 <= unit < 0xE000:
            if self._high:
                self.put(group, chr(0x10000 + ((self._high - 0xD800) << 10) + unit - 0xDC00))
            self._high = 0
        else:
            # Symbol fonts move their letters to the private area.
            self.put(group, chr(unit - 0xF000 if 0xF020 <= unit <= 0xF0FF else unit))

    def binary(self, group: Group, data: bytes) -> None:
        if group.destination in _IN_HEXADECIMAL:
            self._data = [data.hex().encode()]
        elif group.destination is not Destination.LAYOUT:
            self._harvest.file("bytes in the text", "", data)

    def paragraph(self, group: Group) -> None:
        if group.destination not in _WORDS:
            return
        if group.destination is Destination.MARKUP:
            self.put(group, "\n")
            return
        if self.in_table and group.destination is Destination.TEXT:
            self.put(group, " ")
            return
        self._flush(group)
        if not group.rich_only and group.destination is Destination.TEXT:
            self.page.words("\n")
        self._end_line(self._flows[-1])

    def cell(self, group: Group) -> None:
        self._flush(group)
        flow = self._flows[-1]
        flow.row.append("".join(flow.now).replace("\n", " ").replace("\t", " ").strip())
        self._end_before(flow)
        flow.now = []

    def row(self, group: Group) -> None:
        self._flush(group)
        flow = self._flows[-1]
        if flow.row:
            flow.lines.append("\t".join(flow.row))
            flow.row = []

    def open(self, group: Group, word: str) -> None:
        """The control word *word* makes a destination of the group."""
        self._flush(group)
        if word in _FLOWS:
            return
        words = group.destination is Destination.LAYOUT and word in _AMONG_LAYOUT
        if group.destination in (Destination.FONTS, Destination.LAYOUT) and not words:
            return
        if word in _LAYOUT:
            group.destination = Destination.LAYOUT
        elif word in _MARKUP:
            group.destination, group.place = Destination.MARKUP, word
        elif word in _KINDS:
            group.destination, group.opened = _KINDS[word], True
            self._data = []
        else:
            group.destination, group.opened = Destination.ASIDE, True
            group.place = PLACES.get(word, "") or "beside the text"
            group.deleted = group.added = group.hidden = False
            self._flows.append(_Flow())

    def close(self, group: Group) -> None:
        """The group ends; a destination that it opened goes into the harvest."""
        if self._raw:
            self._flush(group)
        if not group.opened:
            return
        if group.destination is Destination.ASIDE:
            flow = self._flows.pop()
            self._end_flow(flow)
            self._harvest.text("\n".join(_worth_telling(flow.lines, group.place)).strip(), group.place)
        elif group.destination in _IN_HEXADECIMAL:
            digits = b"".join(self._data)
            data = bytes.fromhex(digits[: len(digits) & ~1].decode())
            self._data = []
            if group.destination is Destination.PICTURE:
                shown = picture("picture", data, self._harvest)
                if not shown and not picture("picture", from_dib(data), self._harvest):
                    unknown(data, self._harvest)
            elif group.destination is Destination.DATA:
                read_data_store_in(data, self._harvest)
            else:
                take_ole1(data, self._harvest)

    def settle(self, group: Group) -> None:
        """What came so far is of *group* as it is now: something of it is about to change."""
        self._flush(group)

    def finish(self) -> None:
        lines: list[str] = []
        while self._flows:
            flow = self._flows.pop()
            self._end_flow(flow)
            lines += flow.lines
            self._harvest.text("\n".join(flow.lines), "" if not self._flows else "beside the text")
        self.page.take(lines)
        self._harvest.lines(self._earlier, "before tracked changes")
        self._harvest.lines(self._shown, "as displayed")

    def font_charset(self, number: int) -> None:
        if len(self._fonts) < 10_000:
            self._fonts[self.font] = _WINDOWS.get(number, 0)

    def _flush(self, group: Group) -> None:
        if not self._raw:
            return
        data = b"".join(self._raw)
        self._raw = []
        self.put(group, data.decode(codec(self._raw_page, _NAMES), "replace"))

    def _end_line(self, flow: _Flow) -> None:
        line = "".join(flow.now)
        if line.strip():
            flow.lines.append(line)
        self._end_before(flow)
        flow.now = []

    def _end_before(self, flow: _Flow) -> None:
        if flow.before is not None:
            self._earlier.append("".join(flow.before))
            flow.before = None
        if flow.shown is not None:
            self._shown.append("".join(flow.shown))
            flow.shown = None

    def _end_flow(self, flow: _Flow) -> None:
        if flow.row:
            flow.lines.append("\t".join(flow.row))
            flow.row = []
        self._end_line(flow)


def _worth_telling(lines: list[str], place: str) -> list[str]:
    """*lines* of a destination without those that a program writes into every file."""
    if place == "shape":
        return [line for line in lines if not _NUMBER_ONLY.fullmatch(line)]
    if place == "beside a list":
        return [line for line in lines if says_something(line)]
    if place == "authors":  # the first in the table is nobody
        return [name for line in lines for name in line.split(";") if name.strip() not in ("", "Unknown")]
    return lines
