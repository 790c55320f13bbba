"""``segl key`` in the hands of somebody who has never held a key before."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)
from typer.testing import CliRunner, Result

from segl.cli.main import build
from segl_delivery.keyring import read_private
from world.authority import Authority

DOMAIN = "nordby.example"
ROOT = Authority("Rod-CA")
ISSUING = ROOT.below("Udstedende CA")
OWN = ISSUING.issue(f"post@{DOMAIN}", kind="ec", ends=400)
Segl = Callable[..., Result]


@pytest.fixture
def segl(tmp_path: Path) -> Segl:
    file = tmp_path / "segl.toml"
    file.write_text(
        f'[organisation]\nname = "N"\ndomains = ["{DOMAIN}"]\n[delivery]\nkeys = "{tmp_path}/keys"\n'
    )

    def typed(*words: str | Path) -> Result:
        return CliRunner().invoke(build("key"), ["key", *map(str, words), "--settings", str(file)])

    return typed


@pytest.fixture
def given(tmp_path: Path) -> Callable[[str, bytes], Path]:
    def write(name: str, data: bytes) -> Path:
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return write


def key_as(encoding: Encoding = Encoding.PEM, passphrase: bytes = b"") -> bytes:
    locked = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return OWN.key.private_bytes(encoding, PrivateFormat.PKCS8, locked)


def listed(segl: Segl) -> list[tuple[str, str, int]]:
    lines = [json.loads(line) for line in segl("list", "--json").stdout.splitlines()]
    return [(one["name"], one["state"], one["chain"]) for one in lines]


BAG = [ROOT.certificate, ISSUING.certificate, OWN.certificate]  # upside down
WRITTEN = {
    "DER": (OWN.der, key_as(Encoding.DER)),
    "Windows": (OWN.pem.replace(b"\n", b"\r\n"), key_as().replace(b"\n", b"\r\n")),
    "Notepad": (b"\xef\xbb\xbf" + OWN.pem, b"\xef\xbb\xbf" + key_as()),
    "Notepad, Unicode": (OWN.pem.decode().encode("utf-16"), key_as().decode().encode("utf-16")),
    "upside down": (ROOT.pem + ISSUING.pem + OWN.pem, key_as()),
    "p7b": (pkcs7.serialize_certificates(BAG, Encoding.DER), key_as()),
    "p7b in PEM": (pkcs7.serialize_certificates(BAG, Encoding.PEM), key_as()),
}
_ALONE = [WRITTEN[name][0] for name in ("DER", "Windows", "Notepad", "Notepad, Unicode")]


@pytest.mark.parametrize(("certificate", "key"), WRITTEN.values(), ids=WRITTEN.keys())
def test_a_certificate_and_a_key_are_taken_however_they_were_written(
    segl: Segl, given: Callable[[str, bytes], Path], certificate: bytes, key: bytes
) -> None:
    """And whichever is named first."""
    done = segl("import", given("noegle", key), given("certifikat", certificate))
    assert (done.exit_code, done.stderr) == (0, "")
    [(name, state, chain)] = listed(segl)
    assert (name, state, chain) == (f"post-{DOMAIN}", "active", 0 if certificate in _ALONE else 2)


def test_the_same_file_named_twice_is_one_key(segl: Segl, given: Callable[[str, bytes], Path]) -> None:
    both = given("begge.pem", key_as() + OWN.pem)
    assert segl("import", both, both).exit_code == 0


@pytest.mark.parametrize(
    "written", ["hemmelig\r\n".encode("utf-8-sig"), b"hemmelig", "hemmelig\r\n".encode("utf-16")]
)
def test_a_passphrase_is_read_however_it_was_written(
    segl: Segl, given: Callable[[str, bytes], Path], written: bytes
) -> None:
    words = (given("a.key", key_as(passphrase=b"hemmelig")), given("a.crt", OWN.pem))
    assert segl("import", *words, "--passphrase-file", given("kode", written)).exit_code == 0


def test_the_passphrase_of_a_pkcs12_may_stand_in_latin_1(
    segl: Segl, given: Callable[[str, bytes], Path]
) -> None:
    locked = BestAvailableEncryption("nøgle".encode())
    bag = pkcs12.serialize_key_and_certificates(b"x", OWN.key, OWN.certificate, BAG[:2], locked)
    take = ("import", given("oces.p12", bag), "--passphrase-file")
    assert "its passphrase is another" in segl(*take, given("kode", "nögle".encode("latin-1"))).stderr
    assert segl(*take, given("kode", "nøgle".encode("latin-1"))).exit_code == 0


def test_of_several_files_the_one_at_fault_is_named(segl: Segl, given: Callable[[str, bytes], Path]) -> None:
    good, bad = given("god.pem", OWN.pem), given("skidt.key", b"hej")
    done = segl("import", good, bad)
    assert (done.exit_code, f"{bad}: it is no" in done.stderr, str(good) in done.stderr) == (1, True, False)


def test_what_is_there_already_in_another_state_is_not_passed_over(
    segl: Segl, given: Callable[[str, bytes], Path]
) -> None:
    take = ("import", given("a.pem", OWN.pem + key_as()))
    assert segl(*take).exit_code == 0
    done = segl(*take, "--retired")
    assert (done.exit_code, f"segl key retire post-{DOMAIN}\n" in done.stderr) == (1, True)
    segl("retire", f"post-{DOMAIN}", "--yes")
    assert segl(*take, "--retired").exit_code == 0
    done = segl(*take)
    assert (done.exit_code, f"segl key retire post-{DOMAIN} --undo" in done.stderr) == (1, True)


@pytest.mark.parametrize("words", [("export", DOMAIN, "--out"), ("new", DOMAIN, "--another", "--csr")])
def test_what_is_written_out_never_takes_a_keys_place(
    segl: Segl, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """Mail encrypted to it could never be opened again."""
    assert segl("new", DOMAIN, "--algorithm", "p-256").exit_code == 0
    file = tmp_path / "keys" / f"{DOMAIN}.key.pem"
    done = segl(*words, file)
    assert (done.exit_code, "holds a private key" in done.stderr) == (1, True)
    assert read_private(file.read_bytes(), None) is not None


def test_a_file_that_somebody_put_there_stops_nothing_but_what_it_would_harm(
    segl: Segl, tmp_path: Path
) -> None:
    assert segl("new", DOMAIN, "--algorithm", "p-256").exit_code == 0
    strange = tmp_path / "keys" / "gammel.key.pem"
    strange.touch(0o600)
    strange.write_bytes(key_as(passphrase=b"hemmelig"))
    done = segl("new", DOMAIN, "--algorithm", "p-256", "--another")
    assert (done.exit_code, "gammel.key.pem is encrypted" in done.stderr) == (1, True)
    assert "remove gammel --force" in segl("list").stdout
    assert segl("retire", DOMAIN, "--yes").exit_code == 0
    assert segl("remove", "gammel", "--force").exit_code == 0
    assert listed(segl) == [(DOMAIN, "retired", 0)]
    (tmp_path / "keys" / f"{DOMAIN}.key.pem").unlink()
    assert f"{DOMAIN}.key.pem: No such file" in segl("list").stdout


def test_a_folder_that_is_a_link_is_told_of(segl: Segl, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(0o700)
    (tmp_path / "keys").symlink_to(tmp_path / "elsewhere")
    assert f"{tmp_path}/keys is a link" in segl("new", DOMAIN, "--algorithm", "p-256").stderr
