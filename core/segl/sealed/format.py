"""The bytes of a sealed message: a header, then chunks of AES-256-GCM.

The layout follows the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015): the plaintext is
cut into chunks of 64 KiB, each encrypted by itself under one content key, so that a message of any size is
written and read in constant memory. A chunk's nonce holds its number and whether it is the last, so
chunks that were moved, swapped, repeated or left out do not decrypt, nor does a file that ends early
or late. The id of the message and the version are authenticated with every chunk: a file put in another's
place is refused.

    header   "SEGL" (4) ‖ version (1) ‖ message id (16) ‖ nonce prefix (7)
    chunk    ciphertext (n) ‖ tag (16)      n = 65536, for the last chunk 0 to 65536
    nonce    prefix (7) ‖ chunk number (4, big-endian, from 0) ‖ last (1: 0 or 1)
    AAD      message id (16) ‖ version (1) ‖ chunk number (4, big-endian)

A last chunk of zero bytes stands only in an empty message. A reader yields a chunk when its tag was
right; that the message is *complete* is known when the last one was, so whoever passes chunks on must be
ready to break off."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC: Final = b"SEGL"
VERSION: Final = 1
CHUNK: Final = 64 * 1024
TAG: Final = 16
KEY: Final = 32
_HEADER: Final = struct.Struct(">4sB16s7s")
HEADER: Final = _HEADER.size
_MOST_CHUNKS: Final = 2**32


class Damaged(Exception):
    """The file is not what was written: cut, changed, put in another's place, or of an unknown version."""


@dataclass(frozen=True, slots=True)
class Header:
    """The first 28 bytes. ``prefix`` is random, though no nonce could repeat without it: each message has
    a key of its own."""

    message_id: bytes
    prefix: bytes

    @classmethod
    def new(cls, message_id: bytes) -> Header:
        if len(message_id) != 16:
            raise ValueError("a message id has 16 bytes")
        return cls(message_id, os.urandom(7))

    @classmethod
    def parse(cls, raw: bytes) -> Header:
        if len(raw) != HEADER:
            raise Damaged("shorter than a header")
        magic, version, message_id, prefix = _HEADER.unpack(raw)
        if magic != MAGIC:
            raise Damaged("not a sealed message")
        if version != VERSION:
            raise Damaged(f"version {version}")
        return cls(message_id, prefix)

    def __bytes__(self) -> bytes:
        return _HEADER.pack(MAGIC, VERSION, self.message_id, self.prefix)

    def nonce(self, number: int, last: bool) -> bytes:
        return self.prefix + struct.pack(">IB", number, last)

    def aad(self, number: int) -> bytes:
        return self.message_id + struct.pack(">BI", VERSION, number)


def sealed_size(plain: int) -> int:
    """How many bytes *plain* bytes take when sealed."""
    chunks = max(1, -(-plain // CHUNK))
    return HEADER + plain + chunks * TAG


def encrypt(pieces: Iterable[bytes], key: bytes, header: Header) -> Iterator[bytes]:
    """The sealed form of *pieces* (of any size), header first, one chunk at a time."""
    cipher = AESGCM(key)
    yield bytes(header)
    number = 0
    held: bytes | None = None  # a chunk is held back until it is known whether another follows
    for chunk in _chunks(pieces):
        if held is not None:
            yield cipher.encrypt(header.nonce(number, False), held, header.aad(number))
            number += 1
            if number >= _MOST_CHUNKS:
                raise ValueError("the message has too many chunks for the format")
        held = chunk
    yield cipher.encrypt(header.nonce(number, True), held or b"", header.aad(number))


def decrypt(file: BinaryIO, key: bytes, message_id: bytes) -> Iterator[bytes]:
    """The plaintext of the sealed *file*, a chunk at a time. Raises :class:`Damaged`, possibly after some
    chunks were given out; each of those was authentic and in its place."""
    header = Header.parse(file.read(HEADER))
    if header.message_id != message_id:
        raise Damaged("another message's file")
    cipher = AESGCM(key)
    number = 0
    chunk = _read(file, CHUNK + TAG)
    while True:
        following = _read(file, CHUNK + TAG)
        last = not following
        yield decrypt_chunk(cipher, header, number, last, chunk)
        if last:
            return
        chunk = following
        number += 1


def decrypt_chunk(cipher: AESGCM, header: Header, number: int, last: bool, chunk: bytes) -> bytes:
    """The plaintext of chunk *number*, as it stands in the file. Raises :class:`Damaged` when it is not
    authentic, not the chunk of that number, or not the last one as *last* says."""
    if len(chunk) < TAG or (last and number and len(chunk) == TAG) or number >= _MOST_CHUNKS:
        raise Damaged("cut off")
    try:
        return cipher.decrypt(header.nonce(number, last), chunk, header.aad(number))
    except InvalidTag:
        raise Damaged(f"chunk {number} is not authentic") from None


def _chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """*pieces* cut into chunks of exactly 64 KiB, the last perhaps shorter; none for no bytes."""
    rest = bytearray()
    for piece in pieces:
        view = memoryview(piece)
        if rest:
            taken = min(CHUNK - len(rest), len(view))
            rest += view[:taken]
            view = view[taken:]
            if len(rest) == CHUNK:
                yield bytes(rest)
                rest.clear()
        while len(view) >= CHUNK:
            yield bytes(view[:CHUNK])
            view = view[CHUNK:]
        rest += view
    if rest:
        yield bytes(rest)


def _read(file: BinaryIO, size: int) -> bytes:
    """*size* bytes, fewer only at the end of the file (a raw file may return short reads)."""
    data = file.read(size)
    while len(data) < size and (more := file.read(size - len(data))):
        data += more
    return data
