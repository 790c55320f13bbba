"""EBCDIC, the codes of mainframes, as Danes, Norwegians, Swedes and Finns have it.

Python has the code page of the United States (37) and few others; those of the North differ from it in some twenty
signs. NEL (0x15), which ends lines there, is a line end here. Files that come from a mainframe unconverted name no
charset: they are known by their blanks (0x40) and by having hardly a byte that is no letter, digit or sign there.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from typing import Final

_AMERICAN: Final = bytes(range(256)).decode("cp037").replace("\x85", "\n")
# By place and sign, as glibc has them (IBM277, IBM278, IBM1142, IBM1143).
_DANISH: Final = "47} 4a# 4f! 5bÅ 5f^ 67$ 6aø 70¦ 7bÆ 7cØ 80@ 9c{ 9e[ 9f] a1ü b0¢ ba¬ bb| c0æ d0å dc~"
_SWEDISH: Final = (
    "43{ 47} 4a§ 4f! 51` 5bÅ 5f^ 63# 67$ 6aö 79é 7bÄ 7cÖ 9f] a1ü b0¢ b5[ ba¬ bb| c0ä cc¦ d0å dc~ ec@"
)
_DIFFERENCES: Final = {
    "cp277": f"{_DANISH} 5a¤",
    "cp1142": f"{_DANISH} 5a€",
    "cp278": f"{_SWEDISH} 5a¤",
    "cp1143": f"{_SWEDISH} 71\\ e0É 5a€",
}
NAMES: Final = frozenset(_DIFFERENCES)
DANISH: Final = "cp1142"
_TABLES: Final[dict[str, str]] = {}


def _table(differences: str) -> str:
    signs = list(_AMERICAN)
    for one in differences.split():
        signs[int(one[:2], 16)] = one[2:]
    return "".join(signs)


def decoded(data: bytes, name: str) -> str:
    """*data* in one of :data:`NAMES`; each byte is a character."""
    if name not in _TABLES:
        _TABLES[name] = _table(_DIFFERENCES[name])
    return codecs.charmap_decode(data, "strict", _TABLES[name])[0]


def _bytes(*ranges: Iterable[int]) -> bytes:
    return bytes(code for codes in ranges for code in codes)


_LETTERS: Final = _bytes(
    range(0x81, 0x8A), range(0x91, 0x9A), range(0xA2, 0xAA), range(0xC0, 0xCA), range(0xD0, 0xDA), range(0xE2, 0xEA),
    range(0xF0, 0xFA), (0x6A, 0x7B, 0x7C, 0x5B, 0xA1),
)  # fmt: skip
_SIGNS: Final = bytes.fromhex("05 0d 15 25 40 4b 4c 4d 4e 50 5c 5d 5e 60 61 6b 6c 6d 6e 6f 7a 7d 7e 7f")
_BLANK: Final = 0x40
# All below it are for machines; in a text there are tabs, ends of lines, pages and files, and what fills a field.
_NO_TEXT: Final = bytes(code for code in range(_BLANK) if code not in b"\0\x05\x0c\x0d\x15\x25\x3f")
_FEWEST, _BLANK_SHARE, _OTHER_SHARE, _SAMPLE = 60, 40, 15, 16_384


def seems(data: bytes) -> bool:
    """Whether *data*, of no known charset, is a text in EBCDIC: at least one byte in forty is a blank, more than half
    of the others are letters or digits, at most one in fifteen is neither that nor a usual sign, and none is for
    machines: records with packed numbers, which say nothing as text, have such."""
    sample = data[:_SAMPLE]
    if len(sample) < _FEWEST or sample.count(_BLANK) * _BLANK_SHARE < len(sample):
        return False
    rest = sample.translate(None, _LETTERS)
    others = rest.translate(None, _SIGNS)
    usual = len(rest) * 2 < len(sample) + sample.count(_BLANK) and len(others) * _OTHER_SHARE <= len(sample)
    return usual and len(data.translate(None, _NO_TEXT)) == len(data)
