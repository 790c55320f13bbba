"""The life of a worker: shut in, then one job after another until told, or old."""

from __future__ import annotations

import importlib
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

from segl.confined import sandbox
from segl.settings.detection import Limits
from segl.vocabulary import Unreadable
from segl_classifier.message import Part, unreadable
from segl_classifier.pool.unfold import unfold
from segl_classifier.pool.wire import LEAST_OCR_SECONDS, Answer, Job, receive_job

JOBS = 100  # after so many a new process is better than what may have gathered in this one
GROWTH_BYTES = 64 * 1024 * 1024


def load() -> Iterator[bool]:
    """Import what the readers need, one module at a time."""
    from segl_classifier.formats import registry

    yield True
    for name in registry.LIBRARIES:
        with suppress(Exception):  # an optional one is missing, or broken: its reader will tell
            importlib.import_module(name)
        yield True


def work(line: socket.socket, *, memory_bytes: int, programs: bool, parent: int) -> None:
    """Read what comes over *line*. Raises when this process cannot be shut in."""
    sandbox.confine(memory_bytes, parent, programs=programs)
    start = _most_memory()
    for number in range(1, JOBS + 1):
        received = receive_job(line)
        if received is None:
            return
        job, data = received
        sandbox.allow_seconds(job.seconds)
        answer = Answer(line)
        try:
            read(job, data, answer)
        except MemoryError:
            answer.unread(unreadable(Unreadable.TOO_LARGE, job.where, "more memory than allowed"))
        last = number == JOBS or _most_memory() - start > GROWTH_BYTES
        answer.end(last=last)
        if last:
            return


def read(job: Job, data: bytes, answer: Answer) -> None:
    """Put all texts and gaps of one attachment into *answer*."""
    part = Part(
        where=job.where,
        content_type=job.content_type,
        charset=job.charset,
        filename=job.filename,
        attached=job.attached,
        encoded=data,
        depth=job.depth,
    )
    limits = Limits(
        text_chars=job.chars,
        parts=job.parts,
        depth=job.most_depth,
        header_bytes=job.header_bytes,
        unfolded_bytes=job.unfolded_bytes,
        ocr_seconds=max(job.ocr_seconds, LEAST_OCR_SECONDS),
    )
    unfold(
        part,
        limits,
        answer,
        ocr_until=time.monotonic() + job.ocr_seconds if job.ocr_seconds else 0.0,
        ignore_pictures=job.ignore_pictures,
    )


def _most_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
