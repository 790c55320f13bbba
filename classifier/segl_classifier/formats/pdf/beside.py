"""What stands in a PDF and on no page of it: properties, and all strings and files of its objects not read otherwise.

The strings are those that :mod:`.copy` finds, without what pages, notes and forms said already. Nothing is asked of
where in the file they stand: a program may show them, and whoever gets the file has them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from itertools import chain, islice

import pypdfium2 as pdfium
import pypdfium2.raw as api

from segl.vocabulary import Unreadable
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.pdf.copy import Copy
from segl_classifier.formats.pdf.string import wide_string
from segl_classifier.formats.pictures import xmp
from segl_classifier.formats.pictures.words import words_of

_PROPERTIES = ("Title", "Author", "Subject", "Keywords", "Company", "Manager", "Comments", "Category")
_MOST_XMP = 1_000  # a brochure has one for each picture
_MOST_XMP_BYTES, _LONGEST_XMP = 10_000_000, 5_000_000  # of all, and of one

_PLACES = {
    **dict.fromkeys(("Alt", "ActualText", "E"), "alternative text"),
    **dict.fromkeys(("V", "RV", "DV", "Opt", "TU", "T", "CA"), "form field"),
    **dict.fromkeys(("Contents", "RC", "Subj", "OverlayText"), "note"),
    **dict.fromkeys(("Reason", "Location", "ContactInfo"), "signature"),
    **dict.fromkeys(("F", "UF", "Unix", "DOS", "Mac", "URI", "Desc"), "links and files"),
    "JS": "script",
}
_OTHERS = "properties"
_HEAD_OF_PICTURE = 1_000_000  # bytes: what stands in a JPEG beside the picture stands before it
_LONGEST_DRAWING = 5_000_000  # bytes of a pattern or a mask
_LETTERS = re.compile(rb"(?<!\S)BT(?!\S)")  # begin there
_RICH = ("RC", "RV")
_LINE_END = re.compile(r"</(?:p|div|li|h\d)\s*>|<br\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*+>")


def read_properties(document: pdfium.PdfDocument, data: bytes, copy: Copy, harvest: Harvest) -> None:
    """The properties of the file, in both places where they may stand."""
    values = ((key, wide_string(api.FPDF_GetMetaText, document.raw, key.encode())) for key in _PROPERTIES)
    harvest.lines([f"{key}: {value}" for key, value in values if value], "properties")
    clear = list(islice(xmp.packets(data), _MOST_XMP + 1))
    # LibreOffice and Ghostscript leave them in clear in a file that is locked, and do not always say so
    # (EncryptMetadata, ISO 32000-1 §7.6.3.2): PDFium makes noise of each of them.
    locked = api.FPDF_GetSecurityHandlerRevision(document.raw) >= 0
    _read_packets(chain(clear, copy.properties(_LONGEST_XMP)), len(clear) if locked else 0, harvest)


def _read_packets(packets: Iterable[bytes | None], read_twice: int, harvest: Harvest) -> None:
    """Properties in XML: those of the file, and of each picture in it that has some. None are some that are too large,
    or packed in a way that is not known: for *read_twice* of them that is no gap."""
    found: dict[str, None] = {}
    known: set[bytes] = set()
    left = _MOST_XMP_BYTES
    for packet in packets:
        left -= len(packet or b"")
        if len(known) >= _MOST_XMP or left < 0:
            harvest.lack(Unreadable.TOO_MANY, "properties in XML")
            break
        if packet is None:
            read_twice -= 1
            if read_twice < 0:
                harvest.lack(Unreadable.DAMAGED, "properties in XML")
        elif packet not in known:
            known.add(packet)
            found.update(dict.fromkeys(xmp.lines_of(packet, harvest.left)))
    harvest.lines(list(found), "properties")


def read_strings(copy: Copy, harvest: Harvest) -> None:
    """The strings of the file that nothing before said."""
    if not copy.whole:
        harvest.lack(Unreadable.DAMAGED, "the objects of a pdf")
    strings = list(copy.strings())
    said = harvest.said() if strings else set()
    found: dict[str, list[str]] = {}
    for key, text in strings:
        place = _PLACES.get(key, _OTHERS)
        lines = _rich(text) if key in _RICH else text.splitlines()
        for line in lines:
            label = key if place == _OTHERS else ""
            if line not in said and not xmp.is_housekeeping(label, line):
                found.setdefault(place, []).append(f"{label}: {line}" if label else line)
    for place, lines in found.items():
        harvest.lines(lines, place)


def read_pictures(copy: Copy, harvest: Harvest) -> None:
    """The words in the files of pictures, and not on them, as in any other document (:mod:`.pictures.words`). Their
    properties in XML are read with those of the file."""
    lines: dict[str, None] = {}
    for picture in copy.jpegs(_HEAD_OF_PICTURE):
        words = words_of(picture, "image/jpeg")
        lines.update(dict.fromkeys(words.lines))
        if words.cut:
            harvest.lack(Unreadable.TOO_LARGE, "more words in a picture than are read")
    harvest.lines(list(lines), "properties of a picture")


def tell_painted(copy: Copy, harvest: Harvest) -> None:
    """Tell of letters in patterns and masks: they are painted on a page, and no text of it."""
    if any(drawing is None or _LETTERS.search(drawing) for drawing in copy.painted(_LONGEST_DRAWING)):
        harvest.lack(Unreadable.UNKNOWN_TYPE, "letters in a pattern")


def read_files(copy: Copy, harvest: Harvest) -> None:
    """Files that stand in no list of files: beside a page, in a film, behind a note."""
    for name, data in copy.files(harvest.bytes_left):
        if data is None:
            harvest.lack(Unreadable.DAMAGED, "a file inside")
        elif not harvest.holds(data):
            harvest.file(name, "", data)


def _rich(text: str) -> list[str]:
    """The lines of a rich text, which is XHTML (ISO 32000-1 §12.7.3.4)."""
    return html.unescape(_TAG.sub("", _LINE_END.sub("\n", text))).splitlines()
