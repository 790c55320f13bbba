"""What Thunderbird's library and GnuPG read of ours, and we of theirs: why the common choice is what it is."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from segl_delivery.cms.choice import COMMON, MODERN, Choice, Transport
from segl_delivery.cms.ciphers import Cipher
from segl_delivery.cms.digests import Digest
from segl_delivery.cms.enveloped import encrypt
from segl_delivery.cms.keys import DecryptionKeys
from segl_delivery.cms.opening import decrypt
from segl_delivery.cms.signed import Signer, sign, verify
from world.mailprograms import Gpgsm, Nss
from world.oracle import Identity, Key
from world.partners import ec_key, rsa_key

CONTENT = b"Content-Type: text/plain\r\n\r\n010190-1234\r\n" * 20
KINDS = ["rsa", "p256", "p384"]


@pytest.fixture(scope="module")
def identities(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Identity]:
    directory = tmp_path_factory.mktemp("identities")
    keys: dict[str, Key] = {"rsa": rsa_key(), "p256": ec_key(), "p384": ec_key(ec.SECP384R1)}
    return {name: Identity.new(directory, name, key, authority=True) for name, key in keys.items()}


@pytest.fixture(scope="module")
def nss(identities: dict[str, Identity], tmp_path_factory: pytest.TempPathFactory) -> Nss:
    return Nss(tmp_path_factory.mktemp("nss"), list(identities.values()))


@pytest.fixture(scope="module")
def gpgsm(identities: dict[str, Identity]) -> Iterator[Gpgsm]:
    with tempfile.TemporaryDirectory(prefix="gpgsm-") as directory:
        started = Gpgsm(Path(directory), list(identities.values()))
        try:
            yield started
        finally:
            started.stop()


Program = Nss | Gpgsm


@pytest.fixture(params=["nss", "gpgsm"])
def program(request: pytest.FixtureRequest) -> Program:
    found: Program = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("name", KINDS)
def test_both_read_the_common_choice(program: Program, identities: dict[str, Identity], name: str) -> None:
    message = encrypt(CONTENT, [identities[name].certificate], COMMON)
    assert program.decrypt(message) == CONTENT


def test_both_read_a_message_to_several(program: Program, identities: dict[str, Identity]) -> None:
    message = encrypt(CONTENT, [identity.certificate for identity in identities.values()], COMMON)
    assert program.decrypt(message) == CONTENT


@pytest.mark.parametrize("digest", [Digest.SHA1, Digest.SHA256, Digest.SHA384, Digest.SHA512])
def test_both_derive_keys_as_we_do(program: Program, identities: dict[str, Identity], digest: Digest) -> None:
    choice = Choice(Cipher.AES_128_CBC, Transport.PKCS1, digest)
    assert program.decrypt(encrypt(CONTENT, [identities["p384"].certificate], choice)) == CONTENT


def test_neither_reads_gcm_yet(program: Program, identities: dict[str, Identity]) -> None:
    """The day this fails, docs/decisions/0012-cms.md is to be thought over."""
    choice = Choice(Cipher.AES_256_GCM, Transport.PKCS1)
    with pytest.raises(AssertionError, match=r"decod|decrypt"):
        program.decrypt(encrypt(CONTENT, [identities["rsa"].certificate], choice))


def test_oaep_is_read_by_one_of_them(nss: Nss, gpgsm: Gpgsm, identities: dict[str, Identity]) -> None:
    for transport in (Transport.OAEP_SHA1, Transport.OAEP_SHA256):
        message = encrypt(CONTENT, [identities["rsa"].certificate], Choice(Cipher.AES_256_CBC, transport))
        assert nss.decrypt(message) == CONTENT
        with pytest.raises(AssertionError, match="decrypt"):
            gpgsm.decrypt(message)
    assert MODERN.transport is Transport.OAEP_SHA256


@pytest.mark.parametrize("name", KINDS)
def test_we_read_what_both_encrypt(program: Program, identities: dict[str, Identity], name: str) -> None:
    keys = DecryptionKeys([identity.own for identity in identities.values()])
    found = decrypt(program.encrypt(CONTENT, identities[name]), keys)
    assert found.content == CONTENT
    assert found.own.certificate == identities[name].certificate


@pytest.mark.parametrize("name", KINDS)
def test_we_find_their_signatures_good(program: Program, identities: dict[str, Identity], name: str) -> None:
    signed = verify(program.sign(CONTENT, identities[name]), known=[identities[name].certificate])
    assert signed.content == CONTENT
    assert [signature.holds for signature in signed.signatures] == [True]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("pss", [False, True], ids=["", "pss"])
def test_they_find_our_signatures_good(
    nss: Nss, gpgsm: Gpgsm, identities: dict[str, Identity], name: str, pss: bool
) -> None:
    own = identities[name]
    message = sign(CONTENT, Signer(own.key, own.certificate, pss=pss), detached=False)
    gpgsm.verify(message)
    assert nss.decrypt(message) == CONTENT
