"""The worker processes of ``segl-portal``: forked, watched, replaced.

The parent has one thread and serves nothing, so that forking it is safe at any time. Each worker holds the reading end
of a pipe that nobody writes to: when the parent is gone, however it went, the pipe ends and the worker stops. On
another pipe the worker writes a byte each second; one that is silent for long hangs, and is killed and replaced.

A reload is in two steps, so that all workers have the new settings or none: each makes ready by them (SIGHUP) and says
on its pipe whether it could; when all could they are told to go over (SIGUSR1), else to forget them (SIGUSR2). Who is
ready and does not go over is replaced, and whoever is replaced begins with the settings in force.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NoReturn

from segl import metrics
from segl.daemons.backoff import LONGEST_DELAY, Backoff
from segl.errors import SeglError
from segl.events import Events
from segl.events_of_workers import WorkerKind
from segl.multiprocess import count_as, mend_files

# Those of a reload: make ready, go over, forget it.
PREPARE, GO_OVER, FORGET = signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2
RELOADING: Final = (PREPARE, GO_OVER, FORGET)
SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, *RELOADING)
# What a worker writes on its pipe: each second that it lives; and of a reload whether it is ready, and that it is over.
BEAT, READY, NOT_READY, OVER = b".", b"+", b"-", b"="
_READY_SECONDS: Final = 30.0
_RELOAD_SECONDS: Final = 20.0
_GO_OVER_SECONDS: Final = 5.0
_SILENT_SECONDS: Final = 30.0

# What a child does: its number, the lifeline, the pipe for its beats.
Serve = Callable[[int, int, int], None]

# The parent's ends of all lifelines. A child that kept one of another kind open would keep that kind alive.
_ours: Final[set[int]] = set()


@dataclass(slots=True)
class _Worker:
    pid: int
    slot: int
    beat: int
    started: float
    heard: float
    ready: bool = False
    said: bytes = b""  # the last it said of the step of a reload that is under way


class Workers:
    """*count* children that run *serve*, and as many again when they end unasked."""

    def __init__(
        self, count: int, serve: Serve, events: Events, kind: WorkerKind = WorkerKind.WORKER
    ) -> None:
        self._count = count
        self._serve = serve
        self._events = events
        self._kind = kind
        self._workers: dict[int, _Worker] = {}
        self._due: dict[int, float] = {}
        self._backoff = Backoff()
        self._stopping = False
        self._parent = os.getpid()
        self._lifeline, ours = os.pipe()
        _ours.add(ours)

    @property
    def alive(self) -> int:
        return len(self._workers)

    def start(self) -> None:
        """Returns when all are ready. Raises :class:`SeglError` when one is not in time."""
        for slot in range(self._count):
            self._fork(slot)
        end = time.monotonic() + _READY_SECONDS
        while not all(worker.ready for worker in self._workers.values()):
            self.listen()
            if self._reap() or time.monotonic() > end:
                self.kill()
                raise SeglError("the workers cannot be started", "a worker ended, or was not ready in time")
            time.sleep(0.02)

    def tend(self) -> None:
        """Replace the dead and those that hang. Call it every second or so."""
        self.listen()
        self._reap()
        now = time.monotonic()
        for worker in self._workers.values():
            if worker.ready and now - worker.heard > _SILENT_SECONDS:
                os.kill(worker.pid, signal.SIGKILL)
                worker.heard = now
        for slot in [slot for slot, due in self._due.items() if due <= now and not self._stopping]:
            del self._due[slot]
            try:
                self._fork(slot)
            except OSError as error:
                self._events.failed("fork", error)
                self._due[slot] = now + LONGEST_DELAY

    def reload(self, in_force: Callable[[], None]) -> None:
        """Have all take the settings anew. *in_force* is called when all are ready for them: who takes the place of
        another begins with them from then on. Raises :class:`SeglError` when one is not ready in time; then all go on
        with those before."""
        self._ask(PREPARE, _RELOAD_SECONDS)
        if unready := [worker for worker in self._workers.values() if worker.said != READY]:
            self.signal(FORGET)
            refused = [str(worker.pid) for worker in unready if worker.said == NOT_READY]
            silent = [str(worker.pid) for worker in unready if worker.said != NOT_READY]
            why = [
                *([f"process {', '.join(refused)} could not take them, and has said why"] if refused else []),
                *([f"process {', '.join(silent)} did not answer"] if silent else []),
            ]
            private = f"{'; '.join(why)}: all workers go on with the settings before"
            raise SeglError("the settings are not in force", private, "once it is mended, reload again")
        in_force()
        self._ask(GO_OVER, _GO_OVER_SECONDS)
        for worker in self._workers.values():
            if worker.said != OVER:
                os.kill(worker.pid, signal.SIGKILL)

    def _ask(self, number: signal.Signals, seconds: float) -> None:
        """Tell all, and wait until each has said something or has ended; at most so long."""
        for worker in self._workers.values():
            worker.said = b""
        self.signal(number)
        end = time.monotonic() + seconds
        while any(not worker.said for worker in self._workers.values()) and time.monotonic() < end:
            self.listen()
            self._reap()
            time.sleep(0.02)

    def signal(self, number: signal.Signals) -> None:
        for pid in list(self._workers):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def stop(self, seconds: float) -> None:
        """Let all finish what they have in hand; what has not ended after *seconds* is killed."""
        self._stopping = True
        self.signal(signal.SIGTERM)
        end = time.monotonic() + seconds
        while self._workers and time.monotonic() < end:
            self._reap()
            time.sleep(0.02)
        self.kill()

    def kill(self) -> None:
        self._stopping = True
        self.signal(signal.SIGKILL)
        while self._workers:
            self._reap()
            time.sleep(0.01)

    def listen(self) -> None:
        """Hear the workers' beats."""
        for worker in self._workers.values():
            with contextlib.suppress(BlockingIOError):
                if said := os.read(worker.beat, 4096):
                    worker.ready, worker.heard = True, time.monotonic()
                    if of_reload := said.replace(BEAT, b""):
                        worker.said = of_reload[-1:]

    def _reap(self) -> bool:
        """Take note of those that have ended; whether there was one."""
        ended = []
        for worker in self._workers.values():
            pid, status = os.waitpid(worker.pid, os.WNOHANG)
            if pid:
                ended.append((worker, os.waitstatus_to_exitcode(status)))
        for worker, code in ended:
            self._ended(worker, code)
        return bool(ended)

    def _ended(self, worker: _Worker, code: int) -> None:
        del self._workers[worker.pid]
        os.close(worker.beat)
        mend_files(self._name(worker.slot))
        if self._stopping:
            return
        if self._kind is WorkerKind.WORKER:
            metrics.WORKER_DEATHS.inc()
        self._events.worker_died(worker.pid, code, self._kind)
        now = time.monotonic()
        self._due[worker.slot] = now + self._backoff.delay(worker.slot, now - worker.started)

    def _name(self, slot: int) -> str:
        """By which the worker there counts; the one before has ended by then."""
        return f"{self._parent}-{self._kind}-{slot + 1}"

    def _fork(self, slot: int) -> None:
        beat, beat_end = os.pipe()
        os.set_blocking(beat, False)
        try:
            pid = os.fork()
        except OSError:
            os.close(beat)
            os.close(beat_end)
            raise
        if pid == 0:
            self._in_child(slot, beat_end)
        os.close(beat_end)
        now = time.monotonic()
        self._workers[pid] = _Worker(pid, slot, beat, now, now)
        self._events.worker_started(pid, 1, self._kind)

    def _in_child(self, slot: int, beat_end: int) -> NoReturn:
        """The life of a worker. Never returns into the parent's code."""
        code = 1
        try:
            count_as(self._name(slot))
            os.setsid()  # a terminal's ^C is for the parent, which lets us finish
            for end in _ours:
                os.close(end)
            for worker in self._workers.values():
                os.close(worker.beat)
            os.set_blocking(beat_end, False)
            # Those wait until there is somebody to take them: one that came before would end a worker that starts.
            signal.pthread_sigmask(signal.SIG_UNBLOCK, set(SIGNALS) - set(RELOADING))
            self._serve(slot, self._lifeline, beat_end)
            code = 0
        except SeglError as error:
            self._events.start_refused(error)
        except BaseException as error:  # the parent is told by the exit code, the log why
            self._events.failed(self._kind, error)
        finally:
            os._exit(code)


@contextlib.contextmanager
def signals_held() -> Iterator[None]:
    """The parent takes its signals one at a time (sigtimedwait(2)); nothing interrupts it elsewhere."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
