"""A recipient's certificate in the postmaster's folder, or imported, that runs out is told of before."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from segl.certificates.records import CertificateRecords, CertificateRow
from segl.cli.doctor_recipients import recipient_checks
from segl.postfix.check import State
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.store.engine import open_existing
from segl_delivery.receipts.endings import endings
from segl_routing.certificates.kept import HARVESTED, IMPORTED, kept_row
from segl_routing.certificates.recipient_ends import first_end_of_recipients
from world.authority import Authority, Issued
from world.partners import usage
from world.stores import store_in

CA = Authority("Udstedende CA")
Said = tuple[list[tuple[State, str]], float, list[str]]
Told = Callable[..., Said]


def settings_for(folder: Path, *sources: str) -> Settings:
    chosen = {"sources": list(sources), "folder": str(folder), "trust": [str(folder / "ca.crt.txt")]}
    organisation = {"name": "N", "domains": ["n.example"]}
    delivery = {"keys": str(folder / "none"), "certificates": str(folder / "none")}
    return parse_settings(
        {
            "organisation": organisation,
            "certificates": chosen,
            "delivery": delivery,
            "store": {"url": store_in(folder) if folder.is_dir() else "sqlite:////none"},
        }
    )


@pytest.fixture
def told(tmp_path: Path) -> Told:
    def what(*sources: str, kept: Sequence[CertificateRow] = (), **files: Issued | bytes) -> Said:
        for name, content in files.items():
            (tmp_path / f"{name}.pem").write_bytes(content if isinstance(content, bytes) else content.pem)
        settings = settings_for(tmp_path, *(sources or ["folder"]))
        records = CertificateRecords(open_existing(settings.store.url))
        for row in kept:
            records.keep(row)
        checks = list(recipient_checks(settings))
        assert {check.id for check in checks} <= {"certificates.recipients"}
        first = first_end_of_recipients(settings.certificates, records.kept(), time.time())
        weekly = endings(settings, datetime.now(UTC), settings.owners.first, records.kept())
        return [(check.state, check.found) for check in checks], first, [name for name, _ in weekly]

    return what


def test_one_that_ends_soon_is_named_with_its_file(told: Told) -> None:
    soon = CA.issue("bo@x.example", ends=9)
    checks, first, weekly = told(bo=soon, eva=CA.issue("eva@x.example", ends=300))
    [(state, text)] = checks
    ends = soon.certificate.not_valid_after_utc
    assert (state, f"bo@x.example (bo.pem) ends on {ends:%Y-%m-%d}" in text) == (State.WARN, True)
    assert "eva" not in text
    assert (first, weekly) == (ends.timestamp(), ["bo@x.example"])


def test_one_that_was_renewed_beside_it_and_one_that_never_was_of_use_are_not(told: Told) -> None:
    late = CA.issue("bo@x.example", ends=300)
    signs = CA.issue("bo@x.example", ends=900, key_usage=usage(sign=True))
    checks, first, weekly = told(bo=CA.issue("bo@x.example", ends=3), bo_new=late, bo_signs=signs)
    assert [state for state, _ in checks] == [State.OK]
    assert (first, weekly) == (late.certificate.not_valid_after_utc.timestamp(), [])


def test_one_that_has_ended_is_told_of_and_alarms_for_a_month(told: Told) -> None:
    gone = CA.issue("bo@x.example", begins=-400, ends=-2)
    left = CA.issue("eva@x.example", begins=-400, ends=-60)
    checks, first, weekly = told(bo=gone, eva=left)
    assert "eva@x.example (eva.pem) ended on" in checks[0][1]
    assert (first, weekly) == (gone.certificate.not_valid_after_utc.timestamp(), ["bo@x.example"])


def test_a_file_of_no_use_is_told_of(told: Told) -> None:
    checks, first, _ = told(bo=b"not one", ca=CA.pem)
    assert [state for state, _ in checks] == [State.OK, State.WARN]
    assert ("bo.pem holds no certificate" in checks[1][1], "ca.pem holds" in checks[1][1]) == (True, True)
    assert math.isnan(first)


def row(issued: Issued, source: str = IMPORTED, address: str = "bo@x.example") -> CertificateRow:
    bound = address != "bo@x.example"
    return kept_row(issued.certificate, address, source, time.time(), bound=bound)


def test_one_that_was_imported_is_named_too(told: Told) -> None:
    """Nobody renews it but who imported it; of what signed mail brought nobody has to hear."""
    soon = CA.issue("bo@x.example", ends=9)
    harvested = row(CA.issue("eva@x.example", ends=9), HARVESTED, "eva@x.example")
    other = row(CA.issue("bo@x.example", ends=5), address="post@y.example")
    checks, first, weekly = told("folder", "kept", kept=[row(soon), harvested, other])
    [(state, text)] = checks
    ends = soon.certificate.not_valid_after_utc
    assert (state, f"bo@x.example (imported) ends on {ends:%Y-%m-%d}" in text) == (State.WARN, True)
    assert weekly == ["post@y.example", "bo@x.example"]
    assert first < ends.timestamp()


def test_one_that_signed_mail_or_the_folder_renewed_is_not(told: Told) -> None:
    soon, late = CA.issue("bo@x.example", ends=9), CA.issue("bo@x.example", ends=300)
    assert told("kept", kept=[row(soon), row(late, HARVESTED)])[2] == []
    assert told("folder", "kept", kept=[row(soon)], bo=late)[2] == []


def test_nothing_is_asked_of_a_folder_that_is_no_source(told: Told) -> None:
    checks, first, weekly = told("smimea", bo=CA.issue("bo@x.example", ends=9))
    assert (checks, math.isnan(first), weekly) == ([], True, [])
    checks, first, weekly = told("kept", bo=CA.issue("bo@x.example", ends=9))
    assert ([state for state, _ in checks], math.isnan(first), weekly) == ([State.OK], True, [])


def test_a_folder_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    [check] = recipient_checks(settings_for(tmp_path / "gone", "folder"))
    assert check.state is State.WARN
    assert math.isnan(
        first_end_of_recipients(settings_for(tmp_path / "gone", "folder").certificates, [], 0.0)
    )
