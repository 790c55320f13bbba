"""Takes one answer, from the first byte of the form to the sender's mail server.

The order makes a process that dies at any point lose nothing that was called sent: the form's files stream into a
sealed file, which is written and synced; the virus scanner is asked about each; the answer's row is committed; the
return port says 250; the row says so, with a line of the audit trail; the page says "sent". Until the row is there,
what was uploaded is nothing yet: the file is taken away at once, or by the hourly sweep.
"""

from __future__ import annotations

import binascii
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.engine import Engine

from segl.addresses import domain_of
from segl.errors import SealingError, SeglError
from segl.events import Events
from segl.mail.own_mail import OwnMail
from segl.mail.return_port import ReturnPort
from segl.metrics import SCANS
from segl.sealed.belonging import storage_of
from segl.sealed.content import SealedContent
from segl.sealed.directory import new_id
from segl.sealed.keys import Place, Secret, new_content_key, wrap_answer
from segl.sealed.storage import SealedStorage
from segl.settings.document import Settings
from segl.settings.portal import ScannerDown
from segl.store.engine import transaction
from segl_portal.answering import kept
from segl_portal.answering.hand_on import HandOver
from segl_portal.answering.incoming import FileSpan, IncomingAnswer
from segl_portal.answering.kept import KeptAnswer, Room
from segl_portal.answering.letter import Letter
from segl_portal.answering.original import HEADER_BYTES, Original, read_original
from segl_portal.answering.outcome import AnswerFault, AnswerRefused, Taken, Why
from segl_portal.answering.scanner import Clamd, ScanResult
from segl_portal.answering.terms import AnswerLimits


class Opened(Protocol):
    """What is needed of :class:`segl_portal.visits.service.Opened`."""

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
class Taking:
    """What taking an answer needs; blocking. ``clamd`` is none when no scanner is to be asked."""

    settings: Settings
    engine: Engine
    directory: SealedStorage
    events: Events
    clock: Callable[[], float]
    room: Room
    clamd: Clamd | None
    terms: AnswerLimits
    hand_over: HandOver

    @classmethod
    def of(cls, settings: Settings, engine: Engine, events: Events, clock: Callable[[], float]) -> Self:
        answers, directory = settings.portal.answers, storage_of(settings.portal, engine)
        back = ReturnPort.at(settings.reinject, settings.delivery.reinject_seconds)
        # All of it: an addressee who is no own one any more must not be written to in clear, but waits for the port.
        port = OwnMail.of(settings, back, events.own_port_missing, lambda _: True, settings.takes)
        return cls(
            settings=settings,
            engine=engine,
            directory=directory,
            events=events,
            clock=clock,
            room=Room(answers.answers, answers.answers_an_hour),
            clamd=Clamd(answers.clamd, answers.clamd_seconds) if answers.clamd else None,
            terms=AnswerLimits(answers, port, time.monotonic),
            hand_over=HandOver(
                engine, directory, port, events, lambda to: settings.owner(domain_of(to)).failures_to, clock
            ),
        )

    def take(
        self, opened: Opened, boundary: bytes, pull: Callable[[], bytes], is_ours: Callable[[str], bool]
    ) -> Taken | AnswerRefused:
        """The whole form; *pull* gives its bytes."""
        answer_id, now = new_id(), self.clock()
        try:
            original = self.original(opened)
            if closed := self.closed(opened, original, one_more=False):
                return AnswerRefused(closed)
        except SeglError as error:
            return self._refused(error)
        letter = self._letter(answer_id, opened, original, now)
        incoming = IncomingAnswer(boundary, pull, letter, self.terms.present(), is_ours)
        try:
            known = self._kept(opened, incoming, answer_id, now)
        except BaseException as error:
            self.directory.remove(answer_id)
            return _given_back(self._refused(error), incoming)
        if known.id != answer_id:
            self.directory.remove(answer_id)
        taken = self.send(opened, known, is_new=known.id == answer_id)
        if isinstance(taken, AnswerRefused) and not taken.answer_id:  # not kept: to be written anew
            return _given_back(taken, incoming)
        return taken

    def send(self, opened: Opened, answer: KeptAnswer, *, is_new: bool) -> Taken | AnswerRefused:
        """Hand on an answer that is kept. *is_new*: nobody has been told so yet."""
        try:
            return self.hand_over.hand_on(
                answer, opened.answers, opened.message_id, opened.recipient, is_new=is_new
            )
        except SeglError as error:
            # The store: that it was handed on stands nowhere, so it is not called sent.
            self.events.answer_waits(answer.id, error)
            return AnswerRefused(Why.NOT_SENT, answer_id=answer.id)

    def _kept(self, opened: Opened, incoming: IncomingAnswer, answer_id: str, now: float) -> KeptAnswer:
        """The answer, or the one that the same form was before; on disk, scanned, in the store."""
        key = new_content_key()
        self.directory.write(answer_id, key, incoming.mail())
        place = Place(bytes.fromhex(answer_id), bytes.fromhex(opened.recipient_id))
        wrapped = wrap_answer(key, opened.answers, place)
        answer = KeptAnswer(answer_id, opened.recipient_id, incoming.size, wrapped, now)
        self._scan(opened, answer, incoming.files)
        return kept.keep(self.engine, answer, incoming.digest(_once_key(opened.answers)), self.room)

    def _refused(self, error: BaseException) -> AnswerRefused:
        match error:
            case AnswerFault(why=why, file=file):
                return AnswerRefused(why, file)
            case SealingError():
                self.events.failed("answer", error)
                return AnswerRefused(Why.NO_SPACE)
            case Exception():
                self.events.failed("answer", error)
                return AnswerRefused(Why.BUSY)
        raise error

    def original(self, opened: Opened) -> Original:
        head = opened.content.read(0, HEADER_BYTES)
        return read_original(head, opened.sender, opened.recipient, self.settings.takes)

    def closed(self, opened: Opened, original: Original, *, one_more: bool) -> Why | None:
        """Why there is nothing to answer; *one_more*: or no room for another answer."""
        if not self.settings.portal.answers.on or not original.to:
            return Why.CLOSED
        more = int(one_more)
        room = Room(self.room.answers - more, self.room.an_hour - more)
        try:
            with transaction(self.engine) as connection:
                kept.check_room(connection, opened.recipient_id, room, self.clock())
        except AnswerFault as fault:
            return fault.why
        return None

    def _letter(self, answer_id: str, opened: Opened, original: Original, now: float) -> Letter:
        owner = self.settings.owner(domain_of(opened.sender))
        house = self.settings.notice_from_of(opened.sender)
        domain = domain_of(house)
        return Letter(
            answer_id=answer_id,
            sealed_id=opened.message_id,
            original=original,
            recipient=opened.recipient,
            organisation=self.settings.name_of(opened.sender),
            house_address=house,
            id_domain=domain if self.settings.is_own(domain) else owner.domains[0],
            language=owner.language,
            written=datetime.fromtimestamp(now).astimezone(),
        )

    def _scan(self, opened: Opened, answer: KeptAnswer, files: Iterable[FileSpan]) -> None:
        """Raises :class:`AnswerFault`. The file is read again for this, at once: a scanner has few places, and a phone
        is slow."""
        if self.clamd is None:
            return
        with kept.content_of(self.directory, answer, opened.answers) as content:
            for file in files:
                said = self.clamd.scan(_decoded(content.chunks(file.start, file.end)))
                SCANS.labels(said.result.value).inc()
                if said.result is not ScanResult.CLEAN:
                    self.events.scanned(answer.id, said.result.value, said.detail)
                if said.result is ScanResult.FOUND:
                    raise AnswerFault(Why.FILE_INFECTED, file.name)
                if (
                    said.result is ScanResult.UNKNOWN
                    and self.settings.portal.answers.clamd_down is not ScannerDown.TAKE
                ):
                    raise AnswerFault(Why.NOT_SCANNED, file.name)


def _given_back(refused: AnswerRefused, incoming: IncomingAnswer) -> AnswerRefused:
    """With what was filled in, as far as it was read."""
    return replace(refused, text=incoming.text, everyone=incoming.everyone)


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
