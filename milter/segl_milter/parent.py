"""The parent process: opens the socket, forks the workers, then waits for signals.

SIGTERM and SIGINT finish the messages in hand and end; a second one ends at once. SIGHUP reads settings and
rules anew and lets new workers take over; when anything is faulty the old ones stay. A change of
``milter.socket``, ``[log]`` or ``[metrics]`` needs a restart.

Nothing but signals moves the parent, so they are blocked from the start and fetched one by one with
sigtimedwait(2). By SIGUSR1 a worker asks to be relieved; from anybody else it means nothing.
"""

from __future__ import annotations

import gc
import os
import secrets
import signal
import socket
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NoReturn

from segl import metrics
from segl.confined.sandbox import SandboxError, unix_sockets_only
from segl.daemons import notify
from segl.daemons.reloading import reloading
from segl.errors import SeglError
from segl.events import Events
from segl.events_of_workers import WorkerKind
from segl.left_rules import leave_rules, left_rules
from segl.receipts.key import KeyUnusable, ReceiptKey
from segl_classifier.extract import Pictures
from segl_classifier.pool import reader
from segl_classifier.rules import RuleSet
from segl_milter import signals
from segl_milter.announce import Announcer
from segl_milter.configuration import Configuration, read_configuration
from segl_milter.decisions import recorder_of
from segl_milter.heap import open_holes, set_aside
from segl_milter.in_hand import InHand
from segl_milter.lifeline import Lifeline
from segl_milter.listener import Listener, open_listener
from segl_milter.relief import stay_small
from segl_milter.serving import Serving
from segl_milter.session import Session, WorkerResources
from segl_milter.traffic import Traffic
from segl_milter.warm import warm_up
from segl_milter.workers import Workers

_EXPORTER_DRAIN_SECONDS = 0.5
_LONGEST_WAIT = 60.0  # seconds, when nothing is due
# A message makes some thousand objects, nearly none of them in a circle: looking for circles after each 700, as is
# usual, takes 3 % of the time.
_COLLECT = (10_000, 20, 50)


class Parent:
    """The parent process from start to end."""

    def __init__(self, settings_file: Path, configuration: Configuration, events: Events) -> None:
        self._file = settings_file
        self._configuration = configuration
        self._events = events
        self._watchdog = notify.watchdog_seconds()

    def run(self) -> None:
        """Serve until stopped. Raises :class:`SeglError` when it cannot start."""
        started = time.monotonic()
        settings = self._configuration.settings
        listener = open_listener(settings.milter.socket, int(settings.milter.socket_mode, 8))
        self._listening = listener.socket
        self._workers = Workers(self._events, WorkerKind.WORKER)
        self._exporter = Workers(self._events, WorkerKind.EXPORTER)
        try:
            self._start_exporter()
            self._start_workers(self._configuration)
        except SeglError:
            self._end(listener, hasten=True)
            raise
        ready = time.monotonic() - started
        self._events.ready(
            socket=str(listener.path), rules=self._configuration.rules.digest, seconds=round(ready, 3)
        )
        notify.ready(f"{self._configuration.workers} workers")
        self._work()
        notify.stopping()
        self._end(listener)

    def _work(self) -> None:
        """Keep the workers going until told to stop."""
        while True:
            number = self._next_signal()
            if number is not None and number in signals.STOPPING:
                self._events.stopping(signal.Signals(number).name)
                return
            if number == signal.SIGHUP:
                self._reload()

    def _end(self, listener: Listener, *, hasten: bool = False) -> None:
        listener.withdraw()
        self._workers.stop()
        self._exporter.stop()
        while self._workers.alive or self._exporter.alive:
            if hasten:
                self._workers.kill()
                self._exporter.kill()
            hasten = self._next_signal() in signals.STOPPING
        listener.close()

    def _next_signal(self) -> int | None:
        """Wait for a signal and tend the children; ``None`` when something else was due."""
        due = [self._workers.tend(), self._exporter.tend(), reader.tend(), self._watchdog]
        seconds = min((s for s in due if s is not None), default=_LONGEST_WAIT)
        came = signals.fetch(seconds)
        if self._watchdog:
            notify.watchdog()
        self._workers.reap()
        self._exporter.reap()
        if came and came.number == signals.RELIEF:
            self._workers.relieve(came.sender)
        return came.number if came else None

    def _reload(self) -> None:
        with reloading(self._events, lambda: f"{self._configuration.workers} workers"):
            open_holes()
            try:
                configuration = read_configuration(self._file)
                self._start_workers(configuration)
            except Exception:
                self._keep_workers(self._configuration)
                raise
            self._events.reloaded(
                rules=configuration.rules.digest,
                **_counted(self._configuration.rules, configuration.rules),
                workers=configuration.workers,
                needs_restart=_unchangeable(self._configuration, configuration),
            )
            self._configuration = configuration

    def _keep_workers(self, configuration: Configuration) -> None:
        """Workers go on by *configuration*, and so will those that are forked to take their place."""
        try:
            reader.prepare(configuration.settings.limits, Pictures.of(configuration.settings.detection))
        except Exception as error:  # then each worker starts readers of its own
            self._events.failed("readers", error)
        set_aside()

    def _start_workers(self, configuration: Configuration) -> None:
        """Let workers who go by *configuration* take over."""
        reader.prepare(configuration.settings.limits, Pictures.of(configuration.settings.detection))
        configuration.rules.fingerprints  # noqa: B018 - made now, for all workers
        warm_up(configuration.rules, configuration.settings.limits)
        gc.set_threshold(*_COLLECT)
        if isinstance(configuration.receipt_key, KeyUnusable):
            self._events.receipts_off(configuration.receipt_key)
        self._leave_rules(configuration)
        metrics.show_mode(configuration.settings.detection.mode)
        serve = partial(_serve, configuration, self._events, self._listening, os.getpid())
        self._workers.serve(configuration.workers, serve, configuration.settings.milter.drain_seconds)

    def _leave_rules(self, configuration: Configuration) -> None:
        """For the audit trail, which this process may not write."""
        try:
            leave_rules(left_rules(configuration.settings), configuration.rules.file_digests)
        except FileNotFoundError:
            pass  # without that folder nobody listens to it either
        except OSError as error:
            self._events.failed("settings trail", error)

    def _start_exporter(self) -> None:
        """A process of its own answers Prometheus: the parent stays single-threaded, for it forks."""
        where = self._configuration.settings.metrics
        if where.milter_port:
            metrics.try_port(where.host, where.milter_port, "segl-milter")
            serve = partial(_serve_metrics, where.host, where.milter_port)
            self._exporter.serve(1, serve, _EXPORTER_DRAIN_SECONDS)


def _serve(
    configuration: Configuration,
    events: Events,
    listening: socket.socket,
    parent: int,
    lifeline: Lifeline,
    ready: Callable[[], None],
) -> None:
    """The life of a worker."""
    try:  # the unit must allow 127.0.0.1 for the exporter; who comes to the return port there is trusted
        unix_sockets_only()
    except SandboxError as error:
        events.failed("sandbox", error)
    traffic = Traffic()
    announce = Announcer(configuration.settings.routing.announced_at, configuration.settings.is_own)
    key = configuration.receipt_key if isinstance(configuration.receipt_key, ReceiptKey) else None
    remember, last = recorder_of(configuration.settings, configuration.rules, configuration.model, events)
    room = InHand.of(configuration.settings)
    resources = WorkerResources(
        configuration.settings,
        configuration.rules,
        events,
        traffic,
        configuration.model,
        announce,
        remember,
        key,
        room,
    )
    serving = Serving(listening, traffic, partial(Session, resources), events.failed)
    lifeline.watch(serving, last)
    serving.start()
    ready()
    most = configuration.settings.milter.messages_per_worker
    most += secrets.randbelow(most // 5 + 1)  # so that not all are new at the same time
    # Until the lifeline's thread ends the process.
    stay_small(lambda: traffic.ended, most, partial(signals.ask_for_relief, parent))


def _serve_metrics(host: str, port: int, lifeline: Lifeline, ready: Callable[[], None]) -> None:
    """The life of the exporter."""
    lifeline.watch()
    metrics.serve(host, port, "segl-milter")
    ready()
    _until_ended()


def _until_ended() -> NoReturn:
    """The lifeline's thread ends the process."""
    while True:
        signal.pause()


def _counted(old: RuleSet, new: RuleSet) -> dict[str, int]:
    """How many rules there are *new*, and by their names how many came and went: a file that was cut short shows."""
    before, after = ({rule.id for rule in rules.rules} for rules in (old, new))
    return {"rule_count": len(after), "came": len(after - before), "went": len(before - after)}


def _unchangeable(old: Configuration, new: Configuration) -> list[str]:
    """The settings that have changed and that a reload does not take up."""
    before, after = old.settings, new.settings
    changed = {
        "milter.socket": before.milter.socket != after.milter.socket,
        "milter.socket_mode": before.milter.socket_mode != after.milter.socket_mode,
        "log": before.log != after.log,
        "metrics": before.metrics != after.metrics,
    }
    return [name for name, differs in changed.items() if differs]
