"""Names of uploaded files, made harmless: they end up in a mail, on somebody's disk, in somebody's list.

A browser sends what the file is called on the recipient's own machine, or whatever its user likes. What is left is a
plain name that means the same on every system, as for files that go out (:func:`segl_portal.reading.shown.safe_name`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from typing import Final

from segl_portal.reading.shown import safe_name

_LONGEST_GIVEN: Final = 4096
# Cc and Cf: control, format (bidi, zero width); Cs, Co, Cn: what has no shape anybody agrees on; Zl, Zp: line ends.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean_name(given: str, otherwise: str) -> str:
    """The last part of *given*, harmless; *otherwise* when nothing of it is left."""
    name = given[-_LONGEST_GIVEN:].replace("\\", "/").rpartition("/")[2]
    return safe_name("".join(c for c in name if unicodedata.category(c) not in _UNSEEN), otherwise)


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


def _parts(name: str) -> tuple[str, str, str]:
    """Stem, dot and ending; a name without a stem before its only dot does not occur here."""
    stem, dot, end = name.rpartition(".")
    return (stem, dot, end) if dot else (end, "", "")
