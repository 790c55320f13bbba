"""The keys we open messages with: the one in use, and those of before, which old mail still needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509

from segl_delivery.cms.digests import PrivateKey
from segl_delivery.cms.identifiers import Identifier, IssuerSerial, identifies, issuer_serial, key_identifier


@dataclass(frozen=True, slots=True)
class DecryptionKey:
    """A private key and the certificate by which senders name it. ``retired``: nobody should use it any
    more, but what was encrypted to it is opened."""

    key: PrivateKey
    certificate: x509.Certificate
    retired: bool = False

    def __post_init__(self) -> None:
        if self.certificate.public_key() != self.key.public_key():
            raise ValueError("the certificate belongs to another key")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.certificate.serial_number:x})"


class DecryptionKeys:
    """All keys we hold. A message names those it is for, so their number costs nothing."""

    def __init__(self, keys: Sequence[DecryptionKey]) -> None:
        self._keys = tuple(keys)
        self._names = {name: own for own in reversed(self._keys) for name in _names(own.certificate)}
        self._serials = frozenset(own.certificate.serial_number for own in keys)
        self._marks = tuple(mark for own in keys for mark in _marks(own.certificate))

    def named(self, identifier: Identifier) -> DecryptionKey | None:
        """The key that *identifier* means, letter for letter."""
        return self._names.get(identifier)

    def resembles(self, identifier: Identifier) -> bool:
        """Whether it could mean one of ours, the issuer's name being written in another way: a serial number
        of ours with it."""
        return isinstance(identifier, IssuerSerial) and identifier.serial in self._serials

    def meant(self, identifier: Identifier) -> DecryptionKey | None:
        """As :meth:`named`, but for another way to write the issuer's name. Costs much more."""
        return next((own for own in self._keys if identifies(identifier, own.certificate)), None)

    def may_be_named_in(self, part: bytes) -> bool:
        """``False`` when *part* of a message surely names none of our certificates: ten thousand recipients
        are passed over by this alone."""
        return any(mark in part for mark in self._marks)


def _names(certificate: x509.Certificate) -> tuple[Identifier, Identifier]:
    return issuer_serial(certificate), key_identifier(certificate)


def _marks(certificate: x509.Certificate) -> tuple[bytes, bytes]:
    serial = certificate.serial_number
    return serial.to_bytes((serial.bit_length() + 7) // 8 or 1, "big"), key_identifier(certificate).value
