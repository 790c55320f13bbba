"""Encrypted messages: every cipher, every way to hand over the key, both ways round with openssl."""

from __future__ import annotations

import itertools
import os
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from segl.errors import CannotOpen
from segl_delivery.cms.choice import COMMON, MODERN, Choice, NamedBy, Transport
from segl_delivery.cms.ciphers import Cipher
from segl_delivery.cms.digests import Digest
from segl_delivery.cms.enveloped import EnvelopedData, encrypt
from segl_delivery.cms.keys import DecryptionKey, DecryptionKeys
from segl_delivery.cms.opening import decrypt
from segl_delivery.cms.recipients import CannotEncrypt
from world.oracle import KEYS, Identity, openssl_decrypt, openssl_encrypt
from world.partners import certificate, ec_key

CONTENT = b"Content-Type: text/plain\r\n\r\nDit CPR-nummer er 010190-1234.\r\n" * 40

WRITTEN = [Cipher.AES_128_CBC, Cipher.AES_256_CBC, Cipher.AES_128_GCM, Cipher.AES_256_GCM]
READ = list(Cipher)


@pytest.fixture(scope="module")
def identities(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Identity]:
    directory = tmp_path_factory.mktemp("identities")
    return {name: Identity.new(directory, name, make()) for name, make in KEYS.items()}


def ring(*identities: Identity) -> DecryptionKeys:
    return DecryptionKeys([DecryptionKey(identity.key, identity.certificate) for identity in identities])


def ways(name: str) -> list[Choice]:
    """The choices that matter for a key: the padding for RSA, the digest for a curve."""
    if name.startswith("rsa"):
        return [Choice(Cipher.AES_256_GCM, transport) for transport in Transport]
    digests = (Digest.SHA256, Digest.SHA384, Digest.SHA512, Digest.SHA1)
    return [Choice(Cipher.AES_256_GCM, Transport.PKCS1, digest) for digest in digests]


OURS = [
    (name, Choice(cipher, way.transport, way.agreement, named_by))
    for name in KEYS
    for cipher, way in itertools.product(WRITTEN, ways(name))
    for named_by in NamedBy
]


@pytest.mark.parametrize("name", KEYS)
def test_openssl_reads_all_that_we_write(identities: dict[str, Identity], name: str) -> None:
    """For one kind of key: each cipher with each way to hand over the key, named in both ways."""
    own = identities[name]
    for choice in (choice for key, choice in OURS if key == name):
        message = encrypt(CONTENT, [own.certificate], choice)
        assert openssl_decrypt(message, own) == CONTENT, choice
        assert decrypt(message, ring(own)).content == CONTENT, choice


RSA_OPTIONS: list[tuple[str, ...]] = [
    (),
    ("rsa_padding_mode:oaep",),
    ("rsa_padding_mode:oaep", "rsa_oaep_md:sha256"),
    ("rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha1"),
    ("rsa_padding_mode:oaep", "rsa_oaep_md:sha512"),
]
EC_OPTIONS: list[tuple[str, ...]] = [
    (),
    *((f"ecdh_kdf_md:{md}",) for md in ("sha1", "sha224", "sha256", "sha384", "sha512")),
    ("ecdh_cofactor_mode:1",),
]
FORMS: list[tuple[str, ...]] = [(), ("-stream",), ("-keyid",)]


@pytest.mark.parametrize("cipher", READ, ids=lambda cipher: cipher.label)
@pytest.mark.parametrize("name", KEYS)
def test_we_read_all_that_openssl_writes(identities: dict[str, Identity], name: str, cipher: Cipher) -> None:
    """DER and BER of indefinite length, by issuer and by key identifier, and each way to hand over the key."""
    own = identities[name]
    cases = [
        *((options, ()) for options in (RSA_OPTIONS if name.startswith("rsa") else EC_OPTIONS)),
        *(((), form) for form in FORMS),
    ]
    for options, form in cases:
        message = openssl_encrypt(CONTENT, [own], cipher.label, *options, *form)
        found = decrypt(message, ring(own))
        assert found.content == CONTENT, (options, form)
        assert found.cipher is cipher
        assert found.authenticated is cipher.label.endswith("gcm")


@pytest.mark.parametrize("choice", [COMMON, MODERN], ids=["common", "modern"])
def test_one_message_serves_recipients_of_all_kinds(identities: dict[str, Identity], choice: Choice) -> None:
    everybody = list(identities.values())
    message = encrypt(CONTENT, [identity.certificate for identity in everybody], choice)
    for identity in everybody:
        assert openssl_decrypt(message, identity) == CONTENT
        assert decrypt(message, ring(identity)).content == CONTENT


def test_we_find_ourselves_among_openssls_recipients(identities: dict[str, Identity]) -> None:
    everybody = list(identities.values())
    message = openssl_encrypt(CONTENT, everybody, "aes-256-gcm", "-stream")
    for identity in everybody:
        assert decrypt(message, ring(identity)).content == CONTENT


def test_an_old_key_still_opens(identities: dict[str, Identity]) -> None:
    new, old = identities["p256"], identities["rsa2048"]
    keys = DecryptionKeys(
        [DecryptionKey(new.key, new.certificate), DecryptionKey(old.key, old.certificate, retired=True)]
    )
    found = decrypt(encrypt(CONTENT, [old.certificate]), keys)
    assert (found.content, found.own.retired) == (CONTENT, True)
    assert decrypt(encrypt(CONTENT, [new.certificate]), keys).own.retired is False


def test_a_key_with_two_certificates_opens_by_either(identities: dict[str, Identity]) -> None:
    """A certificate renewed with the same key: the message names one of the two."""
    own = identities["rsa2048"]
    renewed = certificate("renewed", own.key, key_id=True)
    for used in (own.certificate, renewed):
        for named_by in NamedBy:
            choice = Choice(Cipher.AES_256_GCM, Transport.PKCS1, named_by=named_by)
            keys = DecryptionKeys([DecryptionKey(own.key, own.certificate), DecryptionKey(own.key, renewed)])
            assert decrypt(encrypt(CONTENT, [used], choice), keys).content == CONTENT


def test_who_is_not_named_cannot_open(identities: dict[str, Identity]) -> None:
    message = encrypt(CONTENT, [identities["rsa2048"].certificate, identities["p256"].certificate])
    with pytest.raises(CannotOpen):
        decrypt(message, ring(identities["rsa3072"], identities["p384"]))
    with pytest.raises(CannotOpen):
        decrypt(message, DecryptionKeys([]))


@pytest.mark.parametrize("size", [0, 1, 7, 8, 15, 16, 17, 262_143, 262_144, 262_145, 600_000])
@pytest.mark.parametrize("cipher", WRITTEN, ids=lambda cipher: cipher.label)
def test_any_size_comes_out_whole(identities: dict[str, Identity], cipher: Cipher, size: int) -> None:
    content = os.urandom(size)
    own = identities["p256"]
    message = encrypt(content, [own.certificate], Choice(cipher, Transport.PKCS1))
    assert decrypt(message, ring(own)).content == content
    assert openssl_decrypt(message, own) == content


@given(st.lists(st.binary(max_size=300), max_size=20), st.sampled_from(WRITTEN))
@settings(max_examples=60, deadline=None)
def test_content_may_come_in_any_pieces(pieces: list[bytes], cipher: Cipher) -> None:
    key = ec_key()
    made = certificate("pieces", key)
    whole = b"".join(pieces)
    envelope = EnvelopedData(len(whole), [made], Choice(cipher, Transport.PKCS1))
    message = b"".join(envelope.pieces(pieces))
    assert len(message) == envelope.length
    assert decrypt(BytesIO(message), DecryptionKeys([DecryptionKey(key, made)])).content == whole


def test_an_envelope_serves_one_content_of_the_size_that_was_said() -> None:
    made = certificate("once", ec_key())
    envelope = EnvelopedData(3, [made])
    b"".join(envelope.pieces([b"abc"]))
    with pytest.raises(RuntimeError, match="one content only"):
        b"".join(envelope.pieces([b"abc"]))
    for content in (b"ab", b"abcd"):
        with pytest.raises(RuntimeError, match="another size"):
            b"".join(EnvelopedData(3, [made]).pieces([content]))


def test_a_message_needs_somebody_to_read_it() -> None:
    with pytest.raises(ValueError, match="nobody"):
        EnvelopedData(3, [])


def test_a_key_that_only_signs_cannot_be_encrypted_to() -> None:
    with pytest.raises(CannotEncrypt, match="neither"):
        encrypt(b"x", [certificate("signs", ed25519.Ed25519PrivateKey.generate())])


def test_two_messages_share_nothing(identities: dict[str, Identity]) -> None:
    made = [identities["p256"].certificate]
    one, other = encrypt(b"same content" * 9, made), encrypt(b"same content" * 9, made)
    assert one[-100:] != other[-100:]
    assert one[:40] == other[:40]


def test_the_certificate_must_be_the_keys_own(identities: dict[str, Identity]) -> None:
    with pytest.raises(ValueError, match="another key"):
        DecryptionKey(identities["p256"].key, identities["p384"].certificate)


def test_a_key_is_not_shown(identities: dict[str, Identity], tmp_path: Path) -> None:
    own = identities["rsa2048"]
    shown = repr(DecryptionKey(own.key, own.certificate))
    assert shown == f"DecryptionKey({own.certificate.serial_number:x})"
