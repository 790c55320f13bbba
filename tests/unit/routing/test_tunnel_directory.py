"""The tunnel partners' directory: what is in it now, and that the agent would say the same."""

from __future__ import annotations

import datetime
import os
import shutil
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from segl.errors import NoCertificate
from segl.events import Events, configure_log
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl_delivery.smime.certificates import CertificateDirectory
from segl_routing.tunnels import Tunnels
from world.ca import TestCA
from world.descriptors import descriptors
from world.partners import ec_key, rsa_key

DOMAIN = "kommune.example"


class Complaints(list[str]):
    def __call__(self, _file: Path, why: str) -> None:
        self.append(why)


def settings_of(path: Path) -> Settings:
    return parse_settings(
        {
            "organisation": {"name": "Nordby", "domains": ["nordby.example"]},
            "delivery": {"certificates": str(path)},
        }
    )


def directory_of(path: Path) -> tuple[Tunnels, Complaints]:
    complaints = Complaints()
    return Tunnels(settings_of(path), complaints, lambda *_: None), complaints


def certificate(
    *, bits: int = 2048, curve: bool = False, days: tuple[int, int] = (-1, 30), usage: bool | None = None,
    authority: bool = False,
) -> bytes:  # fmt: skip
    """A self-signed certificate as PEM; *usage* is keyEncipherment, *authority* makes it a CA."""
    key = ec_key() if curve else rsa_key(bits)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, DOMAIN)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=days[0]))
        .not_valid_after(now + datetime.timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if usage is not None:
        flags = dict.fromkeys(
            ("content_commitment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign",
             "encipher_only", "decipher_only"), False,
        )  # fmt: skip
        builder = builder.add_extension(
            x509.KeyUsage(digital_signature=True, key_encipherment=usage, **flags), critical=True
        )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


GOOD = certificate()
OLD = certificate(days=(-60, -30))
FUTURE = certificate(days=(10, 60))

FILES = [
    ("good", GOOD, True, "valid until"),
    ("old and new", OLD + GOOD, True, "valid until"),
    ("text around it", b"Kommunens certifikat:\n" + GOOD + b"\nslut\n", True, "valid until"),
    ("for encryption", certificate(usage=True), True, "valid until"),
    ("with its authority", certificate(authority=True) + GOOD, True, "valid until"),
    ("authority of its own", certificate(authority=True), True, "valid until"),
    ("old", OLD, False, "expired on"),
    ("future", FUTURE, False, "not valid before"),
    ("old and future", OLD + FUTURE, False, "expired on"),
    ("old, with its authority", certificate(authority=True) + OLD, False, "expired on"),
    ("elliptic curve", certificate(curve=True), True, "valid until"),
    ("short key", certificate(bits=1024), False, "1024 bits, fewer than 2048"),
    ("for signing", certificate(usage=False), False, "does not allow encryption"),
    (
        "DER",
        x509.load_pem_x509_certificate(GOOD).public_bytes(serialization.Encoding.DER),
        True,
        "valid until",
    ),
    ("empty", b"", False, "no certificate in PEM or DER form"),
    ("text", b"not a certificate", False, "no certificate in PEM or DER form"),
    ("cut off", GOOD[:300], False, "no certificate in PEM or DER form"),
    ("damaged", GOOD.replace(b"M", b"Q"), False, "no certificate in PEM or DER form"),
    ("huge", b"x" * 2_000_000, False, "larger than"),
]


@pytest.mark.parametrize(("content", "usable", "why"), [f[1:] for f in FILES], ids=[f[0] for f in FILES])
def test_files(tmp_path: Path, content: bytes, usable: bool, why: str) -> None:
    (tmp_path / f"{DOMAIN}.pem").write_bytes(content)
    directory, complaints = directory_of(tmp_path)
    for _ in range(3):
        state = directory.state(DOMAIN, time.time())
        assert (state.usable, why in state.reason) == (usable, True), state
    assert len(complaints) == (0 if usable else 1), "each version of a file is named once"


@pytest.mark.parametrize("content", [f[1] for f in FILES], ids=[f[0] for f in FILES])
def test_the_agent_would_say_the_same(tmp_path: Path, content: bytes) -> None:
    """A route to an agent that refuses would be a message that waits."""
    configure_log(level="error")
    (tmp_path / f"{DOMAIN}.pem").write_bytes(content)
    directory, _ = directory_of(tmp_path)
    agent = CertificateDirectory(settings_of(tmp_path), Events("test"))
    if directory.state(DOMAIN, time.time()).usable:
        assert agent.find(DOMAIN)[0].certificate.not_valid_after_utc > datetime.datetime.now(datetime.UTC)
    else:
        with pytest.raises(NoCertificate):
            agent.find(DOMAIN)


def test_nothing_there(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "missing"):
        directory, complaints = directory_of(place)
        assert not directory.state(DOMAIN, time.time()).usable
        assert not complaints


def test_a_parents_certificate_is_not_borrowed(tmp_path: Path) -> None:
    (tmp_path / f"{DOMAIN}.pem").write_bytes(GOOD)
    directory, _ = directory_of(tmp_path)
    assert not directory.state(f"skole.{DOMAIN}", time.time()).usable
    assert not directory.state("example", time.time()).usable


def test_changes_are_seen_at_once(tmp_path: Path) -> None:
    file = tmp_path / f"{DOMAIN}.pem"
    directory, complaints = directory_of(tmp_path)

    def usable() -> bool:
        return directory.state(DOMAIN, time.time()).usable

    assert not usable()
    file.write_bytes(GOOD)
    assert usable()
    file.write_bytes(b"half of a certific")
    assert not usable()
    other = tmp_path / "new"
    other.write_bytes(GOOD)
    other.replace(file)
    assert usable()
    file.unlink()
    assert not usable()
    assert len(complaints) == 1
    # as long as the one before, written in its place; then as old, too, put in its place (`cp -p`)
    file.write_bytes(GOOD)
    assert usable()
    file.write_bytes(b"x" * len(GOOD))
    assert not usable()
    times = [file.stat().st_atime_ns, file.stat().st_mtime_ns]
    other.write_bytes(GOOD)
    os.utime(other, ns=(times[0], times[1]))
    other.replace(file)
    assert usable()


def test_a_file_that_could_not_be_read_is_read_when_it_can_be(tmp_path: Path) -> None:
    """No descriptor is left in that moment, or another's file was made readable: neither changes its size or time."""
    (tmp_path / f"{DOMAIN}.pem").write_bytes(GOOD)
    directory, complaints = directory_of(tmp_path)
    why = "the certificate file cannot be read: Too many open files"
    with descriptors(0):
        for _ in range(3):
            state = directory.state(DOMAIN, time.time())
            assert (state.usable, state.reason) == (False, why)
    assert complaints == [why]
    assert directory.state(DOMAIN, time.time()).usable
    (tmp_path / "text.example.pem").write_bytes(b"not a certificate")
    with descriptors(0):
        directory.state("text.example", time.time())
    for _ in range(2):
        directory.state("text.example", time.time())
    assert complaints[1:] == [why, "the certificate file holds no certificate in PEM or DER form"]


def test_a_certificate_ends_while_we_run(tmp_path: Path) -> None:
    (tmp_path / f"{DOMAIN}.pem").write_bytes(GOOD)
    directory, complaints = directory_of(tmp_path)
    assert directory.state(DOMAIN, time.time()).usable
    for days in (40, 41):
        assert not directory.state(DOMAIN, time.time() + days * 86400).usable
    assert [why[:10] for why in complaints] == ["expired on"]


def test_its_last_second_still_counts(tmp_path: Path) -> None:
    (tmp_path / f"{DOMAIN}.pem").write_bytes(GOOD)
    directory, _ = directory_of(tmp_path)
    end = x509.load_pem_x509_certificate(GOOD).not_valid_after_utc.timestamp()
    assert [directory.state(DOMAIN, end + after).usable for after in (-1, 0, 1)] == [True, True, False]


def test_several_are_used_while_a_partner_changes_keys_but_no_more_than_eight(tmp_path: Path) -> None:
    file = tmp_path / f"{DOMAIN}.pem"
    agent = CertificateDirectory(settings_of(tmp_path), Events("test"))
    for count, used in ((2, 2), (9, 8)):
        file.write_bytes(b"".join(certificate(days=(-number, 30)) for number in range(1, count + 1)))
        found = [one.certificate.not_valid_before_utc for one in agent.find(DOMAIN)]
        assert len(found) == used
        assert found == sorted(found, reverse=True)


def test_a_directory_and_a_pipe_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / f"{DOMAIN}.pem").mkdir()
    os.mkfifo(tmp_path / "pipe.example.pem")
    directory, _ = directory_of(tmp_path)
    assert not directory.state(DOMAIN, time.time()).usable
    assert not directory.state("pipe.example", time.time()).usable


def test_the_certificates_of_the_test_world_are_usable(tmp_path: Path) -> None:
    issued = TestCA(tmp_path / "ca").issue([f"tunnel@{DOMAIN}"], key="rsa")
    shutil.copy(issued.cert, tmp_path / f"{DOMAIN}.pem")
    directory, _ = directory_of(tmp_path)
    assert directory.state(DOMAIN, time.time()).usable
