"""Names of uploaded files, made harmless: they end up in a mail, on somebody's disk, in somebody's list.

A browser sends what the file is called on the recipient's own machine, or whatever its user likes. What is left is a
plain name that means the same on every system: no folders, nothing that cannot be seen or turns the reading
direction round (``gpj.exe`` shown as ``exe.jpg``), nothing Windows takes for a device.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Final

LONGEST: Final = 120  # characters
_MOST_BYTES: Final = 200  # as UTF-8; file systems allow 255
_FORBIDDEN: Final = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
# Names of devices, whatever the ending (Microsoft, "Naming Files, Paths, and Namespaces").
_DEVICE: Final = re.compile(
    r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\.|$)", re.IGNORECASE
)
# Cc and Cf: control, format (bidi, zero width); Cs, Co, Cn: what has no shape anybody agrees on; Zl, Zp: line ends.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean_name(given: str, otherwise: str) -> str:
    """The last part of *given*, harmless; *otherwise* when nothing of it is left."""
    name = unicodedata.normalize("NFC", given[-4096:].replace("\\", "/").rpartition("/")[2])
    name = "".join(c for c in name if unicodedata.category(c) not in _UNSEEN)
    name = " ".join(_FORBIDDEN.sub("_", name).split()).strip(". ")
    if not name.strip("_"):
        return otherwise
    if _DEVICE.match(name):
        name = f"_{name}"
    return _shortened(name)


def ending(name: str) -> str:
    """The part behind the last dot, in lower case; empty when there is none."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def unlike(name: str, taken: Collection[str]) -> str:
    """*name*, or ``name (2).pdf`` and so on, when one of *taken* (case folded) is the same on some system."""
    number, candidate = 1, name
    while candidate.casefold() in taken:
        number += 1
        stem, dot, end = _parts(name)
        candidate = f"{stem} ({number}){dot}{end}"
    return candidate


def _shortened(name: str) -> str:
    stem, dot, end = _parts(name)
    end = end[:20]
    while len(stem) + 1 + len(end) > LONGEST or len(f"{stem}.{end}".encode()) > _MOST_BYTES:
        stem = stem[:-1]
    return f"{stem.rstrip('. ')}{dot}{end}"


def _parts(name: str) -> tuple[str, str, str]:
    """Stem, dot and ending; a name without a stem before its only dot does not occur here."""
    stem, dot, end = name.rpartition(".")
    return (stem, dot, end) if dot else (end, "", "")
