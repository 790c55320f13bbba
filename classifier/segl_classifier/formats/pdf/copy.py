"""The objects of a PDF as plain text: what no function of PDFium gives, and any program shows or sends along.

PDFium writes a copy of the file without its encryption, and each object by itself, not in a stream of many. In it every
string stands readable behind its key: the words for a picture, which a tagged file has in its tree; the value of a
field that stands on no page; the reason for a signature; a property somebody made up; where a link leads. All are taken
but those that :data:`NOISE` names. Streams are passed over, save files and properties in XML (XMP).
"""

from __future__ import annotations

import ctypes
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import pypdfium2 as pdfium
import pypdfium2.raw as api

_MOST_GROWN = 50_000_000  # bytes that the copy may be larger than the file
_METADATA = b"/Metadata"
_IS_METADATA = re.compile(rb"/Type\s*/Metadata\b")  # and does not only name some
# Of noise one packet in 256 begins with "<" as well. XML has no control characters but these (§2.2), in UTF-16 zeros.
_BEGINS_AS_XML = re.compile(
    rb"[\0\xfe\xff\xef\xbb\xbf \t\r\n]*<(?:[^\x01-\x08\x0b\x0c\x0e-\x1f]{100}|[^\x01-\x08\x0b\x0c\x0e-\x1f]{0,99}\Z)"
)
_FLATE = re.compile(rb"/Filter\s*(?:/FlateDecode|\[\s*/FlateDecode\s*\])\s*(?:/|$)")
_MOST_FILES = 1_000
_JPEG = re.compile(rb"/Filter\s*(?:/DCTDecode|\[\s*/DCTDecode\s*\])\s*(?:/|$)")
_PATTERN = re.compile(rb"/PatternType\s*1\b")
_MASK = re.compile(rb"/G (\d{1,10}) \d{1,5} R\s*/S\s*/(?:Luminosity|Alpha)\b")
_STREAM = b">>stream\r\n"
_NUMBER = re.compile(rb"(\d+) \d+ obj\r\n<<")
_ENTRY = re.compile(rb"\d{10} \d{5} n\r?\n")
_ROOT = re.compile(rb"/Root (\d{1,10}) \d{1,5} R\b")
# PDFium writes no line end into a string, so no object seems to end within one.
_OBJECT = re.compile(rb"(?<=\n)(\d{1,10}) \d{1,5} obj\r\n(.*?)\r\nendobj\r\n", re.DOTALL)
_LENGTH = re.compile(rb"/Length (\d+)(?! \d+ R)")
_STRING = re.compile(rb"\(((?:[^()\\]|\\.)*+)\)|(?<!<)<([0-9A-Fa-f]++)>", re.DOTALL)
_KEY = re.compile(rb"[^\s/<>\[\](){}%]*")
_KEY_WITHIN = 60  # bytes before a string
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b" ", b"f": b"\n"}
_CONTROL = re.compile(r"[\0-\x08\x0e-\x1a\x7f]")
_SAYS_SOMETHING = re.compile(r"\w{2}")
_FILES = re.compile(rb"/EF\s*(?:<<([^<>]*)>>|(\d+) \d+ R)")
_REFERENCE = re.compile(rb"(\d+) \d+ R")
_NAME = re.compile(rb"/(?:UF|F|Unix|DOS|Mac)\s*(?:\(((?:[^()\\]|\\.)*+)\)|<([0-9A-Fa-f]++)>)", re.DOTALL)

NOISE = frozenset(
    """ID NM M CreationDate ModDate LastModified Lang Registry Ordering DA DS Producer Creator Dest D Names Limits Nums
    CheckSum CharSet FontFamily Panose DeviceRGB DeviceGray DeviceCMYK CalRGB CalGray Indexed ICCBased ColorSpace
    OutputCondition OutputConditionIdentifier RegistryName U O UE OE Perms Cert Recipients XFA""".split()
)
"""Keys of strings that say nothing of anybody: dates, identifiers, names of programs, fonts and colours."""

_NO_WORDS = re.compile(r"D:\d{4}[\d'+Z-]*|(?:urn:|uuid:|xmp\.\w+:)*[0-9A-Fa-f-]{16,}|#?[0-9A-Fa-f]{6}")


@dataclass(frozen=True, slots=True)
class _Stream:
    head: bytes
    start: int
    end: int


class Copy:
    """The objects of *document*, a file of *size* bytes. ``whole`` is false where PDFium did not write them."""

    def __init__(self, document: pdfium.PdfDocument, size: int) -> None:
        self._data, self.whole = _saved(document, size + _MOST_GROWN)
        self._heads, self._streams = _parted(self._data)

    @property
    def root(self) -> int:
        """The number of the catalog; 0 where the file names none."""
        found = _ROOT.search(self._heads, max(0, self._heads.rfind(b"trailer")))
        return int(found[1]) if found else 0

    def objects(self) -> dict[int, bytes]:
        """All objects by their numbers, without what is in their streams. None at all where some of them were
        not found."""
        found = {int(each[1]): each[2] for each in _OBJECT.finditer(self._heads)}
        listed = sum(1 for _ in _ENTRY.finditer(self._heads, max(0, self._heads.rfind(b"xref\r\n0 "))))
        return found if self.whole and len(found) == listed else {}

    def packed(self, number: int) -> bytes:
        """What is in the stream of an object, as it stands; nothing where it has none."""
        stream = self._streams.get(number)
        return self._data[stream.start : stream.end] if stream is not None else b""

    def strings(self) -> Iterator[tuple[str, str]]:
        """Each string with the key it stands behind."""
        for found in _STRING.finditer(self._heads):
            start = found.start()
            slash = self._heads.rfind(b"/", max(0, start - _KEY_WITHIN), start)
            named = _KEY.match(self._heads, slash + 1, start) if slash >= 0 else None
            key = named[0].decode("latin-1") if named else ""
            if key in NOISE or key.startswith("PTEX"):
                continue
            text = _text(found).strip()
            if _SAYS_SOMETHING.search(text) and not (_CONTROL.search(text) or _NO_WORDS.fullmatch(text)):
                yield key, text

    def files(self, most: int) -> Iterator[tuple[str, bytes | None]]:
        """The files put into the file, with their names: each where it is named first. None is one of more than *most*
        bytes, or packed in a way that is not known here."""
        for number, name in _files(self._heads).items():
            if number in self._streams:
                yield name, _content(self._data, self._streams[number], most)

    def jpegs(self, most: int) -> Iterator[bytes]:
        """The first *most* bytes of each picture that stands in the file as the JPEG that it was."""
        for stream in self._streams.values():
            if _JPEG.search(stream.head):
                yield self._data[stream.start : min(stream.end, stream.start + most)]

    def painted(self, most: int) -> Iterator[bytes | None]:
        """What draws patterns and masks (ISO 32000-1 §8.7.3, §11.5.2), which are no objects of a page. None is some of
        more than *most* bytes, or packed in a way that is not known here."""
        masks = set(map(int, _MASK.findall(self._heads)))
        for number, stream in self._streams.items():
            if number in masks or _PATTERN.search(stream.head):
                yield _content(self._data, stream, most)

    def properties(self, most: int) -> Iterator[bytes | None]:
        """Properties in XML. None are some of more than *most* bytes, or packed in a way that is not known here."""
        for stream in self._streams.values():
            if _METADATA in stream.head:
                content = _content(self._data, stream, most)
                if content or (content is None and _IS_METADATA.search(stream.head)):
                    yield content


def _saved(document: pdfium.PdfDocument, most: int) -> tuple[bytes, bool]:
    out = bytearray()

    def write(_: object, block: int, size: int) -> int:
        if len(out) + size > most:
            return 0
        try:
            out.extend(ctypes.string_at(block, size))
        except MemoryError:  # nothing may be raised through PDFium
            return 0
        return 1

    target = api.FPDF_FILEWRITE(version=1)
    target.WriteBlock = type(target.WriteBlock)(write)
    whole = bool(api.FPDF_SaveAsCopy(document.raw, target, api.FPDF_REMOVE_SECURITY))
    return bytes(out), whole


def _parted(data: bytes) -> tuple[bytes, dict[int, _Stream]]:
    """All that stands outside of streams, and the streams by the numbers of their objects."""
    heads: list[bytes] = []
    streams: dict[int, _Stream] = {}
    place = 0
    while (end := data.find(_STREAM, place)) >= 0:
        heads.append(data[place:end])
        begin = data.rfind(b" obj\r\n", place, end)
        start = end + len(_STREAM)
        head = data[max(place, begin - 20) : end]
        length = _LENGTH.search(head)
        place = start + int(length[1]) if length else data.find(b"endstream", start)
        if place < start:
            place = len(data)
        numbered = _NUMBER.search(head)
        if numbered:
            streams[int(numbered[1])] = _Stream(head[numbered.end() :], start, place)
    heads.append(data[place:])
    return b">>\n".join(heads), streams


def _text(found: re.Match[bytes]) -> str:
    """A string as text (ISO 32000-1 §7.9.2.2), where it is one."""
    if found[2] is not None:
        code = bytes.fromhex((found[2] + b"0" * (len(found[2]) % 2)).decode("ascii"))
    else:
        code = _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), found[1])
    if code.startswith(b"\xfe\xff"):
        return code[2:].decode("utf-16-be", "replace")
    if code.startswith(b"\xff\xfe"):
        return code[2:].decode("utf-16-le", "replace")
    if code.startswith(b"\xef\xbb\xbf"):
        return code[3:].decode("utf-8", "replace")
    return code.decode("cp1252", "replace")


def _files(heads: bytes) -> dict[int, str]:
    """The objects that are files put into the file, and their names."""
    found: dict[int, str] = {}
    for entry in islice(_FILES.finditer(heads), _MOST_FILES):
        begin = heads.rfind(b" obj\r\n", 0, entry.start())
        end = heads.find(b"endobj", entry.end())
        listed = entry[1]
        if listed is None:
            inner = re.search(rb"(?<!\d)%s \d+ obj\r\n<<([^<>]*)>>" % entry[2], heads)
            listed = inner[1] if inner else b""
        named = _NAME.search(heads, max(0, begin), end if end >= 0 else len(heads))
        for number in _REFERENCE.findall(listed):
            found.setdefault(int(number), _text(named) if named else "")
    return found


def _content(data: bytes, stream: _Stream, most: int) -> bytes | None:
    """What a stream holds, None where it is packed in a way that is not known here, or is larger than *most*."""
    raw = data[stream.start : stream.end]
    if b"/Filter" in stream.head:
        known = _FLATE.search(stream.head) and b"/Predictor" not in stream.head
        return _unpacked(raw, most) if known else None
    if _METADATA in stream.head:  # PDFium takes their filter away, and leaves them packed
        raw = _unpacked(raw, most) or raw
        if raw and not _BEGINS_AS_XML.match(raw):
            return None
    return raw if len(raw) <= most else None


def _unpacked(raw: bytes, most: int) -> bytes | None:
    try:
        content = zlib.decompressobj().decompress(raw, most + 1)
    except zlib.error:
        return None
    return content if len(content) <= most else None
