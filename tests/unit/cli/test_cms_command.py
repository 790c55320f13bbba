"""``segl cms``: why a message cannot be read, without knowing openssl by heart."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from typer.testing import CliRunner, Result

from segl.certificates.judgement import fingerprint
from segl.cli.main import build
from segl_delivery.cms.choice import COMMON, MODERN
from segl_delivery.cms.enveloped import encrypt
from segl_delivery.cms.signed import Signer, sign
from segl_delivery.cms.trust import key_fingerprint
from segl_delivery.keyring import KeyState, KeyStatus
from segl_delivery.own_keys.directory import KeyDirectory
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


def test_what_is_written_to_a_file_is_for_the_user_alone_and_never_over_another(
    tmp_path: Path, anna: Identity
) -> None:
    file, sealed, opened = written(tmp_path, CONTENT), tmp_path / "sealed.p7m", tmp_path / "opened"
    assert segl("seal", file, "--to", anna.cert_file, "--out", sealed).exit_code == 0
    keys = ("--key", anna.key_file, "--cert", anna.cert_file)
    assert segl("open", sealed, *keys, "--out", opened).exit_code == 0
    assert (opened.read_bytes(), opened.stat().st_mode & 0o777) == (CONTENT, 0o600)
    again = segl("open", sealed, *keys, "--out", opened)
    assert (again.exit_code, "there already" in again.stderr) == (2, True)
    nowhere = segl("open", sealed, *keys, "--out", tmp_path / "none" / "x")
    assert (nowhere.exit_code, "No such file" in nowhere.stderr) == (2, True)


def test_a_binary_object_is_not_written_to_a_terminal(tmp_path: Path, anna: Identity) -> None:
    controller, terminal = os.openpty()
    command = ("-m", "segl.cli", "cms", "seal", written(tmp_path, CONTENT), "--to", anna.cert_file)
    done = subprocess.run((sys.executable, *command), stdout=terminal, stderr=subprocess.PIPE, timeout=60)
    os.close(terminal)
    os.close(controller)
    assert (done.returncode, b"--out FILE" in done.stderr) == (2, True)


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
    assert "none: there is no such file" in segl("info", tmp_path / "none").stderr
    assert "cannot be read: is a directory" in segl("info", tmp_path).stderr
    assert "no certificate in PEM" in segl("seal", "-", "--to", anna.key_file, given=b"x").stderr
    done = segl("open", "-", "--key", anna.cert_file, "--cert", anna.cert_file, given=b"x")
    assert "no private key" in done.stderr
    assert "64 hex digits" in segl("verify", "-", "--pin", "abc", given=b"x").stderr


def test_names_from_a_message_do_not_reach_the_terminal_raw(tmp_path: Path) -> None:
    made = certificate("\x1b[2Jevil", ec_key())
    done = segl("info", written(tmp_path, encrypt(CONTENT, [made])))
    assert done.exit_code == 0
    assert "\x1b" not in done.stdout


def test_info_as_json_names_recipients_and_looks_into_signatures(
    tmp_path: Path, anna: Identity, bo: Identity
) -> None:
    inner = encrypt(CONTENT, [anna.certificate])
    file = written(tmp_path, sign(inner, bo.signer, detached=False))
    outside, inside = map(json.loads, segl("info", file, "--json").stdout.splitlines())
    assert (outside["kind"], inside["kind"], inside["depth"]) == ("signed", "enveloped", 1)
    assert outside["signatures"][0]["sha256"] == fingerprint(bo.certificate)
    assert (inside["cipher"], inside["bytes"]) == ("aes-256-cbc", len(inner))
    [recipient] = inside["recipients"]
    assert recipient["serial"] == f"{anna.certificate.serial_number:x}"
    assert (recipient["issuer"], recipient["lock"]) == ("Common Name: anna", "RSA PKCS #1")


def test_info_names_a_key_identifier(tmp_path: Path, anna: Identity) -> None:
    words = ("-outform", "DER", "-keyid", anna.cert_file)
    file = written(tmp_path, openssl("cms", "-encrypt", "-binary", *words, given=CONTENT))
    [recipient] = json.loads(segl("info", file, "--json").stdout)["recipients"]
    named = anna.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert (recipient["key_identifier"], recipient["serial"]) == (named.digest.hex(), "")


def test_info_of_signatures_inside_each_other_comes_to_an_end(tmp_path: Path, bo: Identity) -> None:
    message = b"x"
    for _ in range(20):
        message = sign(message, bo.signer, detached=False)
    done = segl("info", written(tmp_path, message), "--json")
    assert (done.exit_code, len(done.stdout.splitlines())) == (0, 8)


def test_open_uses_our_own_keys(tmp_path: Path, bo: Identity) -> None:
    keys, settings = tmp_path / "keys", tmp_path / "segl.toml"
    settings.write_text(
        f'[organisation]\nname = "N"\ndomains = ["nordby.example"]\n[delivery]\nkeys = "{keys}"\n'
    )
    file = written(tmp_path, encrypt(CONTENT, [bo.certificate]))
    words = ("open", file, "--settings", settings)
    assert "there is no key in" in segl(*words).stderr
    directory = KeyDirectory(keys)
    with directory.alone():
        directory.add("bo", bo.signer.key, (bo.certificate,), KeyState(state=KeyStatus.RETIRED))
    done = segl(*words)
    assert (done.exit_code, done.stdout_bytes) == (0, CONTENT)
    assert "belong together" in segl(*words, "--key", bo.key_file).stderr


def test_verify_tells_validity_binding_and_chain(tmp_path: Path) -> None:
    ca = TestCA(tmp_path / "ca")
    issued = ca.issue(["anna@nordby.example"])
    files = ("-signer", issued.cert, "-inkey", issued.key)
    words = ("-sign", "-binary", "-nodetach", "-outform", "DER", *files)
    file = written(tmp_path, openssl("cms", *words, given=CONTENT))
    done = segl("verify", file, "--ca", ca.file, "--from", "Anna@nordby.example", "--json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["trusted"]) == (0, issued.sha256)
    assert found["chain"] == ["CN=anna@nordby.example", "CN=Segl test root"]
    [one] = found["signatures"]
    assert (one["outcome"], one["validity"], one["names_sender"]) == ("good", "", True)
    said = segl("verify", file, "--from", "bo@nordby.example").stdout
    assert "binding     the certificate does not name bo@nordby.example" in said
    assert "validity    until " in said
    assert segl("verify", file, "--json").exit_code == 23
    other = segl("verify", file, "--ca", ca.file, "--from", "bo@nordby.example")
    assert other.exit_code == 23, "a good signature of somebody else is not his"
    assert "stands behind a signature of bo@nordby.example that holds" in other.stdout
    assert segl("verify", file, "--pin", issued.sha256, "--from", "bo@nordby.example").exit_code == 0


def test_an_expired_signer_is_told(tmp_path: Path) -> None:
    key = ec_key()
    old = Signer(key, certificate("old", key, begins=-9, ends=-1))
    done = segl("verify", written(tmp_path, sign(CONTENT, old, detached=False)), "--json")
    assert json.loads(done.stdout)["signatures"][0]["validity"].startswith("expired on")


def test_signed_text_that_begins_like_an_object_is_text(tmp_path: Path, bo: Identity) -> None:
    for content in (b"010190-1234", b"\x30\x80\x80"):
        done = segl("info", written(tmp_path, sign(content, bo.signer, detached=False)), "--json")
        assert (done.exit_code, len(done.stdout.splitlines())) == (0, 1)


def test_a_file_larger_than_any_mail_is_not_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that says so itself is not read at all."""
    huge = tmp_path / "huge"
    with huge.open("wb") as file:
        file.truncate(600 * 1024 * 1024)
    assert "is larger than" in segl("info", huge).stderr
    monkeypatch.setattr("segl.cli.cms_input._LARGEST", 99)
    endless = tmp_path / "endless"
    os.mkfifo(endless)
    with ThreadPoolExecutor() as beside:
        written = beside.submit(endless.write_bytes, b"x" * 100)
        assert "is larger than 99 bytes" in segl("info", endless).stderr
        written.result(30)
    assert "is larger than 99 bytes" in segl("info", "-", given=b"x" * 100).stderr
    assert "is larger than" not in segl("info", "-", given=b"x" * 99).stderr


def test_open_says_when_it_may_have_written_rubbish(tmp_path: Path, anna: Identity) -> None:
    """With CBC one wrong key in 256 goes unnoticed."""
    words = ("--key", anna.key_file, "--cert", anna.cert_file)
    for content, choice, doubtful in (
        (CONTENT, COMMON, False),
        (b"\x00\x01rubbish", COMMON, True),
        (b"\x00\x01rubbish", MODERN, False),
    ):
        done = segl("open", written(tmp_path, encrypt(content, [anna.certificate], choice)), *words)
        assert (done.exit_code, done.stdout_bytes) == (0, content)
        assert ("no MIME entity" in done.stderr) is doubtful


def test_verify_reads_a_whole_message(tmp_path: Path) -> None:
    ca = TestCA(tmp_path / "ca")
    issued = ca.issue(["anna@nordby.example"])
    made = openssl("cms", "-sign", "-signer", issued.cert, "-inkey", issued.key, given=CONTENT)
    message = b"Received: from x\nFrom: anna@nordby.example\nSubject: x\n" + made
    lines = message.replace(b"\r\n", b"\n")
    for whole in (message, lines, lines.replace(b"\n", b"\r\n")):
        assert segl("verify", written(tmp_path, whole), "--ca", ca.file).exit_code == 0
    altered = written(tmp_path, message.replace(b"010190", b"010191"))
    done = segl("verify", altered, "--ca", ca.file)
    assert (done.exit_code, done.stdout.split()[0]) == (23, "altered")


def test_verify_trusts_what_the_settings_trust(tmp_path: Path, bo: Identity) -> None:
    ca = TestCA(tmp_path / "ca")
    issued = ca.issue(["anna@nordby.example"])
    (tmp_path / "tunnel.d").mkdir()
    (tmp_path / "tunnel.d/kommune.example.pem").write_bytes(pem(bo.certificate))
    settings = tmp_path / "segl.toml"
    settings.write_text(
        f'[organisation]\nname = "N"\ndomains = ["nordby.example"]\n'
        f'[delivery]\ncertificates = "{tmp_path}/tunnel.d"\n[certificates]\ntrust = ["{ca.file}"]\n'
    )
    made = openssl("cms", "-sign", "-signer", issued.cert, "-inkey", issued.key, given=CONTENT)
    assert segl("verify", written(tmp_path, made), "--settings", settings).exit_code == 0
    pinned = written(tmp_path, sign(CONTENT, bo.signer, detached=False))
    assert segl("verify", pinned, "--settings", settings, "--from", "x@kommune.example").exit_code == 0
    assert segl("verify", pinned, "--settings", settings, "--from", "x@kunde.example").exit_code == 23
    assert segl("verify", pinned, "--settings", tmp_path / "none").exit_code == 2
    done = segl("seal", "-", "--to", "kommune.example", "--settings", settings, given=CONTENT)
    assert openssl_decrypt(done.stdout_bytes, bo) == CONTENT
    done = segl("seal", "-", "--to", "kunde.example", "--settings", settings, given=CONTENT)
    assert (done.exit_code, "no file or list" in done.stderr) == (2, True)


def test_verify_says_that_a_certificate_is_for_something_else(tmp_path: Path) -> None:
    ca = TestCA(tmp_path / "ca")
    issued = ca.issue(["anna@nordby.example"], purposes=[ExtendedKeyUsageOID.SERVER_AUTH])
    made = openssl("cms", "-sign", "-signer", issued.cert, "-inkey", issued.key, given=CONTENT)
    done = segl("verify", written(tmp_path, made), "--ca", ca.file)
    assert (done.exit_code, "it is not for mail" in done.stdout) == (23, True)
