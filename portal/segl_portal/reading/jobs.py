"""What passes between the portal and the processes that work on what strangers wrote: one job, one answer.

    job      kind (1) ‖ length of the options (4) ‖ length of the content (8) ‖ options (JSON) ‖ content
    answer   outcome (1) ‖ length of the facts (4) ‖ length of the content (8) ‖ facts (JSON) ‖ content

A worker may be in the hands of whoever wrote what it reads, so of an answer nothing is taken on trust: its
outcome is of a closed set, its length bounded by what the job may give, and whoever asked checks its
content."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from segl.confined.frames import Broken, FrameReader, send

_HEAD: Final = struct.Struct(">BIQ")
_MOST_FACTS = 1 << 16


class Kind(IntEnum):
    """The work. ``value`` is what stands on the line."""

    SANITISE = 1  # HTML, UTF-8 → the same, harmless
    COUNT = 2  # PDF or picture → how many pages
    PREVIEW = 3  # PDF or picture → one page as PNG
    PRINT = 4  # harmless HTML → PDF


class Outcome(IntEnum):
    DONE = 0
    FAILED = 1  # the content is not what it should be, or wants more than it may have


@dataclass(frozen=True, slots=True)
class Job:
    """``seconds`` are of processor time, a backstop; ``most`` bounds the answer, in bytes."""

    kind: Kind
    content: bytes
    seconds: float
    most: int
    page: int = 1
    pictures: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class JobResult:
    """*last*: the worker takes no further job."""

    outcome: Outcome
    facts: Mapping[str, object]
    content: bytes
    last: bool = False


def send_job(line: socket.socket, job: Job, deadline: float) -> None:
    """Raises :class:`~segl.confined.frames.Late` and :class:`~segl.confined.frames.Broken`."""
    options = json.dumps(
        {"seconds": job.seconds, "page": job.page, "pictures": dict(job.pictures or {})}
    ).encode()
    send(line, _HEAD.pack(job.kind, len(options), len(job.content)) + options, deadline)
    send(line, job.content, deadline)


def receive_result(line: socket.socket, job: Job, deadline: float) -> JobResult:
    """Raises as :func:`send_job` does, also when the answer has not the form agreed."""
    incoming = FrameReader(line, deadline)
    outcome, facts_size, size = _HEAD.unpack(incoming.take(_HEAD.size))
    if facts_size > _MOST_FACTS or size > job.most:
        raise Broken("a longer answer than agreed")
    try:
        facts = json.loads(incoming.take(facts_size))
        if not isinstance(facts, dict):
            raise Broken("not the form agreed")
        return JobResult(Outcome(outcome), facts, incoming.take(size), last=bool(facts.get("last")))
    except ValueError:
        raise Broken("not the form agreed") from None


def receive_job(line: socket.socket) -> Job | None:
    """The next job; ``None`` when whoever asks has hung up."""
    try:
        incoming = FrameReader(line)
        kind, options_size, size = _HEAD.unpack(incoming.take(_HEAD.size))
        options = json.loads(incoming.take(options_size))
        content = incoming.take(size)
    except (Broken, OSError):
        return None
    return Job(Kind(kind), content, options["seconds"], 0, options["page"], options["pictures"])


def send_result(line: socket.socket, answer: JobResult) -> None:
    facts = json.dumps({**answer.facts, "last": answer.last}).encode()
    line.sendall(_HEAD.pack(answer.outcome, len(facts), len(answer.content)) + facts)
    line.sendall(answer.content)
