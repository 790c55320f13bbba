"""The MAPI properties (MS-OXPROPS) that hold words, by number: what Outlook writes into .msg files and winmail.dat."""

from __future__ import annotations

import codecs
from collections.abc import Mapping

BODY, HTML, RTF = 0x1000, 0x1013, 0x1009
SUBJECTS = {0x0037: "subject", 0x0070: "subject", 0x0E1D: "subject"}
TEXTS = {
    0x007D: "headers",
    0x3004: "comment",
    0x0E03: "names and addresses",  # Cc, as shown
    0x0E04: "names and addresses",  # To
    0x0E02: "names and addresses",  # Bcc
    0x3A08: "contact",
    0x3A1C: "contact",
    0x3A15: "contact",
    0x3A16: "contact",
    0x3A17: "contact",
    0x3A06: "contact",
    0x3A11: "contact",
}
ADDRESSES = (0x3001, 0x3003, 0x39FE, 0x0C1A, 0x0C1F, 0x5D01, 0x0042, 0x0065, 0x5D02)
FILE_NAMES = (0x3707, 0x3704, 0x3001)  # long, short, shown
# Strings that say nothing: the class of the message, kinds of addresses, languages, names of programs, and of an
# attachment its ending and its type.
SILENT = frozenset(
    (
        0x3703,
        0x370E,
        0x001A,
        0x0C1E,
        0x0064,
        0x0077,
        0x3002,
        0x5D0A,
        0x5D0B,
        0x1035,
        0x1042,
        0x1039,
        0x3FFA,
        0x3FF8,
    )
)
CONTENT_ID = 0x3712  # a file that the HTML body shows in place
_KNOWN = frozenset((BODY, HTML, RTF, CONTENT_ID, *SUBJECTS, *TEXTS, *ADDRESSES, *FILE_NAMES))
_NAMES = {
    1200: "utf-16-le",
    65001: "utf-8",
    20127: "ascii",
    28591: "latin-1",
    28605: "iso8859-15",
    10000: "mac_roman",
}


def codec(page: int, names: Mapping[int, str] = _NAMES) -> str:
    """The codec of a Windows code page: that of *names*, or Python's own; Windows-1252 for one that nobody knows."""
    name = names.get(page, f"cp{page}")
    try:
        codecs.lookup(name)
    except LookupError:
        return "cp1252"
    return name


def is_other(number: int) -> bool:
    """Whether a string property has no place of its own: fields that a user or a program made up, mostly."""
    return number not in _KNOWN and number not in SILENT


def text_of(raw: bytes, *, wide: bool, codec: str) -> str:
    """A string property."""
    return raw.decode("utf-16-le" if wide else codec, "replace").rstrip("\0").replace("\r\n", "\n")
