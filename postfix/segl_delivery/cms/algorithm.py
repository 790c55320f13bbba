"""AlgorithmIdentifier (RFC 5280 §4.1.1.2): an object identifier and, as the algorithm wants, parameters."""

from __future__ import annotations

from asn1crypto import core

from segl import ber
from segl.ber import Damaged
from segl_delivery.cms.names import ContentType

NULL = b"\x05\x00"
_NEWEST = 5


def oid(name: str) -> bytes:
    """The object identifier *name* ("1.2.840…") in DER."""
    written: bytes = core.ObjectIdentifier(name).dump()
    return written


def integer(value: int) -> bytes:
    written: bytes = core.Integer(value).dump()
    return written


def octets(value: bytes) -> bytes:
    return ber.element(ber.OCTETS, value)


def algorithm(name: str, *parameters: bytes) -> bytes:
    """The AlgorithmIdentifier of *name*."""
    return ber.element(ber.SEQUENCE, oid(name), *parameters)


def read_oid(der: bytes) -> str:
    if der[:1] != bytes((ber.OID,)):
        raise Damaged("another element than expected")
    try:
        name: str = core.ObjectIdentifier.load(der, strict=True).dotted
    except (ValueError, TypeError, LookupError):
        raise Damaged("an object identifier cannot be read") from None
    return name


def read_integer(der: bytes) -> int:
    return int.from_bytes(ber.content_of(der, ber.INTEGER), "big", signed=True)


def check_version(der: bytes) -> None:
    """Refuse what is no version of a CMS structure. Which one it is follows from the structure itself, and
    writers are not exact about it."""
    if not 0 <= read_integer(der) <= _NEWEST:
        raise Damaged("a version that we do not know")


def enter_content(reader: ber.Reader, *kinds: ContentType, otherwise: str) -> ContentType:
    """Go into the content of a ContentInfo (RFC 5652 §3), as far as behind its version; of which of *kinds* it is.
    Raises :class:`Damaged`, with the words of *otherwise* when it is of another."""
    reader.enter(ber.SEQUENCE)
    written = read_oid(reader.whole(64))
    found = next((kind for kind in kinds if kind.value == written), None)
    if found is None:
        raise Damaged(otherwise)
    reader.enter(ber.context(0))
    reader.enter(ber.SEQUENCE)
    check_version(reader.whole())
    return found


def read_algorithm(der: bytes) -> tuple[str, bytes]:
    """The name and the parameters in DER, ``b""`` when there are none."""
    parts = ber.children(ber.content_of(der, ber.SEQUENCE))
    if not 1 <= len(parts) <= 2:
        raise Damaged("an AlgorithmIdentifier cannot be read")
    return read_oid(parts[0]), parts[1] if len(parts) == 2 else b""
