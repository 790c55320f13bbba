"""The side of those who ask: hands attachments to workers, and takes what they found.

Whatever happens to a worker or to the template comes back as a finding on the attachment; :meth:`Pool.read` raises
nothing.
"""

from __future__ import annotations

import time
from dataclasses import replace

from segl.confined.frames import Broken, Late
from segl.confined.pool import AT_ONCE, ConfinedPool, ConfinedWorker, NoWorker
from segl.vocabulary import Finding, Unreadable
from segl_classifier.extracted import Extracted
from segl_classifier.message import Text, unreadable
from segl_classifier.pool.wire import LEAST_OCR_SECONDS, End, Job, receive_answer, send_job


class Pool(ConfinedPool):
    """The processes of this one that read attachments."""

    def __init__(self, memory_bytes: int, *, programs: bool = False, at_once: int = AT_ONCE) -> None:
        super().__init__("segl_classifier.pool.worker", memory_bytes, programs=programs, at_once=at_once)

    def read(self, job: Job, data: bytes) -> Extracted:
        """All that is found in one attachment. What was read before a worker hung or crashed is kept, beside
        the finding that says so."""
        deadline = time.monotonic() + job.seconds
        try:
            worker = self.take(job.seconds)
        except Late:
            return _gap(job, Unreadable.TIMED_OUT, "no reader was free")
        except NoWorker:
            return _gap(job, Unreadable.FAILED, "no reader could be started")
        return self._ask(worker, job, data, deadline)

    def _ask(self, worker: ConfinedWorker, job: Job, data: bytes, deadline: float) -> Extracted:
        texts: list[Text] = []
        unread: list[Finding] = []
        good = False
        try:
            send_job(worker.line, _shortened(job, deadline), data, deadline)
            for item in receive_answer(worker.line, job.chars, deadline):
                match item:
                    case Text():
                        texts.append(item)
                    case Finding():
                        unread.append(item)
                    case End(last):
                        good = not last
        except Late:
            unread.append(unreadable(Unreadable.TIMED_OUT, job.where, f"{job.seconds:.0f} s"))
        except Broken:
            unread.append(unreadable(Unreadable.FAILED, job.where, "the reader ended in the middle"))
        finally:
            self.give_back(worker, good=good)
        return Extracted(tuple(texts), (), tuple(unread))


def _shortened(job: Job, deadline: float) -> Job:
    """*job* with the time that is left until *deadline*: waiting for a worker has taken the rest. The worker, whose
    clock begins now, would else read pictures until it is killed, and what stands behind them would be lost."""
    left = deadline - time.monotonic()
    waited = job.seconds - left
    # Never none: that would say that pictures need not be read, and not that it is too late for them.
    ocr_seconds = max(LEAST_OCR_SECONDS, job.ocr_seconds - waited) if job.ocr_seconds else 0.0
    return replace(job, seconds=left, ocr_seconds=ocr_seconds)


def _gap(job: Job, cause: Unreadable, detail: str) -> Extracted:
    return Extracted(unread=(unreadable(cause, job.where, detail),))
