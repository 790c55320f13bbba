"""Identifiers, keys, check sums and addresses in running text: what programs write for programs, and nobody reads.

Forwarded newsletters, links for signing, bounces and logs are full of them: ``c8a2f4ac-0f31-47af-8ec9-f9eaf917ba83``,
``/c/136/23c7a80ab5.html``, lines of base64. The model has met them in one place only, as templates of fingerprints and
faces, and takes any for one. So it is shown a nought in their place, as it is for the digits of long numbers, unless
words of biometrics stand beside them (docs/decisions/0070).

The plates of cars are such codes, too: a list of who parks where was a matter of each of them.

Addresses of mail it has hardly met at all, and takes a row of them for a list of those of whom something is told; they
are left out.

What people write with letters and digits together stays: ``Elmevej 12B``, ``COVID-19``, ``HLA-B27``, ``N06AB04``.
"""

from __future__ import annotations

import re
from typing import Final

_STANDS_IN: Final = "0"
# Addresses of mail, and pictures by their id.
_ADDRESS: Final = re.compile(
    r"\s?\[cid:[^\[\]\s]*+\]"
    r"|\s?[<(\[]?(?:mailto:)?(?<![\w.+%'-])[\w.+%'-]{1,64}+@[\w-]{1,63}+(?:\.[\w-]{1,63}+)++[>)\]]?"
)
_DIGIT: Final = re.compile("[0-9]")
# What has no blank in it, and is long enough.
_RUN: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._:/+=%~@&?#{}|$!*,;-]{6,}[0-9A-Za-z=/]")
_ATOM: Final = re.compile("[0-9A-Za-z]+")
_SWITCH: Final = re.compile("[0-9](?=[A-Za-z])|[A-Za-z](?=[0-9])")
_OF_A_TIME: Final = re.compile("[0-9]+T[0-9]+|[0-9]+Z")  # "2026-11-30T02:11:14.123Z"
_WORD: Final = re.compile("(?![a-f]+(?![a-z]))[A-Za-z][a-z]{4,}")  # no run of a figure to the base of 16
# A car's plate, Danish or Norwegian. Not what somebody owes: "KR 12 345".
_PLATE: Final = re.compile(r"\b(?!KR)[A-ZÆØÅ]{2} ?[0-9]{2} ?[0-9]{3}\b")
_SHORTEST: Final = 8
_SHORTEST_OF_SEVERAL: Final = 12  # of what is put together from several: "3f-81-c0-9a-27"
# In Danish, Norwegian, Swedish, German and English.
_OF_BODIES: Final = re.compile(
    r"\bfp ?\d|fing(?:er|r)|aftryk|avtryck|avtrykk|abdruck|thumb|tommel|\btumm|daumen|\biris|retina|nethinde|"
    r"minuti|biometr|templat|skabelon|\bface(?:[ -]?(?:id|scan|print)|\b)|facial|ansigt|ansikt|gesicht|\bpalm\b|"
    r"håndflade|handflat|\bvein|\bvene|stemmeprøve|\bvoice|enrol|gangart",
    re.IGNORECASE,
)


def without_codes(text: str) -> str:
    """*text*, a sentence or the row of a table, with a nought for each code in it, and without addresses."""
    if "@" in text or "[cid:" in text:
        text = _ADDRESS.sub("", text)
    if not _DIGIT.search(text):
        return text
    hidden = _PLATE.sub(_STANDS_IN, _RUN.sub(_hidden, text))
    return text if hidden == text or _OF_BODIES.search(text) else hidden


def _hidden(run: re.Match[str]) -> str:
    """The code as a whole, or what is one in it: the name of a host goes on behind the number of the machine."""
    text = run.group()
    atoms = _ATOM.findall(text)
    codes = [atom for atom in atoms if _is_code(atom)]
    mixed = [atom for atom in atoms if _SWITCH.search(atom) and not _OF_A_TIME.fullmatch(atom)]
    if len(text) >= _SHORTEST_OF_SEVERAL and (codes or len(mixed) > 1):
        figures = [atom for atom in atoms if atom.isdigit()]
        if 2 * sum(map(len, (*mixed, *figures))) >= sum(map(len, atoms)):
            return _STANDS_IN
    return _ATOM.sub(lambda atom: _STANDS_IN if _is_code(atom[0]) else atom[0], text) if codes else text


def _is_code(atom: str) -> bool:
    """Whether letters and digits take turns as they do in no word: the longer, the fewer turns it takes. Not where a
    word is much of it: ``Metformin1000mg``."""
    if len(atom) < _SHORTEST:
        return False
    turns = len(_SWITCH.findall(atom))
    if turns < (1 if len(atom) >= _SHORTEST_OF_SEVERAL else 3):
        return False
    return 5 * max(map(len, _WORD.findall(atom)), default=0) < 2 * len(atom)
