"""EnvelopedData (RFC 5652 §6) and AuthEnvelopedData (RFC 5083): content for whoever holds one of several keys.

The content is encrypted once, under a fresh key; that key stands in the message once for each recipient. What
stands before and after the content is small, so a message of any size is made piece by piece: the lengths
are known beforehand, because the content's size is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import chain

from cryptography import x509

from segl import ber
from segl.ber import PIECE, Piece
from segl_delivery.cms.algorithm import integer, oid
from segl_delivery.cms.choice import COMMON, Choice
from segl_delivery.cms.ciphers import TAG, Encryption
from segl_delivery.cms.names import ContentType
from segl_delivery.cms.recipients import needs_version_2, write_recipient


class EnvelopedData:
    """A message about to be encrypted: its size is known, its content is asked for by :meth:`pieces`."""

    def __init__(self, size: int, certificates: Sequence[x509.Certificate], choice: Choice = COMMON) -> None:
        """For content of *size* bytes. Raises :class:`~segl_delivery.cms.recipients.CannotEncrypt`."""
        if not certificates:
            raise ValueError("a message for nobody")
        self.choice = choice
        self._encryption = Encryption(choice.cipher, size)
        self._recipients = sorted(
            write_recipient(certificate, self._encryption.key, choice) for certificate in certificates
        )
        self._version = 2 if any(needs_version_2(entry, choice) for entry in certificates) else 0
        self._head = self._frame()
        self.length = len(self._head) + self._encryption.size + len(self._foot(b"\0" * TAG))

    def pieces(self, content: Iterable[Piece]) -> Iterator[bytes]:
        """The message in DER, :attr:`length` bytes in all. Once only."""
        yield self._head
        yield from self._encryption.run(chain.from_iterable(map(_cut, content)))
        yield self._foot(self._encryption.tag)

    def _frame(self) -> bytes:
        """All that stands before the encrypted content: headers say how long what follows will be."""
        authenticated = self.choice.cipher.authenticated
        size = self._encryption.size
        foot = len(self._foot(b"\0" * TAG))
        version = integer(0 if authenticated else self._version)
        recipients = ber.element(ber.SET, *self._recipients)
        kind = oid(ContentType.DATA.value) + self._encryption.identifier
        octets = ber.header(ber.context(0, constructed=False), size)
        info = ber.header(ber.SEQUENCE, len(kind) + len(octets) + size) + kind + octets
        inner = version + recipients + info
        inner = ber.header(ber.SEQUENCE, len(inner) + size + foot) + inner
        inner = ber.header(ber.context(0), len(inner) + size + foot) + inner
        outer = oid((ContentType.AUTH_ENVELOPED if authenticated else ContentType.ENVELOPED).value)
        return ber.header(ber.SEQUENCE, len(outer) + len(inner) + size + foot) + outer + inner

    def _foot(self, tag: bytes) -> bytes:
        return ber.element(ber.OCTETS, tag) if self.choice.cipher.authenticated else b""


def encrypt(content: bytes, certificates: Sequence[x509.Certificate], choice: Choice = COMMON) -> bytes:
    """*content* for the holders of *certificates*, in DER: :class:`EnvelopedData` for what fits in memory well."""
    message = BytesIO()
    message.writelines(EnvelopedData(len(content), certificates, choice).pieces([content]))
    return message.getvalue()


def _cut(piece: Piece) -> Iterator[Piece]:
    """*piece* in parts of a moderate size, not copied."""
    view = memoryview(piece)
    for at in range(0, len(view), PIECE):
        yield view[at : at + PIECE]
