"""``segl cms``: why a message cannot be read, without knowing openssl by heart."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from segl.certificates import fingerprint
from segl.cli.main import build
from segl_delivery.cms.choice import MODERN
from segl_delivery.cms.enveloped import encrypt
from segl_delivery.cms.signed import sign
from segl_delivery.cms.trust import key_fingerprint
from world.ca import TestCA
from world.oracle import Identity, openssl, openssl_decrypt
from world.partners import certificate, ec_key, pem, rsa_key

CONTENT = b"Content-Type: text/plain\r\n\r\n010190-1234\r\n\x00\xff"


def segl(*arguments: str | Path, given: bytes = b"") -> Result:
    return CliRunner().invoke(build("cms"), ["cms", *map(str, arguments)], input=given)


@pytest.fixture(scope="module")
def anna(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return Identity.new(tmp_path_factory.mktemp("anna"), "anna", rsa_key())


@pytest.fixture(scope="module")
def bo(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return Identity.new(tmp_path_factory.mktemp("bo"), "bo", ec_key())


def written(directory: Path, data: bytes) -> Path:
    file = directory / "file"
    file.write_bytes(data)
    return file


def test_info_tells_what_anybody_can_see(tmp_path: Path, anna: Identity, bo: Identity) -> None:
    file = written(tmp_path, encrypt(CONTENT, [anna.certificate, bo.certificate], MODERN))
    done = segl("info", file)
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[:2] == ["auth-enveloped", f"cipher      aes-256-gcm, {len(CONTENT)} bytes"]
    assert sorted(lines[2:]) == sorted(
        [
            f"recipient   serial {anna.certificate.serial_number:x} of Common Name: anna (RSA OAEP)",
            f"recipient   serial {bo.certificate.serial_number:x} of Common Name: bo (ECDH sha256)",
        ]
    )


@pytest.mark.parametrize("form", ["DER", "PEM", "SMIME"])
def test_any_form_is_read(tmp_path: Path, anna: Identity, form: str) -> None:
    file = written(
        tmp_path,
        openssl("cms", "-encrypt", "-binary", "-outform", form, "-stream", anna.cert_file, given=CONTENT),
    )
    assert segl("info", file).stdout.startswith("enveloped\ncipher      ")
    done = segl("open", file, "--key", anna.key_file, "--cert", anna.cert_file)
    assert (done.exit_code, done.stdout_bytes) == (0, CONTENT)


def test_what_is_sealed_is_read_by_openssl_and_by_open(tmp_path: Path, anna: Identity, bo: Identity) -> None:
    file = written(tmp_path, CONTENT)
    for options in ((), ("--modern",)):
        done = segl("seal", file, "--to", anna.cert_file, "--to", bo.cert_file, *options)
        assert done.exit_code == 0
        for identity in (anna, bo):
            assert openssl_decrypt(done.stdout_bytes, identity) == CONTENT
        opened = segl("open", "-", "--key", bo.key_file, "--cert", bo.cert_file, given=done.stdout_bytes)
        assert opened.stdout_bytes == CONTENT


def test_seal_refuses_what_mail_may_not_be_encrypted_to(tmp_path: Path) -> None:
    old = written(tmp_path, pem(certificate("old", rsa_key(), begins=-9, ends=-1)))
    done = segl("seal", "-", "--to", old, given=CONTENT)
    assert done.exit_code == 2
    assert "expired on" in done.stderr


def test_open_says_why_not(tmp_path: Path, anna: Identity, bo: Identity) -> None:
    file = written(tmp_path, encrypt(CONTENT, [anna.certificate]))
    done = segl("open", file, "--key", bo.key_file, "--cert", bo.cert_file)
    assert (done.exit_code, done.stdout_bytes) == (1, b"")
    assert "names none of our keys" in done.stderr
    done = segl("open", file, "--key", bo.key_file, "--cert", anna.cert_file)
    assert (done.exit_code, "another key" in done.stderr) == (2, True)


def test_verify_tells_right_from_trusted(tmp_path: Path, bo: Identity) -> None:
    file = written(tmp_path, sign(CONTENT, bo.signer, detached=False))
    done = segl("verify", file)
    assert (done.exit_code, done.stdout.split()[0]) == (23, "good")
    for pinned in (fingerprint(bo.certificate), key_fingerprint(bo.certificate).upper()):
        done = segl("verify", file, "--pin", pinned)
        assert (done.exit_code, f"trusted     sha256={fingerprint(bo.certificate)}" in done.stdout) == (
            0,
            True,
        )
    altered = written(tmp_path, file.read_bytes().replace(b"010190", b"010191"))
    done = segl("verify", altered, "--pin", fingerprint(bo.certificate))
    assert (done.exit_code, done.stdout.split()[0]) == (23, "altered")


def test_verify_follows_a_chain_and_takes_content_from_elsewhere(tmp_path: Path) -> None:
    ca, other = TestCA(tmp_path / "ca"), TestCA(tmp_path / "other", "another root")
    issued = ca.issue(["anna@nordby.example"])
    files = ("-signer", issued.cert, "-inkey", issued.key)
    message = written(tmp_path, openssl("cms", "-sign", "-binary", "-outform", "DER", *files, given=CONTENT))
    content = tmp_path / "content"
    content.write_bytes(CONTENT)
    assert segl("verify", message, "--content", content, "--ca", ca.file).exit_code == 0
    assert segl("verify", message, "--content", content, "--ca", other.file).exit_code == 23
    assert segl("verify", message).exit_code == 2


@pytest.mark.parametrize("data", [b"", b"text", b"\x30\x80\x80", b"Content-Type: text/plain\r\n\r\nx"])
def test_what_is_no_cms_is_a_clear_error(tmp_path: Path, data: bytes) -> None:
    for command in ("info", "verify"):
        done = segl(command, written(tmp_path, data))
        assert done.exit_code == 2
        assert done.stderr.startswith("segl: ")
        assert "Traceback" not in done.stderr


def test_missing_and_wrong_files_are_named(tmp_path: Path, anna: Identity) -> None:
    assert "No such file" in segl("info", tmp_path / "none").stderr
    assert "no certificate in PEM" in segl("seal", "-", "--to", anna.key_file, given=b"x").stderr
    done = segl("open", "-", "--key", anna.cert_file, "--cert", anna.cert_file, given=b"x")
    assert "no private key" in done.stderr
    assert "64 hex digits" in segl("verify", "-", "--pin", "abc", given=b"x").stderr


def test_names_from_a_message_do_not_reach_the_terminal_raw(tmp_path: Path) -> None:
    made = certificate("\x1b[2Jevil", ec_key())
    done = segl("info", written(tmp_path, encrypt(CONTENT, [made])))
    assert done.exit_code == 0
    assert "\x1b" not in done.stdout
