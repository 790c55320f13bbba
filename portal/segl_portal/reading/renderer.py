"""The portal's workers as seen by the pages: HTML made harmless, previews, PDF files; each bounded in time
and memory.

All of it blocks, for some milliseconds to some seconds, and is called in threads. What cannot be done in the
time it may take is ended and comes back as ``None``: the page then shows the words alone, or no preview."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from typing import Final

from segl.confined.frames import Broken, Late
from segl.confined.pool import ConfinedPool, NoWorker
from segl_portal.reading.jobs import Job, JobResult, Kind, Outcome, receive_result, send_job
from segl_portal.reading.sanitise import LONGEST, Clean

MEMORY: Final = 512 * 1024 * 1024  # bytes a worker may take beyond what it starts with
LARGEST_PREVIEWED: Final = 25 * 1024 * 1024  # bytes of a file
SANITISE_SECONDS: Final = 2.0
PREVIEW_SECONDS: Final = 10.0
PRINT_SECONDS: Final = 25.0
_WAIT_SECONDS: Final = 15.0  # for a worker to be free, or to start
# Of each kind of work so much at once in a process: however long printing takes, pages are shown.
_AT_ONCE: Final = {Kind.SANITISE: 3, Kind.PREVIEW: 2, Kind.PRINT: 1}
_SLOTS: Final = {Kind.COUNT: Kind.PREVIEW}
_MOST_PAGES: Final = 1_000
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_MOST_PNG: Final = 20 * 1024 * 1024
_MOST_PDF: Final = 100 * 1024 * 1024


class Renderer:
    """One for a process; forked processes share its template. Safe for threads."""

    def __init__(self, memory_bytes: int = MEMORY) -> None:
        self._workers = ConfinedPool(
            "segl_portal.reading.worker", memory_bytes, at_once=sum(_AT_ONCE.values())
        )
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        """In a child, too: the parent's threads hold none of our slots."""
        self._slots = {kind: threading.BoundedSemaphore(count) for kind, count in _AT_ONCE.items()}

    def start(self) -> None:
        """Start the template process now: the first page need not wait for its libraries."""
        self._workers.start()

    def tend(self) -> float | None:
        """Replace a template that has ended (:meth:`segl.confined.pool.ConfinedPool.tend`)."""
        return self._workers.tend()

    def stop(self) -> None:
        self._workers.stop()

    def sanitise(self, html: str, pictures: Mapping[str, str]) -> Clean | None:
        """A :class:`~segl_portal.reading.view.Sanitiser`."""
        content = html[:LONGEST].encode("utf-8", "replace")
        most = 6 * len(content) + 1024 * 1024
        answer = self._ask(
            Job(Kind.SANITISE, content, SANITISE_SECONDS, most, pictures=pictures), SANITISE_SECONDS
        )
        if answer is None:
            return None
        blocked, shown = answer.facts.get("blocked"), answer.facts.get("shown")
        if not isinstance(blocked, int) or not isinstance(shown, list):
            return None
        return Clean(
            answer.content.decode("utf-8", "replace"),
            min(max(blocked, 0), 1_000_000),
            frozenset(content_id for content_id in shown if content_id in pictures),
        )

    def count_pages(self, data: bytes, seconds: float = PREVIEW_SECONDS) -> int:
        """How many pages of a file can be looked at; 0 for none, or when that is not known in *seconds*."""
        answer = self._ask(Job(Kind.COUNT, data, seconds, 0), seconds, min(seconds, _WAIT_SECONDS))
        pages = 0 if answer is None else answer.facts.get("pages")
        return min(max(pages, 0), _MOST_PAGES) if isinstance(pages, int) else 0

    def preview(self, data: bytes, page: int) -> bytes | None:
        """A page of a PDF, or a picture, as PNG."""
        answer = self._ask(Job(Kind.PREVIEW, data, PREVIEW_SECONDS, _MOST_PNG, page=page), PREVIEW_SECONDS)
        return answer.content if answer is not None and answer.content.startswith(_PNG) else None

    def as_pdf(self, document: str, seconds: float = PRINT_SECONDS) -> bytes | None:
        """*document* (:func:`segl_portal.reading.paper.print_document`) as PDF."""
        content = document.encode("utf-8", "replace")
        answer = self._ask(Job(Kind.PRINT, content, seconds, _MOST_PDF), seconds)
        return answer.content if answer is not None and answer.content.startswith(b"%PDF-") else None

    def _ask(self, job: Job, seconds: float, wait: float = _WAIT_SECONDS) -> JobResult | None:
        slot = self._slots[_SLOTS.get(job.kind, job.kind)]
        if not slot.acquire(timeout=wait):
            return None
        try:
            return self._asked(job, seconds)
        finally:
            slot.release()

    def _asked(self, job: Job, seconds: float) -> JobResult | None:
        try:
            worker = self._workers.take(_WAIT_SECONDS)
        except (NoWorker, Late):
            return None
        good = False
        try:
            deadline = time.monotonic() + seconds
            send_job(worker.line, job, deadline)
            answer = receive_result(worker.line, job, deadline)
            good = job.kind is Kind.SANITISE and not answer.last
        except (Broken, Late):
            return None
        finally:
            self._workers.give_back(worker, good=good)
        return answer if answer.outcome is Outcome.DONE else None
