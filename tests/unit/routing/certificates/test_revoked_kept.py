"""What was revoked is known after a restart, and to who shares the store."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from segl.certificates.judgement import fingerprint
from segl.certificates.records import CertificateRecords
from segl.certificates.revoked import RevokedCertificates
from segl.store.engine import open_store
from segl_routing.certificates import revocation
from segl_routing.certificates.standing import RevocationStanding
from world.authority import DAY, HOUR, Issued, Publisher, now
from world.revocation import CA, GOOD, REVOKED, UNKNOWN, checks, standing
from world.stores import store_in

pytestmark = pytest.mark.usefixtures("both_stores")


def test_what_was_revoked_stays_so_over_a_restart(web: Publisher, bo: Issued, tmp_path: Path) -> None:
    kept = RevokedCertificates(open_store(store_in(tmp_path)))
    web.answer("/ocsp", lambda question: CA.ocsp(question, known=[bo], lasts=DAY))
    assert standing(bo, checks(kept=kept)).revocation is GOOD
    web.answer("/ocsp", lambda question: CA.ocsp(question, revoked=[bo], lasts=DAY))
    first = standing(bo, checks(kept=kept))
    assert first.revocation is REVOKED
    web.answer(
        "/ocsp", lambda question: CA.ocsp(question, known=[bo], nonce=False, begun=1.5 * HOUR, lasts=DAY)
    )
    again = standing(bo, checks(kept=kept))
    assert (again.revocation, again.reason) == (REVOKED, first.reason), (
        "an answer of before was sent once more"
    )
    web.answer("/ocsp", lambda _question: b"")
    assert standing(bo, checks(kept=kept)).revocation is REVOKED, "silence undoes nothing"
    web.answer("/ocsp", lambda question: CA.ocsp(question, known=[bo], begun=-HOUR / 60, lasts=DAY))
    assert standing(bo, checks(kept=kept)).revocation is GOOD, "it was on hold"
    assert kept.of(fingerprint(bo.certificate), fingerprint(CA.certificate)) is None


SAID = datetime.datetime(2026, 11, 2, 12, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("said", "before", "later"),
    [
        (SAID + HOUR, SAID, True),
        # of two words of one second nobody knows which came last
        (SAID, SAID, False),
        (SAID - HOUR, SAID, False),
        (None, SAID, False),
        (SAID, None, False),
    ],
)
def test_only_a_later_word_undoes_a_revocation(
    said: datetime.datetime | None, before: datetime.datetime | None, later: bool
) -> None:
    good, revoked = (
        RevocationStanding(GOOD, "", said_at=said),
        RevocationStanding(REVOKED, "", said_at=before),
    )
    assert revocation._is_later(good, revoked) is later


def test_a_revocation_counts_where_the_store_cannot_take_it(
    web: Publisher, bo: Issued, tmp_path: Path
) -> None:
    engine = open_store(store_in(tmp_path))
    kept, asked = RevokedCertificates(engine), checks(kept=RevokedCertificates(engine))
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE revoked_certificate RENAME TO away")
    web.serve("/crl", CA.crl())
    assert standing(bo, asked).revocation is UNKNOWN, "it may have been revoked before"
    web.answer("/ocsp", lambda question: CA.ocsp(question, revoked=[bo], lasts=DAY))
    assert standing(bo, checks(kept=kept)).revocation is REVOKED
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO revoked_certificate")


def test_it_is_kept_until_the_certificate_runs_out(web: Publisher, bo: Issued, tmp_path: Path) -> None:
    records = CertificateRecords(open_store(store_in(tmp_path)))
    both = fingerprint(bo.certificate), fingerprint(CA.certificate)
    web.answer("/ocsp", lambda question: CA.ocsp(question, revoked=[bo], lasts=DAY))
    standing(bo, checks(kept=records.revoked))
    records.prune(now().timestamp())
    found = records.revoked.of(*both)
    assert found is not None
    assert found.ends == bo.certificate.not_valid_after_utc.timestamp()
    records.prune((bo.certificate.not_valid_after_utc + datetime.timedelta(seconds=1)).timestamp())
    assert records.revoked.of(*both) is None
