"""The older form of header protection (RFC 8551 §3.1: the whole message as message/rfc822), signed and encrypted, as a
whole: what openssl, NSS and gpgsm find in ours, and we in theirs."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from segl.events import Events
from segl.mail.fields import canonical, join_header, read_header
from segl.mail.return_port import ReturnPort
from segl.settings.file import parse_settings
from segl.vocabulary import Envelope, Way
from segl_delivery.agent import Delivery
from segl_delivery.cms.keys import DecryptionKeys
from segl_delivery.cms.signed import Outcome, Signed
from segl_delivery.inbound.restoring import restored
from segl_delivery.smime.certificates import TunnelCertificate
from segl_delivery.smime.encrypting import Encryption
from segl_delivery.smime.outbound import Outbound
from segl_delivery.smime.unwrapping import clear_signed, cms_object, unwrap
from world.mailprograms import Gpgsm, Nss
from world.oracle import Identity, openssl, openssl_decrypt
from world.partners import rsa_key

HEADER = (
    "From: Anna <anna@nordby.example>\r\nTo: bo@kommune.example\r\nSubject: Flytning til Åvej\r\n"
    "Message-ID: <1@nordby.example>\r\nX-Segl-Id: 17\r\n"
).encode()
TEXT = (
    "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    "Kære Bo\r\n.\r\nHilsen\r\n"
).encode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wrapped")


@pytest.fixture(scope="module")
def us(folder: Path) -> Identity:
    return Identity.new(folder, "us", rsa_key(), authority=True)


@pytest.fixture(scope="module")
def bo(folder: Path) -> Identity:
    return Identity.new(folder, "bo", rsa_key(2048, 1), authority=True)


@pytest.fixture(scope="module")
def nss(us: Identity, bo: Identity, tmp_path_factory: pytest.TempPathFactory) -> Nss:
    return Nss(tmp_path_factory.mktemp("nss"), [us, bo])


@pytest.fixture(scope="module")
def gpgsm(us: Identity, bo: Identity) -> Iterator[Gpgsm]:
    with tempfile.TemporaryDirectory(prefix="gpgsm-") as directory:
        started = Gpgsm(Path(directory), [us, bo])
        try:
            yield started
        finally:
            started.stop()


@pytest.fixture(scope="module")
def message(us: Identity, bo: Identity) -> bytes:
    settings = parse_settings(
        {
            "organisation": {"name": "Nordby", "domains": ["nordby.example"]},
            "encryption": {"headers": "wrapped"},
        }
    )
    outbound = Outbound(settings, lambda _: us.signer)
    encryption = Encryption(Way.TUNNEL, ReturnPort("127.0.0.1", 1), Events("test"), outbound)
    delivery = Delivery(Envelope("anna@nordby.example", ("bo@kommune.example",)), HEADER + TEXT)
    made = encryption.encrypted(delivery, "kommune.example", [TunnelCertificate.of(bo.certificate)])
    return b"".join(made.message.pieces)


def test_all_three_find_the_whole_message_inside(
    message: bytes, bo: Identity, nss: Nss, gpgsm: Gpgsm
) -> None:
    assert b"Flytning" not in message
    der = cms_object(message)
    decryptors: list[Callable[[bytes], bytes]] = [
        lambda data: openssl_decrypt(data, bo),
        nss.decrypt,
        gpgsm.decrypt,
    ]
    inside = {decryptor(der) for decryptor in decryptors}
    assert len(inside) == 1
    [entity] = inside
    assert HEADER.partition(b"X-Segl-Id")[0] in entity
    shown = message_from_bytes(entity)
    assert shown.get_content_type() == "multipart/signed"
    wrapped = shown.get_payload(0)
    assert isinstance(wrapped, Message)
    assert wrapped.get_content_type() == "message/rfc822"
    original = wrapped.get_payload(0)
    assert isinstance(original, Message)
    assert original.get_payload(decode=True) == TEXT.partition(b"\r\n\r\n")[2]
    assert "X-Segl-Id" not in original


def test_all_three_find_the_signature_good(
    message: bytes, us: Identity, bo: Identity, nss: Nss, gpgsm: Gpgsm, tmp_path: Path
) -> None:
    inside = openssl_decrypt(cms_object(message), bo)
    openssl("cms", "-verify", "-noverify", "-nointern", "-certfile", us.cert_file, given=inside)
    parts = clear_signed(inside)
    assert parts is not None
    content, signature = tmp_path / "content", tmp_path / "signature"
    content.write_bytes(canonical(parts[0]))
    signature.write_bytes(parts[1])
    nss.verify_detached(signature, content)
    gpgsm.verify_detached(signature, content)


def test_we_find_our_own_again(message: bytes, bo: Identity) -> None:
    assert_restored(message, bo, [Outcome.GOOD])


@pytest.mark.parametrize("program", ["openssl", "nss", "gpgsm"])
@pytest.mark.parametrize("signed", [False, True], ids=["encrypted", "signed and encrypted"])
def test_we_find_the_whole_message_in_theirs(
    request: pytest.FixtureRequest, us: Identity, bo: Identity, program: str, signed: bool
) -> None:
    """Signed in the opaque form, which all three write."""
    entity = b"Content-Type: message/rfc822\r\n\r\n" + HEADER + TEXT
    if program == "openssl":
        files = ("-signer", us.cert_file, "-inkey", us.key_file)
        if signed:
            entity = openssl("cms", "-sign", "-nodetach", "-binary", *files, given=entity)
        der = openssl("cms", "-encrypt", "-binary", "-aes256", "-outform", "DER", bo.cert_file, given=entity)
    else:
        by: Nss | Gpgsm = request.getfixturevalue(program)
        if signed:
            entity = (
                b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: binary\r\n\r\n"
                + by.sign(entity, us)
            )
        der = by.encrypt(entity, bo)
    outer = b"From: Anna <anna@nordby.example>\r\nSubject: Sikker besked\r\nReply-To: tyv@ond.example\r\n"
    kind = b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    # gpgsm sends no certificate along that is its own authority, so its signature cannot be judged here
    outcomes = [Outcome.NO_CERTIFICATE if program == "gpgsm" else Outcome.GOOD] if signed else []
    assert_restored(outer + kind + der, bo, outcomes)


def assert_restored(message: bytes, own: Identity, outcomes: list[Outcome]) -> None:
    found = unwrap(message, DecryptionKeys([own.own]))
    signatures = [one for layer in found.layers if isinstance(layer, Signed) for one in layer.signatures]
    assert [one.outcome for one in signatures] == outcomes
    fields, body = restored(message, found, "")
    whole = join_header(fields, body)
    assert body == TEXT.partition(b"\r\n\r\n")[2]
    assert "Subject: Flytning til Åvej\r\n".encode() in whole
    assert b"Sikker besked" not in whole
    assert b"tyv@" not in whole
    assert b"Message-ID: <1@nordby.example>\r\n" in whole
    assert [field.name for field in read_header(whole)[0]].count("from") == 1
