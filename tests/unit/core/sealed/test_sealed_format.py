"""The sealed file: whatever goes in comes out, and nothing else ever does."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segl.sealed.format import CHUNK, HEADER, TAG, Damaged, Header, decrypt, encrypt, sealed_size
from segl.sealed.keys import Secret
from segl.sealed.revocation import revocation_secret
from segl.sealed.spare import spare_kek

ID = bytes(range(16))
KEY = bytes(range(32))

# Sizes around every boundary: empty, one byte, just under, at and over one chunk and two.
SIZES = [0, 1, 1000, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1, 3 * CHUNK + 17]


def seal(plain: bytes, prefix: bytes = b"prefix7") -> bytes:
    return b"".join(encrypt([plain], KEY, Header(ID, prefix)))


def unseal(sealed: bytes, key: bytes = KEY, message_id: bytes = ID) -> bytes:
    return b"".join(decrypt(io.BytesIO(sealed), key, message_id))


def chunks_of(sealed: bytes) -> list[bytes]:
    body = sealed[HEADER:]
    return [body[at : at + CHUNK + TAG] for at in range(0, len(body), CHUNK + TAG)]


@pytest.mark.parametrize("size", SIZES)
def test_any_size_comes_back_and_takes_the_stated_room(size: int) -> None:
    plain = os.urandom(size)
    sealed = seal(plain)
    assert unseal(sealed) == plain
    assert len(sealed) == sealed_size(size)


@given(st.lists(st.binary(max_size=300)), st.integers(0, 2 * CHUNK))
@settings(max_examples=60, deadline=None)
def test_how_the_writer_gets_its_bytes_does_not_matter(pieces: list[bytes], filler: int) -> None:
    pieces = [*pieces, b"x" * filler, b"end"]
    assert b"".join(encrypt(pieces, KEY, Header(ID, b"prefix7"))) == seal(b"".join(pieces))


def test_the_bytes_are_those_of_the_written_format() -> None:
    """The vector of docs/sealed-format.md: a change of this is a new version of the format."""
    sealed = seal(b"Kaere Anna\r\n", prefix=bytes(range(7)))
    assert sealed.hex() == VECTOR


# Made with openssl's AES (ECB, CTR) and a GHASH written for the purpose, not with this code.
VECTOR = (
    "5345474c01000102030405060708090a0b0c0d0e0f00010203040506"  # header
    "3e17d02ce2256271e1af3b81"  # "Kaere Anna" CR LF
    "4a13daa533eb63c6469eb215270b5530"  # tag
)


@given(st.binary(max_size=200), st.data())
@settings(max_examples=300, deadline=None)
def test_any_flipped_bit_is_noticed(plain: bytes, data: st.DataObject) -> None:
    sealed = bytearray(seal(plain))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << (bit % 8)
    with pytest.raises(Damaged):
        unseal(bytes(sealed))


def test_every_bit_of_a_small_file_counts() -> None:
    sealed = seal(b"x")
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises(Damaged):
            unseal(bytes(changed))


@pytest.mark.parametrize("size", [0, 5, CHUNK, 2 * CHUNK, 2 * CHUNK + 5])
def test_a_file_cut_anywhere_is_noticed(size: int) -> None:
    sealed = seal(b"z" * size)
    boundaries = range(HEADER, len(sealed), CHUNK + TAG)
    cuts = {at + by for at in boundaries for by in (-1, 0, 1, TAG - 1, TAG, TAG + 1)} | {
        0,
        1,
        len(sealed) - 1,
    }
    for cut in sorted(cuts):
        if 0 <= cut < len(sealed):
            with pytest.raises(Damaged):
                unseal(sealed[:cut])


def test_trailing_bytes_are_noticed() -> None:
    for plain in (b"", b"abc", b"q" * CHUNK):
        for tail in (b"\0", b"\0" * TAG, b"\0" * (CHUNK + TAG)):
            with pytest.raises(Damaged):
                unseal(seal(plain) + tail)


THREE = [b"a" * CHUNK, b"b" * CHUNK, b"c" * CHUNK]


@pytest.mark.parametrize(
    ("what", "order"),
    [
        ("swapped", [1, 0, 2]),
        ("last one first", [2, 0, 1]),
        ("repeated", [0, 0, 1, 2]),
        ("left out in the middle", [0, 2]),
        ("left out in front", [1, 2]),
        ("last left out", [0, 1]),
        ("last twice", [0, 1, 2, 2]),
    ],
)
def test_chunks_keep_their_place(what: str, order: Sequence[int]) -> None:
    sealed = seal(b"".join(THREE))
    parts = chunks_of(sealed)
    with pytest.raises(Damaged):
        unseal(sealed[:HEADER] + b"".join(parts[n] for n in order))


def test_a_chunk_of_another_message_does_not_fit() -> None:
    """Same key, same place, other id: the id is authenticated with each chunk."""
    other = b"".join(encrypt([b"b" * (2 * CHUNK)], KEY, Header(b"\xff" * 16, b"prefix7")))
    sealed = seal(b"a" * (2 * CHUNK))
    with pytest.raises(Damaged):
        unseal(sealed[: HEADER + CHUNK + TAG] + other[HEADER + CHUNK + TAG :])


def test_the_wrong_key_and_another_messages_file_are_refused() -> None:
    with pytest.raises(Damaged):
        unseal(seal(b"secret"), key=bytes(32))
    with pytest.raises(Damaged):
        unseal(seal(b"secret"), message_id=bytes(16))


def test_an_empty_last_chunk_is_no_second_spelling_of_a_full_one() -> None:
    """A file that ends in an empty chunk after a full one is refused even when it was made with the key."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    header = Header(ID, b"prefix7")
    cipher = AESGCM(KEY)
    first = cipher.encrypt(header.nonce(0, False), b"a" * CHUNK, header.aad(0))
    last = cipher.encrypt(header.nonce(1, True), b"", header.aad(1))
    with pytest.raises(Damaged):
        unseal(bytes(header) + first + last)


@pytest.mark.parametrize("junk", [b"", b"SEGL", b"\0" * 200, b"From: a@b\r\n\r\nhej", os.urandom(70_000)])
def test_what_is_no_sealed_file_is_refused(junk: bytes) -> None:
    with pytest.raises(Damaged):
        unseal(junk)


def test_another_version_is_named() -> None:
    sealed = bytearray(seal(b"x"))
    sealed[4] = 2
    with pytest.raises(Damaged, match="version 2"):
        unseal(bytes(sealed))


def test_plaintext_is_given_out_chunk_by_chunk() -> None:
    """The first chunk is there before the third is read: constant memory, whatever the size."""
    sealed = seal(b"".join(THREE))
    file = io.BytesIO(sealed)
    assert next(decrypt(file, KEY, ID)) == THREE[0]
    assert file.tell() <= HEADER + 2 * (CHUNK + TAG)


def test_equal_messages_look_different() -> None:
    one, two = (b"".join(encrypt([b"same"], KEY, Header.new(ID))) for _ in range(2))
    assert one[HEADER:] != two[HEADER:]


def test_the_spare_keys_vector() -> None:
    """From OpenSSL: openssl kdf -kdfopt digest:SHA256 -kdfopt hexkey:SHA-256("k"×32)‖"S"×32 … HKDF."""
    resend_key = Secret(sha256(b"k" * 32).digest())
    assert spare_kek(resend_key, Secret(b"S" * 32), ID.hex()).hex() == (
        "3afb4d4bca0f6e08d3b4bd2604c8d7cb797d0b9f55c098ea66971473ca03f3ef"
    )


def test_the_revocation_secrets_vector() -> None:
    """From OpenSSL: openssl mac -digest SHA256 -macopt hexkey:"H"×32 … HMAC."""
    assert revocation_secret(Secret(b"H" * 32), ID.hex()).reveal().hex() == (
        "a15a7652a333f7d4c9d3c896bb97213801de1519fbc2bb9d9ab5ece66075057c"
    )
