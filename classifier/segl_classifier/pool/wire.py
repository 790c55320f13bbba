"""What passes between client and worker, as frames on a stream socket.

A job is a frame of JSON (where the attachment stands, what it is called, what it may cost) and one of bytes.
The answer is any number of frames with three strings each, the last of kind ``END``. The worker may be in the
hands of whoever wrote the attachment, so the client takes nothing on trust: kinds and enums are closed,
lengths bounded by what the job allows, places cut and masked as any other.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import IntEnum

from segl.confined.frames import CHUNK, Broken, FrameReader, send
from segl.vocabulary import Finding, Prefix, Unreadable
from segl_classifier.message import Source, Text, unreadable
from segl_classifier.shown import shown_detail, shown_place

_JOB = struct.Struct(">IQ")
_FRAME = struct.Struct(">BIII")
_PLACE_BYTES = 4096
# What is left of a message's when all is used up: 0 would mean that pictures are not read.
LEAST_OCR_SECONDS = 0.001
_OVERHEAD = 1 << 20  # bytes of places and gaps beside the texts of one answer


class Kind(IntEnum):
    END = 0  # empty, or "last": the worker ends now
    TEXT = 1  # source, where, text
    UNREAD = 2  # cause, where, detail
    REMARK = 3  # as TEXT


@dataclass(frozen=True, slots=True)
class Job:
    """One attachment to read. *seconds* are of the clock; *ocr_seconds* 0 means that pictures are not read."""

    where: str
    content_type: str
    charset: str
    filename: str
    attached: bool
    depth: int
    chars: int
    parts: int
    most_depth: int
    header_bytes: int
    unfolded_bytes: int
    seconds: float
    ocr_seconds: float
    ignore_pictures: bool


_JOB_FIELDS = tuple(field.name for field in fields(Job))  # asdict() would copy each value, deeply


@dataclass(frozen=True, slots=True)
class End:
    """The answer is complete; *last* when the worker takes no further job."""

    last: bool


# The client's side


def send_job(line: socket.socket, job: Job, data: bytes, deadline: float) -> None:
    """Raises :class:`Late` and :class:`Broken`."""
    header = json.dumps({name: getattr(job, name) for name in _JOB_FIELDS}).encode()
    small = len(data) <= CHUNK
    start = _JOB.pack(len(header), len(data)) + header
    send(line, start + data if small else start, deadline)
    if not small:
        send(line, data, deadline)


def receive_answer(line: socket.socket, chars: int, deadline: float) -> Iterator[Text | Finding | End]:
    """The frames of one answer, checked; the last is :class:`End`. *chars* bounds its length."""
    left = chars * 4 + _OVERHEAD
    incoming = FrameReader(line, deadline)
    while True:
        kind, *sizes = _FRAME.unpack(incoming.take(_FRAME.size))
        left -= sum(sizes) + _FRAME.size
        if left < 0:
            raise Broken("a longer answer than agreed")
        if sizes[0] > _PLACE_BYTES or sizes[1] > _PLACE_BYTES:
            raise Broken("not the form agreed")
        body = incoming.take(sum(sizes))
        first = body[: sizes[0]].decode("utf-8", "replace")
        where = shown_place(body[sizes[0] : sizes[0] + sizes[1]].decode("utf-8", "replace"))
        last = body[sizes[0] + sizes[1] :].decode("utf-8", "replace")
        yield (answer := _checked(kind, first, where, last))
        if isinstance(answer, End):
            return


def _checked(kind: int, first: str, where: str, last: str) -> Text | Finding | End:
    try:
        match Kind(kind):
            case Kind.END:
                return End(first == "last")
            case Kind.TEXT | Kind.REMARK:
                return Text(last, where, Source(first), kind == Kind.REMARK)
            case Kind.UNREAD:
                return unreadable(Unreadable(first), where, shown_detail(last))
    except ValueError:
        raise Broken("not the form agreed") from None


# The worker's side


def receive_job(line: socket.socket) -> tuple[Job, bytes] | None:
    """The next job; ``None`` when the client has hung up."""
    try:
        incoming = FrameReader(line)  # the client sends no second job before it has the answer to the first
        header_size, size = _JOB.unpack(incoming.take(_JOB.size))
        header = json.loads(incoming.take(header_size))
        return Job(**header), incoming.take(size)
    except (Broken, OSError):
        return None


class Answer:
    """Collects the frames of one answer and sends them when told."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._frames: list[bytes] = []

    def text(self, text: Text) -> None:
        self._add(Kind.REMARK if text.remark else Kind.TEXT, text.source.value, text.where, text.text)

    def unread(self, finding: Finding) -> None:
        self._add(Kind.UNREAD, finding.rule.removeprefix(Prefix.UNREADABLE), finding.where, finding.excerpt)

    def end(self, *, last: bool) -> None:
        self._add(Kind.END, "last" if last else "", "", "")
        self.flush()

    def flush(self) -> None:
        if self._frames:
            self._line.sendall(b"".join(self._frames))
            self._frames.clear()

    def _add(self, kind: Kind, *fields: str) -> None:
        first, where, text = (field.encode("utf-8", "replace") for field in fields)
        where = where[:_PLACE_BYTES]
        self._frames.append(_FRAME.pack(kind, len(first), len(where), len(text)) + first + where + text)
