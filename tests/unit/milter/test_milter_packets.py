"""The milter protocol as bytes: what is agreed on, what a connection makes of packets however they arrive."""

from __future__ import annotations

import socket
import struct
from collections import deque
from collections.abc import Sequence
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.errors import SmtpReply
from segl_milter.connection import Connection, Context
from segl_milter.protocol import (
    Edits,
    MilterProtocolError,
    ReplyCode,
    macro,
    negotiate,
    packet,
    reply,
    strings,
)

ALL_ACTIONS, ALL_STEPS = 0x1FF, 0x1FFFFF
OFFER = packet(b"O", struct.pack("!III", 6, ALL_ACTIONS, ALL_STEPS))
MESSAGE = (
    packet(b"D", b"Mi\x004c9dQ1x\0")
    + packet(b"M", b"<anna@nordby.example>\0RET=FULL\0")
    + packet(b"R", b"<bo@kunde.example>\0")
    + packet(b"L", b"Subject\0 Hej\0")
    + packet(b"B", b"Vi ses\r\n")
    + packet(b"D", b"Ei\x004c9dQ1x\0")
    + packet(b"E")
)
HEARD = [
    ("mail", b"<anna@nordby.example>", b"RET=FULL"),
    ("recipient", b"<bo@kunde.example>"),
    ("header", b"Subject", b" Hej"),
    ("body", b"Vi ses\r\n"),
    ("end", "4c9dQ1x"),
    ("answered",),
]


class Listening:
    """A session that notes what it is told, and adds a header."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.heard: list[tuple[object, ...]] = []

    def envelope_from(self, address: bytes, *parameters: bytes) -> None:
        self.heard.append(("mail", address, *parameters))

    def envelope_recipient(self, address: bytes, *parameters: bytes) -> None:
        self.heard.append(("recipient", address, *parameters))

    def header(self, name: bytes, value: bytes) -> None:
        self.heard.append(("header", name, value))

    def body(self, chunk: bytes) -> None:
        self.heard.append(("body", chunk))

    def end_of_message(self) -> ReplyCode:
        self.heard.append(("end", self.context.queue_id))
        self.context.edits.add_header("X-Segl-Route", " plain")
        return ReplyCode.CONTINUE

    def answered(self) -> None:
        self.heard.append(("answered",))

    def abort(self) -> None:
        self.heard.append(("abort",))


class Wire:
    """A socket from which *pieces* come one after another, each by itself; then its other end is closed."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = deque(filter(None, pieces))
        self.sent = b""

    def setsockopt(self, *_: object) -> None:
        pass

    def recv(self, most: int) -> bytes:
        piece = self._pieces.popleft() if self._pieces else b""
        assert len(piece) <= most
        return piece

    def sendall(self, data: bytes) -> None:
        self.sent += data


def talk(
    pieces: Sequence[bytes], kind: type[Listening] = Listening
) -> tuple[list[tuple[object, ...]], bytes, Exception | None]:
    """What the session heard when *pieces* came in one after another, what was answered, and what went wrong."""
    wire, made = Wire(pieces), list[Listening]()

    def session(context: Context) -> Listening:
        made.append(kind(context))
        return made[0]

    failed: Exception | None = None
    try:
        Connection(cast(socket.socket, wire), session).serve()
    except MilterProtocolError as error:
        failed = error
    return made[0].heard, wire.sent, failed


ANSWERED = negotiate(OFFER[5:])[1] + packet(b"h", b"X-Segl-Route\0 plain\0") + packet(b"c")


@given(st.lists(st.integers(1, len(OFFER + MESSAGE) - 1), max_size=12))
def test_it_does_not_matter_how_the_bytes_are_cut(cuts: list[int]) -> None:
    whole = OFFER + MESSAGE
    ends = [*sorted(set(cuts)), len(whole)]
    heard, answered, failed = talk([whole[a:b] for a, b in zip([0, *ends], ends, strict=False)])
    assert (heard, answered, failed) == ([*HEARD, ("abort",)], ANSWERED, None)


def test_a_packet_may_be_of_64_kilobytes_and_an_mta_that_says_no_more_is_given_up() -> None:
    body = b"x" * 65_535
    assert ("body", body) in talk([OFFER, packet(b"B", body)])[0]
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.shutdown(socket.SHUT_WR)
        Connection(theirs, Listening).serve()
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            waits, _ = struct.unpack("ll", theirs.getsockopt(socket.SOL_SOCKET, option, 16))
            assert 7_210 <= waits <= 7_211


def test_of_a_message_that_breaks_off_nothing_is_made() -> None:
    for end in range(len(MESSAGE)):
        heard, answered, failed = talk([OFFER, MESSAGE[:end]])
        assert (heard, failed) == ([*HEARD[: len(heard) - 1], ("abort",)], None)
        assert len(heard) < len(HEARD)
        assert answered == negotiate(OFFER[5:])[1]


@pytest.mark.parametrize(
    ("command", "heard"),
    [
        (b"A", ["mail", "abort", "mail", "abort"]),  # the message alone
        (b"K", ["mail", "abort", "mail", "abort"]),  # the session of SMTP, on a connection that goes on
        (b"Q", ["mail", "abort"]),  # the connection, whatever stands behind it
    ],
)
def test_what_is_given_up_is_dropped_at_once(command: bytes, heard: list[str]) -> None:
    mail = packet(b"M", b"<anna@nordby.example>\0")
    told, _, failed = talk([OFFER + mail + packet(command) + mail])
    assert ([name for name, *_ in told], failed) == (heard, None)


@given(st.binary(max_size=200))
def test_nonsense_ends_the_connection_and_no_message(junk: bytes) -> None:
    heard, _, _ = talk([OFFER, junk])
    assert heard[-1] == ("abort",)
    heard, answered, _ = talk([junk])
    assert heard[-1] == ("abort",)
    if not answered:
        assert heard == [("abort",)]


@pytest.mark.parametrize(
    "broken",
    [
        MESSAGE,  # before the negotiation
        OFFER + packet(b"?"),
        OFFER + struct.pack("!I", 0) + b"E",
        OFFER + struct.pack("!IB", 65_537, ord("B")),
        OFFER + packet(b"M", b"<no end>"),
        OFFER + packet(b"M"),
        packet(b"O", b"\0\0\0\6"),
        packet(b"O", struct.pack("!III", 1, ALL_ACTIONS, ALL_STEPS)),
        packet(b"O", struct.pack("!III", 6, ALL_ACTIONS & ~0x40, ALL_STEPS)),
    ],
)
def test_what_is_not_the_protocol_is_answered_by_closing(broken: bytes) -> None:
    _, _, failed = talk([broken])
    assert isinstance(failed, MilterProtocolError)


def test_an_older_mta_gets_an_answer_to_each_step_and_the_blank_it_left_out() -> None:
    old = packet(b"O", struct.pack("!III", 6, ALL_ACTIONS, 0x7F))
    steps = [
        packet(b"C", b"desk\0U"),
        packet(b"H", b"desk\0"),
        packet(b"M", b"<anna@nordby.example>\0"),
        packet(b"L", b"Subject\0Hej\0"),
        packet(b"N"),
        packet(b"B", b"Vi ses\r\n"),
    ]
    heard, answered, failed = talk([old, *steps])
    assert failed is None
    assert ("header", b"Subject", b" Hej") in heard
    assert answered.endswith(packet(b"c") * len(steps))


def test_macros_are_only_those_we_read_and_an_mta_without_that_choice_sends_all() -> None:
    _, told = negotiate(OFFER[5:])
    asked = {5: b"i {client_addr}\0"}  # at the end of the message
    assert told[17:] == b"".join(struct.pack("!I", step) + asked.get(step, b"i\0") for step in range(7))
    assert struct.unpack("!I", told[13:17])[0] & 1  # the connect step is left out
    _, told = negotiate(struct.pack("!III", 6, 0xFF, ALL_STEPS))
    assert told[17:] == b""
    assert not struct.unpack("!I", told[13:17])[0] & 1  # it names the client


@pytest.mark.parametrize(
    ("connect", "macros", "client"),
    [
        (b"mx.example\x004\x04\xd2192.0.2.7\0", [], "192.0.2.7"),
        (b"mx.example\x006\x04\xd2IPv6:2001:db8::7\0", [], "2001:db8::7"),
        (b"localhost\0L\0\0/run/x\0", [], ""),
        (b"localhost\0U", [], ""),
        (b"", [], ""),
        (b"mx.example\x004\x04\xd2192.0.2.7\0", [b"C{client_addr}\x00192.0.2.8\0"], "192.0.2.8"),
        (b"mx.example\0U", [b"C{client_addr}\x00192.0.2.8\0", b"Mi\x00other\0", b""], "192.0.2.8"),
    ],
)
def test_an_mta_that_chooses_the_macros_itself_names_client_and_queue_id_all_the_same(
    connect: bytes, macros: list[bytes], client: str
) -> None:
    """As Sendmail does, and whatever main.cf says: the queue id with an earlier step, the client when it connects. For
    the second message too."""
    told: list[tuple[str, str]] = []

    class Asking(Listening):
        def end_of_message(self) -> ReplyCode:
            told.append((self.context.queue_id, self.context.client))
            return super().end_of_message()

    offer = packet(b"O", struct.pack("!III", 6, ALL_ACTIONS & ~0x100, ALL_STEPS))
    message = packet(b"M", b"<anna@nordby.example>\0") + packet(b"R", b"<bo@kunde.example>\0")
    first = packet(b"D", b"Rj\0x\0") + message + packet(b"D", b"Ei\0one\0") + packet(b"E")
    second, third = packet(b"D", b"Ri\0two\0") + message + packet(b"E"), message + packet(b"E")
    talk([offer, packet(b"C", connect), *(packet(b"D", m) for m in macros), first, second, third], Asking)
    assert told == [("one", client), ("two", client), ("", client)]


def test_the_end_of_a_message_may_bring_the_rest_of_its_body() -> None:
    """Postfix sends it by itself; the protocol lets an MTA do either."""
    heard, _, failed = talk([OFFER, MESSAGE.removesuffix(packet(b"E")), packet(b"E", b"CPR 0101701234\r\n")])
    assert (heard[-4:-2], failed) == ([("body", b"CPR 0101701234\r\n"), ("end", "4c9dQ1x")], None)


def test_edits_as_postfix_reads_them() -> None:
    edits = Edits()
    edits.change_header("Subject", 2, " [sikker] æ")
    edits.change_header("x-segl", 1, "")
    edits.change_sender("<å@x.example>", "RET=HDRS")
    edits.quarantine("segl: cpr")
    edits.add_header("X-Segl-Route", " secure")
    assert edits.packets == [
        packet(b"m", b"\0\0\0\2Subject\0 [sikker] \xc3\xa6\0"),
        packet(b"m", b"\0\0\0\1x-segl\0\0"),
        packet(b"e", b"<\xc3\xa5@x.example>\0RET=HDRS\0"),
        packet(b"q", b"segl: cpr\0"),
        packet(b"h", b"X-Segl-Route\0 secure\0"),
    ]


def test_a_nul_in_an_edit_cannot_make_two_strings_of_one() -> None:
    edits = Edits()
    edits.add_header("X-Segl-Hold", "a\0X-Segl-Route\0plain")
    assert strings(edits.packets[0][5:]) == [b"X-Segl-Hold", b"aX-Segl-Routeplain"]


def test_a_reply_keeps_its_per_cent_signs() -> None:
    assert reply(SmtpReply(550, "5.7.1", "100% no")) == packet(b"y", b"550 5.7.1 100%% no\0")


def test_macros() -> None:
    assert macro(b"Ei\x004c9d\0j\0host\0", b"i") == b"4c9d"
    assert macro(b"E", b"i") is None
    assert macro(b"Ej\0host\0i", b"i") is None
