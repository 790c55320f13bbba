"""What anybody can see of a CMS object, without a key: its kind, its cipher, who it is for, who signed."""

from __future__ import annotations

from dataclasses import dataclass

from asn1crypto import x509 as asn1_x509

from segl import ber
from segl.ber import Damaged
from segl_delivery.cms.algorithm import read_oid
from segl_delivery.cms.ciphers import Cipher
from segl_delivery.cms.frame import read_frame
from segl_delivery.cms.identifiers import Identifier, KeyIdentifier
from segl_delivery.cms.names import ContentType
from segl_delivery.cms.recipients import Recipient, Transported


@dataclass(frozen=True, slots=True)
class Addressee:
    """One recipient: how her certificate is named (for people in ``name``, else by *issuer* and *serial* in hex, or by
    the *key_identifier* in hex), and how the content key is locked for her."""

    name: str
    lock: str
    issuer: str = ""
    serial: str = ""
    key_identifier: str = ""


@dataclass(frozen=True, slots=True)
class Info:
    """*size* is that of the encrypted content in bytes; ``cipher`` is ``None`` when nothing is encrypted."""

    kind: ContentType
    cipher: Cipher | None = None
    size: int = 0
    addressees: tuple[Addressee, ...] = ()


def read_info(message: bytes) -> Info:
    """At most a thousand recipients are told. Raises :class:`Damaged`."""
    kind = kind_of(message)
    if kind not in (ContentType.ENVELOPED, ContentType.AUTH_ENVELOPED):
        return Info(kind)
    frame = read_frame(message, None)
    addressees = tuple(_addressee(entry) for _, entry in frame.recipients)
    return Info(kind, frame.decryption.cipher, sum(map(len, frame.content)), addressees)


def _addressee(entry: Recipient) -> Addressee:
    identifier, lock = entry.identifier, _lock(entry)
    if isinstance(identifier, KeyIdentifier):
        return Addressee(shown(identifier), lock, key_identifier=identifier.value.hex())
    return Addressee(shown(identifier), lock, _issuer(identifier.issuer), f"{identifier.serial:x}")


def kind_of(message: bytes) -> ContentType:
    """What *message* says it is. Raises :class:`Damaged`."""
    reader = ber.Reader(message)
    reader.enter(ber.SEQUENCE)
    try:
        return ContentType(read_oid(reader.whole(64)))
    except Damaged:
        raise
    except ValueError:
        raise Damaged("an object of a kind that we do not read") from None


def shown(identifier: Identifier) -> str:
    """An identifier for people. It may hold anything that its writer liked."""
    if isinstance(identifier, KeyIdentifier):
        return f"key {identifier.value.hex()}"
    return f"serial {identifier.serial:x} of {_issuer(identifier.issuer)}"


def _issuer(der: bytes) -> str:
    try:
        return str(asn1_x509.Name.load(der).human_friendly)
    except (ValueError, TypeError, LookupError, AttributeError):
        return "?"


def _lock(entry: Recipient) -> str:
    if isinstance(entry, Transported):
        return "RSA OAEP" if entry.scheme.notices_faults else "RSA PKCS #1"
    return f"ECDH {entry.agreement.digest.value}"
