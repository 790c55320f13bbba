"""Zip packages: the form of Office Open XML (ECMA-376 part 2) and OpenDocument (ODF 1.3 part 2).

A zip file says how large its members are, and may lie. Members are therefore unfolded piece by piece and every
piece is charged to the allowance of the whole file; a member is given up, and told of, when the allowance is
used up or when its bytes are not what its check sum says. A name may stand in the directory twice: both are
read. What no directory lists is told of, and what bears the name of mere layout is looked at.
"""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress

from segl.mime import sniff
from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance, Content
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.zipped.gaps import unlisted
from segl_classifier.formats.zipped.member import pieces

_CHUNK = 64 * 1024
_BEFORE_XML = b"\xff\xfe\xef\xbb\xbf \t\r\n\0"
MOST_MEMBERS = 10_000
_DEVMODE, _DEVMODE_VERSIONS = struct.Struct("<64sHHHH"), (0x0400, 0x0401)
_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError, IndexError, KeyError,
    OverflowError, NotImplementedError,
)  # fmt: skip


class TooLarge(Exception):
    """The allowance of bytes is used up; the harvest has been told."""


class Package:
    """The members of the zip file *data*. Raises ``BadZipFile`` when it is none."""

    def __init__(self, data: bytes, harvest: Harvest) -> None:
        self._harvest = harvest
        self._data = data
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _BROKEN as error:
            raise zipfile.BadZipFile(type(error).__name__) from None
        members = [m for m in self._zip.infolist() if m.file_size or not m.filename.endswith("/")]
        if len(members) > MOST_MEMBERS:
            harvest.lack(Unreadable.TOO_MANY, f"{len(members)} members")
        self.members = members[:MOST_MEMBERS]
        # Names that differ only in case are one (ECMA-376 part 2 §6.2.2.3): there is xl/SharedStrings.xml.
        self._by_name = {member.filename.lstrip("/").lower(): member for member in self.members}
        comments = [self._zip.comment, *(member.comment for member in self.members)]
        harvest.lines([comment.decode("utf-8", "replace") for comment in comments], "comment on the file")
        if hidden := unlisted(data, self._zip):
            harvest.lack(Unreadable.DAMAGED, f"{hidden} bytes that its directory does not list")

    def find(self, name: str) -> zipfile.ZipInfo | None:
        return self._by_name.get(name.lstrip("/").lower())

    def chunks(self, member: zipfile.ZipInfo) -> Iterator[bytes]:
        """The content of *member* piece by piece. Stops early, and tells why, when it cannot be unfolded."""
        try:
            if member.flag_bits & 1:
                self._harvest.lack(Unreadable.ENCRYPTED, "a member with a password")
                return
            for chunk in pieces(self._data, self._zip, member, _CHUNK):
                if not self._harvest.spend(len(chunk)):
                    raise TooLarge
                yield chunk
        except NotImplementedError:
            self._harvest.lack(Unreadable.UNKNOWN_TYPE, f"compression {member.compress_type}")
        except (*_BROKEN, RuntimeError):
            self._harvest.lack(Unreadable.DAMAGED, "a member of the package")

    def content(self, member: zipfile.ZipInfo) -> bytes:
        """The whole content of *member*, or what can be unfolded of it."""
        try:
            return b"".join(self.chunks(member))
        except TooLarge:
            return b""

    def is_layout(self, member: zipfile.ZipInfo) -> bool:
        """Whether *member*, which bears the name of layout, may well be that: XML, a font, a picture, settings in a
        form of their own. Not so another file, and text."""
        head = next(self.chunks(member), b"")
        if _is_of_printer(head, member.file_size):
            return True
        shown = sniff.signature(head[: sniff.HEAD])
        if shown:
            return shown.startswith(("image/", "font/"))
        return not sniff.is_text(head) or head.lstrip(_BEFORE_XML)[:1] in (b"<", b"")


def _is_of_printer(head: bytes, size: int) -> bool:
    """Whether the settings of a printer begin in *head*, a file of *size* bytes (the structure DEVMODEW of Windows: the
    printer's name in 64 bytes, two versions, the sizes of the structure and of what the driver keeps behind it).
    Some drivers fill it with wide characters, so that it looks like a text."""
    if len(head) < _DEVMODE.size:
        return False
    _, version, _, structure, behind = _DEVMODE.unpack_from(head)
    return version in _DEVMODE_VERSIONS and structure + behind == size


def read_package(data: bytes, allowance: Allowance, parts: Callable[[Package, Harvest], None]) -> Content:
    """What *parts* finds in the package *data*, as far as the allowance goes."""
    harvest = Harvest(allowance)
    try:
        package = Package(data, harvest)
    except zipfile.BadZipFile:
        harvest.lack(Unreadable.DAMAGED, "no zip package")
        return harvest.content()
    with suppress(TooLarge):
        parts(package, harvest)
    return harvest.content()
