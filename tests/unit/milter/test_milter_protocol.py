"""What a running segl-milter answers to an MTA, message by message."""

from __future__ import annotations

import random
import socket
import struct
import time

import pytest

from segl.vocabulary import Envelope
from segl_delivery.agent import Delivery
from world.at_once import at_once
from world.milterclient import ALL_STEPS, HEADER_LEADING_SPACE, Dropped
from world.milterprocess import NewMilter, RunningMilter

FROM = "anna@nordby.example"
TO = ["bo@kunde.example"]
CPR = b"From: anna@nordby.example\r\nSubject: Hej\r\n\r\nMit CPR-nummer er 010190-1233.\r\n"
TEA = b"From: anna@nordby.example\r\nSubject: Hej\r\n\r\nVi ses til te kl. 15.\r\n"


def test_plain_and_secure_on_one_connection(milter: RunningMilter) -> None:
    with milter.client() as client:
        assert client.message(FROM, TO, TEA).headers == {"X-Segl-Route": "plain"}
        secure = client.message(FROM, TO, CPR)
        assert secure.headers["X-Segl-Route"] == "secure"
        assert client.message(FROM, TO, TEA).headers == {"X-Segl-Route": "plain"}
        again = client.message(FROM, TO, CPR)
    for field in ("X-Segl-Id", "X-Segl-Link"):
        assert again.headers[field] != secure.headers[field]
    seed = Delivery(
        Envelope(FROM, ()), f"X-Segl-Link: {secure.headers['X-Segl-Link']}\r\n\r\n".encode()
    ).link_seed
    assert seed is not None, "segl-deliver reads it"


def test_a_secure_message_is_reported_of_under_its_id_and_its_recipients_stay_as_they_came(
    milter: RunningMilter,
) -> None:
    with milter.client() as client:
        client.mail(FROM, "ENVID=sag+2D7", "RET=FULL")
        client.recipient("bo@kunde.example", "NOTIFY=NEVER", "ORCPT=rfc822;b@gammel.example")
        client.recipient("åse@ø.example")
        client.content(CPR)
        answer = client.end()
    assert answer.verdict == "c"
    assert not answer.deleted_recipients
    assert not answer.added_recipients
    assert answer.sender == (f"<{FROM}>", f"RET=HDRS ENVID={answer.headers['X-Segl-Id']}")
    assert answer.headers["X-Segl-Envelope-Id"] == "sag+2D7"
    assert len(answer.headers["X-Segl-Id"]) == 32


def test_forged_headers_come_off_whatever_the_verdict(milter: RunningMilter) -> None:
    forged = b"X-Segl-Route: plain\r\nx-SEGL-route: plain\r\nTLS-Required: no\r\nX-Segl-Id: 1\r\n"
    expected = [("X-Segl-Id", 1), ("TLS-Required", 1), ("x-SEGL-route", 2), ("X-Segl-Route", 1)]
    with milter.client() as client:
        for message, route in ((TEA, "plain"), (CPR, "secure")):
            answer = client.message(FROM, TO, forged + message)
            assert answer.removed == expected
            assert answer.headers["X-Segl-Route"] == route
            assert answer.edits.endswith("h")


def test_a_message_to_own_domains_is_plain(milter: RunningMilter) -> None:
    with milter.client() as client:
        told = {"X-Segl-Route": "plain", "X-Segl-Unread": "yes"}
        assert client.message(FROM, ["bo@nordby.example"], CPR).headers == told


def test_the_null_sender_is_read_too_but_stays(milter: RunningMilter) -> None:
    with milter.client() as client:
        answer = client.message("", TO, CPR)
    assert answer.headers["X-Segl-Route"] == "secure"
    assert (answer.sender, answer.added_recipients) == (None, [])


def test_a_thousand_recipients(milter: RunningMilter) -> None:
    everyone = [f"b{n}@kunde{n % 7}.example" for n in range(1000)]
    with milter.client() as client:
        answer = client.message(FROM, everyone, CPR)
    assert answer.headers["X-Segl-Route"] == "secure"
    assert not answer.deleted_recipients
    assert milter.events("classified")[-1]["recipients"] == 1_000


def test_more_recipients_than_the_limit_are_never_plain(milter: RunningMilter) -> None:
    with milter.client() as client:
        answer = client.message(FROM, [f"b{n}@nordby.example" for n in range(5_001)], TEA)
    assert answer.headers["X-Segl-Route"] == "secure"
    assert milter.events("classified")[-1]["recipients"] == 5_001


@pytest.mark.parametrize(
    ("raw", "route"),
    [
        (b"", "plain"),
        (b"\r\n", "plain"),
        (b"From: a@nordby.example\r\n\r\n", "plain"),
        (CPR.replace(b"\r\n\r\n", b"\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"), "secure"),
        (CPR.replace(b"Subject", b"Content-Transfer-Encoding: base64\r\nSubject"), "secure"),
        (CPR.replace(b"Subject", b"Content-Type: text/plain; charset=klingon\r\nSubject"), "secure"),
        (TEA.replace(b"Hej\r\n", b"CPR 010190-1233\r\n"), "secure"),
        (TEA.replace(b"Hej\r\n", b"Mit CPR\r\n\tnummer er 010190-1233\r\n"), "secure"),
        (TEA.replace(b"te", b"\x00te"), None),
        (TEA.replace(b"te", b"\xff\xfe"), None),
    ],
)
def test_broken_messages_get_an_answer(milter: RunningMilter, raw: bytes, route: str | None) -> None:
    with milter.client() as client:
        answer = client.message(FROM, TO, raw)
    assert answer.verdict == "c"
    assert answer.headers["X-Segl-Route"] in ((route,) if route else ("plain", "secure"))


def test_a_header_of_a_megabyte_is_never_plain(milter: RunningMilter) -> None:
    """Postfix cuts a field at 60 KB; a packet of more than 64 KB ends the connection, which an MTA takes as a
    temporary failure."""
    with milter.client() as client:
        many = client.message(FROM, TO, b"X-Many: yyyyyyy\r\n" * 60_000 + TEA)
        long = client.message(
            FROM, TO, b"".join(b"X-%d: %s\r\n" % (n, b"y" * 60_000) for n in range(17)) + TEA
        )
    assert many.headers["X-Segl-Route"] == long.headers["X-Segl-Route"] == "secure"
    with milter.client() as client, pytest.raises(Dropped):
        client.message(FROM, TO, b"X-Long: " + b"y" * 1_000_000 + b"\r\n" + TEA)


def test_fifty_megabytes_of_body(milter: RunningMilter) -> None:
    body = b"Vi ses til te klokken femten, og der er kage til alle.\r\n"
    size = 50 * 1024 * 1024
    started = time.monotonic()
    with milter.client(seconds=120) as client:
        answer = client.message(FROM, TO, TEA + body * (size // len(body)) + b"CPR 010190-1233\r\n")
    assert answer.headers["X-Segl-Route"] == "secure"
    assert time.monotonic() - started < 60
    assert milter.events("classified")[-1]["size"] > size - len(body)


def test_many_sessions_at_once_get_each_its_own_answer(milter: RunningMilter) -> None:
    wrong: list[str] = []

    def session(number: int) -> None:
        dice = random.Random(number)
        for _ in range(20):
            sensitive = dice.random() < 0.5
            with milter.client() as client:
                answer = client.message(f"a{number}@nordby.example", TO, CPR if sensitive else TEA)
            if answer.headers["X-Segl-Route"] != ("secure" if sensitive else "plain"):
                wrong.append(answer.headers["X-Segl-Route"])
            if sensitive and (answer.sender or ("", ""))[0] != f"<a{number}@nordby.example>":
                wrong.append(repr(answer))

    at_once(session, range(8))
    assert wrong == []


@pytest.mark.parametrize("stage", ["connected", "mail", "recipient", "header", "body"])
def test_a_connection_broken_off_midway_hurts_nobody(milter: RunningMilter, stage: str) -> None:
    client = milter.client()
    if stage != "connected":
        client.mail(FROM)
    if stage not in ("connected", "mail"):
        client.recipient(*TO)
    if stage in ("header", "body"):
        client.header(b"Subject", b" halvt")
    if stage == "body":
        client.body(b"x" * 200_000)
    client.drop()
    with milter.client() as other:
        assert other.message(FROM, TO, CPR).headers["X-Segl-Route"] == "secure"


def test_a_message_given_up_leaves_nothing_to_the_next(milter: RunningMilter) -> None:
    with milter.client() as client:
        client.mail(FROM)
        client.recipient("first@kunde.example")
        client.content(CPR)
        client.abort()
        answer = client.message(FROM, TO, b"X-Segl-Route: plain\r\n" + TEA)
        assert answer.headers == {"X-Segl-Route": "plain"}
        assert answer.removed == [("X-Segl-Route", 1)]
        assert client.message(FROM, TO, CPR).headers["X-Segl-Route"] == "secure"
    assert [event["recipients"] for event in milter.events("classified")[-2:]] == [1, 1]


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack("!I", 0xFFFFFFFF) + b"O",
        struct.pack("!I", 13) + b"O" + b"\xff" * 12,
        struct.pack("!I", 1) + b"E",
        struct.pack("!I", 5) + b"O\0\0",
    ],
)
def test_nonsense_on_the_socket_hurts_nobody(milter: RunningMilter, junk: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(milter.socket))
        sock.sendall(junk)
    with milter.client() as client:
        assert client.message(FROM, TO, CPR).headers["X-Segl-Route"] == "secure"


def test_an_mta_that_cannot_change_the_sender_is_turned_away(milter: RunningMilter) -> None:
    """Without the edits a secure message could not be marked: the MTA must see a broken milter."""
    with pytest.raises((Dropped, AssertionError)):
        milter.client(actions=0x1FF & ~0x40)


def test_an_older_mta_that_waits_for_each_answer_is_served_too(milter: RunningMilter) -> None:
    with milter.client(steps=0x7F) as client:
        assert client.steps & ~0x7F == 0
        answer = client.message(FROM, TO, b"X-Segl-Route: plain\r\n" + CPR)
    assert answer.headers["X-Segl-Route"] == "secure"
    assert answer.removed == [("X-Segl-Route", 1)]


def test_only_the_end_of_a_message_waits_for_an_answer(milter: RunningMilter) -> None:
    with milter.client() as client:
        left_out, unanswered = 0x01 | 0x02 | 0x40 | 0x100 | 0x200, 0x80 | 0x4000 | 0x8000 | 0x80000
        assert client.steps == left_out | unanswered | HEADER_LEADING_SPACE
        assert client.steps & ALL_STEPS == client.steps


def test_more_than_a_thousand_forged_fields_are_refused_for_good_and_told_of(milter: RunningMilter) -> None:
    """Each costs Postfix a walk through the header. What is refused is not read, and to own people neither."""
    before = milter.metric("segl_messages_total"), milter.metric("segl_forged_headers_total")
    with milter.client() as client:
        answer = client.message(FROM, TO, b"X-Segl-A: 1\r\n" * 1_000 + TEA)
        assert answer.removed == [("X-Segl-A", number) for number in range(1_000, 0, -1)]
        assert answer.headers["X-Segl-Route"] == "plain"
        for recipient, forged in (
            (TO[0], b"X-Segl-A: 1\r\n"),
            ("bo@nordby.example", b"TLS-Required: no\r\n"),
        ):
            client.mail(FROM)
            client.recipient(recipient)
            client.content(forged * 1_001 + CPR)
            answer = client.end("4c9dQ1forged", "192.0.2.7")
            assert answer.reply.startswith("550 5.6.0 Mailen er ikke sendt")
            assert answer.edits == ""
    event = milter.events("forgery_refused")[-1]
    assert (event["queue_id"], event["client"], event["forged"]) == ("4c9dQ1forged", "192.0.2.7", 1_001)
    assert milter.metric("segl_messages_total") == before[0] + 1
    assert milter.metric("segl_forged_headers_total") == before[1] + 3_002


def test_log_and_metrics_tell_of_a_message_and_hold_nothing_of_it(milter: RunningMilter) -> None:
    before = milter.metric("segl_messages_total"), milter.metric("segl_forged_headers_total")
    with milter.client() as client:
        client.mail(FROM)
        client.recipient(*TO)
        client.content(b"TLS-Required: no\r\n" + CPR.replace(b"Hej", b"sikker: hemmelig"))
        client.end("4c9dQ1xyz")
    event = milter.events("classified")[-1]
    assert event["queue_id"] == "4c9dQ1xyz"
    assert event["reasons"] == ["requested", "cpr"]
    assert (event["sender"], event["recipients"], event["forged"]) == (FROM, 1, 1)
    assert milter.metric("segl_messages_total") == before[0] + 1
    assert milter.metric("segl_forged_headers_total") == before[1] + 1
    assert milter.metric("segl_workers") == 2
    assert milter.metric("segl_requested_total") >= 1
    for secret in ("010190", "hemmelig", "te kl. 15", "CPR-nummer"):
        assert secret not in milter.daemon.log


def test_hold_and_reject_are_settings(new_milter: NewMilter) -> None:
    encrypted = TEA.replace(b"Subject", b"Content-Type: application/pkcs7-mime\r\nSubject")
    cut = TEA + b"x" * 2000
    for policy in ("hold", "reject"):
        milter = new_milter(f'unreadable = "{policy}"', limits="message_bytes = 1000")
        with milter.client() as client:
            assert client.message(FROM, TO, TEA).headers == {"X-Segl-Route": "plain"}
            for message in (encrypted, cut):
                answer = client.message(FROM, TO, message)
                if policy == "hold":
                    assert answer.quarantine.startswith("segl: unreadable.")
                    assert answer.headers["X-Segl-Route"] == "secure"
                else:
                    assert answer.reply.startswith("550 5.7.1 Mailen er ikke sendt: den er afvist")
                    assert answer.edits == ""


@pytest.mark.parametrize(
    ("mode", "tea", "cpr"), [("always", "secure", "secure"), ("shadow", "plain", "plain")]
)
def test_modes(new_milter: NewMilter, mode: str, tea: str, cpr: str) -> None:
    milter = new_milter(f'mode = "{mode}"')
    with milter.client() as client:
        assert client.message(FROM, TO, TEA).headers["X-Segl-Route"] == tea
        answer = client.message(FROM, TO, b"TLS-Required: no\r\n" + CPR)
    assert answer.headers["X-Segl-Route"] == cpr
    assert answer.removed == [("TLS-Required", 1)]
    assert milter.events("classified")[-1]["decision"] == "secure"
    assert milter.events("classified")[-1]["mode"] == mode
