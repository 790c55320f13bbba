"""A running segl-deliver, by the certificate socket: what the store says may be used, and what it may not."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from segl.certificates.records import CertificateRecords, CertificateRow, Lookup, Revocation
from segl.store.engine import open_store, transaction
from segl.tables.certificates import recipient_certificate
from segl.vocabulary import Known
from world.authority import Authority, Issued
from world.desk import SENDER, Desk
from world.partners import usage

CA = Authority("Udstedende CA")
BO, EVA = CA.issue("bo@x.example"), CA.issue("eva@x.example", kind="ec")
MESSAGE = b"Subject: 010190-1234\r\nContent-Type: text/plain\r\n\r\nhemmeligt\r\n"
SETTINGS = '[certificates]\nsources = ["smimea"]\n'  # where they come from is nothing to segl-deliver


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with Desk(tmp_path_factory.mktemp("desk"), SETTINGS) as desk:
        yield desk


@pytest.fixture
def desk(running: Desk) -> Desk:
    running.return_port.forget()
    return running


def row(one: Issued, address: str) -> CertificateRow:
    """Good for a day: the rows of a table are made when the tests are collected, long before they run."""
    now = time.time()
    return CertificateRow(address, one.fingerprint, one.der, "test", now, now, now + 86_400, Revocation.GOOD)


def record(desk: Desk, *rows: CertificateRow) -> None:
    """As segl-map writes down what it found."""
    engine = open_store(f"sqlite:///{desk.directory}/segl.db")
    for address in {row.address for row in rows}:
        lookup = Lookup(address, Known.YES, "known", time.time(), time.time() + 600)
        CertificateRecords(engine).record(lookup, [row for row in rows if row.address == address])
    engine.dispose()


def opened(desk: Desk, content: bytes, one: Issued) -> bytes:
    key = one.write_key(desk.directory / "key.pem")
    command = ["openssl", "cms", "-decrypt", "-inkey", str(key)]
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout


def test_each_recipient_gets_a_message_of_his_own(desk: Desk) -> None:
    record(desk, row(BO, "bo@x.example"), row(EVA, "eva@x.example"))
    replies = desk.certificate(SENDER, ["Bo@X.example", "eva@x.example"], MESSAGE)
    assert replies[0].startswith(f"250 2.0.0 certificate: encrypted to sha256={BO.fingerprint[:16]} aes-")
    assert replies[1].startswith("250")
    sent = {mail.recipients: mail.content for mail in desk.return_port.wait_for(2)}
    for recipient, one in (("Bo@X.example", BO), ("eva@x.example", EVA)):
        assert b"hemmeligt" in opened(desk, sent[recipient,], one)
    with pytest.raises(subprocess.CalledProcessError):
        opened(desk, sent["Bo@X.example",], EVA)
    assert b"hemmeligt" not in desk.return_port.clear
    assert b"010190" not in desk.return_port.clear


GOOD = row(BO, "bo@x.example")


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ((), "the store has none"),
        ((replace(GOOD, standing=Revocation.REVOKED),), "revocation is revoked"),
        ((replace(GOOD, standing=Revocation.UNKNOWN),), "revocation is unknown"),
        ((replace(GOOD, good_until=time.time() - 1),), "has run out"),
        ((row(CA.issue("bo@x.example", ends=-1), "bo@x.example"),), "expired on"),
        ((row(CA.issue("bo@x.example", key_usage=usage(sign=True)), "bo@x.example"),), "keyEncipherment"),
        ((row(EVA, "bo@x.example"),), "another address"),
        ((replace(GOOD, der=b"\x30\x00"),), "damaged"),
    ],
)
def test_what_is_no_longer_good_is_not_encrypted_to(
    desk: Desk, rows: tuple[CertificateRow, ...], why: str
) -> None:
    """The recipient waits, and the route is decided anew; those who can be served are."""
    record(desk, row(EVA, "eva@x.example"))
    engine = open_store(f"sqlite:///{desk.directory}/segl.db")
    CertificateRecords(engine).record(Lookup("bo@x.example", Known.YES, "", 0, 0), rows)
    engine.dispose()
    replies = desk.certificate(SENDER, ["bo@x.example", "eva@x.example"], MESSAGE)
    assert replies[0] == "451 4.7.5 no certificate to encrypt to for this recipient"
    assert replies[1].startswith("250")
    assert [mail.recipients for mail in desk.return_port.wait_for(1)] == [("eva@x.example",)]
    last = [event for event in desk.daemon.events if event["event"] == "not_delivered"][-1]
    assert why in last["error"]


def test_a_standing_that_nobody_here_knows_is_not_believed(desk: Desk) -> None:
    record(desk, GOOD)
    engine = open_store(f"sqlite:///{desk.directory}/segl.db")
    with transaction(engine) as connection:
        connection.execute(recipient_certificate.update().values(standing="paused"))
    assert CertificateRecords(engine).found("bo@x.example") == []
    engine.dispose()


def test_the_newest_of_several_is_taken(desk: Desk) -> None:
    newer = CA.issue("bo@x.example", begins=-1)
    record(desk, GOOD, row(newer, "bo@x.example"))
    [reply] = desk.certificate(SENDER, ["bo@x.example"], MESSAGE)
    assert newer.fingerprint[:16] in reply


def test_a_certificate_bound_by_the_postmaster_need_not_name_the_address(desk: Desk) -> None:
    record(desk, replace(row(BO, "post@x.example"), bound=True))
    assert desk.certificate(SENDER, ["post@x.example"], MESSAGE)[0].startswith("250")
