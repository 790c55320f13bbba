"""The return port: its 250 is the only success, and every other answer reaches the recipient it was given
for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.errors import DeliveryError, SmtpReply
from segl.mail import smtp_client
from segl.mail.handover import Handover, NextHop, OutcomeUnknown, Refused, Step, Unreachable
from segl.mail.outgoing import Outgoing
from segl.mail.return_port import ReturnPort, send_to_one
from segl.mail.smtp_client import LONGEST_TEXT, clean_reply, xtext
from world.desk import answering
from world.peers import (
    Script,
    ScriptedPeer,
    SmtpPeer,
    dripping,
    endless_greeting,
    endless_line,
    hanging_up,
    says,
    silent,
)
from world.ports import free_port

MESSAGE = b"Subject: x\r\n\r\n.dot\r\nline\r\n"
SENDER = "anna@nordby.example"


def send(
    port: int,
    recipients: list[str],
    message: bytes = MESSAGE,
    sender: str = SENDER,
    patience: float = 5,
    together: bool = False,
) -> Handover:
    return ReturnPort("127.0.0.1", port, patience).send(
        sender, recipients, message, smtputf8=False, together=together
    )


@given(st.lists(st.text(".\r\nx", max_size=5).map(str.encode), max_size=8))
def test_dots_are_doubled_and_the_end_found_whatever_the_pieces_are(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    stuffed = b"".join(Outgoing(len(whole), pieces, True).stuffed())
    assert stuffed == b"".join(Outgoing.of(whole).stuffed())
    assert stuffed.endswith(b"\r\n.\r\n") or stuffed == b".\r\n"
    lines = stuffed[: -len(b".\r\n")].split(b"\n")
    undone = b"\n".join(line[1:] if line.startswith(b".") else line for line in lines)
    assert undone in (whole, whole + b"\r\n")
    assert not any(line.rstrip(b"\r") == b"." for line in lines)


def test_the_message_arrives_as_it_is_and_its_queue_id_comes_back(peer: SmtpPeer) -> None:
    assert send(peer.port, ["bo@k.example", "eva@k.example"]) == Handover("1", {})
    [mail] = peer.received
    assert (mail.sender, mail.recipients) == (SENDER, ("bo@k.example", "eva@k.example"))
    assert mail.content == MESSAGE
    assert mail.mail_options == (f"SIZE={len(MESSAGE)}",)


def test_a_null_sender_stays_one(peer: SmtpPeer) -> None:
    send(peer.port, ["bo@k.example"], sender="")
    assert peer.received[0].sender == "<>"  # as aiosmtpd spells it


def test_eight_bit_and_utf8_are_announced_when_they_are_there(peer: SmtpPeer) -> None:
    send(peer.port, ["bo@k.example"], "Subject: x\r\n\r\nblåbær\r\n".encode())
    send(peer.port, ["ærø@k.example"])
    plain, utf8 = peer.received
    assert "BODY=8BITMIME" in plain.mail_options
    assert "SMTPUTF8" not in plain.mail_options
    assert "SMTPUTF8" in utf8.mail_options
    assert utf8.recipients == ("ærø@k.example",)


def test_a_refused_recipient_does_not_hold_the_others(peer: SmtpPeer) -> None:
    peer.rcpt_replies["no@k.example"] = "550 5.1.1 no such user"
    peer.rcpt_replies["later@k.example"] = "450 4.2.1 mailbox busy"
    handover = send(peer.port, ["bo@k.example", "no@k.example", "later@k.example"])
    assert handover == Handover(
        "1",
        {
            "no@k.example": SmtpReply(550, "5.1.1", "no such user"),
            "later@k.example": SmtpReply(450, "4.2.1", "mailbox busy"),
        },
    )
    assert peer.received[0].recipients == ("bo@k.example",)


def test_together_nobody_gets_it_before_all_can(peer: SmtpPeer) -> None:
    peer.rcpt_replies["no@k.example"] = "550 5.1.1 no such user"
    assert list(send(peer.port, ["bo@k.example", "no@k.example"], together=True).refused) == ["no@k.example"]
    peer.rcpt_replies["later@k.example"] = "450 4.2.1 mailbox busy"
    with pytest.raises(Refused, match="mailbox busy"):
        send(peer.port, ["bo@k.example", "no@k.example", "later@k.example"], together=True)
    assert len(peer.received) == 1


def test_when_all_are_refused_nothing_is_sent(peer: SmtpPeer) -> None:
    peer.rcpt_replies["no@k.example"] = "550 5.1.1 no such user"
    assert list(send(peer.port, ["no@k.example"]).refused) == ["no@k.example"]
    assert peer.received == []


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("452 4.3.1 Insufficient system storage", "452 4.3.1 Insufficient system storage"),
        ("554 5.7.1 spam", "554 5.7.1 spam"),
        ("421 4.3.2 closing", "451 4.5.0 next server: closing"),
        ("550 no enhanced code", "550 5.0.0 no enhanced code"),
        ("451 5.7.1 codes that disagree", "451 4.0.0 codes that disagree"),
    ],
)
def test_what_is_said_to_the_final_dot_is_passed_on(peer: SmtpPeer, said: str, reply: str) -> None:
    peer.data_reply = said
    with pytest.raises(Refused) as caught:
        send(peer.port, ["bo@k.example"])
    assert str(caught.value.reply) == reply


def scripted(script: Script) -> ScriptedPeer:
    return ScriptedPeer("127.0.0.1", free_port(), script)


def test_nobody_there_is_4_4_1() -> None:
    with pytest.raises(Unreachable) as caught:
        send(free_port(), ["bo@k.example"])
    assert str(caught.value.reply) == "451 4.4.1 the return port does not answer"


@pytest.mark.parametrize("hop", NextHop)
def test_an_error_names_the_server_that_was_asked(hop: NextHop, peer: SmtpPeer) -> None:
    """The log, and the hint, lead to the right one of four servers."""
    port = ReturnPort.at(f"127.0.0.1:{peer.port}", 5, hop=hop)
    peer.announces_utf8 = False
    with pytest.raises(Refused) as refused:
        port.send(SENDER, ["søren@k.example"], MESSAGE, smtputf8=False)
    assert refused.value.public == f"the {hop.called} does not take UTF-8 addresses"
    assert refused.value.hint == hop.for_utf8
    peer.rcpt_replies["no@k.example"] = "550 5.1.1 no such user"
    with pytest.raises(Refused) as nobody:
        send_to_one(port, "", "no@k.example", MESSAGE)
    assert nobody.value.private == f"{hop.called}, RCPT: 550 5.1.1 no such user"
    peer.stop()
    with pytest.raises(Unreachable) as caught:
        port.send(SENDER, ["bo@k.example"], MESSAGE, smtputf8=False)
    assert (caught.value.public, caught.value.hint) == (f"the {hop.called} does not answer", hop.if_down)
    assert caught.value.private.startswith(f"{hop.called} 127.0.0.1:{peer.port}: ")


def test_one_mail_to_one_person(peer: SmtpPeer) -> None:
    port = ReturnPort("127.0.0.1", peer.port, 5)
    assert send_to_one(port, "", "bo@k.example", MESSAGE) == "1"
    peer.rcpt_replies["no@k.example"] = "450 4.2.1 mailbox busy"
    with pytest.raises(Refused, match=r"^return port, RCPT no@k\.example: 450 4\.2\.1 mailbox busy$"):
        send_to_one(port, "", "no@k.example", MESSAGE, named=True)


@pytest.mark.parametrize(
    "script",
    [
        hanging_up,
        silent,
        endless_line,
        says("554 5.3.2 no service"),
        says("421 busy"),
        says("220 x", "550 EHLO no"),
        says("220 x", "250 x", "451 4.3.0 not now"),
        says("220 x", "250 x", "nonsense"),
        says("220 x", "250 x", "250 ok", "250 ok", "451 4.3.0 no data now"),
        says("220 x", "250 x", "250 ok", wait=False),
        says("220 x", "250 x", "250 ok", "250 ok", "354 go", wait=False),
        answering(None),
        answering(None, rcpt="354 what"),
        answering("xyz"),
    ],
)
def test_a_front_that_behaves_badly_is_temporary_and_never_hangs(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_client, "_A_MOMENT", 0.1)
    begun = time.monotonic()
    with scripted(script) as peer:
        try:
            handover = send(peer.port, ["bo@k.example"], patience=0.1)
        except DeliveryError as error:
            reply = error.reply
        else:
            reply = handover.refused["bo@k.example"]
    assert reply.temporary, reply
    assert time.monotonic() - begun < 15


@pytest.mark.parametrize("script", [dripping, endless_greeting])
def test_a_front_that_drips_or_never_ends_is_given_up(script: Script) -> None:
    begun = time.monotonic()
    with scripted(script) as peer, pytest.raises(DeliveryError):
        send(peer.port, ["bo@k.example"], patience=0.1)
    assert time.monotonic() - begun < 15


@pytest.mark.slow
def test_a_reply_is_waited_for_as_a_whole() -> None:
    """Not each of its bytes anew: so many may come, one a moment, that hours go by."""

    async def drop_by_drop(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"2")
            await writer.drain()
            await asyncio.sleep(0.1)

    begun = time.monotonic()
    with scripted(drop_by_drop) as peer, pytest.raises(DeliveryError):
        send(peer.port, ["bo@k.example"], patience=0.5)
    assert time.monotonic() - begun < 30


@pytest.mark.slow
def test_a_server_that_takes_a_message_sip_by_sip_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the dot, so it has not taken it."""
    monkeypatch.setattr(smtp_client, "_LONGEST_WHOLE", 1.0)
    seen = bytearray()

    async def sipping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 front\r\n")
        while line := await reader.readline():
            writer.write(b"354 go\r\n" if line.startswith(b"DATA") else b"250 ok\r\n")
            while line.startswith(b"DATA"):
                seen[:] = seen[-10:] + await reader.readexactly(64 * 1024)
                await asyncio.sleep(0.05)

    message = Outgoing.of_parts(b"x" * 40_000_000)
    begun = time.monotonic()
    with scripted(sipping) as peer, pytest.raises(DeliveryError) as caught:
        ReturnPort("127.0.0.1", peer.port, 0.9).send(SENDER, ["bo@x.example"], message, smtputf8=False)
    assert time.monotonic() - begun < 20  # whole it would take thirty
    assert not isinstance(caught.value, OutcomeUnknown)
    assert b"." not in seen


def test_a_reply_in_any_pieces_is_one() -> None:
    async def in_pieces(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        greeting, *replies = b"220-a\r\n220 b\r\n", b"250 a\r\n", b"250 b\r\n", b"250 c\r\n", b"354 d\r\n"
        for reply in (greeting, *replies, b"250 2.0.0 Ok: queued as 4jZ6\r\n"):
            for byte in reply:
                writer.write(bytes([byte]))
                await asyncio.sleep(0)
            await (reader.readuntil(b"\r\n.\r\n") if reply.startswith(b"354") else reader.readline())

    with scripted(in_pieces) as peer:
        assert send(peer.port, ["bo@k.example"], patience=30).queued_as == "4jZ6"


@pytest.mark.slow
def test_no_answer_after_the_dot_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message may have been taken: whoever sends it again must know."""
    monkeypatch.setattr(smtp_client, "_A_MOMENT", 0.2)
    with scripted(answering(None)) as peer, pytest.raises(OutcomeUnknown) as caught:
        send(peer.port, ["bo@k.example"], patience=0.3)
    assert str(caught.value.reply).startswith("451 4.4.2")


@pytest.mark.slow
def test_what_took_all_the_time_to_send_has_gone_when_it_is_taken(
    peer: SmtpPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dot is sent: to say that it did not go would send it a second time, and end a link that she has."""
    monkeypatch.setattr(smtp_client, "_LONGEST_WHOLE", 0.4)

    def slowly() -> Iterator[bytes]:
        yield MESSAGE
        time.sleep(0.5)

    message = Outgoing(len(MESSAGE), slowly(), ascii=True)
    handover = ReturnPort("127.0.0.1", peer.port, 5).send(SENDER, ["bo@x.example"], message, smtputf8=False)
    assert not handover.refused
    assert len(peer.wait_for(1)) == 1


@pytest.mark.slow
def test_a_front_that_is_slow_at_the_dot_is_waited_for_and_takes_it_once() -> None:
    """It signs, scans and syncs then. Given up, the message would be sent again at every try."""
    taken: list[bytes] = []

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 front\r\n")
        while line := await reader.readline():
            if line.startswith(b"DATA"):
                writer.write(b"354 go\r\n")
                taken.append(await reader.readuntil(b"\r\n.\r\n"))
                await asyncio.sleep(0.9)
            writer.write(b"250 2.0.0 Ok: queued as 4jZ6\r\n")

    with scripted(slow) as peer:
        assert send(peer.port, ["bo@k.example"], patience=0.4).queued_as == "4jZ6"
    assert len(taken) == 1


@pytest.mark.parametrize(
    ("address", "reply"),
    [("søren@k.example", "451 4.6.7"), ("s\udcf8ren@k.example", "553 5.1.3")],
    ids=["UTF-8", "no UTF-8"],
)
def test_an_address_that_cannot_be_sent_is_a_refusal(peer: SmtpPeer, address: str, reply: str) -> None:
    """A setting of the front mends the first, nothing the second."""
    peer.announces_utf8 = False
    for sender, recipient in ((SENDER, address), (address, "bo@k.example")):
        with pytest.raises(Refused) as caught:
            send(peer.port, [recipient], sender=sender)
        assert str(caught.value.reply).startswith(reply)
    assert peer.received == []


def dsn_front(seen: list[bytes]) -> Script:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 front\r\n")
        while line := await reader.readline():
            seen.append(line)
            reply = b"250-front\r\n250-SMTPUTF8\r\n250 DSN\r\n" if line.startswith(b"ehlo") else b"250 ok\r\n"
            writer.write(b"554 enough\r\n" if line.startswith(b"DATA") else reply)

    return script


def test_of_dsn_only_failures_are_asked_for() -> None:
    seen: list[bytes] = []
    with scripted(dsn_front(seen)) as peer, pytest.raises(Refused):
        send(peer.port, ["bo+x=y@k.example", "ærø@k.example"])
    assert seen[1:4] == [
        b"MAIL FROM:<anna@nordby.example> SMTPUTF8 RET=HDRS\r\n",
        b"RCPT TO:<bo+x=y@k.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;bo+2Bx+3Dy@k.example\r\n",
        "RCPT TO:<ærø@k.example> NOTIFY=FAILURE,DELAY\r\n".encode(),
    ]


def test_reports_of_it_name_the_message_as_all_others_do() -> None:
    seen: list[bytes] = []
    with scripted(dsn_front(seen)) as peer, pytest.raises(Refused):
        ReturnPort("127.0.0.1", peer.port, 5).send(
            SENDER, ["bo@k.example"], MESSAGE, smtputf8=False, envelope_id="0f+ " + "a" * 200
        )
    assert seen[1] == b"MAIL FROM:<anna@nordby.example> RET=HDRS ENVID=0f+2B+20" + b"a" * 92 + b"\r\n"


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("bo@k.example", "bo@k.example"),
        ("a+b=c@k.example", "a+2Bb+3Dc@k.example"),
        ('"a b"@k.example', '"a+20b"@k.example'),
    ],
)
def test_xtext(address: str, text: str) -> None:
    assert xtext(address) == text


@given(st.integers(-1, 999), st.binary(max_size=400))
def test_any_reply_becomes_one_safe_line(code: int, text: bytes) -> None:
    reply = clean_reply(code, text)
    line = str(reply)
    assert line.isascii()
    assert line.isprintable()
    assert len(reply.text) <= LONGEST_TEXT
    assert 400 <= reply.code <= 599
    assert reply.enhanced[0] == str(reply.code)[0]


@pytest.mark.parametrize("code", [421, 500, 502, 503, 250, 354, -1, 199])
def test_a_code_that_is_no_verdict_on_the_recipient_is_451(code: int) -> None:
    assert clean_reply(code, b"x").code == 451


def test_a_number_that_the_next_server_quotes_is_masked() -> None:
    """A filter may say which subject it refuses, and what it says stands in two logs."""
    told = Refused(clean_reply(554, b"5.7.1 Subject: Vedr. 010170-1234 is not allowed here"), Step.DOT)
    assert told.private == "return port, final dot: 554 5.7.1 Subject: Vedr. 0101xx-xxxx is not allowed here"
    assert told.reply.text == "Subject: Vedr. 0101xx-xxxx is not allowed here"
    cut_in_it = clean_reply(554, b"5.7.1 " + b"x" * (LONGEST_TEXT - 6) + b" 010170-1234")
    assert "010170" not in cut_in_it.text


def test_ipv6_and_names_are_understood() -> None:
    assert ReturnPort.at("[::1]:10027", 60).host == "::1"
    assert ReturnPort.at("localhost:10027", 60) == ReturnPort("localhost", 10027, 60)


@pytest.mark.parametrize(
    ("line", "limit"),
    [
        ("250-SIZE 10240000", 10_240_000),
        ("250-size 1", 1),
        ("250-SIZE 0", None),  # RFC 1870: no fixed limit
        ("250-SIZE", None),
        ("250-SIZE much", None),
        ("250-SIZE " + "9" * 30, None),
        ("250-DSN", None),
    ],
)
def test_how_large_a_mail_it_takes(line: str, limit: int | None) -> None:
    with ScriptedPeer(
        "127.0.0.1", free_port(), says("220 front ESMTP", f"250-front\r\n{line}\r\n250 HELP")
    ) as peer:
        assert ReturnPort("127.0.0.1", peer.port, 5).size_limit() == limit


@pytest.mark.parametrize(
    "script", [hanging_up, endless_greeting, says("220 front"), says("220 x", "502 no"), says("421 no")]
)
def test_one_that_does_not_say_is_an_error(script: Script) -> None:
    with ScriptedPeer("127.0.0.1", free_port(), script) as peer, pytest.raises(DeliveryError):
        ReturnPort("127.0.0.1", peer.port, 0.1).size_limit()
    with pytest.raises(Unreachable):
        ReturnPort("127.0.0.1", peer.port, 5).size_limit()
