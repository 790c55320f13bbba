"""What the page calls for answers."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.engine import Engine

from segl.events import Events
from segl.metric_labels import PortalResult
from segl.metrics import ANSWERS
from segl.sealed.belonging import storage_of
from segl.sealed.content import NotOpened, SealedContent
from segl.sealed.keys import WrongSecret
from segl.settings.document import Settings
from segl_portal.answering import kept
from segl_portal.answering.form import boundary_of
from segl_portal.answering.incoming import new_once, text_read
from segl_portal.answering.outcome import AnswerRefused, Taken, Why
from segl_portal.answering.taking import Opened, Taking
from segl_portal.answering.upload import Upload
from segl_portal.answering.written import Written

_FORM_BYTES: Final = 1024 * 1024  # what a form may have besides text and files
_FOR_ONE: Final = 2  # uploads of one recipient at once


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """What the page needs for the form. The form is ``multipart/form-data`` with, in this order, the controls
    ``csrf``, ``once`` (hidden; a new one each time the form is shown), ``text``, ``everyone`` (a box to tick, shown
    when there are ``others``) and then ``file`` (any number of them, several files each). A file before a field is
    refused.

    ``closed`` says why there is no form: :attr:`Why.CLOSED`, :attr:`Why.TOO_MANY_ANSWERS`, :attr:`Why.TOO_SOON`,
    :attr:`Why.GONE`. The limits are for the page's script, which can say so before anything is sent."""

    once: str
    to: tuple[str, ...]
    others: tuple[str, ...]
    text_bytes: int
    files: int
    file_bytes: int
    all_bytes: int
    closed: Why | None = None


@dataclass(frozen=True, slots=True)
class AnswerView:
    """One of the recipient's own answers. What it says is read as a mail, by :meth:`AnswerService.content`. One that is
    not ``sent`` is kept, and the page offers :meth:`AnswerService.send_again`."""

    id: str
    written_at: float
    sent: bool
    size: int


class AnswerService:
    """One for a process. All but :meth:`take_answer` and :meth:`send_again` are blocking and called from threads."""

    def __init__(
        self, settings: Settings, engine: Engine, events: Events, clock: Callable[[], float] = time.time
    ) -> None:
        self._terms = settings.portal.answers
        self._engine = engine
        self._events = events
        self._directory = storage_of(settings.portal, engine)
        self._taking = Taking.of(settings, engine, events, clock)
        # threads of their own: one is busy as long as a phone takes to send its pictures
        self._pool = ThreadPoolExecutor(self._terms.uploads, "answers")
        self._working: Counter[str] = Counter()

    def close(self) -> None:
        """Lets what is being taken end."""
        self._pool.shutdown(wait=True)

    def form(self, opened: Opened) -> AnswerForm:
        original, terms = self._taking.original(opened), self._taking.terms.present()
        return AnswerForm(
            once=new_once(),
            to=original.to,
            others=original.others,
            text_bytes=terms.text_bytes,
            files=terms.files,
            file_bytes=terms.file_bytes,
            all_bytes=terms.bytes,
            closed=self._taking.closed(opened, original, one_more=True),
        )

    def thread(self, opened: Opened) -> list[AnswerView]:
        """The oldest first."""
        return [
            AnswerView(one.id, one.created_at, one.handed_on_at is not None, one.size)
            for one in kept.answers_of(self._engine, opened.recipient_id)
        ]

    def content(self, opened: Opened, answer_id: str) -> SealedContent | None:
        """The mail of this recipient's answer, as it went to the sender; whoever gets it closes it."""
        answer = kept.find(self._engine, opened.recipient_id, answer_id)
        if answer is None:
            return None
        try:
            return kept.content_of(self._directory, answer, opened.answers)
        except (OSError, WrongSecret, NotOpened) as error:
            self._events.failed("reading an answer", error)
            return None

    async def take_answer(
        self,
        opened: Opened,
        stream: AsyncIterator[bytes],
        content_type: str,
        is_ours: Callable[[str], bool],
        content_length: int | None = None,
    ) -> Taken | AnswerRefused:
        """Take the form in and send the answer. *stream* is the request's body, *content_type* and *content_length* its
        header fields, *is_ours* says whether the hidden field ``csrf`` is this browser's. Never raises for what the
        browser sends, and what it began goes on when the browser goes away."""
        upload = Upload(stream)
        boundary = boundary_of(content_type)
        most = self._terms.bytes + text_read(self._terms.text_bytes) + _FORM_BYTES
        if boundary is None:
            taken: Taken | AnswerRefused = AnswerRefused(Why.BAD_FORM)
        elif content_length is not None and content_length > most:
            taken = AnswerRefused(Why.TOO_LARGE)
        else:
            taken = await self._in_thread(
                opened, lambda: self._taking.take(opened, boundary, upload.pull, is_ours)
            )
        if isinstance(taken, AnswerRefused) and not upload.is_begun:
            taken = await self._given_back(taken, upload, boundary, most)
        elif isinstance(taken, AnswerRefused):
            await upload.drain(most)
        return self._counted(opened, taken)

    async def refuse(self, why: Why, stream: AsyncIterator[bytes], content_type: str) -> AnswerRefused:
        """Of a form that cannot be sent now, or by nobody any more, what was written."""
        most = text_read(self._terms.text_bytes) + _FORM_BYTES
        return await self._given_back(AnswerRefused(why), Upload(stream), boundary_of(content_type), most)

    async def _given_back(
        self, refused: AnswerRefused, upload: Upload, boundary: bytes | None, most: int
    ) -> AnswerRefused:
        written = Written(boundary, self._terms.text_bytes)
        await upload.drain(most, written.see)
        return replace(refused, text=written.text, everyone=written.everyone)

    async def send_again(self, opened: Opened, answer_id: str) -> Taken | AnswerRefused:
        """Hand on an answer that is kept and not sent. It stays kept when it is refused, whatever for: she was told so,
        and nobody but she has it."""
        answer = await asyncio.to_thread(kept.find, self._engine, opened.recipient_id, answer_id)
        if answer is None:
            return AnswerRefused(Why.GONE)
        taken = await self._in_thread(opened, lambda: self._taking.send(opened, answer, is_new=False))
        return self._counted(opened, taken)

    async def _in_thread(
        self, opened: Opened, work: Callable[[], Taken | AnswerRefused]
    ) -> Taken | AnswerRefused:
        who = opened.recipient_id
        if self._working.total() >= self._terms.uploads or self._working[who] >= _FOR_ONE:
            return AnswerRefused(Why.BUSY)
        self._working[who] += 1
        loop = asyncio.get_running_loop()
        running = loop.run_in_executor(self._pool, work)
        running.add_done_callback(lambda _: self._done(who))
        return await asyncio.shield(running)

    def _done(self, who: str) -> None:
        self._working[who] -= 1
        if not self._working[who]:
            del self._working[who]

    def _counted(self, opened: Opened, taken: Taken | AnswerRefused) -> Taken | AnswerRefused:
        if isinstance(taken, AnswerRefused):
            ANSWERS.labels(taken.why).inc()
            self._events.answer_refused(opened.message_id, opened.recipient, taken.why.value)
        else:
            ANSWERS.labels(PortalResult.AGAIN if taken.again else PortalResult.SENT).inc()
        return taken
