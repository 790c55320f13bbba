"""Certificates and what belongs to them, in DER (X.690): X.509 (RFC 5280), requests (RFC 2986), lists of revoked ones,
time stamps (RFC 3161), and bundles of certificates in CMS that sign nothing (RFC 5652 §5).

Nothing of anybody stands in them but names and addresses (subject, issuer, other names), which are read. The rest are
numbers: keys, signatures, digests. What is longer than those are, or does not hold together, is told of: something else
may be signed or hidden there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from segl.mime import sniff, transfer
from segl.mime.transfer import Encoding
from segl.settings.detection import Limits
from segl.vocabulary import Unreadable
from segl_classifier.extracted import Extracted, Notebook
from segl_classifier.message import Part
from segl_classifier.readers import read_plain

TYPES = (
    *("application/pkix-cert", "application/x-x509-ca-cert", "application/x-x509-user-cert"),
    *(
        "application/x-x509-server-cert",
        "application/pkix-crl",
        "application/x-pkcs7-crl",
        "application/pkix-pkipath",
    ),
    *("application/pkcs10", "application/x-pkcs10", "application/x-pem-file"),
    *("application/x-pkcs7-certificates", "application/timestamp-query", "application/timestamp-reply"),
)
# In letters (RFC 7468).
_ARMOURED = re.compile(
    rb"-----BEGIN (?P<kind>(?:TRUSTED |X509 )?CERTIFICATE|(?:NEW )?CERTIFICATE REQUEST|X509 CRL|PKCS ?#?7|CMS)-----"
    rb"(?P<letters>[A-Za-z0-9+/=\s]{1,1000000}+)-----END (?P=kind)-----"
)
_TEXT_TAGS = {12: "utf-8", 18: "ascii", 19: "ascii", 20: "cp1252", 22: "ascii", 25: "latin-1", 26: "ascii"}
_TEXT_TAGS |= {27: "latin-1", 28: "utf-32-be", 30: "utf-16-be"}
_INTEGER, _BITS, _OCTETS, _IDENTIFIER, _SEQUENCE, _SET = 2, 3, 4, 6, 16, 17
_TIMES = (23, 24)
# What CMS may hold instead (RFC 5652, 5083, 3274): enveloped, digested, encrypted, authenticated, compressed data.
_OF_OTHER_CMS = frozenset(
    bytes.fromhex(f"2a864886f70d01{rest}")
    for rest in ("0703", "0704", "0705", "0706", "09100117", "09100102", "09100109")
)
_NOTHING = frozenset((1, 5, 10, 13))  # truth values, numbers of a list
_TIME = re.compile(rb"[0-9]{10,14}(?:[.,][0-9]{1,9})?(?:Z|[+-][0-9]{4})?")
_WORDS = re.compile(rb"[\t\n\r -~\xc2\xc3\x80-\xbf]{6,}+")
# Bytes: a key of RSA with 16,384 bits; a serial number; an identifier; a truth value.
_LONGEST_NUMBER, _SERIAL, _LONGEST_IDENTIFIER, _SHORT = 2_100, 32, 64, 8
_MOST_OF_NUMBERS = 512 * 1024  # bytes of numbers longer than a serial one, in one file
_DEEPEST, _MOST = 40, 50_000  # levels; values


class _Broken(ValueError):
    """It is no DER, or more stands in it than belongs there."""


class _Value(NamedTuple):
    """One value: its tag, whether it is a universal one and holds others, and its bytes."""

    tag: int
    universal: bool
    constructed: bool
    content: memoryview


def read(part: Part, limits: Limits) -> Extracted:
    """The names in a certificate. One in letters (PEM) is text, and read as such."""
    data = part.payload
    notes = Notebook(part, limits)
    if sniff.is_text(data[: sniff.HEAD]):
        rest = _ARMOURED.sub(
            lambda block: b"" if _take(_opened(block["letters"]), notes, part.where) else block[0], data
        )
        other = read_plain(replace(part, encoded=rest, encoding=Encoding.NONE, walked=False), limits)
        return replace(other, texts=(*notes.result().texts, *other.texts))
    if not _take(data, notes, part.where):
        notes.lack(Unreadable.UNKNOWN_TYPE, part.content_type)
    return notes.result()


def _opened(letters: bytes) -> bytes:
    return transfer.decode(letters, Encoding.BASE64)


def _take(data: bytes, notes: Notebook, where: str) -> bool:
    """Keep the texts in *data*, if it is one of these files."""
    try:
        texts = list(_texts(memoryview(data)))
    except (_Broken, UnicodeError):
        return False
    notes.text("\n".join(dict.fromkeys(texts)), where)
    return True


def _texts(data: memoryview) -> Iterator[str]:
    """The texts in *data*. Raises :class:`_Broken`."""
    waiting = [(value, 0) for value in reversed(list(_values(data)))]
    seen = dark = 0
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if depth > _DEEPEST or seen > _MOST:
            raise _Broken
        if value.constructed:
            if _is_foreign(value):
                raise _Broken
            waiting += [(inner, depth + 1) for inner in reversed(list(_values(value.content)))]
        elif value.universal and value.tag in _TEXT_TAGS:
            yield bytes(value.content).decode(_TEXT_TAGS[value.tag])
        elif not value.universal or value.tag in (_BITS, _OCTETS):
            content = value.content[1:] if value.universal and value.tag == _BITS else value.content
            if (inside := _inside(content)) is not None:
                waiting += [(inner, depth + 1) for inner in reversed(inside)]
            elif _WORDS.fullmatch(content):
                yield bytes(content).decode("utf-8", "replace")
            elif len(content) > _LONGEST_NUMBER or sniff.signature(bytes(content[: sniff.HEAD])):
                raise _Broken
            else:
                dark += len(content)
        elif not _is_of_certificates(value):
            raise _Broken
        elif value.tag == _INTEGER and _WORDS.fullmatch(value.content):
            yield bytes(value.content).decode("utf-8", "replace")
        elif len(value.content) > _SERIAL:
            dark += len(value.content)
    if dark > _MOST_OF_NUMBERS:
        raise _Broken


def _is_of_certificates(value: _Value) -> bool:
    """Whether *value*, no text and no octets, may stand in a certificate."""
    content = value.content
    if value.tag == _INTEGER:
        return len(content) <= _LONGEST_NUMBER
    if value.tag == _IDENTIFIER:
        return len(content) <= _LONGEST_IDENTIFIER and bytes(content) not in _OF_OTHER_CMS
    if value.tag in _TIMES:
        return _TIME.fullmatch(content) is not None
    return value.tag in _NOTHING and len(content) <= _SHORT


def _is_foreign(value: _Value) -> bool:
    """Whether *value* is the content of CMS that signs something, and neither text nor DER as a time stamp is."""
    if value.universal or value.tag != 0:
        return False
    inner = list(_values(value.content))
    if len(inner) != 1 or (inner[0].tag, inner[0].universal) != (_OCTETS, True):
        return False
    content = inner[0].content
    return inner[0].constructed or (_inside(content) is None and not _WORDS.fullmatch(content))


def _inside(content: memoryview) -> list[_Value] | None:
    """The values of which *content* is made, if it is: most extensions of a certificate stand in octets."""
    if len(content) < 2 or content[0] & 0x1F not in (_INTEGER, _BITS, _OCTETS, _SEQUENCE, _SET, *_TEXT_TAGS):
        return None
    try:
        return list(_values(content))
    except _Broken:
        return None


def _values(data: memoryview) -> Iterator[_Value]:
    """The values that stand in *data*, one behind another up to its end."""
    at, end, count = 0, len(data), 0
    while at < end:
        count += 1
        if count > _MOST:
            raise _Broken
        first = data[at]
        at += 1
        if first & 0x1F == 0x1F or at >= end:
            raise _Broken  # a tag of several bytes: nothing here has one
        length = data[at]
        at += 1
        if length & 0x80:
            size = length & 0x7F
            if not 1 <= size <= 4 or at + size > end:
                raise _Broken  # without a length (BER) an end would have to be looked for
            length = int.from_bytes(data[at : at + size])
            at += size
        if at + length > end:
            raise _Broken
        yield _Value(first & 0x1F, first < 0x40, bool(first & 0x20), data[at : at + length])
        at += length
