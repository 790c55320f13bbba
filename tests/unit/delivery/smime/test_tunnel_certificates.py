"""Which certificate of a partner's file is used, and why none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from segl.errors import NoCertificate
from segl.events import Events, configure_log
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl_delivery.smime.certificates import CertificateDirectory
from world.partners import certificate, pem, rsa_key, usage

KEY = rsa_key()
GOOD = certificate("good", KEY, key_usage=usage(encrypt=True))
OLD = certificate("old", KEY, begins=-20)
NEW = certificate("new", KEY, begins=-2)
EXPIRED = certificate("expired", KEY, begins=-10, ends=-1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    configure_log(level="error")
    return parse_settings(
        {
            "organisation": {"name": "Nordby", "domains": ["nordby.example"]},
            "delivery": {"certificates": str(tmp_path)},
            "domain": [
                {"name": "region.example", "way": "tunnel", "subdomains": True},
                {"name": "skole.example", "way": "tls", "subdomains": True},
            ],
        }
    )


def fingerprint(entry: x509.Certificate) -> str:
    return entry.fingerprint(hashes.SHA256()).hex()


def test_a_file_is_read_again_when_it_changes(settings: Settings, tmp_path: Path) -> None:
    directory = CertificateDirectory(settings, Events("test"))
    file = tmp_path / "kommune.example.pem"
    with pytest.raises(NoCertificate, match="no file or list has a certificate"):
        directory.find("kommune.example")
    file.write_bytes(pem(OLD))
    assert directory.find("kommune.example")[0].fingerprint == fingerprint(OLD)
    file.write_bytes(pem(OLD, NEW))
    assert [one.fingerprint for one in directory.find("kommune.example")] == [
        fingerprint(NEW),
        fingerprint(OLD),
    ]
    file.unlink()
    with pytest.raises(NoCertificate, match="no file or list has a certificate"):
        directory.find("kommune.example")


def test_the_clock_is_asked_each_time(settings: Settings, tmp_path: Path) -> None:
    directory = CertificateDirectory(settings, Events("test"))
    (tmp_path / "kommune.example.pem").write_bytes(pem(OLD))
    directory.find("kommune.example")
    with pytest.raises(NoCertificate, match="expired"):
        directory.find("kommune.example", OLD.not_valid_after_utc.replace(year=2100))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no certificate in PEM"),
        (b"garbage", "no certificate in PEM"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "no certificate in PEM"),
        (pem(GOOD)[:-40], "no certificate in PEM"),
        (b"\x00" * 2_000_000, "larger than"),
    ],
)
def test_a_broken_file_is_a_clear_reason(
    settings: Settings, tmp_path: Path, content: bytes, why: str
) -> None:
    (tmp_path / "kommune.example.pem").write_bytes(content)
    with pytest.raises(NoCertificate, match=why) as caught:
        CertificateDirectory(settings, Events("test")).find("kommune.example")
    assert str(caught.value.reply) == "451 4.7.5 no certificate to encrypt to for this domain"


def test_a_directory_or_an_endless_file_in_its_place(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "a.example.pem").mkdir()
    (tmp_path / "b.example.pem").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "c.example.pem")
    directory = CertificateDirectory(settings, Events("test"))
    for domain in ("a.example", "b.example", "c.example"):
        with pytest.raises(NoCertificate, match="is no regular file"):
            directory.find(domain)


@pytest.mark.parametrize("domain", ["", "../etc/passwd", "a/../../b", "..", "x" * 300, "a b", "a\0b"])
def test_what_is_no_domain_has_no_certificate(settings: Settings, domain: str) -> None:
    with pytest.raises(NoCertificate):
        CertificateDirectory(settings, Events("test")).find(domain)


def test_a_parents_certificate_serves_only_where_the_pin_says_so(settings: Settings, tmp_path: Path) -> None:
    for name in ("region", "skole", "anden"):
        (tmp_path / f"{name}.example.pem").write_bytes(pem(GOOD))
    directory = CertificateDirectory(settings, Events("test"))
    assert directory.find("sygehus.region.example")[0].fingerprint == fingerprint(GOOD)
    for domain in ("nord.skole.example", "nord.anden.example"):
        with pytest.raises(NoCertificate):
            directory.find(domain)


def test_a_bad_file_of_its_own_is_not_replaced_by_the_parents(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "region.example.pem").write_bytes(pem(GOOD))
    (tmp_path / "sygehus.region.example.pem").write_bytes(pem(EXPIRED))
    with pytest.raises(NoCertificate, match="expired"):
        CertificateDirectory(settings, Events("test")).find("sygehus.region.example")
