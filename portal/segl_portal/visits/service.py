"""What a recipient can do with her link, in the order she does it.

``ask`` for a code, ``give`` it, then ``visit`` as long as she reads, and ``leave``. All that is remembered of her is in
the store, so it does not matter which process or node the next request reaches.

**A stranger learns nothing.** An unknown, expired or revoked message, a wrong id, a wrong secret and a wrong phrase
get the same answers, by the same statements and the same computing (``test_portal_alike.py`` counts both); a code is
sent only after the answer, by other threads. For what does not exist the code that is asked for just never fits.

**A stranger locks nobody out.** What a recipient may use up is counted under her link: id *and* secret. Whoever lacks
the secret counts under a key of his own. What is counted by address, and in all, is counted for the right link alone;
only the network one asks from is counted whatever is asked.

**Guessing.** A code is one of 10^8, bound to the browser that asked, dead after five wrong tries; and all codes of one
recipient's copy together bear fifteen, as long as the message lives: whoever has the link but not the mailbox guesses
with odds of 15 in 100,000,000. A try is counted before the code is looked at, so that many at once are no more tries;
in the same transaction the right code gives it back.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import partial
from typing import Final

from sqlalchemy.engine import Connection, Engine

from segl import audit, metrics
from segl.audit import Act
from segl.events import Events
from segl.language import Language
from segl.mail.return_port import ReturnPort
from segl.metric_labels import PortalResult
from segl.sealed import life
from segl.sealed.belonging import storage_of
from segl.sealed.content import NotOpened, SealedContent
from segl.sealed.keys import SECRET, Secret
from segl.sealed.phrase import is_phrase
from segl.sealed.storage import StorageAway
from segl.settings.document import Settings
from segl.store.engine import transaction
from segl_portal.visits import limits
from segl_portal.visits import rows as visits
from segl_portal.visits.browser import Browser
from segl_portal.visits.code_mail import CodeMail
from segl_portal.visits.codes import new_code, new_reference, typed
from segl_portal.visits.limits import Rule, Rules, Scope
from segl_portal.visits.posting import Posting
from segl_portal.visits.rows import Copy, Visit
from segl_portal.visits.sending import CodeSender
from segl_portal.visits.unnamed import Visitors

_NO_CODE: Final = "none"  # no code that is typed becomes this
_NOBODY: Final = Rule(Scope.NOTHING, 1, limits.HOUR)


@dataclass(frozen=True, slots=True)
class CodePromised:
    """A code was promised. The reference stands on the page and in the mail; it is good for so many minutes from then
    on. ``is_out``: it may be given yet."""

    reference: str
    minutes: int
    is_out: bool = True


class Denied(Enum):
    """What the page may say. The same for messages that exist and for those that do not."""

    WRONG = "wrong"  # the code is not that one
    EXPIRED = "expired"  # no code is out in this browser: too old, used, or asked for elsewhere
    TOO_MANY = "too-many"  # too many wrong tries
    ENOUGH = "enough"  # so many codes were asked for by this link: the last may be on its way yet
    BUSY = "busy"  # too much is being asked now, from this network or of all


class _Right(Enum):
    """A code that fits."""

    NOW = 1
    AGAIN = 2  # the same form, sent twice, used it up a moment ago


@dataclass(frozen=True, slots=True)
class Opened:
    """A message that this browser may read. Whoever got it closes ``content``. Times are Unix seconds."""

    recipient_id: str
    message_id: str
    sender: str
    recipient: str
    created_at: float
    expires_at: float
    size: int
    content: SealedContent
    answers: Secret  # what this recipient's answers are wrapped under (segl.sealed.keys)


class VisitService:
    """Blocking; called from threads. Raises :class:`~segl.errors.StoreError` when the store cannot be reached."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        events: Events,
        posting: Posting,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._portal = settings.portal
        self._engine = engine
        self._directory = storage_of(settings.portal, engine)
        self._events = events
        self._posting = posting
        self._clock = clock
        self.longest = settings.portal.visit_hours * 3600.0
        """Seconds that one visit takes at most."""
        self._rules = Rules.of(settings.portal.limits, settings.portal.failures)
        port = ReturnPort.at(settings.reinject, settings.delivery.reinject_seconds)
        self._sender = CodeSender(settings, engine, events, port)
        self.visitors = Visitors(engine, events, clock)

    def ask(
        self,
        browser: Browser,
        recipient_id: str,
        link: str,
        *,
        network: str,
        language: Language,
        phrase: str = "",
    ) -> CodePromised | Denied:
        """Promise a code. It goes to the recipient when *link* is hers, and *phrase* too if there is one. An empty
        *link* is the one that this browser gave the last time."""
        asked = self._ask(browser, visits.place_of(recipient_id), link, network, language, phrase)
        metrics.PORTAL_ASKED.labels(
            PortalResult.PROMISED if isinstance(asked, CodePromised) else asked.value
        ).inc()
        return asked

    def pending(self, browser: Browser, recipient_id: str) -> CodePromised | None:
        """What this browser was promised last for this message, whether a code is still good or not. Nothing where the
        link that it gave then cannot be had: it must give it anew."""
        place = visits.place_of(recipient_id)
        with transaction(self._engine) as connection:
            visit = visits.find_visit(connection, browser, place, self._clock())
        if visits.link_in(browser, place, visit) is None or visit is None:
            return None
        is_out = visit.code_mac is not None and self._clock() < visit.code_until
        return CodePromised(visit.reference, self._portal.code_minutes, is_out)

    def give(self, browser: Browser, recipient_id: str, code: str, *, network: str) -> Opened | Denied:
        """Open the message with *code*, as a person typed it."""
        given = self._give(browser, visits.place_of(recipient_id), code, network)
        metrics.PORTAL_GIVEN.labels(PortalResult.OPENED if isinstance(given, Opened) else given.value).inc()
        return given

    def visit(self, browser: Browser, recipient_id: str) -> Opened | None:
        """The message, if this browser has it open and it is still there. Raises
        :class:`~segl.sealed.storage.StorageAway` when only its file cannot be had: she goes on reading when it can."""
        place, now = visits.place_of(recipient_id), self._clock()
        with transaction(self._engine) as connection:
            visit = visits.find_visit(connection, browser, place, now)
            copy = visits.find_copy(connection, place)
        if visit is None or visit.open_until is None or not self._is_reading(visit, now):
            return None
        latest = visit.created_at + self.longest
        opened = self._opened(copy, visits.link_in(browser, place, visit), now)
        length = self._portal.visit_minutes * 60
        if opened is not None and visit.open_until - now < length * 0.75:
            try:
                with transaction(self._engine) as connection:
                    visits.prolong(connection, browser, place, min(now + length, latest))
            except BaseException:
                opened.content.close()  # nobody else has it yet
                raise
        return opened

    def leave(self, browser: Browser, recipient_id: str) -> None:
        place = visits.place_of(recipient_id)
        with transaction(self._engine) as connection:
            visit = visits.find_visit(connection, browser, place, self._clock())
            is_hers = visits.link_in(browser, place, visit) is not None
            if is_hers or not self._is_reading(visit, self._clock()):
                visits.end(connection, browser, place)

    def downloaded(self, opened: Opened, what: str) -> None:
        """Something was taken away from the page; *what* is a word for its kind, no name of a file."""
        with transaction(self._engine) as connection:
            audit.append(
                connection, Act.DOWNLOADED, opened.recipient_id, opened.recipient, at=self._clock(), what=what
            )

    def _ask(
        self, browser: Browser, place: str, link: str, network: str, language: Language, phrase: str
    ) -> CodePromised | Denied:
        now, rules = self._clock(), self._rules
        if self._posting.full:
            return Denied.BUSY
        secret = visits.link_of(link) if link else self._kept_link(browser, place)
        by_link = limits.by_link(place, secret)
        with transaction(self._engine) as connection:
            if not limits.passes(connection, rules.network_codes, limits.network_of(network), now):
                return Denied.BUSY
            if not limits.of_link(connection, rules, by_link, limits.network_of(network), now):
                return Denied.ENOUGH
            copy = visits.find_copy(connection, place)
            visit = visits.find_visit(connection, browser, place, now)
        reads = visits.link_in(browser, place, visit) is not None and self._is_reading(visit, now)
        right = visits.keys_of(copy, secret, now) is not None
        ends = copy.expires_at if copy is not None and right else now
        life_of_it = limits.life_of(by_link, ends if right else None)
        right = is_phrase(copy.phrase_hash if copy is not None and right else None, phrase) and right
        code, reference = new_code(), new_reference()
        mac = browser.code_mac(place, code if right else _NO_CODE)
        wrapped = browser.wrap(place, (secret or Secret(bytes(SECRET))).reveal(), reading=reads)
        minutes = self._portal.code_minutes
        with transaction(self._engine) as connection:
            if not limits.within(connection, rules.failures, life_of_it, ends):
                if copy is not None and ends == copy.expires_at:
                    self._events.codes_exhausted(copy.message_id, copy.recipient)
                return Denied.TOO_MANY
            if not self._may_send(connection, copy if right else None, place, now):
                return Denied.BUSY
            visits.begin(
                connection,
                browser,
                place,
                Visit(wrapped, reference, mac, now + minutes * 60, 0, now, None),
                reads=reads,
                right=right,
            )
        self._posting.put(partial(self._send, copy if right else None, code, reference, language))
        return CodePromised(reference, minutes)

    def _kept_link(self, browser: Browser, place: str) -> Secret | None:
        with transaction(self._engine) as connection:
            visit = visits.find_visit(connection, browser, place, self._clock())
        return visits.link_in(browser, place, visit)

    def _may_send(self, connection: Connection, copy: Copy | None, place: str, now: float) -> bool:
        """Within the limits by address and in all. What does not exist is counted where it harms nobody."""
        rules = self._rules
        if copy is None:
            limits.count(connection, _NOBODY, place, now)
            limits.count(connection, _NOBODY, "all", now)
            return True
        return limits.count(connection, rules.address, copy.recipient, now) and limits.count(
            connection, rules.everything, "all", now
        )

    def _send(self, copy: Copy | None, code: str, reference: str, language: Language) -> None:
        """In a thread of :class:`Posting`: by now the page has answered."""
        if copy is None:
            return
        mail = CodeMail(
            organisation=self._settings.name_of(copy.sender),
            notice_from=self._settings.notice_from_of(copy.sender),
            recipient=copy.recipient,
            code=code,
            reference=reference,
            minutes=self._portal.code_minutes,
            language=language,
        )
        self._sender.send(copy, mail, datetime.now().astimezone())

    def _give(self, browser: Browser, place: str, code: str, network: str) -> Opened | Denied:
        now, digits = self._clock(), typed(code)
        with transaction(self._engine) as connection:
            if not limits.passes(connection, self._rules.network_tries, limits.network_of(network), now):
                return Denied.BUSY
            visit = visits.find_visit(connection, browser, place, now)
            copy = visits.find_copy(connection, place)
        link = visits.link_in(browser, place, visit)
        right = visits.keys_of(copy, link, now) is not None
        if self._is_reading(visit, now) and not right and digits is not None:
            link = self._sent_twice(browser, place, digits, visit, copy)
            right = visits.keys_of(copy, link, now) is not None
        if self._is_reading(visit, now) and right:
            # sent twice, or from a second tab: this browser has it open
            return self._read(copy, link, now) or Denied.BUSY
        if visit is None or visit.code_mac is None or visit.code_until <= now:
            return Denied.EXPIRED
        if digits is None:
            return Denied.WRONG  # no code at all, so no try either
        mac = browser.code_mac(place, digits)
        tried = self._tried(browser, place, mac, visit.code_mac, copy if right else None, link, now)
        if isinstance(tried, Denied):
            return tried
        opened = self._read(copy, link, now)  # it may lie far away: no transaction waits for it
        if opened is None or link is None:
            # its file cannot be read. The code stays good for when it can
            return Denied.EXPIRED if tried is _Right.AGAIN else Denied.BUSY
        browser.read_from_now_on(place, digits, _server_half(copy))
        if tried is _Right.NOW and not self._begin_reading(browser, place, mac, link, opened, now):
            opened.content.close()
            return Denied.EXPIRED  # another code was asked for in this moment
        return opened

    def _tried(
        self,
        browser: Browser,
        place: str,
        mac: bytes,
        out: bytes,
        copy: Copy | None,
        link: Secret | None,
        now: float,
    ) -> _Right | Denied:
        """A try: the code of *mac* where that of *out* was sent. *copy* is what *link* opens, ``None`` where it is
        wrong."""
        # counted in the window of the message's last day, so for all its life; what is wrong anyway, for today
        ends = copy.expires_at if copy is not None else now
        life_of_it = limits.life_of(limits.by_link(place, link), ends if copy is not None else None)
        fits = hmac.compare_digest(mac, out)
        with transaction(self._engine) as connection:
            if visits.count_try(connection, browser, place, self._portal.code_tries, now):
                if not limits.count(connection, self._rules.failures, life_of_it, ends):
                    return Denied.TOO_MANY
                if not fits or copy is None:
                    return Denied.WRONG
                limits.take_back(connection, self._rules.failures, life_of_it, ends)
                visits.take_back_try(connection, browser, place)
                return _Right.NOW
            if not self._is_reading(visits.find_visit(connection, browser, place, now), now):
                return Denied.TOO_MANY
        return _Right.AGAIN if fits else Denied.WRONG

    def _sent_twice(
        self, browser: Browser, place: str, digits: str, visit: Visit | None, copy: Copy | None
    ) -> Secret | None:
        """The link of what this browser has open, when the first of two same forms opened it and what it was given for
        that has not come back yet: the second has the code."""
        with transaction(self._engine) as connection:
            if not visits.count_try_again(connection, browser, place, self._portal.code_tries):
                return None
        browser.read_from_now_on(place, digits, _server_half(copy))
        return visits.link_in(browser, place, visit)

    def _begin_reading(
        self, browser: Browser, place: str, mac: bytes, link: Secret, opened: Opened, now: float
    ) -> bool:
        """Use the code up; also true when the same form, sent twice, did so a moment ago."""
        until = now + self._portal.visit_minutes * 60
        try:
            with transaction(self._engine) as connection:
                if not visits.open_visit(connection, browser, place, mac, link, now, until):
                    return self._is_reading(visits.find_visit(connection, browser, place, now), now)
                life.mark_opened(connection, opened.recipient_id, now, actor=opened.recipient)
        except BaseException:
            opened.content.close()
            raise
        self._events.sealed_opened(opened.message_id, opened.recipient)
        return True

    def _is_reading(self, visit: Visit | None, now: float) -> bool:
        return visits.is_reading(visit, now, self.longest)

    def _read(self, copy: Copy | None, link: Secret | None, now: float) -> Opened | None:
        """As :meth:`_opened`, where nobody reads yet who could be told of the file. The log is."""
        try:
            return self._opened(copy, link, now)
        except StorageAway as error:
            self._events.failed("opening a sealed file", error)
            return None

    def _opened(self, copy: Copy | None, link: Secret | None, now: float) -> Opened | None:
        """Read the key anew, so that what was revoked a moment ago stays closed. Raises
        :class:`~segl.sealed.storage.StorageAway`."""
        keys = visits.keys_of(copy, link, now)
        if copy is None or keys is None:
            return None
        try:
            file = self._directory.open(copy.message_id)
            content = SealedContent(file, keys.content, copy.message_id, copy.size)
        except (OSError, NotOpened) as error:
            cause = error.strerror if isinstance(error, OSError) else error.private
            raise StorageAway(f"sealed {copy.message_id}: {cause}") from None
        return Opened(
            recipient_id=copy.recipient_id,
            message_id=copy.message_id,
            sender=copy.sender,
            recipient=copy.recipient,
            created_at=copy.created_at,
            expires_at=copy.expires_at,
            size=copy.size,
            content=content,
            answers=keys.answers,
        )


def _server_half(copy: Copy | None) -> bytes:
    return (copy.server_secret if copy is not None else None) or b""
