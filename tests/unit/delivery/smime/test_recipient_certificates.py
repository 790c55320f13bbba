"""Which of the certificates in the store are encrypted to, as segl-deliver judges them once more."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from segl.certificates.records import CertificateRecords, CertificateRow, Lookup, Revocation
from segl.errors import NoCertificate
from segl.settings.certificates import Certificates, CertificateSource, RevocationUnknown
from segl.store.engine import open_store
from segl.vocabulary import Known
from segl_delivery.smime.certificate import RecipientCertificates
from world.authority import Authority, Issued
from world.stores import store_in

CA = Authority("Udstedende CA")
BO, NEWER = CA.issue("bo@x.example"), CA.issue("bo@x.example", begins=-1)
EVA = CA.issue("eva@x.example")
ON = Certificates(sources=(CertificateSource.SMIMEA,))
USE = replace(ON, revocation_unknown=RevocationUnknown.USE)


def row(one: Issued, **other: object) -> CertificateRow:
    now = time.time()
    made = CertificateRow(
        "bo@x.example", one.fingerprint, one.der, "test", now, now, now + 86_400, Revocation.GOOD
    )
    return replace(made, **other)  # type: ignore[arg-type]


def used(folder: Path, settings: Certificates, *rows: CertificateRow, later: float = 0) -> list[str]:
    engine = open_store(store_in(folder))
    try:
        records = CertificateRecords(engine)
        records.record(Lookup("bo@x.example", Known.YES, "known", time.time(), time.time() + 600), rows)
        found = RecipientCertificates(records, settings, lambda: time.time() + later)
        return [one.fingerprint for one in found.find("Bo@x.example")]
    finally:
        engine.dispose()


@pytest.mark.parametrize(
    ("settings", "rows", "expected"),
    [
        (ON, lambda: [row(BO), row(NEWER)], [NEWER]),
        (replace(ON, all_keys=True), lambda: [row(BO), row(NEWER)], [NEWER, BO]),
        (ON, lambda: [row(BO), row(NEWER, standing=Revocation.REVOKED)], [BO]),
        (USE, lambda: [row(BO, standing=Revocation.UNKNOWN)], [BO]),
        (ON, lambda: [row(EVA, bound=True)], [EVA]),
        (ON, lambda: [row(EVA, vouched=True)], [EVA]),
    ],
)
def test_what_is_encrypted_to(
    tmp_path: Path, settings: Certificates, rows: Callable[[], list[CertificateRow]], expected: list[Issued]
) -> None:
    assert used(tmp_path, settings, *rows()) == [one.fingerprint for one in expected]


@pytest.mark.parametrize(
    ("settings", "rows", "later"),
    [
        (Certificates(), lambda: [row(BO)], 0),  # the way is off
        (ON, lambda: [row(BO, standing=Revocation.UNKNOWN)], 0),
        (USE, lambda: [row(BO, standing=Revocation.REVOKED)], 0),
        (ON, lambda: [row(EVA)], 0),
        (ON, lambda: [row(BO, der=b"none")], 0),
        (ON, lambda: [row(BO, good_until=time.time() + 60)], 61),
        (ON, lambda: [row(BO, good_until=time.time() + 90 * 86_400)], 31 * 86_400),  # it has ended itself
    ],
)
def test_what_is_not(
    tmp_path: Path, settings: Certificates, rows: Callable[[], list[CertificateRow]], later: float
) -> None:
    with pytest.raises(NoCertificate):
        used(tmp_path, settings, *rows(), later=later)
