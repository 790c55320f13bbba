"""Receives canaries: the agents behind the transport ``segl-canary`` of either Postfix instance, and delivery reports.

Each instance has its own socket, so the way that a canary took is known by where it arrives, not by its content.
At the sinks behind the ways it arrives in the form that the way gave it (:mod:`segl_delivery.canary_ways`). All other
mail is rejected: nobody reads mail at that address.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy.engine import Engine

from segl.canary import records
from segl.canary.standing import CanaryResult, CanaryStanding, HostLook
from segl.canary.token import id_in, id_of
from segl.daemons.looping import every
from segl.errors import DeliveryError, SmtpReply
from segl.events import Events
from segl.headers import ROUTE
from segl.mail.fields import read_header
from segl.metrics import (
    CANARY_LEAKS,
    CANARY_LOOKED,
    CANARY_MILTER_MISSING,
    CANARY_OVERDUE,
    CANARY_RESULTS,
    CANARY_SECONDS,
)
from segl.receipts.key import ReceiptKey
from segl.receipts.states import News, Stage, State
from segl.sealed.belonging import storage_of
from segl.sealed.life import revoke
from segl.settings.canary import OWN, is_own_sink, name_of_way, way_of_sink
from segl.settings.document import Settings
from segl.store.engine import transaction
from segl.vocabulary import CanaryOutcome, Decision, Mode, Way
from segl_delivery.agent import Delivery
from segl_delivery.canary_ways import WaySinks
from segl_delivery.incoming import Incoming
from segl_delivery.receipts.report import Report

LOOK_SECONDS = 20.0
_TAKEN = SmtpReply(250, "2.0.0", "canary taken")
_NOBODY = SmtpReply(550, "5.1.1", "nobody reads mail at this address")


@dataclass(frozen=True, slots=True)
class CanaryAgent:
    """See :class:`segl_delivery.agent.Agent`."""

    came: CanaryOutcome
    key: ReceiptKey | None
    engine: Engine
    events: Events
    ways: WaySinks | None = None  # what the ways made of canaries comes back by the front

    @property
    def way(self) -> Incoming:
        return Incoming.CANARY_CLEAR if self.came is CanaryOutcome.CLEAR else Incoming.CANARY

    async def deliver(self, delivery: Delivery) -> dict[str, SmtpReply]:
        if self.key is None:
            raise DeliveryError("canaries cannot be told without the key of receipts")
        at = time.time()
        replies = {}
        for recipient in delivery.recipients:
            arrived = await asyncio.to_thread(self._arrived, delivery.content, recipient, at)
            replies[recipient] = _TAKEN if arrived else _NOBODY
        return replies

    def _arrived(self, content: bytes, recipient: str, at: float) -> bool:
        """Whether it is a canary; it is then written down."""
        way = way_of_sink(recipient)
        if way is not None:
            return self._behind(way, content, recipient, at)
        assert self.key is not None  # noqa: S101 - deliver has looked
        ident = id_of(self.key, content, recipient) if is_own_sink(recipient) else ""
        if ident:
            read = was_read(content)
            with transaction(self.engine) as connection:
                new = records.seen(connection, ident, self.came, at, read=read)
            if new:
                self.events.canary_arrived(ident, OWN, self.came, read=read)
        return bool(ident)

    def _behind(self, way: Way, content: bytes, recipient: str, at: float) -> bool:
        seen = self.ways.seen(way, content, recipient) if self.ways is not None else None
        if seen is None:
            return False
        with transaction(self.engine) as connection:
            new = records.seen(
                connection, seen.id, seen.came, at, read=None, way=way.value, detail=seen.detail
            )
        if new:
            self.events.canary_arrived(seen.id, name_of_way(way), seen.came, read=None)
        return True


def was_read(content: bytes) -> bool:
    """Whether the milter's word stands on the message. (What a sender writes there it takes off.)"""
    fields, _ = read_header(content)
    return any(
        field.name == ROUTE.lower() and field.value == Decision.SECURE.value.encode() for field in fields
    )


@dataclass(frozen=True, slots=True)
class CanaryReports:
    """What delivery reports tell of canaries, those to sinks outside above all."""

    settings: Settings
    key: ReceiptKey | None
    engine: Engine
    events: Events

    def take(self, report: Report, news: News | None) -> bool:
        """Whether *report* is about a canary; it is then written down. *news* is what it says. Blocking. Raises
        :class:`~segl.errors.StoreError`."""
        ident, recipient = self._named(report)
        if not ident:
            return False
        own = is_own_sink(recipient) and way_of_sink(recipient) is None
        came = None if news is None else _came(news.stage, news.state, own=own)
        if news is None or came is None:
            return True
        now, way = time.time(), news.way.value if news.way else ""
        with transaction(self.engine) as connection:
            given = records.envelope_id(connection, ident)
            read = given is not None and given != report.envelope_id
            if came is CanaryOutcome.SECURE and way_of_sink(recipient) is not None:
                records.read_by_milter(connection, ident, read)
                return True  # that it went as it must is for the sink to say
            new = records.seen(connection, ident, came, now, read=read, way=way, detail=news.detail)
        if new:
            self.events.canary_arrived(ident, recipient, came, read=read)
        if news.sealed_id:  # nobody will open it, and nobody need be told so
            revoke(
                self.engine,
                storage_of(self.settings.portal, self.engine),
                news.sealed_id,
                now,
                actor="segl canary",
            )
        return True

    def _named(self, report: Report) -> tuple[str, str]:
        if self.key is None or not report.message_id or len(report.results) != 1:
            return "", ""
        result = report.results[0]
        for address in (result.original, result.recipient):
            if address and self.settings.canary.knows(address):
                return id_in(self.key, report.message_id, address), address
        return "", ""


def _came(stage: Stage, state: State, *, own: bool) -> CanaryOutcome | None:
    """What a report says of how a canary fared; ``None`` for nothing."""
    if state is State.FAILED:
        return CanaryOutcome.FAILED
    if state not in (State.SENT, State.SEALED):
        return None
    if stage is Stage.FRONT:
        return CanaryOutcome.CLEAR
    return None if own else CanaryOutcome.SECURE  # the own sink tells by itself, and what the milter wrote


class CanaryWatch:
    """Shows how canaries fare as metrics, and tells the log once of each alarm."""

    def __init__(self, settings: Callable[[], Settings], engine: Engine, events: Events) -> None:
        self._settings = settings
        self._engine = engine
        self._events = events
        self._since = time.time()
        self._told: dict[tuple[str, str], CanaryResult] = {}
        self._leaks: dict[str, str] = {}

    async def run(self) -> None:
        await every(LOOK_SECONDS, "canaries", lambda: asyncio.to_thread(self.look, time.time()), self._events)

    def look(self, now: float) -> None:
        """Blocking. Raises :class:`~segl.errors.StoreError`."""
        settings = self._settings()
        standings: list[CanaryStanding] = []
        looks: dict[str, HostLook] = {}
        if settings.canary.on and settings.detection.mode is not Mode.SHADOW:
            standings = records.standings(self._engine, settings.canary, now, self._since)
            with transaction(self._engine) as connection:
                looks = records.looks(connection, now - records.LOOK_KEPT)
        # Only now: while the store does not answer the old numbers stand, and this one grows old.
        for gauge in (CANARY_RESULTS, CANARY_OVERDUE, CANARY_SECONDS):
            gauge.clear()
        for standing in standings:
            self._show(standing)
        self._show_looks(looks)
        CANARY_LOOKED.set(now)

    def _show_looks(self, looks: Mapping[str, HostLook]) -> None:
        """A host whose settings leak is told of in the log once for each thing found."""
        milter = sum(look.milter is not None for look in looks.values())
        leaks = {host: look.leaks for host, look in looks.items() if look.leaks is not None}
        CANARY_MILTER_MISSING.set(milter if looks else float("nan"))
        CANARY_LEAKS.set(len(leaks) if looks else float("nan"))
        for host, found in leaks.items():
            if self._leaks.get(host) != found:
                self._events.canary_leak(host, found)
        self._leaks = leaks

    def _show(self, standing: CanaryStanding) -> None:
        sink, host, result, last = standing.sink, standing.host, standing.result, standing.last
        for each in CanaryResult:
            CANARY_RESULTS.labels(sink, host, each.value).set(standing.counts.get(each, 0))
        CANARY_OVERDUE.labels(sink, host).set(standing.overdue)
        if last is not None and last.seconds is not None:
            CANARY_SECONDS.labels(sink, host).set(last.seconds)
        if result.alarms and self._told.get((sink, host)) is not result and last is not None:
            self._events.canary_alarm(sink, host, result.value, last.detail or last.refused or "")
        self._told[sink, host] = result
