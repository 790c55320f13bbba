"""``segl-deliver``: the process behind the transports ``segl-tunnel``, ``segl-certificate``, ``segl-portal``,
``segl-open``, ``segl-receipt`` and ``segl-canary``.

SIGTERM and SIGINT: no new mail, deliveries in hand finish (``delivery.drain_seconds``). SIGHUP: the
settings are read again; sockets, size limits, store, log and metrics stay as they are until a restart. A
settings file that cannot be used stops a start (exit 2) and leaves a running process as it is.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.engine import Engine

from segl import metrics, notify
from segl.canary.standing import Came
from segl.canary.way_key import WayKey
from segl.certificate_ends import first_end, partners_files
from segl.certificate_records import CertificateRecords
from segl.clock import Clock
from segl.errors import SeglError
from segl.events import Events, configure_log
from segl.listening import UnixListener, listen_unix
from segl.mail.own_mail import OwnMail
from segl.mail.return_port import ReturnPort
from segl.places import DEFAULT_FILE
from segl.sealed.belonging import storage_of
from segl.seen_capabilities import SeenCapabilities
from segl.settings import Settings
from segl.store import open_store
from segl.vocabulary import Way
from segl.wishes import read_numbers
from segl_delivery.agent import Agent, Incoming
from segl_delivery.budget import ByteBudget
from segl_delivery.canary import CanaryAgent, CanaryReports, CanaryWatch
from segl_delivery.canary_ways import WaySinks, WithCanary
from segl_delivery.certificate import CertificateAgent, RecipientCertificates
from segl_delivery.certificates import CertificateDirectory
from segl_delivery.checked import checked_settings, sockets_of
from segl_delivery.decisions import DecisionBook, listening_for_decisions
from segl_delivery.heap import give_large_pieces_back
from segl_delivery.held import HeldWatch
from segl_delivery.housekeeping import announce, is_believed, keep_house
from segl_delivery.inbound.agent import OpeningAgent
from segl_delivery.inbound.build import opening_agent
from segl_delivery.keyring import KeyRing
from segl_delivery.lmtp import Service
from segl_delivery.outbound import Outbound, said_in_mail
from segl_delivery.own_keys.signing import Signing
from segl_delivery.own_keys.watch import KeyWatch
from segl_delivery.portal import PortalAgent
from segl_delivery.receipts.agent import ReceiptAgent
from segl_delivery.receipts.build import forget_old, receipt_key
from segl_delivery.receipts.calendar import Calendar
from segl_delivery.receipts.desk import Desk
from segl_delivery.receipts.follow import Follower
from segl_delivery.receipts.ledger import Ledger
from segl_delivery.receipts.office import Office
from segl_delivery.sealed_news import SealedNews
from segl_delivery.sealing import Sealer, try_storage
from segl_delivery.server import LmtpServer
from segl_delivery.settings_watch import SettingsWatch
from segl_delivery.storage_threads import StorageThreads
from segl_delivery.tunnel import TunnelAgent

THREADS: Final = 32
HOUSEKEEPING_SECONDS: Final = 3600.0
THREAD_SECONDS: Final = 2.0
STORAGE_SECONDS: Final = 10.0  # so long the place of sealed messages may take to answer at a reload
NEWS_SECONDS: Final = 120.0
EXIT_REFUSED: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop; the exit code."""
    parser = argparse.ArgumentParser(
        prog="segl-deliver", description="Encrypts and seals messages for Postfix."
    )
    parser.add_argument(
        "--settings", type=Path, default=DEFAULT_FILE, help="settings file (default: %(default)s)"
    )
    parser.add_argument("--check-only", action="store_true", help="check settings and directories, then end")
    options = parser.parse_args(arguments)
    configure_log()
    events = Events("segl-deliver")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold messages and secrets
    give_large_pieces_back()
    try:
        settings = checked_settings(options.settings)
        configure_log(settings.log.format, settings.log.level)
        events = Events("segl-deliver")
        with _store_of(settings) as engine:
            try_storage(settings, engine, None if options.check_only else events)
            if options.check_only:
                return 0
            with _listening(settings) as listeners, listening_for_decisions(settings) as decisions:
                _serve_metrics(settings)
                asyncio.run(_Daemon(options.settings, settings, engine, events).run(listeners, decisions))
    except SeglError as error:
        events.start_refused(error)
        return EXIT_REFUSED
    return 0


@contextmanager
def _store_of(settings: Settings) -> Iterator[Engine]:
    engine = open_store(settings.store.url)
    try:
        yield engine
    finally:
        engine.dispose()


def _serve_metrics(settings: Settings) -> None:
    host, port = settings.metrics.host, settings.metrics.deliver_port
    try:
        metrics.serve(host, port, "segl-deliver")
    except OSError as error:
        raise SeglError(
            "the metrics port cannot be had", f"metrics.deliver_port {host}:{port}: {error.strerror}"
        ) from None


@dataclass(frozen=True, slots=True)
class Agents:
    """The agents of one set of settings; a reload puts new ones in their place."""

    tunnel: TunnelAgent
    certificate: CertificateAgent
    portal: PortalAgent
    keys: KeyRing
    opening: OpeningAgent
    news: SealedNews
    receipt: ReceiptAgent
    canary: CanaryAgent
    canary_clear: CanaryAgent
    office: Office

    def of_way(self, way: Way | Incoming) -> Agent:
        match way:
            case Way.TUNNEL:
                return self.tunnel
            case Way.CERTIFICATE:
                return self.certificate
            case Way.INTERNAL:
                return self.opening
            case Incoming.REPORT:
                return self.receipt
            case Incoming.CANARY:
                return self.canary
            case Incoming.CANARY_CLEAR:
                return self.canary_clear
            case _:
                return self.portal

    @classmethod
    def of(
        cls, settings: Settings, engine: Engine, events: Events, ledger: Ledger, storage: StorageThreads
    ) -> Agents:
        keys = key_ring(settings, events)
        signing = Signing(keys, settings)
        outbound = Outbound(settings, signing.signer_for, said_in_mail(settings, engine, events))
        way_key = WayKey.of_house(engine)
        key, reinject = receipt_key(settings, events), settings.delivery
        onward = key.onward_id if key is not None else None
        return_port = ReturnPort.at(reinject.reinject, reinject.reinject_seconds, onward)
        own_mail = OwnMail.of(settings, return_port, events.own_port_missing)
        entrance = ReturnPort.at(settings.postfix.secure_port, settings.delivery.reinject_seconds)
        return cls(
            tunnel=TunnelAgent(
                certificates=WithCanary(CertificateDirectory(settings, events), way_key),
                return_port=return_port,
                events=events,
                outbound=outbound,
            ),
            certificate=CertificateAgent(
                certificates=WithCanary(
                    RecipientCertificates(CertificateRecords(engine), settings.certificates), way_key
                ),
                return_port=return_port,
                events=events,
                outbound=outbound,
            ),
            portal=PortalAgent(sealer_of(settings, engine, events), return_port, events, storage),
            news=SealedNews(settings, engine, own_mail, events),
            keys=keys,
            opening=opening_agent(settings, engine, events, keys, return_port),
            receipt=ReceiptAgent(
                settings,
                key,
                ledger,
                OwnMail.of(settings, entrance, events.own_port_missing, lambda _: True),
                return_port,
                events,
                CanaryReports(settings, key, engine, events),
            ),
            canary=CanaryAgent(Came.SECURE, key, engine, events),
            canary_clear=CanaryAgent(
                Came.CLEAR,
                key,
                engine,
                events,
                WaySinks(settings, key, way_key, engine) if key is not None else None,
            ),
            office=Office.of(settings, own_mail, signing.signer_for, events.template_unfit),
        )


def sealer_of(settings: Settings, engine: Engine, events: Events) -> Sealer:
    sms = settings.portal.sms
    numbers = read_numbers(sms.numbers, sms.country) if sms.numbers is not None else {}
    return Sealer(engine, storage_of(settings.portal, engine), settings, events, numbers)


def key_ring(settings: Settings, events: Events) -> KeyRing:
    return KeyRing(settings.delivery.keys, settings.delivery.keys_passphrase, events.own_key_refused)


@contextmanager
def _listening(settings: Settings) -> Iterator[dict[Way | Incoming, UnixListener]]:
    """All sockets, or none. Raises :class:`SeglError`."""
    mode = int(settings.delivery.socket_mode, 8)
    with ExitStack() as stack:
        listeners: dict[Way | Incoming, UnixListener] = {}
        for way, path in sockets_of(settings).items():
            listeners[way] = listen_unix(path, mode)
            stack.callback(listeners[way].close)
        yield listeners


class _Daemon:
    """The running process."""

    def __init__(self, file: Path, settings: Settings, engine: Engine, events: Events) -> None:
        self._file = file
        self._settings = settings
        self._engine = engine
        self._events = events
        self._ledger = Ledger(engine, lambda: self._settings)
        self._storage = StorageThreads()
        self._agents = Agents.of(settings, engine, events, self._ledger, self._storage)
        self._follower = Follower(engine, lambda: self._settings, events)
        self._desk = Desk(
            engine,
            lambda: self._agents.office,
            events,
            self._ledger.written,
            lambda: self._follower.may_tell,
            lambda: self._follower.read_until,
        )
        self._watch = KeyWatch(self._agents.keys, events)
        self._clock = Clock()
        self._reloads = asyncio.Lock()
        self._reloading: asyncio.Task[None] | None = None
        self._decisions = DecisionBook(engine, events, lambda: self._settings.decisions.keep_days)

    async def run(self, listeners: dict[Way | Incoming, UnixListener], decisions: UnixListener) -> None:
        """Serve until SIGTERM."""
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="deliver"))
        stop: asyncio.Future[str] = loop.create_future()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, _resolve, stop, number.name)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        # Of its own, as its threads are: where the place of sealed messages hangs, what waits there keeps its bytes.
        sealing, others = (ByteBudget(self._settings.delivery.bytes_in_flight) for _ in range(2))
        servers = [
            LmtpServer(self._service(way, sealing if way is Way.PORTAL else others), listener)
            for way, listener in listeners.items()
        ]
        for server in servers:
            await server.start()
        self._decisions.start(decisions.sock)
        helpers = [
            asyncio.create_task(each)
            for each in (
                self._hourly("housekeeping", lambda: self._storage.run(self._sweep)),
                self._hourly("own keys", lambda: asyncio.to_thread(self._watch.look)),
                self._tell_news(),
                notify.feed_watchdog(),
                self._desk.run(),
                self._follower.run(),
                self._decisions.run(),
                CanaryWatch(lambda: self._settings, self._engine, self._events).run(),
                HeldWatch(self._engine, self._events).run(),
                SettingsWatch(lambda: self._settings, self._file, self._engine, self._events).run(),
                Calendar(self._engine, lambda: self._agents.office, self._events).run(),
            )
        ]
        self._events.ready(sockets=[str(listener.path) for listener in listeners.values()])
        notify.ready()
        why = await stop
        notify.stopping()
        self._events.stopping(why)
        for helper in helpers:
            helper.cancel()
        drain = self._settings.delivery.drain_seconds
        held_up = any(await asyncio.gather(*(server.stop(drain) for server in servers)))
        self._decisions.stop()
        if not self._storage.end(THREAD_SECONDS) or held_up:
            for listener in (*listeners.values(), decisions):
                listener.close()
            sys.stderr.flush()
            os._exit(
                0
            )  # a thread still waits for the return port, or for storage; it would hold the process up

    def _service(self, way: Way | Incoming, budget: ByteBudget) -> Service:
        def agent() -> Agent:
            return self._agents.of_way(way)

        limit = self._settings.delivery.message_bytes
        return Service(agent, budget, self._events, limit)

    def _reload(self) -> None:
        notify.reloading()
        self._reloading = asyncio.create_task(self._take_settings())

    async def _take_settings(self) -> None:
        async with self._reloads:
            try:
                settings = checked_settings(self._file)
                await self._storage.within(STORAGE_SECONDS, try_storage, settings, self._engine, self._events)
            except SeglError as error:
                self._events.reload_refused(error)
                metrics.RELOADS.labels("refused").inc()
            else:
                self._settings = settings
                self._agents = Agents.of(settings, self._engine, self._events, self._ledger, self._storage)
                self._watch = KeyWatch(self._agents.keys, self._events)
                self._events.reloaded()
                metrics.RELOADS.labels("ok").inc()
                asyncio.get_running_loop().run_in_executor(None, self._announce)
            notify.ready()

    async def _hourly(self, where: str, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except Exception as error:
                self._events.failed(where, error)
            await asyncio.sleep(HOUSEKEEPING_SECONDS)

    def _announce(self) -> None:
        """Other nodes see what changed here."""
        try:
            announce(self._settings, self._engine, self._events, self._clock, time.time())
        except SeglError as error:
            self._events.failed("nodes", error)

    def _sweep(self) -> None:
        now = time.time()
        if not is_believed(self._engine, self._events, self._clock, now):
            return
        SeenCapabilities(self._engine).prune(now)
        forget_old(self._engine, self._settings, now)
        self._decisions.forget(now)
        partners = partners_files(self._settings.delivery.certificates)
        metrics.CERTIFICATE_END.labels("tunnel").set(first_end(partners))
        keep_house(self._settings, self._engine, self._events, now)

    async def _tell_news(self) -> None:
        """Senders hear of what became of their sealed messages."""
        while True:
            try:
                await asyncio.to_thread(self._agents.news.tell, time.time())
            except Exception as error:
                self._events.failed("news of sealed messages", error)
            await asyncio.sleep(NEWS_SECONDS)


def _resolve(future: asyncio.Future[str], value: str) -> None:
    if not future.done():
        future.set_result(value)


if __name__ == "__main__":
    sys.exit(main())
