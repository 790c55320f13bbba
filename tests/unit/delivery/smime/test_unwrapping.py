"""S/MIME as other programs send it, layer by layer, down to what a person reads."""

from __future__ import annotations

import os
import re
import time
from base64 import encodebytes
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given, settings
from hypothesis import strategies as st

from segl.errors import CannotOpen
from segl_delivery.cms.choice import COMMON, MODERN, Choice
from segl_delivery.cms.enveloped import EnvelopedData, encrypt
from segl_delivery.cms.keys import DecryptionKeys
from segl_delivery.cms.signed import Signed, sign
from segl_delivery.smime.message import enveloped, split_for_envelope
from segl_delivery.smime.unwrapping import Unwrapped, unwrap
from world.oracle import Identity, openssl
from world.partners import ec_key, rsa_key

ENTITY = b"Content-Type: text/plain; charset=utf-8\r\n\r\nK\xc3\xa6re Bo, 010190-1234\r\n"
OUTSIDE = b"From: a@b.example\r\nSubject: Sikker besked\r\nMIME-Version: 1.0\r\n"


@pytest.fixture(scope="module")
def anna(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return Identity.new(tmp_path_factory.mktemp("anna"), "anna", ec_key())


@pytest.fixture(scope="module")
def bo(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return Identity.new(tmp_path_factory.mktemp("bo"), "bo", rsa_key())


@pytest.fixture(scope="module")
def ring(bo: Identity) -> DecryptionKeys:
    return DecryptionKeys([bo.own])


def wrapped(der: bytes, kind: str = "enveloped-data") -> bytes:
    lines = encodebytes(der).replace(b"\n", b"\r\n")
    return (
        f"Content-Type: application/pkcs7-mime; smime-type={kind}; name=smime.p7m\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    ).encode() + lines


def clear_signed(entity: bytes, signer: Identity) -> bytes:
    """multipart/signed as openssl makes it."""
    return openssl(
        "cms", "-sign", "-binary", "-signer", signer.cert_file, "-inkey", signer.key_file, given=entity
    )


def names(found: Unwrapped) -> list[str]:
    return [type(layer).__name__ for layer in found.layers]


def test_a_plain_message_comes_back_as_it_is(ring: DecryptionKeys) -> None:
    found = unwrap(OUTSIDE + ENTITY, ring)
    assert found == Unwrapped(OUTSIDE + ENTITY, (), OUTSIDE + ENTITY)
    assert (found.was_encrypted, found.authenticated) == (False, False)


@pytest.mark.parametrize("choice", [COMMON, MODERN], ids=["common", "modern"])
def test_what_our_tunnel_sends_comes_out_as_it_went_in(
    bo: Identity, ring: DecryptionKeys, choice: Choice
) -> None:
    outside, entity = split_for_envelope(OUTSIDE + ENTITY, "Sikker besked")
    envelope = EnvelopedData(entity.size, [bo.certificate], choice)
    found = unwrap(b"".join(enveloped(outside, entity, envelope).pieces), ring)
    assert found.entity == bytes(entity)
    assert (found.was_encrypted, found.authenticated) == (True, choice is MODERN)


@pytest.mark.parametrize("options", [(), ("-stream",), ("-aes256",), ("-aes-256-gcm", "-stream")])
def test_what_openssl_sends_is_read(bo: Identity, ring: DecryptionKeys, options: tuple[str, ...]) -> None:
    message = openssl("cms", "-encrypt", "-binary", *options, bo.cert_file, given=ENTITY)
    assert unwrap(message, ring).entity == ENTITY


def test_signed_beside(anna: Identity, ring: DecryptionKeys) -> None:
    found = unwrap(clear_signed(ENTITY, anna), ring)
    assert (found.entity, names(found), found.was_encrypted) == (ENTITY, ["Signed"], False)
    [layer] = found.layers
    assert isinstance(layer, Signed)
    assert found.authenticated
    assert [signature.certificate for signature in layer.signatures if signature.holds] == [anna.certificate]
    altered = unwrap(clear_signed(ENTITY, anna).replace(b"010190", b"010191"), ring)
    assert isinstance(altered.layers[0], Signed)
    assert not altered.layers[0].signatures[0].holds
    assert not altered.authenticated


def test_signed_then_encrypted_then_signed(anna: Identity, bo: Identity, ring: DecryptionKeys) -> None:
    """Triple wrapping (RFC 2634 §1.1); the signature inside makes good that CBC notices nothing."""
    inner = clear_signed(ENTITY, anna)
    middle = wrapped(encrypt(inner, [bo.certificate], COMMON))
    outer = OUTSIDE + wrapped(sign(middle, anna.signer, detached=False), "signed-data")
    found = unwrap(outer, ring)
    assert (found.entity, names(found)) == (ENTITY, ["Signed", "Decrypted", "Signed"])
    assert found.authenticated
    only_outside = OUTSIDE + wrapped(
        sign(wrapped(encrypt(ENTITY, [bo.certificate])), anna.signer, detached=False)
    )
    assert unwrap(only_outside, ring).authenticated is False


def test_a_file_named_p7m_is_a_layer_too(bo: Identity, ring: DecryptionKeys) -> None:
    message = (
        b'Content-Type: application/octet-stream; name="smime.p7m"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        + encodebytes(encrypt(ENTITY, [bo.certificate]))
    )
    assert unwrap(message, ring).entity == ENTITY


def test_binary_transfer_is_read(bo: Identity, ring: DecryptionKeys) -> None:
    message = b"Content-Type: application/pkcs7-mime\r\n\r\n" + encrypt(ENTITY, [bo.certificate])
    assert unwrap(message, ring).entity == ENTITY


def test_a_bundle_of_certificates_is_left_as_it_is(anna: Identity, ring: DecryptionKeys) -> None:
    bundle = openssl("crl2pkcs7", "-nocrl", "-outform", "DER", "-certfile", anna.cert_file)
    message = wrapped(bundle, "certs-only")
    assert unwrap(message, ring) == Unwrapped(message, (), message)


def test_a_broken_signature_beside_leaves_the_message_as_it_is(ring: DecryptionKeys) -> None:
    message = (
        b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=b\r\n\r\n'
        b"--b\r\n"
        + ENTITY
        + b"\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nrubbish\r\n--b--\r\n"
    )
    assert unwrap(message, ring) == Unwrapped(message, (), message)


BESIDE = b"Content-Type: text/plain\r\n\r\nSend the money elsewhere\r\n"


def crlf(message: bytes) -> bytes:
    return message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@pytest.mark.parametrize("where", ["behind", "epilogue", "closed-before", "not-closed"])
def test_nothing_stands_beside_a_signed_part(anna: Identity, ring: DecryptionKeys, where: str) -> None:
    """A third part would be shown with the signature of the first."""
    message = crlf(clear_signed(ENTITY, anna))
    mark = b"--" + boundary_of(message)
    first = message.index(mark)
    last = message.rindex(mark + b"--")
    extra = mark + b"\r\n" + BESIDE
    altered = {
        "behind": message[:last] + extra + message[last:],
        "epilogue": message[:last] + mark + b"--\r\n" + extra + mark + b"--\r\n",
        "closed-before": message[:first] + mark + b"--\r\n" + message[first + len(mark) + 2 :],
        "not-closed": message[:last] + extra,
    }[where]
    assert names(unwrap(message, ring)) == ["Signed"]
    assert unwrap(altered, ring) == Unwrapped(altered, (), altered)


@pytest.mark.parametrize("second", [b'; boundary="b"', b"; boundary*0=b", b"\r\nContent-Type: text/plain"])
def test_a_signature_that_programs_look_for_in_two_places_is_none(
    anna: Identity, ring: DecryptionKeys, second: bytes
) -> None:
    """One finds the signed part by the first boundary, another shows what stands by the second."""
    message = crlf(clear_signed(ENTITY, anna))
    boundary = b'boundary="' + boundary_of(message) + b'"'
    altered = message.replace(boundary, boundary + second)
    assert altered != message
    assert unwrap(altered, ring).layers == ()


def boundary_of(message: bytes) -> bytes:
    found = re.search(rb'boundary="([^"]+)"', message)
    assert found
    return found[1]


def test_what_is_not_for_us_cannot_be_opened(anna: Identity, ring: DecryptionKeys) -> None:
    with pytest.raises(CannotOpen, match="none of our keys"):
        unwrap(OUTSIDE + wrapped(encrypt(ENTITY, [anna.certificate])), ring)


@pytest.mark.slow
def test_rubbish_never_passes_for_a_message(bo: Identity, ring: DecryptionKeys) -> None:
    """A key with the right padding and the wrong value, a thousand times: where CBC lets the rubbish through,
    it is no MIME entity."""
    der = encrypt(ENTITY, [bo.certificate], COMMON)
    at = der.index(b"\x04\x82\x01\x00") + 4
    public = rsa_key().public_key()
    for _ in range(1000):
        locked = public.encrypt(os.urandom(32), padding.PKCS1v15())
        with pytest.raises(CannotOpen, match="does not decrypt"):
            unwrap(wrapped(der[:at] + locked + der[at + 256 :]), ring)


def test_endless_layers_end(anna: Identity, ring: DecryptionKeys) -> None:
    message = ENTITY
    for _ in range(12):
        message = wrapped(sign(message, anna.signer, detached=False), "signed-data")
    with pytest.raises(CannotOpen, match="more layers"):
        unwrap(message, ring)


HOSTILE = {
    "a boundary of nothing": b"multipart/signed; protocol=application/pkcs7-signature; boundary=\r\n\r\n"
    + b"--\r\n" * 100_000,
    "many boundaries": b"multipart/signed; protocol=application/pkcs7-signature; boundary=b\r\n\r\n"
    + b"--b\r\n" * 200_000,
    "a boundary that nearly ends": b"multipart/signed; protocol=application/pkcs7-signature; boundary=b\r\n\r\n"
    + (b"--b" + b" " * 1000) * 1000,
    "many parameters": b"multipart/signed" + b"; a=b" * 100_000 + b"\r\n\r\n",
    "one long parameter": b"multipart/signed; boundary=" + b"x" * 1_000_000 + b"\r\n\r\n",
    "carriage returns": b"multipart/signed; protocol=application/pkcs7-signature; boundary=b\r\n\r\n"
    + b"\r" * 1_000_000,
    "continuations": b"multipart/signed; "
    + b" ".join(b"boundary*%d=x;" % n for n in range(20_000))
    + b"\r\n\r\n",
}


@pytest.mark.parametrize("message", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_message_costs_no_more_than_its_length(ring: DecryptionKeys, message: bytes) -> None:
    begun = time.process_time()
    with suppress(CannotOpen):  # a header longer than any mail has is not read
        assert unwrap(b"Content-Type: " + message, ring).layers == ()
    assert time.process_time() - begun < 2


@given(st.binary(max_size=400), st.sampled_from([b"base64", b"binary", b"x"]))
@settings(max_examples=200, deadline=None)
def test_any_body_is_refused_or_left(body: bytes, encoding: bytes) -> None:
    empty = DecryptionKeys([])
    message = (
        b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n" + body
    )
    with pytest.raises(CannotOpen):
        unwrap(message, empty)
    signed = (
        b"Content-Type: multipart/signed; protocol=application/pkcs7-signature; boundary=b\r\n\r\n" + body
    )
    assert unwrap(signed, empty).entity == signed


TYPE = b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n"
BASE64 = b"Content-Transfer-Encoding: base64\r\n"
TEXT = b"<p>Nyt kontonummer: 1234-5678901</p>\r\n"


@pytest.mark.parametrize(
    ("head", "behind", "signed"),
    [
        (TYPE + BASE64, b"", True),
        (TYPE + BASE64 + b'Content-Disposition: attachment; filename="smime.p7m"\r\n', b"\r\n", True),
        (TYPE + BASE64, TEXT, False),
        (TYPE + BASE64, b"QUJD\r\n", False),
        (TYPE + BASE64 + b"Content-Type: text/html\r\n", b"", False),
        (TYPE + BASE64 + b"Content-Transfer-Encoding: 8bit\r\n", b"", False),
        (b"Content-Type: application/octet-stream; name=brev.html\r\n" + BASE64
         + b"Content-Disposition: inline; filename=x.p7m\r\n", b"", False),
        (b"Content-Type: application/octet-stream\r\n" + BASE64
         + b"Content-Disposition: attachment; filename=x.p7m\r\n", b"", True),
    ],
)  # fmt: skip
def test_a_signature_counts_where_every_program_finds_what_it_is_over(
    anna: Identity, head: bytes, behind: bytes, signed: bool
) -> None:
    """Whoever has one signed message of Anna's can send it again, with a text of his own where some programs look."""
    signatures = (sign(ENTITY + b"." * more, anna.signer, detached=False) for more in range(60))
    # So that the base64 has an end; their length varies.
    der = next(made for made in signatures if len(made) % 3)
    found = unwrap(
        OUTSIDE + head + b"\r\n" + encodebytes(der).replace(b"\n", b"\r\n") + behind, DecryptionKeys(())
    )
    assert any(isinstance(layer, Signed) for layer in found.layers) is signed
