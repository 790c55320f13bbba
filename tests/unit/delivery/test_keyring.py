"""Our own keys as they lie on disk."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from segl_delivery import keyring
from segl_delivery.keyring import CREDENTIAL, KeyRing, KeysUnreadable, read_passphrase
from world.oracle import Key
from world.partners import certificate, ec_key, pem, rsa_key


def written(file: Path, data: bytes) -> None:
    """With the mode that keys and passphrases must have."""
    file.touch(0o600)
    file.write_bytes(data)


def lay(
    directory: Path,
    name: str,
    key: Key,
    passphrase: bytes | None = None,
    *,
    of: Key | None = None,
    **state: Any,
) -> None:
    """A key as `segl key` writes it; *of*: the certificate is of another key."""
    lock: KeySerializationEncryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    written(directory / f"{name}.key.pem", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
    if state:
        (directory / f"{name}.json").write_text(json.dumps(state))
    (directory / f"{name}.crt.pem").write_bytes(pem(certificate(name, of or key, key_id=True)))


class Told(list[tuple[str, str]]):
    def __call__(self, file: Path, why: str) -> None:
        self.append((file.name, why))


def names(ring: KeyRing) -> list[tuple[str, bool]]:
    held = ring.keys()
    return [(own.name, own.retired) for own in held]


def test_no_directory_holds_no_keys(tmp_path: Path) -> None:
    assert KeyRing(tmp_path / "none").keys() == ()


def test_keys_in_use_and_retired_are_read_with_what_is_said_of_them(tmp_path: Path) -> None:
    lay(tmp_path, "new", ec_key(), domains=["Kommune.Example"], addresses=["Bo@Kommune.example"])
    lay(tmp_path, "old", rsa_key(), state="retired", since="2024")
    ring = KeyRing(tmp_path)
    assert names(ring) == [("new", False), ("old", True)]
    assert (ring.keys()[0].domains, ring.keys()[0].addresses) == (
        ("kommune.example",),
        ("bo@kommune.example",),
    )


def test_a_change_on_disk_is_seen_at_the_next_question(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    assert names(ring) == []
    lay(tmp_path, "a", ec_key())
    assert names(ring) == [("a", False)]
    (tmp_path / "a.json").write_text('{"state": "retired"}')
    assert names(ring) == [("a", True)]
    (tmp_path / "a.crt.pem").unlink()
    assert names(ring) == []


def test_rights_that_were_mended_are_seen_at_the_next_question(tmp_path: Path) -> None:
    lay(tmp_path, "a", ec_key())
    (tmp_path / "a.key.pem").chmod(0o644)
    told = Told()
    ring = KeyRing(tmp_path, told=told)
    assert (names(ring), len(ring.locked()), len(told)) == ([], 1, 1)
    (tmp_path / "a.key.pem").chmod(0o600)
    assert (names(ring), ring.locked()) == ([("a", False)], ())


def test_a_key_that_could_not_be_read_once_is_tried_again_and_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: Path) -> bytes:
        raise OSError(errno.EMFILE, "Too many open files")

    lay(tmp_path, "a", ec_key())
    told = Told()
    ring = KeyRing(tmp_path, told=told)
    with monkeypatch.context() as patch:
        patch.setattr(keyring, "_secret_bytes", full)
        assert (names(ring), names(ring), len(ring.locked())) == ([], [], 1)
    assert names(ring) == [("a", False)]
    assert told == [("a.crt.pem", "Too many open files")]


def test_nothing_is_read_again_while_nothing_changes(tmp_path: Path) -> None:
    lay(tmp_path, "a", ec_key())
    ring = KeyRing(tmp_path)
    assert ring.decryption_keys() is ring.decryption_keys()


def test_a_key_that_cannot_be_used_hides_no_other_and_is_told_once(tmp_path: Path) -> None:
    lay(tmp_path, "foreign", ec_key(), of=rsa_key())
    lay(tmp_path, "good", ec_key())
    lay(tmp_path, "locked", ec_key(), b"secret")
    lay(tmp_path, "strange", ec_key(), state="perhaps")
    lay(tmp_path, "torn", ec_key())
    written(tmp_path / "torn.key.pem", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    lay(tmp_path, "huge", ec_key())
    written(tmp_path / "huge.key.pem", b"x" * 100_000)
    (tmp_path / "alone.crt.pem").write_bytes(pem(certificate("alone", ec_key())))
    told = Told()
    ring = KeyRing(tmp_path, told=told)
    assert names(ring) == [("good", False)] == names(ring)
    assert told == [
        ("alone.crt.pem", "No such file or directory"),
        ("foreign.crt.pem", "the certificate belongs to another key"),
        ("huge.crt.pem", "huge.key.pem is larger than 65536 bytes"),
        ("locked.crt.pem", "the private key is encrypted, and there is no passphrase"),
        ("strange.crt.pem", "strange.json does not say what it should"),
        ("torn.crt.pem", "the private key cannot be read, or the passphrase is another"),
    ]


def test_a_key_without_a_certificate_is_not_finished_and_not_told(tmp_path: Path) -> None:
    lay(tmp_path, "coming", ec_key())
    (tmp_path / "coming.crt.pem").unlink()
    told = Told()
    assert KeyRing(tmp_path, told=told).keys() == ()
    assert told == []


def test_encrypted_keys_open_with_the_passphrase_of_the_settings(tmp_path: Path) -> None:
    keys, secret = tmp_path / "keys", tmp_path / "secret"
    keys.mkdir()
    lay(keys, "locked", rsa_key(), b"k\xc3\xa6re")
    lay(keys, "open", ec_key())
    written(secret, b"another\n")
    told = Told()
    ring = KeyRing(keys, secret, told)
    assert names(ring) == [("open", False)]
    assert [file for file, _ in told] == ["locked.crt.pem"]
    written(secret, b"k\xc3\xa6re\r\n")
    assert names(ring) == [("locked", False), ("open", False)]


def test_or_with_that_of_the_systemd_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys, credentials = tmp_path / "keys", tmp_path / "credentials"
    keys.mkdir()
    credentials.mkdir()
    lay(keys, "locked", ec_key(), b"secret")
    written(credentials / CREDENTIAL, b"secret")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    assert names(KeyRing(keys)) == [("locked", False)]


def test_a_passphrase_that_cannot_be_read_is_not_taken_for_none(tmp_path: Path) -> None:
    lay(tmp_path, "locked", ec_key(), b"secret")
    with pytest.raises(KeysUnreadable):
        KeyRing(tmp_path, tmp_path / "nowhere").keys()


def test_nor_is_a_directory_that_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    written(file, b"")
    with pytest.raises(KeysUnreadable):
        KeyRing(file).keys()


def test_what_is_read_is_the_file_whose_rights_were_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, other, look = tmp_path / "secret", tmp_path / "other", os.fstat
    written(secret, b"guarded")
    other.write_bytes(b"for everybody")

    def look_and_swap(descriptor: int) -> os.stat_result:
        found = look(descriptor)
        if other.exists():
            other.replace(secret)
        return found

    monkeypatch.setattr("segl_delivery.keyring.os.fstat", look_and_swap)
    assert read_passphrase(secret) == b"guarded"


def test_a_key_opens_mail_to_the_domains_it_is_for(tmp_path: Path) -> None:
    lay(tmp_path, "nord", ec_key(), domains=["nord.example"])
    lay(tmp_path, "syd", rsa_key(), addresses=["post@syd.example"])
    lay(tmp_path, "all", rsa_key(number=1))
    held = KeyRing(tmp_path).keys()
    opened = {
        domain: [own.name for own in held if own.opens_for(domain)]
        for domain in ("nord.example", "by.nord.example", "syd.example", "xnord.example", "vest.example")
    }
    assert opened == {
        "nord.example": ["all", "nord"],
        "by.nord.example": ["all", "nord"],
        "syd.example": ["all", "syd"],
        "xnord.example": ["all"],
        "vest.example": ["all"],
    }
    ring = KeyRing(tmp_path)
    assert ring.decryption_keys("nord.example") is ring.decryption_keys("by.nord.example")
    assert ring.decryption_keys("syd.example") is not ring.decryption_keys()
