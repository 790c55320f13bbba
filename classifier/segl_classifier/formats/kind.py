"""What a file is, by what stands in it; its label is only a hint."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from segl.mime import sniff
from segl_classifier.formats.registry import MS, ODF, OLE, OOXML, VISIO, ZIP

ENCRYPTED_OFFICE = "application/x-encrypted-office"  # an OOXML package behind a password (MS-OFFCRYPTO)

_WORD, _SHEET, _SHOW = "wordprocessingml.document", "spreadsheetml.sheet", "presentationml.presentation"
# What the types of the parts name (ECMA-376); that of a main part with macros names the program alone (MS-OFFMACRO2).
_MAIN_PARTS = ((b"wordprocessingml", _WORD), (b"spreadsheetml", _SHEET), (b"presentationml", _SHOW),
               (b"ms-word.", _WORD), (b"ms-excel.", _SHEET), (b"ms-powerpoint.", _SHOW))  # fmt: skip

# Printed pages (ECMA-388).
_XPS, _PAGE_OF_XPS = "application/vnd.ms-xpsdocument", (".fpage", ".fpage/[0].piece")
_VISIO = b"vnd.ms-visio."  # MS-VSDX §2.2.4


def kind_of(data: bytes, declared: str) -> str:
    """The content type of *data* by what stands in it. What shows nothing is what it says it is, unless it is
    text; then it is ``text/plain``."""
    shown = sniff.signature(data[: sniff.HEAD])
    if shown == ZIP:
        return _kind_of_zip(data)
    if shown == OLE:
        return _kind_of_ole(data)
    if shown:
        return shown
    if b"%PDF-" in data[:1024]:  # readers accept that many bytes before it
        return "application/pdf"
    if sniff.is_text(data):
        return "text/plain"
    return declared or "application/octet-stream"


def _kind_of_zip(data: bytes) -> str:
    """Office files are zip archives: ODF says so in a member ``mimetype`` (ODF 1.3 part 2, §3.3), OOXML in
    ``[Content_Types].xml`` (ECMA-376 part 2, §10.1)."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = {name.lower(): name for name in package.namelist()}
            if "[content_types].xml" in names:
                types = _first_bytes(package, names["[content_types].xml"], 1 << 18).lower()
                for mark, kind in _MAIN_PARTS:
                    if mark in types:
                        return f"{OOXML}.{kind}"
                if _VISIO in types:
                    return VISIO
                if any(name.endswith(_PAGE_OF_XPS) for name in names):
                    return _XPS
            if "[content_types].xml/[0].piece" in names and any(
                name.endswith(_PAGE_OF_XPS) for name in names
            ):
                return _XPS
            if "mimetype" in names:
                kind = _first_bytes(package, names["mimetype"], 200).decode("latin-1").strip().lower()
                if ODF.match(kind):
                    return kind
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError, NotImplementedError, zlib.error, EOFError):
        return ZIP  # the reader of archives tells what is wrong with it
    return ZIP


def _first_bytes(package: zipfile.ZipFile, name: str, size: int) -> bytes:
    with package.open(name) as member:
        return member.read(size)


# OLE compound files (MS-CFB): which streams the root storage holds tells the program.
_STREAMS = (
    ("encryptedpackage", ENCRYPTED_OFFICE),
    ("__properties_version1.0", f"{MS}-outlook"),
    ("worddocument", "application/msword"),
    ("workbook", f"{MS}-excel"),
    ("book", f"{MS}-excel"),
    ("powerpoint document", f"{MS}-powerpoint"),
)


def _kind_of_ole(data: bytes) -> str:
    try:
        names = set(_root_entries(data))
    except (struct.error, IndexError, ValueError):
        return OLE
    return next((kind for stream, kind in _STREAMS if stream in names), OLE)


_ENTRY = 128
_NONE = 0xFFFFFFFA  # sector and entry numbers from here on mean "none", "end", "free"
_MOST_ENTRIES = 10_000


def _root_entries(data: bytes) -> Iterator[str]:
    """Names (lower case) of the streams and storages directly in the root storage."""
    size = 1 << min(struct.unpack_from("<H", data, 30)[0], 20)
    directory = _chain(data, size, struct.unpack_from("<I", data, 48)[0])
    waiting = [struct.unpack_from("<I", directory, 76)[0]]  # the root's child; its siblings form a tree
    seen: set[int] = set()
    while waiting:
        number = waiting.pop()
        if number >= _NONE or number in seen or len(seen) > _MOST_ENTRIES:
            continue
        seen.add(number)
        start = number * _ENTRY
        length = min(struct.unpack_from("<H", directory, start + 64)[0], 64)
        yield directory[start : start + max(0, length - 2)].decode("utf-16-le", "replace").lower()
        waiting += struct.unpack_from("<II", directory, start + 68)


def _chain(data: bytes, size: int, first: int) -> bytes:
    """The sectors of a chain, joined. Only the part of the allocation table that the header names is followed,
    which is the first 6.8 MB of a file; the directory usually stands there."""
    table: list[int] = []
    for sector in struct.unpack_from("<109I", data, 76):
        if sector < _NONE:
            start = (sector + 1) * size
            table += struct.unpack(f"<{size // 4}I", data[start : start + size])
    joined = bytearray()
    seen: set[int] = set()
    sector = first
    while sector < _NONE and sector not in seen and len(joined) < _MOST_ENTRIES * _ENTRY:
        seen.add(sector)
        joined += data[(sector + 1) * size : (sector + 2) * size]
        sector = table[sector] if sector < len(table) else _NONE
    return bytes(joined)
