"""The ciphers for content: what they are called, what they need, and how they run over a stream.

CBC hides the content but does not notice changes: whoever can change the message on its way can steer bits of
what comes out (the EFAIL attacks). GCM notices every change; it ends with a tag, and before the tag was
checked nothing of the content may be used.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from enum import Enum
from io import BytesIO
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher as Machine
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, GCM
from cryptography.hazmat.primitives.padding import PKCS7

from segl import ber
from segl.ber import Damaged, Piece
from segl_delivery.cms.algorithm import algorithm, integer, octets, read_algorithm, read_integer

TAG: Final = 16  # bytes; what we write
_SHORTEST_TAG: Final = 12  # RFC 5084 §3.2
_NONCE: Final = 12


class NotDecrypted(ValueError):
    """Wrong key, or not what was encrypted."""


class Cipher(Enum):
    """A content cipher: the name it has in log and settings, its object identifier (RFC 3565, RFC 5084, RFC
    3370) and the length of its key in bytes."""

    AES_128_CBC = ("aes-128-cbc", "2.16.840.1.101.3.4.1.2", 16)
    AES_192_CBC = ("aes-192-cbc", "2.16.840.1.101.3.4.1.22", 24)
    AES_256_CBC = ("aes-256-cbc", "2.16.840.1.101.3.4.1.42", 32)
    AES_128_GCM = ("aes-128-gcm", "2.16.840.1.101.3.4.1.6", 16)
    AES_192_GCM = ("aes-192-gcm", "2.16.840.1.101.3.4.1.26", 24)
    AES_256_GCM = ("aes-256-gcm", "2.16.840.1.101.3.4.1.46", 32)
    TRIPLE_DES_CBC = ("des-ede3-cbc", "1.2.840.113549.3.7", 24)

    def __init__(self, label: str, oid: str, key_size: int) -> None:
        self.label = label
        self.oid = oid
        self.key_size = key_size

    @property
    def authenticated(self) -> bool:
        return self.label.endswith("gcm")

    @property
    def block(self) -> int:
        """Bytes of a block, to whose multiple CBC fills the content up."""
        return 8 if self is Cipher.TRIPLE_DES_CBC else 16

    @classmethod
    def named(cls, oid: str) -> Cipher | None:
        return next((cipher for cipher in cls if cipher.oid == oid), None)


class Encryption:
    """One run of a cipher with a fresh key and nonce over one content of a known size."""

    def __init__(self, cipher: Cipher, size: int) -> None:
        self.cipher = cipher
        self.key = os.urandom(cipher.key_size)
        self.tag = b""
        self._size = size
        self._nonce = os.urandom(_NONCE if cipher.authenticated else cipher.block)
        self._begun = False

    @property
    def identifier(self) -> bytes:
        """The AlgorithmIdentifier."""
        if self.cipher.authenticated:
            return algorithm(self.cipher.oid, ber.element(ber.SEQUENCE, octets(self._nonce), integer(TAG)))
        return algorithm(self.cipher.oid, octets(self._nonce))

    @property
    def size(self) -> int:
        """Bytes of the encrypted content."""
        if self.cipher.authenticated:
            return self._size
        return (self._size // self.cipher.block + 1) * self.cipher.block

    def run(self, content: Iterable[Piece]) -> Iterator[bytes]:
        """*content* encrypted; afterwards ``tag`` is there. Once only: a nonce must not serve twice."""
        if self._begun:
            raise RuntimeError("a key and nonce serve one content only")
        self._begun = True
        counted = self._counted(content)
        yield from self._gcm(counted) if self.cipher.authenticated else self._cbc(counted)

    def _gcm(self, content: Iterable[Piece]) -> Iterator[bytes]:
        encryptor = Machine(AES(self.key), GCM(self._nonce)).encryptor()
        for piece in content:
            yield encryptor.update(piece)
        encryptor.finalize()
        self.tag = encryptor.tag

    def _cbc(self, content: Iterable[Piece]) -> Iterator[bytes]:
        encryptor = Machine(_block_cipher(self.cipher, self.key), CBC(self._nonce)).encryptor()
        padder = PKCS7(self.cipher.block * 8).padder()
        for piece in content:
            yield encryptor.update(padder.update(piece))
        yield encryptor.update(padder.finalize())
        yield encryptor.finalize()

    def _counted(self, content: Iterable[Piece]) -> Iterator[Piece]:
        size = 0
        for piece in content:
            size += len(piece)
            yield piece
        if size != self._size:
            raise RuntimeError("the content has another size than was said")


class Decryption:
    """What an AlgorithmIdentifier says of how content is decrypted."""

    def __init__(self, identifier: bytes) -> None:
        """Raises :class:`~segl.ber.Damaged` for a cipher that we do not read."""
        name, parameters = read_algorithm(identifier)
        cipher = Cipher.named(name)
        if cipher is None:
            raise Damaged("a content cipher that we do not read")
        self.cipher = cipher
        self._tag_size = 0
        if cipher.authenticated:
            parts = ber.children(ber.content_of(parameters, ber.SEQUENCE))
            self._nonce = ber.content_of(parts[0], ber.OCTETS) if parts else b""
            self._tag_size = read_integer(parts[1]) if len(parts) > 1 else _SHORTEST_TAG
            if not _SHORTEST_TAG <= self._tag_size <= TAG or not 8 <= len(self._nonce) <= 64:
                raise Damaged("a nonce or tag of a length that is not secure")
        else:
            self._nonce = ber.content_of(parameters, ber.OCTETS)
            if len(self._nonce) != cipher.block:
                raise Damaged("an initialisation vector of a wrong length")

    def run(self, key: bytes, content: deque[Piece], tag: bytes, attributes: bytes) -> bytes:
        """*content* decrypted with *key*, which has the cipher's length. Piece by piece *content* is emptied,
        so that no more is in memory than before.

        *tag* and the authenticated *attributes* belong to GCM. Raises :class:`NotDecrypted` when this is not
        what was encrypted, or the key is another; nothing of it leaves then.
        """
        plain = BytesIO()
        try:
            if self.cipher.authenticated:
                self._gcm(key, content, tag, attributes, plain)
            else:
                self._cbc(key, content, plain)
        except (InvalidTag, ValueError):
            raise NotDecrypted from None
        return plain.getvalue()

    def _gcm(self, key: bytes, content: deque[Piece], tag: bytes, attributes: bytes, plain: BytesIO) -> None:
        mode = GCM(self._nonce, None, _SHORTEST_TAG)
        decryptor = Machine(AES(key), mode).decryptor()
        if attributes:
            decryptor.authenticate_additional_data(attributes)
        while content:
            plain.write(decryptor.update(content.popleft()))
        if len(tag) != self._tag_size:
            raise NotDecrypted
        decryptor.finalize_with_tag(tag)

    def _cbc(self, key: bytes, content: deque[Piece], plain: BytesIO) -> None:
        decryptor = Machine(_block_cipher(self.cipher, key), CBC(self._nonce)).decryptor()
        unpadder = PKCS7(self.cipher.block * 8).unpadder()
        while content:
            plain.write(unpadder.update(decryptor.update(content.popleft())))
        plain.write(unpadder.update(decryptor.finalize()))
        plain.write(unpadder.finalize())


def _block_cipher(cipher: Cipher, key: bytes) -> AES | TripleDES:
    return TripleDES(key) if cipher is Cipher.TRIPLE_DES_CBC else AES(key)
