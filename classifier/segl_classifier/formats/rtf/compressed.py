"""Compressed rich text (MS-OXRTFCP), the body of Outlook's own messages.

A dictionary of 4,096 bytes begins with words that most rich text holds. A control byte tells of the next eight tokens
whether each is a letter or a place in the dictionary (twelve bits) and a length (four bits); what comes out is written
into the dictionary too, round and round. A token that points to where the next letter would be written is the end.
"""

from __future__ import annotations

import struct

_START = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor"
    b" MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par"
    b" \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_SIZE = 4_096
_PACKED, _PLAIN = b"LZFu", b"MELA"


def unfold(data: bytes) -> bytes | None:
    """The rich text; ``None`` when *data* is none. What breaks off is given as far as it goes: at most about nine
    times the size of *data* can come of it."""
    if len(data) < 16:
        return None
    size = struct.unpack_from("<I", data, 4)[0]
    kind = data[8:12]
    if kind == _PLAIN:
        return data[16 : 16 + size]
    if kind != _PACKED:
        return None
    ring = bytearray(_START.ljust(_SIZE, b"\0"))
    at = len(_START)
    done = bytearray()
    place, end = 16, len(data)
    while place < end:
        control = data[place]
        place += 1
        for bit in range(8):
            if place >= end:
                break
            if not control >> bit & 1:
                letter = data[place]
                place += 1
                done.append(letter)
                ring[at] = letter
                at = (at + 1) % _SIZE
                continue
            token = int.from_bytes(data[place : place + 2], "big")
            place += 2
            start = token >> 4
            if start == at:
                return bytes(done)
            for step in range((token & 15) + 2):
                letter = ring[(start + step) % _SIZE]
                done.append(letter)
                ring[at] = letter
                at = (at + 1) % _SIZE
    return bytes(done)
