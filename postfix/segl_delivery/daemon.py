"""``segl-deliver``: the process behind the transports ``segl-tunnel``, ``segl-certificate``, ``segl-portal``,
``segl-open``, ``segl-receipt`` and ``segl-canary``.

SIGTERM and SIGINT: no new mail, deliveries in hand finish (``delivery.drain_seconds``). SIGHUP: the
settings are read again; sockets, size limits, store, log and metrics stay as they are until a restart. A
settings file that cannot be used stops a start (exit 78) and leaves a running process as it is.
"""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy.engine import Engine

from segl import metrics, nodes
from segl.certificates.ends import first_end_of_authorities, first_end_of_partners
from segl.certificates.records import CertificateRecords
from segl.clock import Clock
from segl.daemons import notify
from segl.daemons.accepting import tell_of_refused
from segl.daemons.ending import ENDING_SECONDS, end_within
from segl.daemons.listening import UnixListener, listen_unix
from segl.daemons.looping import HOUR_SECONDS, every
from segl.daemons.reloading import one_after_the_other, reloading
from segl.daemons.starting import Options
from segl.errors import START_REFUSED, SeglError, StoreError
from segl.events import Events, configure_log
from segl.house_time import keep_house_time
from segl.metric_labels import CertificateEnd
from segl.seen_capabilities import SeenCapabilities
from segl.settings.document import Settings
from segl.settings.file import checked_settings
from segl.store.engine import open_store
from segl.store.status import missing_file
from segl.store.told import tell_of_locks
from segl.vocabulary import Way
from segl_delivery.agent import Agent
from segl_delivery.agents import Agents
from segl_delivery.canary import CanaryWatch
from segl_delivery.checked import sockets_of, start_faults
from segl_delivery.command import options
from segl_delivery.decisions import DecisionWriter, listening_for_decisions
from segl_delivery.heap import give_large_pieces_back
from segl_delivery.held import HeldWatch
from segl_delivery.housekeeping import Left, Round, announce, is_believed, keep_house, knows_all
from segl_delivery.incoming import Incoming
from segl_delivery.lmtp.budget import ByteBudget
from segl_delivery.lmtp.in_hand import FOLDER, InHand
from segl_delivery.lmtp.server import LmtpServer
from segl_delivery.lmtp.session import Service
from segl_delivery.own_keys.watch import KeyWatch
from segl_delivery.receipts.build import forget_old
from segl_delivery.receipts.dispatch import ReceiptDispatcher
from segl_delivery.receipts.follow import Follower
from segl_delivery.receipts.report_writer import ReportWriter
from segl_delivery.receipts.schedule import ReceiptSchedule
from segl_delivery.sealing.news import Owed
from segl_delivery.sealing.seal import try_storage
from segl_delivery.sealing.storage_threads import StorageThreads
from segl_delivery.settings_watch import SettingsWatch
from segl_routing.certificates.recipient_ends import first_end_of_recipients

THREADS: Final = 32
THREAD_SECONDS: Final = 2.0
STORAGE_SECONDS: Final = 10.0  # so long the place of sealed messages may take to answer at a reload
STEP_SECONDS: Final = 10.0  # so long one step of housekeeping may take at a reload
NEWS_SECONDS: Final = 120.0


def main(arguments: Sequence[str] | None = None) -> int:
    """As :func:`segl_delivery.command.main`, where all is loaded already."""
    return serve(options(arguments))


def serve(options: Options) -> int:
    """Run until told to stop; the exit code."""
    configure_log()
    keep_house_time()
    events = Events("segl-deliver")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold messages and secrets
    give_large_pieces_back()
    try:
        settings = checked_settings(options.settings, start_faults)
        configure_log(settings.log.format, settings.log.level)
        events = Events("segl-deliver")
        if options.check_only and (store := missing_file(settings.store.url)):
            _may_be_made(store)
            return 0
        with _store_of(settings) as engine:
            tell_of_locks(engine, events)
            try_storage(settings, engine, None if options.check_only else events)
            if options.check_only:
                return 0
            with _listening(settings) as listeners, listening_for_decisions(settings) as decisions:
                metrics.serve(settings.metrics.host, settings.metrics.deliver_port, "segl-deliver")
                asyncio.run(_Daemon(options.settings, settings, engine, events).run(listeners, decisions))
    except SeglError as error:
        events.start_refused(error)
        return START_REFUSED
    return 0


@contextmanager
def _store_of(settings: Settings) -> Iterator[Engine]:
    engine = open_store(settings.store.url)
    try:
        yield engine
    finally:
        engine.dispose()


def _may_be_made(store: Path) -> None:
    """The first start makes it, as the service's user. Made by who only checks, mostly root, the file and the place of
    sealed messages would be hers, and no process could write to them. Raises :class:`StoreError`."""
    if not os.access(store.parent, os.W_OK | os.X_OK):
        hint = "is the folder there, and may this user write to it?"
        raise StoreError("the store cannot be reached", f"store {store} cannot be made", hint)


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
        self._report_writer = ReportWriter(engine, lambda: self._settings)
        self._owed: Owed = []
        self._storage = StorageThreads()
        # Of its own, as its threads are: where the place of sealed messages hangs, what waits there keeps its bytes.
        self._sealing = ByteBudget(settings.delivery.bytes_in_flight)
        self._in_hand = InHand(settings.delivery.portal_socket.parent / FOLDER)
        self._round = Round()
        self._agents = Agents.of(settings, engine, events, self._report_writer, self._storage, self._owed)
        self._follower = Follower(engine, lambda: self._settings, events)
        self._receipts = ReceiptDispatcher(
            engine,
            lambda: self._agents.receipts,
            events,
            self._report_writer.written,
            lambda: self._follower.may_tell,
            lambda: self._follower.read_until,
        )
        self._watch = KeyWatch(self._agents.keys, events)
        self._clock = Clock()
        self._told_to_reload = asyncio.Event()
        self._decisions = DecisionWriter(engine, events, lambda: self._settings.decisions.keep_days)

    async def run(self, listeners: dict[Way | Incoming, UnixListener], decisions: UnixListener) -> None:
        """Serve until SIGTERM."""
        loop = asyncio.get_running_loop()
        tell_of_refused(loop, self._events)
        loop.set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="deliver"))
        stop: asyncio.Future[str] = loop.create_future()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, _resolve, stop, number.name)
        loop.add_signal_handler(signal.SIGHUP, self._told_to_reload.set)
        others = ByteBudget(self._sealing.limit)
        servers = [LmtpServer(self._service(way, others), listener) for way, listener in listeners.items()]
        for server in servers:
            await server.start()
        self._decisions.start(decisions.sock)
        helpers = [
            asyncio.create_task(each)
            for each in (
                every(HOUR_SECONDS, "housekeeping", self._keep_house, self._events),
                every(HOUR_SECONDS, "own keys", self._look_at_keys, self._events),
                every(NEWS_SECONDS, "news of sealed messages", self._tell_news, self._events),
                one_after_the_other(self._told_to_reload, self._reload),
                notify.feed_watchdog(),
                self._receipts.run(),
                self._follower.run(),
                self._decisions.run(),
                CanaryWatch(lambda: self._settings, self._engine, self._events).run(),
                HeldWatch(self._engine, self._events).run(),
                SettingsWatch(lambda: self._settings, self._file, self._engine, self._events).run(),
                ReceiptSchedule(self._engine, lambda: self._agents.receipts, self._events).run(),
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
        sockets = (*listeners.values(), decisions)
        end_within(ENDING_SECONDS, sockets, self._events, self._decisions.tell_lost)
        self._decisions.stop()
        if not self._storage.end(THREAD_SECONDS) or held_up:
            for listener in sockets:
                listener.close()
            sys.stderr.flush()
            # A thread still waits for the return port, or for storage; it would hold the process up.
            os._exit(0)

    def _service(self, way: Way | Incoming, others: ByteBudget) -> Service:
        def budget() -> ByteBudget:
            return self._sealing if way is Way.PORTAL else others

        def agent() -> Agent:
            return self._agents.of_way(way)

        limit = self._settings.delivery.message_bytes
        return Service(agent, budget, self._events, limit, self._in_hand)

    async def _reload(self) -> None:
        with reloading(self._events):
            await self._take_settings()

    async def _take_settings(self) -> None:
        """All of the new settings come into force, or nothing. What they need is made in a thread of its own, for all
        of that blocks, and those that there are may all hang in the place that is to be left."""
        thread = StorageThreads(1)
        settings = await thread.run(checked_settings, self._file, start_faults)
        await thread.within(STORAGE_SECONDS, try_storage, settings, self._engine, self._events)
        storage = StorageThreads()
        agents = await thread.run(
            Agents.of, settings, self._engine, self._events, self._report_writer, storage, self._owed
        )
        self._settings, self._agents = settings, agents
        self._watch = KeyWatch(agents.keys, self._events)
        self._leave_storage(storage)
        self._events.reloaded()
        asyncio.get_running_loop().run_in_executor(None, self._announce)

    def _leave_storage(self, storage: StorageThreads) -> None:
        """*storage* is what is used from now on. What has begun ends in the old threads, and what hangs there keeps
        them and its bytes; those who come new wait for neither."""
        self._storage, self._sealing = storage, ByteBudget(self._sealing.limit)
        self._round.left.set()

    async def _keep_house(self) -> None:
        """One round, to its end. One that is under way at a reload ends at its next step, and another begins then; it
        waits no longer for one that hangs, which goes no further when it comes back."""
        while True:
            self._round = going = Round()
            sweeping = asyncio.ensure_future(self._storage.run(self._sweep, self._settings, going))
            left = asyncio.ensure_future(going.left.wait())
            await asyncio.wait([sweeping, left], return_when=asyncio.FIRST_COMPLETED)
            left.cancel()
            if not going.left.is_set():
                sweeping.result()
                return
            await asyncio.wait([sweeping], timeout=STEP_SECONDS)
            if not sweeping.done():
                sweeping.cancel()  # nothing is heard any more of what hangs
            elif (error := sweeping.exception()) and not isinstance(error, Left):
                self._events.failed("housekeeping", error)

    async def _look_at_keys(self) -> None:
        await asyncio.to_thread(self._watch.look)

    def _announce(self) -> None:
        """Other nodes see what changed here."""
        try:
            announce(self._settings, self._engine, self._events, self._clock, time.time())
        except SeglError as error:
            self._events.failed("nodes", error)

    def _sweep(self, settings: Settings, going: Round) -> None:
        now = time.time()
        if not is_believed(settings, self._engine, self._events, self._clock, now):
            return
        if not knows_all(self._engine, self._events):
            nodes.announce(self._engine, nodes.this_node(settings, now))
            return
        SeenCapabilities(self._engine).prune(now)
        going.go_on()  # how long is a matter of the settings
        forget_old(self._engine, settings, now, going.go_on)
        going.go_on()
        self._decisions.forget(now, going.go_on)
        first_end = first_end_of_partners(settings.delivery.certificates)
        metrics.CERTIFICATE_END.labels(CertificateEnd.TUNNEL).set(first_end)
        first_end = first_end_of_authorities(settings.certificates.authorities, now)
        metrics.CERTIFICATE_END.labels(CertificateEnd.TRUST).set(first_end)
        kept = CertificateRecords(self._engine).kept() if settings.certificates.on else []
        first_end = first_end_of_recipients(settings.certificates, kept, now)
        metrics.CERTIFICATE_END.labels(CertificateEnd.RECIPIENTS).set(first_end)
        going.go_on()
        keep_house(settings, self._engine, self._events, now, go_on=going.go_on)

    async def _tell_news(self) -> None:
        """Senders hear of what became of their sealed messages."""
        await asyncio.to_thread(self._agents.news.tell, time.time())


def _resolve(future: asyncio.Future[str], value: str) -> None:
    if not future.done():
        future.set_result(value)


if __name__ == "__main__":
    sys.exit(main())
