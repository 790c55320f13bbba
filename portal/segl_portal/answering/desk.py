"""What the page calls for answers.

The order makes a process that dies at any point lose nothing that was called sent: the form's files stream into a
sealed file, which is written and synced; the virus scanner is asked about each; the answer's row is committed; the
return port says 250; the row says so, with a line of the audit trail; the page says "sent". Until the row is there,
what was uploaded is nothing yet: the file is taken away at once, or by the hourly sweep.
"""

from __future__ import annotations

import asyncio
import binascii
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.engine import Engine

from segl.addresses import domain_of
from segl.errors import SealingError, SeglError
from segl.events import Events
from segl.mail.return_port import ReturnPort
from segl.metrics import ANSWERS, SCANS
from segl.sealed.content import NotOpened, SealedContent
from segl.sealed.directory import SealedDirectory, new_id
from segl.sealed.keys import Place, Secret, WrongSecret, new_content_key, wrap_answer
from segl.settings import Settings
from segl.store import transaction
from segl_portal.answering import kept
from segl_portal.answering.form import boundary_of
from segl_portal.answering.hand_on import HandOver
from segl_portal.answering.incoming import FileSpan, Incoming
from segl_portal.answering.kept import Kept, Room
from segl_portal.answering.letter import Letter
from segl_portal.answering.original import HEADER_BYTES, Original, read_original
from segl_portal.answering.outcome import AnswerRefused, Refusal, Taken, Why
from segl_portal.answering.scanner import Clamd, Finding
from segl_portal.answering.upload import Upload

_FORM_BYTES: Final = 1024 * 1024  # what a form may have besides text and files
_FOR_ONE: Final = 2  # uploads of one recipient at once


class Opened(Protocol):
    """What is needed of :class:`segl_portal.desk.Opened`."""

    @property
    def recipient_id(self) -> str: ...
    @property
    def message_id(self) -> str: ...
    @property
    def sender(self) -> str: ...
    @property
    def recipient(self) -> str: ...
    @property
    def content(self) -> SealedContent: ...
    @property
    def answers(self) -> Secret: ...


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
    refused_types: tuple[str, ...]
    closed: Why | None = None


@dataclass(frozen=True, slots=True)
class AnswerView:
    """One of the recipient's own answers. What it says is read as a mail, by :meth:`AnswerDesk.content`. One that is
    not ``sent`` is kept, and the page offers :meth:`AnswerDesk.send_again`."""

    id: str
    written_at: float
    sent: bool
    size: int


class AnswerDesk:
    """One for a process. All but :meth:`take_answer` and :meth:`send_again` are blocking and called from threads."""

    def __init__(
        self, settings: Settings, engine: Engine, events: Events, clock: Callable[[], float] = time.time
    ) -> None:
        self._settings = settings
        self._terms = settings.portal.answers
        self._engine = engine
        self._events = events
        self._clock = clock
        self._directory = SealedDirectory(settings.portal.sealed)
        self._room = Room(self._terms.answers, self._terms.answers_an_hour)
        self._clamd = Clamd(self._terms.clamd, self._terms.clamd_seconds) if self._terms.clamd else None
        port = ReturnPort.at(settings.delivery.reinject, settings.delivery.reinject_seconds)
        self._hand_over = HandOver(engine, self._directory, port, events, settings.failures_to, clock)
        # threads of their own: one is busy as long as a phone takes to send its pictures
        self._pool = ThreadPoolExecutor(self._terms.uploads, "answers")
        self._working: Counter[str] = Counter()

    def close(self) -> None:
        """Lets what is being taken end."""
        self._pool.shutdown(wait=True)

    def form(self, opened: Opened) -> AnswerForm:
        original = self._original(opened)
        return AnswerForm(
            once=secrets.token_hex(16),
            to=original.to,
            others=original.others,
            text_bytes=self._terms.text_bytes,
            files=self._terms.files,
            file_bytes=self._terms.file_bytes,
            all_bytes=self._terms.bytes,
            refused_types=self._terms.refused_types,
            closed=self._closed(opened, original),
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
        most = self._terms.bytes + self._terms.text_bytes + _FORM_BYTES
        if boundary is None:
            taken: Taken | AnswerRefused = AnswerRefused(Why.BAD_FORM)
        elif content_length is not None and content_length > most:
            taken = AnswerRefused(Why.TOO_LARGE)
        else:
            taken = await self._in_thread(opened, lambda: self._take(opened, boundary, upload.pull, is_ours))
        if isinstance(taken, AnswerRefused):
            await upload.drain(most)
        return self._counted(opened, taken)

    async def send_again(self, opened: Opened, answer_id: str) -> Taken | AnswerRefused:
        """Hand on an answer that is kept and not sent."""
        answer = await asyncio.to_thread(kept.find, self._engine, opened.recipient_id, answer_id)
        if answer is None:
            return AnswerRefused(Why.GONE)
        return self._counted(opened, await self._in_thread(opened, lambda: self._send(opened, answer)))

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

    def _take(
        self, opened: Opened, boundary: bytes, pull: Callable[[], bytes], is_ours: Callable[[str], bool]
    ) -> Taken | AnswerRefused:
        """In a thread of the pool."""
        answer_id, key, now = new_id(), new_content_key(), self._clock()
        original = self._original(opened)
        if closed := self._closed(opened, original):
            return AnswerRefused(closed)
        incoming = Incoming(
            boundary, pull, self._letter(answer_id, opened, original, now), self._terms, is_ours
        )
        try:
            self._directory.write(answer_id, key, incoming.mail())
            place = Place(bytes.fromhex(answer_id), bytes.fromhex(opened.recipient_id))
            wrapped = wrap_answer(key, opened.answers, place)
            answer = Kept(answer_id, opened.recipient_id, incoming.size, wrapped, now)
            self._scan(opened, answer, incoming.files)
            known = kept.keep(self._engine, answer, incoming.digest(_once_key(opened.answers)), self._room)
        except BaseException as error:
            self._directory.remove(answer_id)
            return self._refused(error, incoming.text)
        if known.id != answer_id:
            self._directory.remove(answer_id)
        taken = self._send(opened, known)
        if isinstance(taken, AnswerRefused) and not taken.answer_id:  # not kept: to be written anew
            return replace(taken, text=incoming.text)
        return taken

    def _send(self, opened: Opened, answer: Kept) -> Taken | AnswerRefused:
        try:
            return self._hand_over.hand_on(answer, opened.answers, opened.message_id, opened.recipient)
        except (
            SeglError
        ) as error:  # the store: whether it was handed on is not known, so it is not called sent
            self._events.answer_waits(answer.id, error)
            return AnswerRefused(Why.NOT_SENT, answer_id=answer.id)

    def _refused(self, error: BaseException, text: str) -> AnswerRefused:
        match error:
            case Refusal(why=why, file=file):
                return AnswerRefused(why, file, text)
            case SealingError():
                self._events.failed("answer", error)
                return AnswerRefused(Why.NO_SPACE, text=text)
            case Exception():
                self._events.failed("answer", error)
                return AnswerRefused(Why.BUSY, text=text)
        raise error

    def _original(self, opened: Opened) -> Original:
        head = opened.content.read(0, HEADER_BYTES)
        return read_original(head, opened.sender, opened.recipient, self._settings.takes)

    def _closed(self, opened: Opened, original: Original) -> Why | None:
        if not self._terms.on or not original.to:
            return Why.CLOSED
        one_less = Room(self._room.answers - 1, self._room.an_hour - 1)
        try:
            with transaction(self._engine) as connection:
                kept.check_room(connection, opened.recipient_id, one_less, self._clock())
        except Refusal as refusal:
            return refusal.why
        return None

    def _letter(self, answer_id: str, opened: Opened, original: Original, now: float) -> Letter:
        of = domain_of(opened.sender)
        house = self._settings.notice_from_of(of)
        domain = domain_of(house)
        return Letter(
            answer_id=answer_id,
            sealed_id=opened.message_id,
            original=original,
            recipient=opened.recipient,
            organisation=self._settings.name_of(of),
            house_address=house,
            id_domain=domain if self._settings.is_own(domain) else self._settings.organisation.domains[0],
            language=self._settings.organisation.language,
            written=datetime.fromtimestamp(now).astimezone(),
        )

    def _scan(self, opened: Opened, answer: Kept, files: Iterable[FileSpan]) -> None:
        """Raises :class:`Refusal`. The file is read again for this, at once: a scanner has few places, and a phone is
        slow."""
        if self._clamd is None:
            return
        with kept.content_of(self._directory, answer, opened.answers) as content:
            for file in files:
                said = self._clamd.scan(_decoded(content.chunks(file.start, file.end)))
                SCANS.labels(said.finding.value).inc()
                if said.finding is not Finding.CLEAN:
                    self._events.scanned(answer.id, said.finding.value, said.detail)
                if said.finding is Finding.FOUND:
                    raise Refusal(Why.FILE_INFECTED, file.name)
                if said.finding is Finding.UNKNOWN and self._terms.clamd_down == "refuse":
                    raise Refusal(Why.NOT_SCANNED, file.name)

    def _counted(self, opened: Opened, taken: Taken | AnswerRefused) -> Taken | AnswerRefused:
        how = taken.why.value if isinstance(taken, AnswerRefused) else "again" if taken.again else "sent"
        ANSWERS.labels(how).inc()
        if isinstance(taken, AnswerRefused):
            self._events.answer_refused(opened.message_id, opened.recipient, how)
        return taken


def _once_key(answers: Secret) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"segl sealed answer v1: once").derive(answers.reveal())


def _decoded(lines: Iterable[bytes]) -> Iterator[bytes]:
    """What stands in lines of base64, however they are cut."""
    rest = b""
    for piece in lines:
        text = rest + piece.replace(b"\r\n", b"").replace(b"\r", b"").replace(b"\n", b"")
        whole = len(text) // 4 * 4
        rest = text[whole:]
        yield binascii.a2b_base64(text[:whole])
