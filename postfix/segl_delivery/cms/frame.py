"""An encrypted message as it is read: who it is for, what it is encrypted with, and the content, still
encrypted. No key is used here, so whatever is wrong here anybody could see."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from segl import ber
from segl.ber import Damaged, Piece, Stream
from segl_delivery.cms.algorithm import enter_content, oid, read_oid
from segl_delivery.cms.ciphers import Decryption
from segl_delivery.cms.keys import DecryptionKey, DecryptionKeys
from segl_delivery.cms.names import CONTENT_TYPE, ContentType
from segl_delivery.cms.recipients import LARGEST, Recipient, read_recipient

_MOST_RECIPIENTS: Final = 16 * 1024 * 1024  # bytes of all RecipientInfos: some thirty thousand
_MOST_TOLD: Final = 1000
# A message to more of our keys is nobody's honest work; each may cost an RSA operation.
_MOST_TRIED: Final = 16
_MOST_DOUBTS: Final = 50  # of recipients with a serial number of ours and another issuer's name


@dataclass(frozen=True, slots=True)
class Frame:
    """*recipients* are those that were asked for, each with the key of ours it means. *attributes* are
    authenticated with the content, in DER as they are counted in; *tag* belongs to AuthEnvelopedData."""

    recipients: tuple[tuple[DecryptionKey | None, Recipient], ...]
    content_type: str
    decryption: Decryption
    content: deque[Piece]
    attributes: bytes
    tag: bytes


def read_frame(message: bytes | Stream, ring: DecryptionKeys | None) -> Frame:
    """Of the recipients those that mean a key of *ring*; without one, of all. Raises
    :class:`Damaged`."""
    reader = ber.Reader(message)
    kinds = ContentType.ENVELOPED, ContentType.AUTH_ENVELOPED
    authenticated = (
        enter_content(reader, *kinds, otherwise="no encrypted message") is ContentType.AUTH_ENVELOPED
    )
    if reader.peek() == ber.context(0):
        reader.whole()  # OriginatorInfo: certificates that we do not need
    recipients = _read_recipients(reader, ring)
    reader.enter(ber.SEQUENCE)
    content_type = read_oid(reader.whole(64))
    decryption = Decryption(reader.whole())
    if decryption.cipher.authenticated is not authenticated:
        raise Damaged("the cipher does not belong to this kind of message")
    content = deque(reader.pieces(ber.context(0, constructed=False)))
    reader.leave()
    attributes, tag = _read_ending(reader, content_type) if authenticated else (b"", b"")
    while reader.peek() is not None:
        reader.whole()  # unprotected attributes: nobody vouches for them
    for _ in range(3):
        reader.leave()
    return Frame(recipients, content_type, decryption, content, attributes, tag)


def _read_recipients(
    reader: ber.Reader, ring: DecryptionKeys | None
) -> tuple[tuple[DecryptionKey | None, Recipient], ...]:
    reader.enter(ber.SET)
    found: list[tuple[DecryptionKey | None, Recipient]] = []
    most = _MOST_TOLD if ring is None else _MOST_TRIED
    size = doubts = 0
    while reader.peek() is not None:
        part = reader.whole(LARGEST)
        size += len(part)
        if size > _MOST_RECIPIENTS:
            raise Damaged("more recipients than we read")
        if len(found) >= most or (ring is not None and not ring.may_be_named_in(part)):
            continue
        for entry in _read(part):
            own = None
            if ring is not None:
                own = ring.named(entry.identifier)
                if own is None and doubts < _MOST_DOUBTS and ring.resembles(entry.identifier):
                    doubts += 1
                    own = ring.meant(entry.identifier)
                if own is None:
                    continue
            found.append((own, entry))
    reader.leave()
    return tuple(found[:most])


def _read(part: bytes) -> list[Recipient]:
    """What one RecipientInfo says; nothing when it is in a form we do not read: another may be for us."""
    try:
        return read_recipient(part)
    except Damaged:
        return []


def _read_ending(reader: ber.Reader, content_type: str) -> tuple[bytes, bytes]:
    """The authenticated attributes as they are counted in, and the tag.

    The content's type is not authenticated by itself. So any type but plain data has to stand among the
    attributes, too (RFC 5083 §2.1).
    """
    parts: list[bytes] = []
    if reader.peek() == ber.context(1):
        parts = sorted(ber.children(ber.content_of(reader.whole(), ber.context(1))))
    named = ber.element(ber.SEQUENCE, oid(CONTENT_TYPE), ber.element(ber.SET, oid(content_type)))
    if (parts or content_type != ContentType.DATA.value) and named not in parts:
        raise Damaged("the content's type is not authenticated")
    attributes = ber.element(ber.SET, *parts) if parts else b""  # RFC 5083 §2.2: as a SET in DER
    return attributes, ber.content_of(reader.whole(), ber.OCTETS)
