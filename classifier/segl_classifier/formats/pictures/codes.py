"""Codes for machines in a picture: QR, Aztec, Data Matrix, PDF417 and the barcodes of bars, read by ZXing.

A letter, a label of a hospital, a ticket say in such a code whom they concern, and every phone reads it. The library
tells only what its checksums bear out: of 395 pictures without a code it found none in any (docs/decisions/0072).
"""

from __future__ import annotations

from dataclasses import dataclass

import zxingcpp
from PIL import Image
from zxingcpp import BarcodeFormat, ContentType

# The letters of Code 39 (ISO/IEC 16388), in their order.
_CHECKED = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"
# Codes that are seen by marks of their own, though they cannot be read. Others are seen in any grain.
_SEEN_SURELY = (BarcodeFormat.QRCode, BarcodeFormat.Aztec, BarcodeFormat.PDF417)


@dataclass(frozen=True, slots=True)
class Codes:
    """What the codes say, and the kinds of those that could not be read, or hold bytes that are no text."""

    texts: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def codes_in(grey: Image.Image) -> Codes:
    """The codes in *grey*, however they lie. Takes some .01 s."""
    texts: dict[str, None] = {}
    unread: dict[str, None] = {}
    for code in zxingcpp.read_barcodes(grey, return_errors=True):
        if code.valid and code.content_type not in (ContentType.Binary, ContentType.UnknownECI):
            texts[code.text] = None
            if code.symbology == BarcodeFormat.Code39 and _ends_in_check(code.text):
                texts[code.text[:-1]] = None
        elif code.valid or code.symbology in _SEEN_SURELY:
            unread[str(code.symbology)] = None
    return Codes(tuple(texts), tuple(unread))


def _ends_in_check(text: str) -> bool:
    """Whether the last letter may be the check digit of Code 39, which is left to the two sides to agree on: so a
    number has a letter behind it."""
    values = [_CHECKED.find(letter) for letter in text]
    return len(values) > 1 and min(values) >= 0 and sum(values[:-1]) % len(_CHECKED) == values[-1]
