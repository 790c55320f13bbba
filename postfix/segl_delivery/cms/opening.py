"""Opening: an encrypted message becomes its content, and layers inside each other are taken off.

There is one failure, :class:`~segl.errors.CannotOpen`, with one public text, and up to it always the same
work is done: a key that does not come out of its lock is replaced by a random one and the content decrypted
with that (implicit rejection). So neither answer nor time tells a sender which step failed, which is what
padding oracles feed on. The private text, for the log, tells apart only what anybody can see from the message
itself.

A random key has its price: with CBC, one garbled message in 256 has good padding by chance and "opens", as
rubbish. Who uses content that is not ``authenticated`` must look whether it is what it should be (a MIME
entity) before the original is let go.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from segl import ber
from segl.ber import Damaged, Stream
from segl.errors import CannotOpen
from segl_delivery.cms.algorithm import oid, read_oid
from segl_delivery.cms.ciphers import Cipher, NotDecrypted
from segl_delivery.cms.compressed import decompress
from segl_delivery.cms.frame import Frame, read_frame
from segl_delivery.cms.keys import DecryptionKey, DecryptionKeys
from segl_delivery.cms.names import ContentType
from segl_delivery.cms.recipients import Agreed, Recipient, Transported
from segl_delivery.cms.signed import Signed, verify
from segl_delivery.cms.transport import decrypt_key

Source = Callable[[], bytes | Stream]  # a message from its beginning, each time it is called

DEEPEST: Final = 8  # layers
LARGEST: Final = 512 * 1024 * 1024  # bytes that decompressing may make


@dataclass(frozen=True, slots=True)
class Decrypted:
    """*content* of an encrypted message, the cipher, and the key of ours it was for."""

    content: bytes
    content_type: str
    cipher: Cipher
    own: DecryptionKey

    @property
    def authenticated(self) -> bool:
        """Whether every change on the way would have been noticed."""
        return self.cipher.authenticated


@dataclass(frozen=True, slots=True)
class Opened:
    """What is innermost, and the layers that were taken off, outermost first. ``None`` stands for
    compression, which says nothing about anybody."""

    content: bytes
    content_type: str
    layers: tuple[Decrypted | Signed | None, ...]


def decrypt(message: bytes | Stream, ring: DecryptionKeys) -> Decrypted:
    """The content of *message* (DER or BER), for which one key of *ring* must do. A file is read once, from
    where it stands, and never whole: what is in memory is the content.

    Raises :class:`CannotOpen`.
    """
    frame = _frame(message, ring)
    ours = [(own, entry) for own, entry in frame.recipients if own is not None]
    if not ours:
        raise CannotOpen("it names none of our keys")
    own, key = _content_key(ours, frame.decryption.cipher.key_size)
    try:
        content = frame.decryption.run(key, frame.content, frame.tag, frame.attributes)
    except NotDecrypted:
        raise CannotOpen("it does not decrypt") from None
    return Decrypted(content, frame.content_type, frame.decryption.cipher, own)


def open_layers(message: bytes | Source, ring: DecryptionKeys, largest: int = LARGEST) -> Opened:
    """All layers of CMS that are directly inside each other taken off *message*, at least one. From a source it is read
    twice, the first time only to see what it is, and an encrypted one is never whole in memory.

    Raises :class:`CannotOpen`.
    """
    layers: list[Decrypted | Signed | None] = []
    source: Source = (lambda: message) if isinstance(message, bytes) else message
    for _ in range(DEEPEST):
        try:
            content_type, content, layer = _opened(source, ring, largest)
        except CannotOpen:
            if any(isinstance(layer, Decrypted) for layer in layers):
                raise CannotOpen("what it decrypts to cannot be opened") from None
            raise
        layers.append(layer)
        if content_type not in _LAYERS:
            return Opened(content, content_type, tuple(layers))
        inner = _content_info(content, content_type)
        del content, layer
        source = partial(bytes, inner)
    raise CannotOpen("it has more layers than we take off")


_LAYERS: Final = frozenset(kind.value for kind in ContentType if kind is not ContentType.DATA)


def _opened(
    source: Source, ring: DecryptionKeys, largest: int
) -> tuple[str, bytes, Decrypted | Signed | None]:
    try:
        reader = ber.Reader(source())
        reader.enter(ber.SEQUENCE)
        kind = read_oid(reader.whole(64))
        if kind == ContentType.SIGNED.value:
            signed = verify(_whole(source()))
            return signed.content_type, signed.content, signed
        if kind == ContentType.COMPRESSED.value:
            return *decompress(_whole(source()), largest), None
    except Damaged as error:
        raise CannotOpen(str(error)) from None
    found = decrypt(source(), ring)
    return found.content_type, found.content, found


def _whole(message: bytes | Stream) -> bytes:
    if isinstance(message, bytes):
        return message
    whole = BytesIO()
    while piece := message.read(ber.PIECE):
        whole.write(piece)
    return whole.getvalue()


def _content_info(content: bytes, content_type: str) -> bytes:
    """*content* as a message of its own: inside another one it stands without the frame that names it."""
    return ber.element(ber.SEQUENCE, oid(content_type), ber.element(ber.context(0), content))


def _frame(message: bytes | Stream, ring: DecryptionKeys) -> Frame:
    try:
        return read_frame(message, ring)
    except Damaged as error:
        raise CannotOpen(str(error)) from None


def _content_key(ours: list[tuple[DecryptionKey, Recipient]], size: int) -> tuple[DecryptionKey, bytes]:
    """The content key, *size* bytes long, or a random one. Locks that notice a wrong key go first, so that
    one that must not show it is only believed when there is nothing better."""
    for own, entry in sorted(ours, key=lambda pair: _notices_nothing(pair[1])):
        try:
            key = _unlocked(own, entry)
        except NotDecrypted:
            continue
        if len(key) == size:
            return own, key
    return ours[0][0], os.urandom(size)


def _unlocked(own: DecryptionKey, entry: Recipient) -> bytes:
    if isinstance(entry, Transported) and isinstance(own.key, RSAPrivateKey):
        return decrypt_key(entry.encrypted, own.key, entry.scheme)
    if isinstance(entry, Agreed) and isinstance(own.key, EllipticCurvePrivateKey):
        return entry.agreement.unwrap(entry.encrypted, own.key)
    raise NotDecrypted


def _notices_nothing(entry: Recipient) -> bool:
    return isinstance(entry, Transported) and not entry.scheme.notices_faults
