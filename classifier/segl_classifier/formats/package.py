"""Zip packages: the form of Office Open XML (ECMA-376 part 2) and OpenDocument (ODF 1.3 part 2).

A zip file says how large its members are, and may lie. Members are therefore unfolded piece by piece and every
piece is charged to the allowance of the whole file; a member is given up, and told of, when the allowance is
used up or when its bytes are not what its check sum says. A name may stand in the directory twice: both are
read.
"""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator

from segl.vocabulary import Unreadable
from segl_classifier.formats.harvest import Harvest

_CHUNK = 64 * 1024
MOST_MEMBERS = 10_000
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
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _BROKEN as error:
            raise zipfile.BadZipFile(type(error).__name__) from None
        members = [member for member in self._zip.infolist() if not member.filename.endswith("/")]
        if len(members) > MOST_MEMBERS:
            harvest.lack(Unreadable.TOO_MANY, f"{len(members)} members")
        self.members = members[:MOST_MEMBERS]
        # Names that differ only in case are one (ECMA-376 part 2 §6.2.2.3): there is xl/SharedStrings.xml.
        self._by_name = {member.filename.lstrip("/").lower(): member for member in self.members}

    def find(self, name: str) -> zipfile.ZipInfo | None:
        return self._by_name.get(name.lstrip("/").lower())

    def chunks(self, member: zipfile.ZipInfo) -> Iterator[bytes]:
        """The content of *member* piece by piece. Stops early, and tells why, when it cannot be unfolded."""
        try:
            if member.flag_bits & 1:
                self._harvest.lack(Unreadable.ENCRYPTED, "a member with a password")
                return
            with self._zip.open(member) as stream:
                while chunk := stream.read(_CHUNK):
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
