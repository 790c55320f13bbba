"""ZIP archives (APPNOTE.TXT 6.3.10), by the central directory, as every program reads them.

Bytes that the directory does not list are not shown by programs, and may be a whole file all the same; they are told
of. Names without the UTF-8 flag are in the writer's code page: on Danish Windows that is 850.
"""

from __future__ import annotations

import io
import zipfile

from segl.vocabulary import Unreadable
from segl_classifier.formats.archives.bag import BLOCK, Bag
from segl_classifier.formats.zipped.gaps import unlisted
from segl_classifier.formats.zipped.member import pieces

_ENCRYPTED, _UTF8 = 0x1, 0x800  # general purpose flags (§4.4.4)


def read_zip(data: bytes, bag: Bag) -> bool:
    """Read all members into *bag*. False, and no member read, when one has a compression unknown here."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError) as error:
        bag.lack(Unreadable.DAMAGED, type(error).__name__)
        return True
    with archive:
        members = archive.infolist()
        for comment in (archive.comment, *(member.comment for member in members)):
            if comment:
                bag.passage(_decoded(comment), "comment")
        if hidden := unlisted(data, archive):
            bag.lack(Unreadable.DAMAGED, f"{hidden} bytes that its directory does not list")
        if any(_unknown_compression(member) for member in members):
            return False
        for member in members:
            _read_member(data, archive, member, bag)
    return True


def _read_member(data: bytes, archive: zipfile.ZipFile, member: zipfile.ZipInfo, bag: Bag) -> None:
    name = _name(member)
    if member.flag_bits & _ENCRYPTED:
        bag.locked(name)
    elif name.endswith("/") and not member.file_size:
        bag.folder(name)
    else:
        bag.add(name, pieces(data, archive, member, BLOCK))


def _unknown_compression(member: zipfile.ZipInfo) -> bool:
    known = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    return member.compress_type not in known and not member.flag_bits & _ENCRYPTED


def _name(member: zipfile.ZipInfo) -> str:
    if member.flag_bits & _UTF8:
        return member.orig_filename
    return _decoded(member.orig_filename.encode("cp437"))


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp850")
