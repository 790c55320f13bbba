"""Which files are taken: not programs and scripts, known by their ending and by how they begin.

A program in an answer would come from outside and past the filters that look at the house's incoming mail. What is in
an archive is not looked at here: nothing is unpacked, so that nothing can burst; a virus scanner may.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Collection
from typing import Final

from segl_portal.answering.names import ending

HEAD: Final = 64  # bytes that suffice to know a program

# How programs begin, whatever they are called.
_PROGRAMS: Final = (
    b"MZ",  # Windows, DOS
    b"ZM",
    b"\x7fELF",  # Linux, Android
    b"#!",  # a script that names its interpreter
    b"\xef\xbb\xbf#!",
    b"\xca\xfe\xba\xbe",  # Java; macOS for several processors
    b"\xfe\xed\xfa\xce",  # macOS
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"dex\n",  # Android
    b"\x00asm",  # WebAssembly
    b"L\x00\x00\x00\x01\x14\x02\x00",  # a Windows shortcut
    b"ITSF",  # compiled help, which runs scripts
)
_GENERIC: Final = "application/octet-stream"
_TYPES: Final = mimetypes.MimeTypes(filenames=())  # Python's own list: what a host's files say may differ


def is_refused(name: str, head: bytes, refused_endings: Collection[str]) -> bool:
    """Whether a file of this (clean) *name* that begins with *head* is not taken."""
    return ending(name) in refused_endings or (bool(refused_endings) and head.startswith(_PROGRAMS))


def media_type(name: str) -> str:
    """The type that the mail says the file has: by its ending, never by what the browser claims. Types that need
    another form than base64 (RFC 2046 §5.1, §5.2.1) are not named."""
    found, encoding = _TYPES.guess_type(name)
    if found is None or encoding is not None or found.startswith(("message/", "multipart/")):
        return _GENERIC
    return found
