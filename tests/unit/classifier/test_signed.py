"""What stands inside a signature (S/MIME signed-data, as openssl writes it) is read."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from corpus.parts import CPR, causes, part, texts
from segl.vocabulary import Decision
from segl_classifier.classify import classify
from segl_classifier.rules import shipped_rules

ENTITY = f"Content-Type: text/plain; charset=utf-8\r\n\r\nDit cpr-nummer er {CPR}\r\n".encode()


@cache
def signed(content: bytes, *options: str) -> bytes:
    with TemporaryDirectory() as folder:
        key, message = Path(folder, "key.pem"), Path(folder, "in")
        message.write_bytes(content)
        words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj /CN=Test -keyout"
        subprocess.run(
            ["openssl", *words.split(), key, "-out", key.with_suffix(".crt")], capture_output=True, check=True
        )
        words = f"cms -sign -binary -outform DER -signer {key.with_suffix('.crt')} -inkey {key} -in {message}"
        return subprocess.run(["openssl", *words.split(), *options], capture_output=True, check=True).stdout


@pytest.mark.parametrize("options", [("-nodetach",), ("-nodetach", "-stream", "-indef")])
@pytest.mark.parametrize("kind", ["application/pkcs7-mime", "application/octet-stream"])
def test_a_signed_message_is_read(kind: str, options: tuple[str, ...]) -> None:
    message = part(signed(ENTITY, *options), kind, "smime.p7m")
    assert CPR in texts(message)
    assert causes(message) == []


def test_so_is_one_in_another() -> None:
    inner = signed(ENTITY, "-nodetach")
    outer = signed(
        b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: binary\r\n\r\n" + inner,
        "-nodetach",
    )
    assert CPR in texts(part(outer, "application/pkcs7-mime"))


def test_a_signed_file_is_read() -> None:
    file = part(
        signed(f"Navn;CPR\nBo;{CPR}\n".encode(), "-nodetach"), "application/pkcs7-mime", "liste.csv.p7m"
    )
    assert CPR in texts(file)
    assert causes(file) == []


def test_what_cannot_be_read_is_told_of() -> None:
    whole = signed(ENTITY, "-nodetach")
    for end in range(80, len(whole) - 1, 40):
        cut = part(whole[:end], "application/pkcs7-mime")
        assert CPR in texts(cut) or causes(cut) == ["unknown-type application/pkcs7-mime"], end
    assert causes(part(whole + bytes(70_000), "application/pkcs7-mime")) == ["unknown-type a large signature"]
    assert causes(part(signed(ENTITY), "application/pkcs7-mime")) == ["unknown-type application/pkcs7-mime"]
    assert causes(part(signed(b"\x89PNG\r\n\x1a\n" + bytes(99), "-nodetach"), "application/pkcs7-mime"))


@pytest.mark.parametrize(("says", "decision"), [("Vi ses", Decision.PLAIN), (CPR, Decision.SECURE)])
def test_a_mail_that_is_signed_as_a_whole(says: str, decision: Decision) -> None:
    mail = (
        b"From: a@vand.example\r\nTo: b@firma.example\r\nSubject: Sag\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n"
        b"Content-Transfer-Encoding: binary\r\n\r\n"
    )
    entity = f"Content-Type: text/plain; charset=utf-8\r\n\r\nHej Bo, cpr {says}\r\n".encode()
    assert classify(mail + signed(entity, "-nodetach"), shipped_rules()).decision is decision
