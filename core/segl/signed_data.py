"""What stands inside a CMS SignedData (RFC 5652 §5.1). The signature is not judged.

ContentInfo ::= SEQUENCE { signedData, [0] SEQUENCE {
    version, digests SET, SEQUENCE { data, [0] OCTET STRING }, … }}"""

from __future__ import annotations

from typing import Final

from segl import ber

_SIGNED: Final = bytes.fromhex("06092a864886f70d010702")
_DATA: Final = bytes.fromhex("06092a864886f70d010701")


def signed_content(message: bytes) -> bytes:
    """What a SignedData holds. Raises :class:`segl.ber.Damaged` for anything else."""
    reader = ber.Reader(message)
    reader.enter(ber.SEQUENCE)
    if reader.whole(64) != _SIGNED:
        raise ber.Damaged("no signed message")
    reader.enter(ber.context(0))
    reader.enter(ber.SEQUENCE)
    reader.whole()  # version
    reader.whole()  # digests
    reader.enter(ber.SEQUENCE)
    if reader.whole(64) != _DATA:
        raise ber.Damaged("what is signed is no message")
    reader.enter(ber.context(0))
    return b"".join(map(bytes, reader.pieces(ber.OCTETS)))
