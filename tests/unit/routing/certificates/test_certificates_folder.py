"""Certificates in a directory of the postmaster's, and those that were kept on purpose."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from sqlalchemy.engine import Engine

from segl.certificates.records import MOST_KEPT, CertificateRecords
from segl.vocabulary import Known
from segl_routing.certificates.folder import FolderSource
from segl_routing.certificates.kept import HARVESTED, KeptSource, harvest, kept_row
from segl_routing.certificates.sources import Answer
from world.authority import Authority
from world.descriptors import descriptors
from world.partners import usage

CA = Authority("Udstedende CA")
BO, EVA = CA.issue("Bo@x.example"), CA.issue(["eva@x.example", "post@x.example"])


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def folder(tmp_path: Path, complaints: list[str]) -> FolderSource:
    return FolderSource(tmp_path, lambda path, why: complaints.append(f"{path.name}: {why}"))


def ask(source: FolderSource | KeptSource, address: str) -> Answer:
    return asyncio.run(source.ask(address))


def test_files_are_found_by_the_addresses_in_them(folder: FolderSource, tmp_path: Path) -> None:
    (tmp_path / "bo.pem").write_bytes(BO.pem + CA.pem)
    (tmp_path / "eva.DER").write_bytes(EVA.der)
    [offer] = ask(folder, "bo@x.example").offers
    assert offer.certificate == BO.certificate
    assert offer.along == (CA.certificate,)
    assert not offer.bound
    for address in ("eva@x.example", "post@x.example"):
        assert [found.certificate for found in ask(folder, address).offers] == [EVA.certificate]
    assert ask(folder, "nogen@x.example").known is Known.NO


def test_what_windows_makes_is_read_or_told_of(
    folder: FolderSource, tmp_path: Path, complaints: list[str]
) -> None:
    bag = pkcs7.serialize_certificates([CA.certificate, BO.certificate], Encoding.DER)
    (tmp_path / "bo.P7B").write_bytes(bag)
    (tmp_path / "eva.cer").write_bytes(EVA.pem.decode().encode("utf-16"))
    (tmp_path / "lone@y.example.pem.txt").write_bytes(EVA.pem)
    [offer] = ask(folder, "bo@x.example").offers
    assert (offer.certificate, offer.along) == (BO.certificate, (CA.certificate,))
    assert ask(folder, "eva@x.example").known is Known.YES
    assert ask(folder, "lone@y.example").known is Known.NO
    assert complaints == ["lone@y.example.pem.txt: is not read: take .txt off its name"]


def test_a_file_called_as_an_address_is_that_recipients(folder: FolderSource, tmp_path: Path) -> None:
    (tmp_path / "Lone@Y.example.pem").write_bytes(EVA.pem)
    [offer] = ask(folder, "lone@y.example").offers
    assert offer.bound
    [own] = ask(folder, "eva@x.example").offers
    assert not own.bound


def test_a_changed_file_is_read_again_and_one_taken_away_counts_no_more(
    folder: FolderSource, tmp_path: Path
) -> None:
    file = tmp_path / "bo.pem"
    file.write_bytes(BO.pem)
    assert ask(folder, "bo@x.example").known is Known.YES
    file.write_bytes(EVA.pem)
    assert ask(folder, "bo@x.example").known is Known.NO
    assert ask(folder, "eva@x.example").known is Known.YES
    file.unlink()
    assert ask(folder, "eva@x.example").known is Known.NO


def test_a_file_that_could_not_be_read_is_read_when_it_can_be(
    folder: FolderSource, tmp_path: Path, complaints: list[str]
) -> None:
    """Neither its size nor its time is another then."""
    (tmp_path / "bo.pem").write_bytes(BO.pem)

    async def story() -> None:
        with descriptors(1):  # for the directory
            for _ in range(2):
                assert (await folder.ask("bo@x.example")).known is Known.NO
        assert (await folder.ask("bo@x.example")).known is Known.YES

    asyncio.run(story())
    assert complaints == ["bo.pem: cannot be read: Too many open files"]


def test_files_that_cannot_be_used_are_named_once(
    folder: FolderSource, tmp_path: Path, complaints: list[str]
) -> None:
    (tmp_path / "tekst.pem").write_text("hej")
    (tmp_path / "tom.der").write_bytes(b"")
    (tmp_path / "stor.pem").write_bytes(b"x" * 300_000)
    (tmp_path / "rod.pem").write_bytes(CA.pem)
    (tmp_path / "cut.pem").write_bytes(BO.pem[:400])
    (tmp_path / "key.key").write_text("another ending: not looked at")
    os.mkfifo(tmp_path / "pipe.pem")
    (tmp_path / "bo.pem").write_bytes(BO.pem)
    for _ in range(2):
        assert ask(folder, "bo@x.example").known is Known.YES
    told = dict(complaint.split(": ", 1) for complaint in complaints)
    assert len(complaints) == len(told) == 6
    assert told["pipe.pem"] == "is no regular file"
    assert "no recipient's certificate" in told["rod.pem"]
    assert "larger" in told["stor.pem"]


def test_a_folder_that_is_not_there_is_a_dont_know(tmp_path: Path) -> None:
    source = FolderSource(tmp_path / "none", lambda _path, _why: None)
    assert ask(source, "bo@x.example").known is Known.UNKNOWN


# kept


def test_a_signers_certificate_is_kept_with_its_chain(engine: Engine) -> None:
    records = CertificateRecords(engine)
    assert harvest(BO.certificate, "BO@x.example", [BO.certificate, CA.certificate], records) == ""
    assert harvest(BO.certificate, "bo@x.example", [], records) == ""
    [row] = records.kept()
    assert (row.address, row.source, row.fingerprint) == ("bo@x.example", HARVESTED, BO.fingerprint)
    [offer] = ask(KeptSource(records), "bo@x.example").offers
    assert offer.along == (CA.certificate,)
    assert not offer.bound


@pytest.mark.parametrize(
    ("options", "sender", "why"),
    [
        ({"key_usage": usage(sign=True)}, "bo@x.example", "keyEncipherment"),
        ({}, "eva@x.example", "another address"),
        ({"ends": -1}, "bo@x.example", "expired"),
        ({}, "<>", "no mail address"),
    ],
)
def test_what_is_not_worth_keeping(engine: Engine, options: dict[str, object], sender: str, why: str) -> None:
    records = CertificateRecords(engine)
    one = CA.issue("bo@x.example", **options)  # type: ignore[arg-type]
    assert why in harvest(one.certificate, sender, [], records)
    assert records.kept() == []


def test_whoever_signs_with_ever_new_certificates_fills_nothing(engine: Engine) -> None:
    records = CertificateRecords(engine)
    for number in range(MOST_KEPT + 5):
        row = kept_row(
            CA.issue("bo@x.example", kind="ec").certificate, "bo@x.example", HARVESTED, float(number)
        )
        records.keep(row)
    assert [row.found_at for row in records.kept("bo@x.example")] == [
        float(number) for number in range(MOST_KEPT + 4, 4, -1)
    ]


def test_forgetting_one_or_all(engine: Engine) -> None:
    records = CertificateRecords(engine)
    for one in (CA.issue("bo@x.example"), BO):
        records.keep(kept_row(one.certificate, "bo@x.example", HARVESTED, 1.0))
    assert records.forget("bo@x.example", BO.fingerprint[:12].upper()) == 1
    assert records.forget("bo@x.example", "%") == 0
    assert records.forget("bo@x.example") == 1
    assert records.kept() == []


def test_a_store_that_fails_is_a_dont_know(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE recipient_certificate")
    assert ask(KeptSource(CertificateRecords(engine)), "bo@x.example").known is Known.UNKNOWN
