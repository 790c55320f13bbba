"""The attachments of one message, read by the pool of this process within one budget of time."""

from __future__ import annotations

import os
import threading
import time

from segl.settings.detection import Limits
from segl.vocabulary import Unreadable
from segl_classifier.deadline import NEVER, Deadline
from segl_classifier.extract import Pictures
from segl_classifier.extracted import Extracted
from segl_classifier.message import Part, unreadable
from segl_classifier.pool.client import Pool
from segl_classifier.pool.wire import LEAST_OCR_SECONDS, Job

_KEPT = 0.2  # of a message's seconds: what was read is looked into afterwards


class PoolReader:
    """Reads the files of one message. An :data:`.extracted.Extractor` is :meth:`read`."""

    def __init__(self, limits: Limits, pictures: Pictures, deadline: Deadline = NEVER) -> None:
        """*deadline* is that of the message; a fifth of its seconds is left to others."""
        self._limits = limits
        self._latest = deadline.before(_KEPT * limits.message_seconds).at
        self._until = 0.0
        self._pictures = pictures
        self._ocr_seconds = limits.ocr_seconds if pictures.ocr else 0.0
        # Not none, where the time is used up: none would say that pictures need not be read.
        self._over = LEAST_OCR_SECONDS if pictures.ocr else 0.0

    def read(self, part: Part, limits: Limits) -> Extracted:
        """All of *part* and of what is in it."""
        return self.read_data(part, part.payload, limits.text_chars)

    def read_data(self, part: Part, data: bytes, chars: int) -> Extracted:
        """The same, with *data* for its payload and at most *chars* characters of text."""
        limits = self._limits
        started = time.monotonic()
        self._until = self._until or min(started + limits.attachments_seconds, self._latest)
        seconds = min(limits.attachment_seconds, self._until - started)
        if seconds <= 0:
            detail = (
                "no time was left for attachments"
                if self._until == self._latest
                else f"more than {limits.attachments_seconds:.0f} s for all attachments"
            )
            return Extracted(unread=(unreadable(Unreadable.TIMED_OUT, part.where, detail),))
        job = Job(
            where=part.where,
            content_type=part.content_type,
            charset=part.charset,
            filename=part.filename,
            attached=part.attached,
            depth=part.depth,
            chars=chars,
            parts=limits.parts,
            most_depth=limits.depth,
            header_bytes=limits.header_bytes,
            unfolded_bytes=limits.unfolded_bytes,
            seconds=seconds,
            ocr_seconds=min(self._ocr_seconds, seconds * 0.8) or self._over,
            ignore_pictures=self._pictures.ignore,
        )
        found = shared(limits, self._pictures).read(job, data)
        if self._ocr_seconds:
            self._ocr_seconds = max(0.0, self._ocr_seconds - (time.monotonic() - started))
        return found


_shared: dict[tuple[int, bool], Pool] = {}
_lock = threading.Lock()


def shared(limits: Limits, pictures: Pictures) -> Pool:
    """The pool of this process for workers with these limits; made when first asked for."""
    with _lock:
        key = (limits.reader_bytes, pictures.ocr)
        if key not in _shared:
            _shared[key] = Pool(limits.reader_bytes, programs=pictures.ocr)
        return _shared[key]


def prepare(limits: Limits, pictures: Pictures) -> None:
    """For a process that forks those who will ask: start their template now, and let go of any other."""
    wanted = shared(limits, pictures)
    wanted.start()
    with _lock:
        for key in [key for key, pool in _shared.items() if pool is not wanted]:
            _shared.pop(key).let_go()


def tend() -> float | None:
    """Replace a template that has ended, in the process that prepared it. Gives the seconds until something
    is due again."""
    with _lock:
        due = [pool.tend() for pool in _shared.values()]
    return min((seconds for seconds in due if seconds is not None), default=None)


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
