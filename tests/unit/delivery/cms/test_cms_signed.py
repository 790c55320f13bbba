"""Signed messages: what we sign openssl finds good, what openssl signs we do, and nothing altered passes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from segl import ber
from segl.ber import Damaged
from segl.certificates.chain import Authorities
from segl.certificates.judgement import fingerprint
from segl_delivery.cms import names, signer_info
from segl_delivery.cms.algorithm import integer
from segl_delivery.cms.ciphers import Cipher
from segl_delivery.cms.digests import Digest
from segl_delivery.cms.signed import Outcome, Signature, Signer, sign, verify
from segl_delivery.cms.signer_info import read_signer_info
from segl_delivery.cms.trust import key_fingerprint, pin, signed_by_chain, signed_by_pinned
from world.ca import TestCA
from world.oracle import KEYS, Identity, openssl, openssl_sign, openssl_verify
from world.partners import certificate, rsa_key

CONTENT = b'{"serial": 17, "domains": ["kommune.example"]}\r\n\x00\xff' * 20


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("signed")


@pytest.fixture(scope="module")
def identities(directory: Path) -> dict[str, Identity]:
    return {name: Identity.new(directory, name, make()) for name, make in KEYS.items()}


@pytest.fixture(scope="module")
def anna(identities: dict[str, Identity]) -> Identity:
    return identities["p256"]


def only(signatures: tuple[Signature, ...]) -> Signature:
    [signature] = signatures
    return signature


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("detached", [False, True], ids=["opaque", "detached"])
def test_openssl_finds_our_signatures_good(
    identities: dict[str, Identity], directory: Path, name: str, detached: bool
) -> None:
    message = sign(CONTENT, identities[name].signer, detached=detached)
    assert (CONTENT in message) is not detached
    assert openssl_verify(message, directory, CONTENT if detached else None) == CONTENT
    assert verify(message, CONTENT if detached else None).signatures[0].holds


def test_openssl_finds_our_pss_signatures_good(identities: dict[str, Identity], directory: Path) -> None:
    anna = identities["rsa3072"]
    message = sign(CONTENT, Signer(anna.key, anna.certificate, pss=True), detached=False)
    assert openssl_verify(message, directory) == CONTENT
    assert only(verify(message).signatures).scheme == "rsa-pss"


PSS = ("-keyopt", "rsa_padding_mode:pss")
OPENSSL = {
    "opaque": ("rsa2048", ()),
    "detached": ("rsa2048", ("-detached",)),
    "BER": ("rsa3072", ("-stream",)),
    "by key identifier": ("rsa2048", ("-keyid",)),
    "without attributes": ("rsa2048", ("-noattr",)),
    "SHA-384": ("rsa2048", ("-md", "sha384")),
    "SHA-512": ("p256", ("-md", "sha512")),
    "PSS": ("rsa2048", PSS),
    "PSS SHA-384, salt 48": ("rsa2048", ("-md", "sha384", *PSS, "-keyopt", "rsa_pss_saltlen:48")),
    "PSS, longest salt": ("rsa3072", (*PSS, "-keyopt", "rsa_pss_saltlen:-2")),
    "P-256": ("p256", ()),
    "P-384 BER": ("p384", ("-stream",)),
    "P-521": ("p521", ("-md", "sha512")),
    "no capabilities": ("p256", ("-nosmimecap",)),
}


@pytest.mark.parametrize(("name", "options"), OPENSSL.values(), ids=OPENSSL.keys())
def test_we_find_openssls_signatures_good(
    identities: dict[str, Identity], name: str, options: tuple[str, ...]
) -> None:
    message = openssl_sign(CONTENT, identities[name], *options)
    signed = verify(message, CONTENT if "-detached" in options else None)
    assert signed.content == CONTENT
    signature = only(signed.signatures)
    assert (signature.outcome, signature.weakness) == (Outcome.GOOD, "")
    assert signature.certificate == identities[name].certificate
    assert signed.certificates == (identities[name].certificate,)
    if "-noattr" not in options:
        assert signature.signed_at is not None
        assert abs(signature.signed_at - datetime.now(UTC)) < timedelta(hours=1)


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), b"\x17\x0d491231235959Z"),
        (datetime(2050, 1, 1, tzinfo=UTC), b"\x18\x0f20500101000000Z"),
    ],
)
def test_the_time_of_signing_is_written_as_its_year_demands(
    anna: Identity, moment: datetime, written: bytes
) -> None:
    message = sign(CONTENT, anna.signer, detached=False, now=moment)
    assert written in message
    assert only(verify(message).signatures).signed_at == moment
    told = openssl("cms", "-cmsout", "-print", "-noout", "-inform", "DER", given=message)
    assert f"{moment:%b}" in told.decode().partition("signingTime")[2][:200]


@pytest.mark.parametrize("odd", [b"\x18\x0e00010101000000", b"\x18\x0f00000101000000Z"])
def test_a_time_that_nobody_can_tell_is_none(
    anna: Identity, monkeypatch: pytest.MonkeyPatch, odd: bytes
) -> None:
    monkeypatch.setattr(signer_info, "written_time", lambda _now: odd)
    signature = only(verify(sign(CONTENT, anna.signer, detached=False)).signatures)
    assert (signature.holds, signature.signed_at) == (True, None)


def test_sha1_and_short_keys_are_read_and_named_weak(directory: Path, anna: Identity) -> None:
    signature = only(verify(openssl_sign(CONTENT, anna, "-md", "sha1")).signatures)
    assert (signature.outcome, signature.weakness, signature.digest) == (Outcome.GOOD, "SHA-1", Digest.SHA1)
    assert not signature.holds
    short = Identity.new(directory, "short", rsa_key(1024))
    signature = only(verify(openssl_sign(CONTENT, short)).signatures)
    assert (signature.outcome, signature.weakness) == (Outcome.GOOD, "RSA of 1024 bits")
    assert not signature.holds


def test_md5_is_not_read(identities: dict[str, Identity]) -> None:
    signature = only(verify(openssl_sign(CONTENT, identities["rsa2048"], "-md", "md5")).signatures)
    assert signature.outcome is Outcome.UNSUPPORTED


def test_each_signature_is_judged_for_itself(identities: dict[str, Identity]) -> None:
    """Two sign; the certificate of one is missing unless it is known from elsewhere."""
    first, second = identities["rsa2048"], identities["p384"]
    message = openssl_sign(
        CONTENT, first, "-signer", str(second.cert_file), "-inkey", str(second.key_file), "-nocerts"
    )
    assert [s.outcome for s in verify(message).signatures] == [Outcome.NO_CERTIFICATE] * 2
    outcomes = [s.outcome for s in verify(message, known=[second.certificate]).signatures]
    assert sorted(outcome.value for outcome in outcomes) == ["good", "no-certificate"]
    both = verify(message, known=[second.certificate, first.certificate])
    assert all(signature.holds for signature in both.signatures)


def test_a_detached_signature_is_over_the_content_that_is_given(anna: Identity) -> None:
    message = sign(CONTENT, anna.signer, detached=True)
    assert only(verify(message, CONTENT + b" ").signatures).outcome is Outcome.ALTERED
    with pytest.raises(Damaged, match="not there"):
        verify(message)


def test_content_inside_goes_before_content_given(anna: Identity) -> None:
    signed = verify(sign(CONTENT, anna.signer, detached=False), b"another")
    assert signed.content == CONTENT
    assert only(signed.signatures).holds


@pytest.mark.slow
def test_no_bit_of_a_signed_message_can_change_what_it_says(anna: Identity) -> None:
    """Every byte is tried: the signature fails, or the same content is still signed by the same key."""
    message = sign(b"Pay 100 to Bo", anna.signer, detached=False)
    pins = {fingerprint(anna.certificate)}
    refused = 0
    for at in range(len(message)):
        altered = bytearray(message)
        altered[at] ^= 0x01
        try:
            signed = verify(bytes(altered))
        except Damaged:
            refused += 1
            continue
        if signed_by_pinned(signed, pins) is None:
            refused += 1
        else:
            assert signed.content == b"Pay 100 to Bo"
    assert refused > len(message) * 0.95


def test_a_signature_over_attributes_is_none_over_content_that_looks_like_them(anna: Identity) -> None:
    """The attributes of a signed message, made the content of one without attributes, bear the right
    signature (https://ia.cr/2023/1801). It is not taken."""
    message = sign(CONTENT, anna.signer, detached=True)
    outer = ber.children(ber.content_of(message, ber.SEQUENCE))
    signed = ber.children(ber.content_of(ber.content_of(outer[1], ber.context(0)), ber.SEQUENCE))
    info = ber.children(ber.content_of(ber.content_of(signed[-1], ber.SET), ber.SEQUENCE))
    attributes = b"\x31" + info[3][1:]
    bare = ber.element(ber.SEQUENCE, *info[:3], *info[4:])
    signed[-1] = ber.element(ber.SET, bare)
    forged = ber.element(
        ber.SEQUENCE, outer[0], ber.element(ber.context(0), ber.element(ber.SEQUENCE, *signed))
    )
    read = read_signer_info(bare)
    assert read.algorithm.verifies(anna.certificate.public_key(), read.signature, attributes)
    assert only(verify(forged, attributes).signatures).outcome is Outcome.ALTERED


def test_a_pin_names_the_certificate_or_the_key(anna: Identity, identities: dict[str, Identity]) -> None:
    signed = verify(sign(CONTENT, anna.signer, detached=False))
    other = identities["rsa2048"].certificate
    assert signed_by_pinned(signed, {fingerprint(anna.certificate)}) == signed.signatures[0]
    assert signed_by_pinned(signed, {key_fingerprint(anna.certificate)}) == signed.signatures[0]
    assert signed_by_pinned(signed, {fingerprint(other), key_fingerprint(other)}) is None
    assert signed_by_pinned(signed, set()) is None


def test_a_key_pin_outlives_the_certificate(anna: Identity) -> None:
    renewed = certificate("renewed", anna.key)
    signed = verify(sign(CONTENT, Signer(anna.key, renewed), detached=False))
    assert signed_by_pinned(signed, {key_fingerprint(anna.certificate)}) is not None
    assert signed_by_pinned(signed, {fingerprint(anna.certificate)}) is None


def test_a_signer_says_what_he_reads(anna: Identity) -> None:
    """RFC 8551 §2.5.2; ours names GCM and OAEP, openssl's neither."""
    ours = only(verify(sign(CONTENT, anna.signer, detached=False)).signatures)
    assert {Cipher.AES_256_GCM.oid, Cipher.AES_256_CBC.oid, names.RSA_OAEP} <= ours.capabilities
    theirs = only(verify(openssl_sign(CONTENT, anna)).signatures)
    assert Cipher.AES_256_CBC.oid in theirs.capabilities
    assert Cipher.AES_256_GCM.oid not in theirs.capabilities
    assert only(verify(openssl_sign(CONTENT, anna, "-nosmimecap")).signatures).capabilities == frozenset()


def test_a_weak_signature_is_nobodys(anna: Identity) -> None:
    signed = verify(openssl_sign(CONTENT, anna, "-md", "sha1"))
    assert signed_by_pinned(signed, {fingerprint(anna.certificate)}) is None


@pytest.mark.parametrize("text", ["AB:" * 31 + "AB", "ab" * 32, "AB " * 32])
def test_a_pin_is_read_as_people_write_it(text: str) -> None:
    assert pin(text) == "ab" * 32


@pytest.mark.parametrize("text", ["", "ab" * 31, "zz" * 32, "ab" * 20])
def test_what_is_no_pin_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        pin(text)


def test_a_chain_leads_to_an_authority_that_is_trusted_now(tmp_path: Path) -> None:
    ca, other = TestCA(tmp_path / "ca"), TestCA(tmp_path / "other", "another root")
    issued = ca.issue(["anna@nordby.example"], key="rsa")
    message = openssl(
        *("cms", "-sign", "-binary", "-nodetach", "-outform", "DER"),
        *("-signer", issued.cert, "-inkey", issued.key),
        given=CONTENT,
    )
    signed, now = verify(message), datetime.now(UTC)
    found = signed_by_chain(signed, Authorities([_root(ca)]), now)
    assert found is not None
    assert fingerprint(found[1][0]) == issued.sha256
    assert signed_by_chain(signed, Authorities([_root(other)]), now) is None
    assert signed_by_chain(signed, Authorities([_root(ca)]), now + timedelta(days=91)) is None
    assert signed_by_chain(signed, Authorities(()), now) is None


@pytest.mark.parametrize(
    ("purposes", "trusted"),
    [
        ([ExtendedKeyUsageOID.EMAIL_PROTECTION], True),
        ([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE], True),
        ([], True),
        ([ExtendedKeyUsageOID.SERVER_AUTH], False),
    ],
)
def test_a_certificate_for_something_else_does_not_vouch_for_mail(
    tmp_path: Path, purposes: list[x509.ObjectIdentifier], trusted: bool
) -> None:
    ca = TestCA(tmp_path)
    issued = ca.issue(["anna@nordby.example"], purposes=purposes)
    files = ("-signer", issued.cert, "-inkey", issued.key)
    made = openssl("cms", "-sign", "-binary", "-nodetach", "-outform", "DER", *files, given=CONTENT)
    found = signed_by_chain(verify(made), Authorities([_root(ca)]), datetime.now(UTC))
    assert (found is not None) is trusted


def _root(ca: TestCA) -> x509.Certificate:
    return x509.load_pem_x509_certificate(ca.file.read_bytes())


def test_a_bundle_of_certificates_has_no_signature(identities: dict[str, Identity]) -> None:
    files = [str(identity.cert_file) for identity in identities.values()]
    arguments = [word for file in files for word in ("-certfile", file)]
    bundle = openssl("crl2pkcs7", "-nocrl", "-outform", "DER", *arguments)
    signed = verify(bundle)
    assert (signed.signatures, signed.content) == ((), b"")
    assert set(signed.certificates) == {identity.certificate for identity in identities.values()}


def test_the_certificate_must_be_the_keys_own(identities: dict[str, Identity]) -> None:
    with pytest.raises(ValueError, match="another key"):
        Signer(identities["p256"].key, identities["p384"].certificate)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x30",
        b"\x30\x80",
        b"not CMS at all",
        b"\x30\x84\x40\x00\x00\x00" + bytes(20),
        b"\x30\x80" * 5000,
    ],
    ids=["empty", "one byte", "open", "text", "1 GB", "nested"],
)
def test_what_is_no_signed_message_is_refused_at_once(message: bytes) -> None:
    with pytest.raises(Damaged):
        verify(message)


def test_a_strangers_odd_certificate_is_passed_over(anna: Identity) -> None:
    """A negative serial number, a version nobody knows: the signature has no certificate, and that is all."""
    message = sign(CONTENT, anna.signer, detached=False)
    serial = integer(anna.certificate.serial_number)
    negative = serial[:2] + bytes([serial[2] | 0x80]) + serial[3:]
    for altered in (
        message.replace(serial, negative, 1),
        message.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07", 1),
    ):
        assert altered != message
        assert only(verify(altered).signatures).outcome is Outcome.NO_CERTIFICATE


def test_a_message_cut_off_anywhere_is_refused(anna: Identity) -> None:
    message = sign(CONTENT, anna.signer, detached=False)
    for end in range(len(message)):
        with pytest.raises(Damaged):
            verify(message[:end])
