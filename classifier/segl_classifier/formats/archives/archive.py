"""Archives: zip (APPNOTE.TXT), gzip (RFC 1952), bzip2, xz, tar (POSIX pax), and by libarchive 7z, rar, cab, zstd.

A member is given as a file with its whole path as the name. What a member costs is counted while it unfolds, not by
what the archive says of it, so a bomb ends at the allowance whichever way it is built; overlapping members count
each time. What does not come out is told of: encrypted members, damaged ones, and bytes that no directory lists.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable, Iterator
from typing import Protocol

from segl.mime.charset import decode_text
from segl.vocabulary import Unreadable
from segl_classifier.formats import registry
from segl_classifier.formats.archives.bag import BLOCK, Bag, Full
from segl_classifier.formats.archives.by_libarchive import read_by_library
from segl_classifier.formats.archives.zip_archive import read_zip
from segl_classifier.formats.content import Allowance, Content
from segl_classifier.formats.kind import kind_of

_TARBALLS = {
    ".tgz": ".tar",
    ".tbz": ".tar",
    ".tbz2": ".tar",
    ".txz": ".tar",
    ".tzst": ".tar",
    ".svgz": ".svg",
}
_XZ_MEMORY = 256 * 1024 * 1024


def read(data: bytes, name: str, allowance: Allowance) -> Content:
    """All members of an archive, or the one file of a compressed file."""
    bag = Bag(allowance)
    kind = kind_of(data, "")
    try:
        match kind:
            case "application/zip" | registry.VISIO:
                if not read_zip(data, bag):
                    read_by_library(data, bag)  # with a compression that zipfile does not know
            case "application/gzip":
                _read_gzip(data, name, bag)
            case "application/x-bzip2":
                bag.add(_stem(name), _streams(data, bag, bz2.BZ2Decompressor, b"BZh"))
            case "application/x-xz":
                bag.add(_stem(name), _streams(data, bag, _xz, b"\xfd7zXZ\0"))
            case "application/zstd":
                read_by_library(data, bag, single=_stem(name))
            case (
                "application/x-7z-compressed"
                | "application/x-rar-compressed"
                | "application/vnd.ms-cab-compressed"
            ):
                read_by_library(data, bag)
            case _:
                _read_tar(data, bag)  # the oldest form has no signature
    except Full as full:
        bag.tell_full(full)
    return bag.content()


def _read_gzip(data: bytes, name: str, bag: Bag) -> None:
    """Any number of compressed files, one after another, are one file (RFC 1952 §2.2)."""
    inner, comment = _gzip_header(data)
    if comment:
        bag.passage(comment, "comment")
    bag.add(inner or _stem(name), _gunzipped(data))


def _gunzipped(data: bytes) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        while piece := file.read1(BLOCK):  # read() would lose what comes before a fault
            yield piece


def _gzip_header(data: bytes) -> tuple[str, str]:
    """File name and comment, as the header gives them (RFC 1952 §2.3)."""
    if len(data) < 10:
        return "", ""
    flags, position = data[3], 10
    if flags & 4:
        position += 2 + int.from_bytes(data[position : position + 2], "little")
    found = ["", ""]
    for index, flag in enumerate((8, 16)):
        if flags & flag:
            end = data.find(b"\0", position, position + 65_536)
            if end < 0:
                break
            found[index] = decode_text(data[position:end])
            position = end + 1
    return found[0], found[1]


def _xz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(memlimit=_XZ_MEMORY)


class _Decompressor(Protocol):
    """What :class:`bz2.BZ2Decompressor` and :class:`lzma.LZMADecompressor` have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def _streams(data: bytes, bag: Bag, make: Callable[[], _Decompressor], mark: bytes) -> Iterator[bytes]:
    """What *data* decompresses to, over all the streams it holds one after another."""
    rest = data
    while rest.startswith(mark):
        one = make()
        piece = one.decompress(rest, BLOCK)
        while True:
            yield piece
            if one.eof:
                break
            if one.needs_input:
                raise EOFError
            piece = one.decompress(b"", BLOCK)
        rest = one.unused_data
    if rest.strip(b"\0"):
        bag.lack(Unreadable.DAMAGED, f"{len(rest)} bytes behind the end")


def _stem(name: str) -> str:
    """The name of the file in ``name``: ``brev.txt`` in ``brev.txt.gz``."""
    start, dot, suffix = name.rpartition(".")
    return start + _TARBALLS.get(f".{suffix.lower()}", "") if dot else ""


def _read_tar(data: bytes, bag: Bag) -> None:
    file = io.BytesIO(data)
    try:
        with tarfile.open(fileobj=file, mode="r:", errorlevel=2) as archive:
            for member in archive:
                _read_tar_member(archive, member, bag)
            end = archive.offset
    except tarfile.TarError as error:
        bag.lack(Unreadable.DAMAGED, type(error).__name__)
        return
    behind = len(memoryview(data)[end:].tobytes().strip(b"\0"))
    if behind:
        bag.lack(Unreadable.DAMAGED, f"{behind} bytes behind the end")


def _read_tar_member(archive: tarfile.TarFile, member: tarfile.TarInfo, bag: Bag) -> None:
    name = _tar_name(member.name)
    if comment := member.pax_headers.get("comment"):
        bag.passage(comment, "comment")
    if member.isdir():
        bag.folder(name)
    elif member.issym() or member.islnk():
        bag.passage(f"{name}\n{_tar_name(member.linkname)}", "link")
    elif (content := archive.extractfile(member)) is not None:
        bag.add(name, iter(lambda: content.read(BLOCK), b""))
    else:
        bag.folder(name)  # a device or a pipe: a name is all it has


def _tar_name(name: str) -> str:
    """Names are bytes of no declared charset; tarfile reads UTF-8 and keeps what is not (PEP 383)."""
    return decode_text(name.encode("utf-8", "surrogateescape"))
