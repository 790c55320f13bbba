"""Which TLS line belongs to which delivery, and when none is claimed."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segl.receipts.protection import Protection
from segl_delivery.receipts.evidence import TlsLines, moment, waiting_of

NOW = moment("2026-11-25T03:00:00+00:00", 0.0) or 0.0


def stamp(second: int) -> str:
    return f"2026-11-25T02:{second // 60:02}:{second % 60:02}+00:00"


def tls(
    pid: int, host: str = "mx.x.example", *, at: int = 10, address: str = "192.0.2.1", level: str = "Verified"
) -> str:
    return (
        f"{stamp(at)} segl-secure postfix/segl-tls/smtp[{pid}]: {level} TLS connection established to "
        f"{host}[{address}]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange x25519"
    )


def sent(
    pid: int,
    queue_id: str,
    recipient: str = "bo@x.example",
    host: str = "mx.x.example",
    *,
    at: int = 11,
    address: str = "192.0.2.1",
    delays: str = "0.05/0.1/0.5/0.4",
    status: str = "sent",
) -> str:
    return (
        f"{stamp(at)} segl-secure postfix/segl-tls/smtp[{pid}]: {queue_id}: to=<{recipient}>, "
        f"relay={host}[{address}]:25, delay=1.1, delays={delays}, dsn=2.0.0, status={status} (250 ok)"
    )


def read(*lines: str) -> list[Protection]:
    return list(TlsLines(lambda: NOW).read(lines))


def test_the_line_of_the_same_process_and_host_is_the_deliverys() -> None:
    [one] = read(tls(7), tls(8, "mx.y.example", level="Trusted"), sent(7, "4jZ1"))
    assert (one.queue_id, one.recipient, one.host) == ("4jZ1", "bo@x.example", "mx.x.example")
    assert (one.level, one.version, one.cipher) == ("Verified", "TLSv1.3", "TLS_AES_256_GCM_SHA384")


def test_all_recipients_of_one_delivery_share_it_and_the_demand_comes_off() -> None:
    found = read(tls(7), sent(7, "4jZ1"), sent(7, "4jZ1", "eva@x.example.least-dane.segl.invalid"))
    assert [one.recipient for one in found] == ["bo@x.example", "eva@x.example"]


def test_of_several_hosts_tried_the_one_that_took_it_counts() -> None:
    [one] = read(tls(7, "mx1.x.example"), tls(7, "mx2.x.example"), sent(7, "4jZ1", host="mx2.x.example"))
    assert one.host == "mx2.x.example"


@pytest.mark.parametrize(
    "lines",
    [
        [sent(7, "4jZ1")],  # the TLS line was lost
        [tls(8), sent(7, "4jZ1")],
        [tls(7, "mx.y.example"), sent(7, "4jZ1")],
        [tls(7, address="192.0.2.9"), sent(7, "4jZ1")],
        [tls(7), sent(7, "4jZ1", at=40)],  # of an earlier delivery to the same host, whose own line was lost
        [tls(7, at=30), sent(7, "4jZ1", at=11)],
        [tls(7), sent(7, "4jZ1", status="deferred")],
        [tls(7).replace("segl-tls", "smtp"), sent(7, "4jZ1")],  # the front's, or somebody else's
        [tls(7).replace("Verified", "Marvellous"), sent(7, "4jZ1")],
    ],
)
def test_nothing_is_claimed_without_both(lines: list[str]) -> None:
    assert read(*lines) == []


def test_a_line_that_was_used_is_not_used_for_the_next_message() -> None:
    found = read(tls(7), sent(7, "4jZ1"), sent(7, "4jZ2"))
    assert [one.queue_id for one in found] == ["4jZ1"]


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_many_processes_at_once_are_never_mixed_up(seed: int) -> None:
    """Each of 20 processes does a dozen deliveries with a cipher of its own; the log interleaves them as it likes, and
    loses lines."""
    dice = random.Random(seed)
    queues: list[list[str]] = []
    truth: dict[str, str] = {}
    for pid in range(20):
        lines = []
        for number in range(12):
            queue_id, cipher = f"{pid}Q{number}", f"CIPHER-{pid}-{number}"
            truth[queue_id] = cipher
            host = f"mx{dice.randrange(3)}.x.example"
            at = number * 60 + dice.randrange(20)
            lines += [
                tls(pid, host, at=at).replace("TLS_AES_256_GCM_SHA384", cipher),
                sent(pid, queue_id, host=host, at=at + 1),
            ]
        queues.append([line for line in lines if dice.random() > 0.1])
    mixed = []
    while any(queues):
        mixed.append(dice.choice([queue for queue in queues if queue]).pop(0))
    found = read(*mixed)
    assert all(truth[one.queue_id] == one.cipher for one in found)
    assert len(found) > 100


def test_the_old_form_of_time_has_no_year() -> None:
    assert moment("Nov 25 03:00:00", NOW) == pytest.approx(NOW, abs=86400)
    new_year = moment("2027-01-01T00:00:10+00:00", 0.0) or 0.0
    assert (moment("Dec 31 23:59:59", new_year) or 0.0) == pytest.approx(new_year, abs=86400)
    assert moment("Feb 29 12:00:00", moment("2028-03-01T00:00:00+00:00", 0.0) or 0.0) is not None
    # no year around has that day: the line is of another clock, and must not stop who reads the log
    assert moment("Feb 29 12:00:00", moment("2026-03-01T00:00:00+00:00", 0.0) or 0.0) is not None
    assert moment("Feb 29 12:00:00", moment("2100-03-01T00:00:00+00:00", 0.0) or 0.0) is not None
    assert moment("Xyz 99 99:99:99", NOW) is None


@pytest.mark.usefixtures("danish_time")
@pytest.mark.parametrize("form", ["Oct 25 02:30:00", "2026-10-25T02:30:00"])
@pytest.mark.parametrize("utc", ["00:30:00", "01:30:00"])
def test_of_the_hour_that_comes_twice_the_one_is_meant_that_is_now(form: str, utc: str) -> None:
    """Read by the first of the two, no line of the second was the proof of a delivery."""
    now = moment(f"2026-10-25T{utc}+00:00", 0.0) or 0.0
    assert moment(form, now + 1) == now


@pytest.mark.parametrize("recipient", ["bo@x.example", '"bo\\" >, relay=x"@x.example'])
@pytest.mark.parametrize("status", ["deferred", "bounced"])
def test_what_a_server_says_is_never_taken_for_a_delivery(recipient: str, status: str) -> None:
    """Its text stands in the line, behind the status."""
    said = sent(7, "4jZ1").partition(": to=")[2]
    line = sent(7, "4jZ1", recipient, status=status).replace("(250 ok)", f"(host said: 450 {said} to={said})")
    assert read(tls(7), line) == []
    [one] = read(tls(7), sent(7, "4jZ1", recipient).replace("(250 ok)", f"(250 {said})"))
    assert one.recipient == recipient


def test_an_address_that_the_table_cannot_hold_is_passed_over() -> None:
    long = f"{600 * 'a'}@x.example"
    assert [one.recipient for one in read(tls(7), sent(7, "4jZ1", long), sent(7, "4jZ1"))] == ["bo@x.example"]


DEFERRED = (
    "Nov 27 20:19:48 segl-secure postfix/segl-tls/smtp[27717]: 4jbl9v5wmyz1h18X: to=<bo@x.example>, "
    "relay=mx.x.example[192.0.2.1]:25, delay=49, delays=49/0/0.02/0, dsn=4.2.0, status=deferred (host said: 450)"
)


@pytest.mark.parametrize(
    ("line", "recipient"),
    [
        (DEFERRED, "bo@x.example"),
        (DEFERRED.replace("bo@x.example", "bo@x.example.least-dane.segl.invalid"), "bo@x.example"),
        (DEFERRED.replace("bo@x.example", '"a b"@x.example'), '"a b"@x.example'),
        (DEFERRED.replace("postfix/segl-tls/smtp", "postfix/segl-portal/lmtp"), "bo@x.example"),
        (
            DEFERRED.replace("postfix/segl-tls/smtp", "postfix-segl/error").replace(
                "mx.x.example[192.0.2.1]:25", "none"
            ),
            "bo@x.example",
        ),
        (DEFERRED.replace("postfix/segl-tls/smtp", "postfix/segl-internal/smtp"), None),
        (DEFERRED.replace("postfix/segl-tls/smtp", "postfix/smtp"), None),  # the front's
        (DEFERRED.replace("dsn=4.2.0, status=deferred", "dsn=2.0.0, status=sent"), None),
        # what a server says is no line of ours
        (
            DEFERRED.replace("dsn=4.2.0, status=deferred (host said: 450)", "dsn=2.0.0, status=sent (250 x, ")
            + DEFERRED,
            None,
        ),
        (DEFERRED.replace("bo@", "b" * 600 + "@"), None),
        ("", None),
    ],
)
def test_whose_copy_waits(line: str, recipient: str | None) -> None:
    found = [(one.queue_id, one.recipient) for one in waiting_of([line], 1_795_000_000.0)]
    assert found == ([("4jbl9v5wmyz1h18X", recipient)] if recipient else [])
