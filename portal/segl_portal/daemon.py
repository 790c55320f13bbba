"""``segl-portal``: the process behind the pages where sealed messages are opened and answered.

It listens on a unix socket for the site's web server, or on a port, with TLS if it has a certificate
(``[portal.web]``), with several workers. SIGTERM and SIGINT: no new connections, requests in hand finish
(``drain_seconds``). SIGHUP: settings, looks and certificate are read again; ``listen``, ``workers``, the time limits,
store, log and metrics stay as they are until a restart. A settings file that cannot be used stops a start (exit 78) and
leaves a running process as it is; so does one that a single worker cannot use: all have the same settings.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from segl.daemons import notify
from segl.daemons.listening import listen_unix
from segl.daemons.starting import options_of
from segl.errors import START_REFUSED, SeglError
from segl.events import Events, configure_log
from segl.events_of_workers import WorkerKind
from segl.house_time import keep_house_time
from segl.multiprocess import prepare_multiprocess
from segl.settings.document import Settings
from segl.settings.file import checked_settings
from segl.settings.web import Web

if TYPE_CHECKING:
    from segl_portal.workers import Workers

_BACKLOG: Final = 512
_ORPHAN_SECONDS: Final = 5.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop; the exit code."""
    options = options_of(
        "segl-portal",
        "Shows sealed messages to their recipients, in a browser.",
        arguments,
        checks="settings, looks and TLS",
    )
    configure_log()
    keep_house_time()
    events = Events("segl-portal")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold messages and secrets
    prepare_multiprocess(events.failed)
    from segl_portal.checked import start_faults  # not before: it imports the metrics
    from segl_portal.workers import signals_held

    try:
        settings = checked_settings(options.settings, start_faults)
        if options.check_only:
            return 0
        configure_log(settings.log.format, settings.log.level)
        events = Events("segl-portal")
        with signals_held(), _listening(settings.portal.web) as listening:
            _Parent(options.settings, settings, events, listening).run()
    except SeglError as error:
        events.start_refused(error)
        return START_REFUSED
    return 0


class _Parent:
    """The process that systemd knows: listens, forks, watches."""

    def __init__(self, file: Path, settings: Settings, events: Events, listening: socket.socket) -> None:
        self._file = file
        self._started = self._settings = settings
        self._events = events
        self._listening = listening
        from segl_portal.reading.renderer import Renderer

        # Its template process is shared by all workers, and replaced from here when it ends.
        self._renderer = Renderer()

    def run(self) -> None:
        import segl_portal.running  # noqa: F401 - what workers need is loaded once, before they are forked
        from segl_portal.workers import SIGNALS, Workers

        web, ports = self._started.portal.web, self._started.metrics
        workers = Workers(web.workers or os.cpu_count() or 1, self._work, self._events)
        exporter = Workers(1 if ports.portal_port else 0, self._export, self._events, WorkerKind.EXPORTER)
        try:
            self._renderer.start()
            exporter.start()
            workers.start()
            self._events.ready(listen=web.listen, tls=web.speaks_tls, workers=workers.alive)
            notify.ready()
            beat = notify.watchdog_seconds()
            why = None
            while why is None:
                told = signal.sigtimedwait(SIGNALS, min(1.0, beat or 1.0))
                for group in (workers, exporter):
                    group.tend()
                self._renderer.tend()
                if workers.alive:
                    notify.watchdog()
                if told is None:
                    continue
                if told.si_signo == signal.SIGHUP:
                    self._reload(workers)
                elif told.si_signo in (signal.SIGTERM, signal.SIGINT):
                    why = signal.Signals(told.si_signo).name
            notify.stopping()
            self._events.stopping(why)
            self._listening.close()  # as long as one process has it open, clients connect and wait
            workers.stop(web.drain_seconds + 5)
        finally:
            workers.kill()
            exporter.kill()
            self._renderer.stop()

    def _reload(self, workers: Workers) -> None:
        from segl.daemons.reloading import reloading
        from segl_portal.checked import start_faults

        with reloading(self._events):
            settings = checked_settings(self._file, start_faults)
            workers.reload(lambda: self._put_in_force(settings))
            self._events.reloaded()

    def _put_in_force(self, settings: Settings) -> None:
        self._settings = settings  # a worker that is replaced begins with them

    def _work(self, _slot: int, lifeline: int, beat: int) -> None:
        from segl_portal.running import run_worker

        run_worker(
            self._file,
            self._started,
            self._settings,
            self._events,
            self._listening,
            self._renderer,
            lifeline=lifeline,
            beat=beat,
        )

    def _export(self, _slot: int, lifeline: int, beat: int) -> None:
        """Serves the metrics of all workers."""
        from segl import metrics

        served = self._started.metrics
        self._listening.close()
        # that of a parent which was killed a moment ago looks each second whether it is still wanted
        metrics.serve(served.host, served.portal_port, "segl-portal", patience=_ORPHAN_SECONDS)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        os.set_blocking(lifeline, False)
        while True:
            os.write(beat, b".")
            time.sleep(1.0)
            try:
                if not os.read(lifeline, 1):
                    return
            except BlockingIOError:
                continue


@contextmanager
def _listening(web: Web) -> Iterator[socket.socket]:
    """The socket that all workers share. Raises :class:`SeglError`."""
    if web.is_socket:
        listener = listen_unix(Path(web.listen), int(web.socket_mode, 8))
        try:
            yield listener.sock
        finally:
            listener.close()
        return
    host, _, port = web.listen.rpartition(":")
    host = host.strip("[]")
    try:
        sock = socket.create_server(
            (host, int(port)),
            family=socket.AF_INET6 if ":" in host else socket.AF_INET,
            backlog=_BACKLOG,
            # "All addresses" is those of IPv4, too, which Python shuts out by itself (IPV6_V6ONLY, RFC 3493 §5.3).
            dualstack_ipv6=host == "::" and socket.has_dualstack_ipv6(),
        )
    except OSError as error:
        hint = "ss -ltnp tells who listens there; portal.web.listen must be an address of this host"
        raise SeglError("the portal's port cannot be had", f"{web.listen}: {error.strerror}", hint) from None
    with sock:
        yield sock


if __name__ == "__main__":
    sys.exit(main())
