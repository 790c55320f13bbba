"""``segl-map``: the process that tells Postfix each recipient's way and each next hop's TLS policy.

SIGTERM and SIGINT: no new questions, those in hand are answered. SIGHUP: the settings are read again; the
socket, store, log and metrics stay as they are until a restart. Settings that cannot be used stop a start
(exit 78) and leave a running process as it is. While it is down Postfix defers; no mail takes another way.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.engine import Engine

from segl import metrics
from segl.canary.way_key import WayKey
from segl.certificates.records import CertificateRecords
from segl.clock import Clock
from segl.daemons import notify
from segl.daemons.accepting import tell_of_refused
from segl.daemons.ending import ENDING_SECONDS, end_within
from segl.daemons.listening import UnixListener, listen_unix
from segl.daemons.looping import HOUR_SECONDS, every
from segl.daemons.reloading import one_after_the_other, reloading
from segl.daemons.starting import Options
from segl.days import DAY_SECONDS
from segl.errors import START_REFUSED, SeglError
from segl.events import Events, configure_log
from segl.nodes import is_believed
from segl.settings.canary import is_own_sink
from segl.settings.document import Settings
from segl.settings.file import checked_settings
from segl.settings.trail import note_quietly
from segl.signer_standings import SignerStandings
from segl.store.engine import open_store
from segl.store.told import tell_of_locks
from segl_routing.announced import Announcements
from segl_routing.certificates.build import revocation_checks
from segl_routing.certificates.service import CertificateService, Search
from segl_routing.certificates.signers import SignerQuestions
from segl_routing.checked import start_faults
from segl_routing.command import options
from segl_routing.fallback.delivery_watch import DeliveryWatch
from segl_routing.fallback.marking import Fallback
from segl_routing.fallback.marks import StoreMarks
from segl_routing.fallback.queue_watch import QueueWatch
from segl_routing.fallback.retries import Retries, retries_of
from segl_routing.given import GivenProofs
from segl_routing.map_replies import MapReplies
from segl_routing.own_postfix import OwnPostfix, again, follow, own_postfix
from segl_routing.proofs.archive import StoreArchive
from segl_routing.proofs.checking import CheckedWith, greeting, live_check
from segl_routing.proofs.knowledge import Knowledge
from segl_routing.proofs.live import LiveCheck
from segl_routing.proofs.sts_archive import StoreStsArchive
from segl_routing.routes import RouteTable
from segl_routing.socketmap import SocketmapServer
from segl_routing.tunnel_list.gauges import watch
from segl_routing.tunnels import Tunnels

FORGOTTEN_SECONDS: Final = 30 * DAY_SECONDS  # what was found out so long ago helps nobody


def main(arguments: Sequence[str] | None = None) -> int:
    """As :func:`segl_routing.command.main`, where all is loaded already."""
    return serve(options(arguments))


def serve(options: Options) -> int:
    """Run until told to stop; the exit code."""
    configure_log()
    with ExitStack() as opened:
        try:
            if options.check_only:
                checked_settings(options.settings, start_faults)
                return 0
            daemon, sockets = _opened(options.settings, opened)
        except SeglError as error:
            Events("segl-map").start_refused(error)
            return START_REFUSED
        asyncio.run(daemon.run(sockets))
    return 0


@dataclass(frozen=True, slots=True)
class _Sockets:
    """The sockets: Postfix asks on one, the milter announces on the other."""

    questions: UnixListener
    announcements: UnixListener


def _opened(file: Path, opened: ExitStack) -> tuple[_Daemon, _Sockets]:
    """All that can fail before there is anything to serve; *opened* closes it again. Raises :class:`SeglError`."""
    settings = checked_settings(file, start_faults)
    configure_log(settings.log.format, settings.log.level)
    events = Events("segl-map")
    engine = open_store(settings.store.url)
    opened.callback(engine.dispose)
    tell_of_locks(engine, events)
    archive = StoreArchive(engine, events)
    opened.callback(archive.close)
    policies = StoreStsArchive(engine, events)
    opened.callback(policies.close)
    marks = StoreMarks(engine, events)
    opened.callback(marks.close)
    given = GivenProofs(engine, settings.store.node_name, events)
    opened.callback(given.close)
    own = own_postfix(settings)
    checked_with = CheckedWith.of(settings)
    check = live_check(settings, checked_with, events, file, policies, own)
    certificates = CertificateService(settings, CertificateRecords(engine), events, file)
    mode = int(settings.routing.socket_mode, 8)
    questions = opened.enter_context(closing(listen_unix(settings.routing.socket, mode)))
    announcements = opened.enter_context(
        closing(listen_unix(settings.routing.announced_at, mode, socket.SOCK_DGRAM))
    )
    metrics.serve(settings.metrics.host, settings.metrics.map_port, "segl-map")
    way_key = WayKey.of_house(engine).pin
    kept = _Kept(archive, policies, marks, given, SignerStandings(engine), engine, way_key)
    daemon = _Daemon(file, settings, own, checked_with, check, kept, certificates, events)
    return daemon, _Sockets(questions, announcements)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What outlives a restart, table by table."""

    archive: StoreArchive
    policies: StoreStsArchive
    marks: StoreMarks
    given: GivenProofs
    signers: SignerStandings
    engine: Engine
    canary_pin: str


@dataclass(frozen=True, slots=True)
class _Prepared:
    """New settings with all that is made of them before they come into force."""

    settings: Settings
    own: OwnPostfix
    checked_with: CheckedWith
    check: LiveCheck
    search: Search
    retries: Retries


class _Daemon:
    """The running process."""

    def __init__(
        self,
        file: Path,
        settings: Settings,
        own: OwnPostfix,
        checked_with: CheckedWith,
        check: LiveCheck,
        kept: _Kept,
        certificates: CertificateService,
        events: Events,
    ) -> None:
        self._file = file
        self._certificates = certificates
        self._settings = settings
        self._events = events
        self._check = check
        self._checked_with = checked_with
        self._kept = kept
        self._clock = Clock()
        self._knowledge = Knowledge(check, kept.archive, settings.routing, events, checked_with.digest)
        self._fallback = Fallback(settings.routing, kept.marks.load(), retries_of(settings.postfix.secure))
        self._postfix = own
        self._told_to_reload = asyncio.Event()
        self._reloaded = asyncio.Event()  # its Postfix was asked by a reload
        self._table = RouteTable(settings, kept.canary_pin, self._postfix.here)
        self._replies = self._map_replies(settings)
        self._server = SocketmapServer(self._replies, events)
        self._watched = watch(settings)

    async def run(self, sockets: _Sockets) -> None:
        """Serve until SIGTERM."""
        loop = asyncio.get_running_loop()
        tell_of_refused(loop, self._events)
        stop: asyncio.Future[str] = loop.create_future()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, _resolve, stop, number.name)
        loop.add_signal_handler(signal.SIGHUP, self._told_to_reload.set)
        await self._server.start(sockets.questions.sock)
        announcements = Announcements(sockets.announcements.sock, self._expect)
        announcements.start()
        deliveries = DeliveryWatch(
            QueueWatch(self._settings.postfix.secure),
            self._fallback,
            self._knowledge,
            self._kept.marks,
            self._events,
            lambda domain: self._table.proven_at(domain, self._knowledge.last),
            lambda address, least: self._replies.goes_by_tls(address, least),
        )
        signers = SignerQuestions(
            self._kept.signers,
            revocation_checks(self._settings, CertificateRecords(self._kept.engine)).standing,
            self._events,
            lambda: self._settings.inbound.on,
        )
        names = follow(
            lambda: self._settings, lambda: self._postfix, self._answer_for, self._events, self._reloaded
        )
        own = (
            every(HOUR_SECONDS, "housekeeping", self._keep_house, self._events),
            every(HOUR_SECONDS, "policies", self._keep_fresh, self._events),
            one_after_the_other(self._told_to_reload, self._reload),
            names,
            notify.feed_watchdog(),
        )
        work = (*own, deliveries.run(), signers.run(), self._kept.given.run())
        helpers = [asyncio.create_task(each) for each in work]
        self._note_settings()
        self._events.ready(socket=str(sockets.questions.path))
        notify.ready()
        why = await stop
        notify.stopping()
        self._events.stopping(why)
        for helper in helpers:
            helper.cancel()
        announcements.stop()
        await self._server.stop(self._settings.routing.answer_seconds)
        end_within(ENDING_SECONDS, (sockets.questions, sockets.announcements), self._events)
        await self._knowledge.stop()
        await self._certificates.stop()

    def _expect(self, address: str, domain: str) -> None:
        if not self._settings.is_own(domain) and not is_own_sink(address):
            self._knowledge.expect(domain)
            if self._replies.awaits_certificate(address):
                self._certificates.expect(address)

    def _note_settings(self) -> None:
        loop, kept = asyncio.get_running_loop(), self._kept
        loop.run_in_executor(
            None, note_quietly, kept.engine, self._settings, self._file, self._events, "segl-map"
        )

    async def _keep_house(self) -> None:
        now, here = time.time(), self._settings.store.node_name
        if not await asyncio.to_thread(is_believed, self._kept.engine, here, self._clock, now):
            return  # else a clock that is ahead forgets what was revoked, and nobody may say it again
        before = now - FORGOTTEN_SECONDS
        self._kept.archive.prune(before)
        self._certificates.prune(before)
        await asyncio.to_thread(self._kept.signers.prune, before)

    async def _keep_fresh(self) -> None:
        await self._check.renew()

    def _answer_for(self, postfix: OwnPostfix) -> None:
        """Answer by the settings as they are now, to *postfix*."""
        self._postfix = postfix
        self._check.greet(greeting(self._settings, postfix))
        self._table = RouteTable(self._settings, self._kept.canary_pin, postfix.here)
        self._replies = self._map_replies(self._settings)
        self._server.answer = self._replies

    def _map_replies(self, settings: Settings) -> MapReplies:
        return MapReplies(
            self._table,
            Tunnels(settings, self._events.certificate_refused, self._events.tunnel_list_unreadable),
            self._knowledge,
            self._events,
            answer_seconds=settings.routing.answer_seconds,
            fallback=self._fallback,
            certificates=self._certificates.knowledge,
            given=self._kept.given.note,
            knows_sts=self._postfix.knows_sts,
        )

    async def _reload(self) -> None:
        with reloading(self._events):
            self._take(await asyncio.to_thread(self._prepared))

    def _prepared(self) -> _Prepared:
        """All that new settings bring, of which anything may fail. Blocking: Postfix's programs alone may take half a
        minute each, and longer than the watchdog bears together."""
        settings = checked_settings(self._file, start_faults)
        same = settings.postfix.front == self._settings.postfix.front
        own = again(settings, self._postfix if same else OwnPostfix(), self._events)
        checked_with = CheckedWith.of(settings)
        check = live_check(settings, checked_with, self._events, self._file, self._kept.policies, own)
        retries = retries_of(settings.postfix.secure)
        return _Prepared(settings, own, checked_with, check, self._certificates.prepared(settings), retries)

    def _take(self, new: _Prepared) -> None:
        """All of it comes into force at once."""
        settings, forget = new.settings, new.checked_with != self._checked_with
        self._knowledge.change(new.check, settings.routing, new.checked_with.digest)
        self._certificates.change(new.search)
        self._check = new.check
        self._checked_with = new.checked_with
        self._settings = settings
        self._fallback.routing = settings.routing
        self._fallback.retries = new.retries
        self._answer_for(new.own)
        self._reloaded.set()
        self._watched = watch(settings, self._watched)
        self._note_settings()
        self._events.reloaded(pins=len(settings.domain), forgot=forget)


def _resolve(future: asyncio.Future[str], value: str) -> None:
    if not future.done():
        future.set_result(value)


if __name__ == "__main__":
    sys.exit(main())
