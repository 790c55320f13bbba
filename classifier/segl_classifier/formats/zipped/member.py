"""One member of a zip file, unfolded to its end.

The central directory says how long a member is; programs differ in whether they believe it. Python's stops there, unzip
goes on to the end of the compressed stream. So what is stored or deflated (APPNOTE.TXT 6.3.10 §4.4.5), as nearly
everything is, is unfolded here as far as it goes. A member that is not what the directory says is read and told of.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator

_HEADER, _MARK, _UTF8 = 30, b"PK\3\4", 0x800  # §4.3.7, §4.4.4
_FED = 64 * 1024  # compressed bytes at a time


def pieces(data: bytes, archive: zipfile.ZipFile, member: zipfile.ZipInfo, block: int) -> Iterator[bytes]:
    """The content of *member* of *archive*, which is *data*, in pieces of at most *block* bytes. Raises
    ``BadZipFile`` behind the last when length or check sum are not those of the directory, and whatever a
    decompressor raises."""
    if member.compress_type == zipfile.ZIP_STORED:
        unfolded = _cut(_compressed(data, member), block)
    elif member.compress_type == zipfile.ZIP_DEFLATED:
        unfolded = _inflated(_compressed(data, member), block)
    else:
        yield from _by_library(archive, member, block)
        return
    size = check = 0
    for piece in unfolded:
        size += len(piece)
        check = zlib.crc32(piece, check)
        yield piece
    if size != member.file_size or check != member.CRC:
        raise zipfile.BadZipFile("not what the directory says")


def _compressed(data: bytes, member: zipfile.ZipInfo) -> memoryview:
    """The bytes of *member* behind its own header, whose name must be that of the directory."""
    start = member.header_offset
    header = data[start : start + _HEADER]
    if len(header) < _HEADER or not header.startswith(_MARK):
        raise zipfile.BadZipFile("no header")
    name_size = int.from_bytes(header[26:28], "little")
    extra_size = int.from_bytes(header[28:30], "little")
    name = data[start + _HEADER : start + _HEADER + name_size]
    charset = "utf-8" if member.flag_bits & _UTF8 else "cp437"  # the directory's word for both
    if name.decode(charset, "replace") != member.orig_filename:
        raise zipfile.BadZipFile("another name in its header")
    begin = start + _HEADER + name_size + extra_size
    return memoryview(data)[begin : begin + member.compress_size]


def _cut(stored: memoryview, block: int) -> Iterator[bytes]:
    for start in range(0, len(stored), block):
        yield bytes(stored[start : start + block])


def _inflated(compressed: memoryview, block: int) -> Iterator[bytes]:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    for start in range(0, len(compressed), _FED):
        left = bytes(compressed[start : start + _FED])
        while left and not stream.eof:
            if piece := stream.decompress(left, block):
                yield piece
            left = stream.unconsumed_tail
    while not stream.eof and (piece := stream.decompress(stream.unconsumed_tail, block)):
        yield piece
    if not stream.eof:
        raise zipfile.BadZipFile("breaks off")


def _by_library(archive: zipfile.ZipFile, member: zipfile.ZipInfo, block: int) -> Iterator[bytes]:
    with archive.open(member) as content:
        while piece := content.read(block):
            yield piece
