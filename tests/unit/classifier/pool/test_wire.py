"""The line between client and worker: what is sent arrives, and what is not to the form is refused."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.confined.frames import Broken, Late
from segl.vocabulary import Finding, Unreadable
from segl_classifier.message import Source, Text, unreadable
from segl_classifier.pool.wire import (
    Answer,
    End,
    Job,
    Kind,
    receive_answer,
    receive_job,
    send_job,
)

JOB = Job(
    where="part 2 > æøå.zip", content_type="", charset="", filename="æ\udc80", attached=True, depth=1, chars=1000,
    parts=10, most_depth=5, header_bytes=100, unfolded_bytes=1000, seconds=2.5, ocr_seconds=0.0,
    ignore_pictures=False,
)  # fmt: skip


@pytest.fixture
def line() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def soon() -> float:
    return time.monotonic() + 5


def frame(kind: int, *fields: bytes) -> bytes:
    return struct.pack(">BIII", kind, *map(len, fields)) + b"".join(fields)


def answer(raw: bytes, chars: int = 1000) -> list[Text | Finding | End]:
    """What the client makes of *raw*, sent by a worker that then hangs up."""
    ours, theirs = socket.socketpair()
    with ours:
        sender = threading.Thread(target=_send_and_close, args=(theirs, raw))
        sender.start()
        try:
            return list(receive_answer(ours, chars, soon()))
        finally:
            ours.close()
            sender.join()


def _send_and_close(line: socket.socket, raw: bytes) -> None:
    with line:
        try:
            line.sendall(raw)
        except OSError:  # the client has heard enough
            return


END = frame(Kind.END, b"", b"", b"")


@pytest.mark.parametrize("size", [0, 1, 60_000, 5_000_000])
def test_a_job_arrives_as_it_was_sent(size: int, line: tuple[socket.socket, socket.socket]) -> None:
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    sender = threading.Thread(target=send_job, args=(line[0], JOB, data, soon()))
    sender.start()
    assert receive_job(line[1]) == (JOB, data)
    sender.join()


def test_an_answer_arrives_as_it_was_given(line: tuple[socket.socket, socket.socket]) -> None:
    answer = Answer(line[1])
    answer.text(Text("Blå øl\n\N{PILE OF POO}", "part 2 > a.docx, page 3", Source.ATTACHMENT))
    answer.unread(unreadable(Unreadable.ENCRYPTED, "part 2 > b.zip", "a password"))
    answer.text(Text("half \ud800 a letter", "part 2", Source.FILENAME))
    answer.end(last=True)
    assert list(receive_answer(line[0], 1000, soon())) == [
        Text("Blå øl\n\N{PILE OF POO}", "part 2 > a.docx, page 3", Source.ATTACHMENT),
        unreadable(Unreadable.ENCRYPTED, "part 2 > b.zip", "a password"),
        Text("half ? a letter", "part 2", Source.FILENAME),
        End(last=True),
    ]


def test_what_came_before_the_end_was_cut_off_is_kept(line: tuple[socket.socket, socket.socket]) -> None:
    line[1].sendall(frame(Kind.TEXT, b"attachment", b"part 2", b"hej"))
    line[1].close()
    frames = receive_answer(line[0], 1000, soon())
    assert next(frames) == Text("hej", "part 2", Source.ATTACHMENT)
    with pytest.raises(Broken):
        next(frames)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0",
        frame(9, b"", b"", b""),
        frame(Kind.TEXT, b"nowhere", b"part 2", b"hej"),
        frame(Kind.UNREAD, b"clean", b"part 2", b""),
        frame(Kind.TEXT, b"attachment", b"x" * 5000, b"hej"),
        frame(Kind.TEXT, b"x" * 5000, b"part 2", b"hej"),
        frame(Kind.TEXT, b"attachment", b"part 2", b"hej")[:-1],
        struct.pack(">BIII", Kind.TEXT, 10, 10, 0xFFFFFFFF),
        struct.pack(">BIII", 0xFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
        b"\x80\x04cposix\nsystem\n.",
    ],
)
def test_what_is_not_to_the_form_is_refused(raw: bytes) -> None:
    with pytest.raises(Broken):
        answer(raw)


def test_a_flood_ends_at_what_was_agreed() -> None:
    flood = frame(Kind.TEXT, b"attachment", b"part 2", b"x" * 100_000) * 100
    with pytest.raises(Broken, match="longer"):
        answer(flood + END)
    with pytest.raises(Broken, match="longer"):
        answer(frame(Kind.TEXT, b"attachment", b"part 2", b"") * 100_000 + END)


def test_a_place_cannot_smuggle_lines_or_numbers() -> None:
    place = b"part 2\r\nX-Segl-Route: plain\x1b[2J 010190-1234 " + b"y" * 1000
    (text, _) = answer(frame(Kind.UNREAD, b"failed", place, b"Cpr 010190-1234\n" * 100) + END)
    assert isinstance(text, Finding)
    shown = text.where + text.excerpt
    assert shown.isprintable()
    assert "0190-1234" not in shown
    assert len(shown) <= 420


def test_text_that_is_no_utf_8_is_still_text() -> None:
    assert answer(frame(Kind.TEXT, b"body", b"", b"a\xffb") + END)[0] == Text("a\ufffdb", "", Source.BODY)


def test_a_worker_that_says_nothing_is_late(line: tuple[socket.socket, socket.socket]) -> None:
    started = time.monotonic()
    with pytest.raises(Late):
        list(receive_answer(line[0], 1000, started + 0.1))
    with pytest.raises(Late):
        send_job(line[0], JOB, bytes(50_000_000), time.monotonic() + 0.1)
    assert time.monotonic() - started < 15


def test_a_worker_that_drips_is_late(line: tuple[socket.socket, socket.socket]) -> None:
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(0.02):
            line[1].sendall(b"\x01")

    dripping = threading.Thread(target=drip)
    dripping.start()
    started = time.monotonic()
    try:
        with pytest.raises((Late, Broken)):
            list(receive_answer(line[0], 1_000_000_000, started + 0.2))
    finally:
        stop.set()
        dripping.join()
    assert time.monotonic() - started < 15


def test_a_client_that_has_gone_ends_the_worker(line: tuple[socket.socket, socket.socket]) -> None:
    line[0].close()
    assert receive_job(line[1]) is None


@given(st.binary(max_size=200))
def test_no_noise_is_anything_but_refused_or_read(noise: bytes) -> None:
    try:
        answer(noise)
    except Broken:
        return
    assert noise.startswith(b"\0")
