"""The worker processes: forked, watched, replaced, retired.

A worker is told to end by its lifeline (:mod:`segl_milter.lifeline`); what has not ended some time after
``drain_seconds`` is killed. One that ends unasked is replaced, ever more slowly when it happens again and
again. One that asks for relief goes on until another is ready to take its place, and then has all the time it takes
to see its connections closed.

The parent runs one thread and no other, so that forking it is safe at any time. Workers are forked after
the rules are loaded and share that memory with it.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from typing import NoReturn

from segl import metrics
from segl.daemons.backoff import LONGEST_DELAY, Backoff
from segl.errors import SeglError
from segl.events import Events
from segl.events_of_workers import WorkerKind
from segl.multiprocess import count_as, mend_files
from segl_milter import signals
from segl_milter.heap import set_aside
from segl_milter.lifeline import DRAIN, PATIENT, READY, Lifeline, say_ready

_READY_SECONDS = 20.0
_FIRST_RELIEF_DELAY, _LONGEST_RELIEF_DELAY = 10.0, 300.0
_GRACE_SECONDS = 2.0  # beyond drain_seconds, before the parent kills
_LOOK_SECONDS = 0.05


class WorkersError(SeglError):
    """The workers cannot be started."""


@dataclass(slots=True)
class Worker:
    pid: int
    generation: int
    slot: int
    name: str  # by which it counts
    lifeline: int
    started: float
    retired: bool = False
    kill_at: float | None = None  # when it has not all the time it takes
    killed: bool = False  # by its parent


@dataclass(frozen=True, slots=True)
class _Relief:
    """*new* will take the place of *old* when it has said on ``ready`` that it can."""

    old: Worker
    new: Worker
    ready: int


# What a child does with its lifeline; it calls the second when it is ready.
Serve = Callable[[Lifeline, Callable[[], None]], None]

# The parent's ends of pipes. A child that kept that of another's lifeline open would keep that one alive.
_parents_ends: set[int] = set()


class Workers:
    """The children of one kind. One generation serves; earlier ones may still drain."""

    def __init__(self, events: Events, kind: WorkerKind) -> None:
        self._events = events
        self._kind = kind
        self._drain_seconds = 0.0
        self._workers: dict[int, Worker] = {}
        self._generation = 0
        self._serve: Serve = _nothing
        self._backoff = Backoff()
        self._due: dict[int, float] = {}  # slot → when to start its next worker
        self._relief: _Relief | None = None
        self._relief_delay = 0.0  # after one that failed
        self._no_relief_before = 0.0

    @property
    def alive(self) -> int:
        """Workers of all generations, those that drain included."""
        return len(self._workers)

    def serve(self, number: int, serve: Serve, drain_seconds: float) -> None:
        """Start *number* workers that run *serve*, then retire those before. When one does not come up,
        those before go on and :class:`WorkersError` is raised."""
        before = (self._serve, self._drain_seconds, self._generation)
        self._serve, self._drain_seconds, self._generation = serve, drain_seconds, self._generation + 1
        started: list[tuple[Worker, int]] = []
        set_aside()
        try:
            for slot in range(number):
                started.append(self._fork(slot))  # noqa: PERF401 - those before a failure are needed
            _wait_until_ready([ready for _, ready in started])
        except (OSError, WorkersError) as error:
            for worker, _ in started:
                self._retire(worker, drain=False)
            self._serve, self._drain_seconds, self._generation = before
            reason = error.private if isinstance(error, SeglError) else str(error)
            raise WorkersError("the workers cannot be started", f"workers: {reason}") from None
        finally:
            for _, ready in started:
                os.close(ready)
        self._backoff.clear()
        self._due.clear()
        for worker in list(self._workers.values()):
            if worker.generation < self._generation:
                self._retire(worker, drain=True)
        self._count()

    def reap(self) -> None:
        """Take note of workers that have ended."""
        for worker in list(self._workers.values()):
            pid, status = os.waitpid(worker.pid, os.WNOHANG)
            if pid:
                self._ended(worker, os.waitstatus_to_exitcode(status))

    def tend(self) -> float | None:
        """Replace the dead, kill the overdue. Gives the seconds until something is due again."""
        now = time.monotonic()
        for worker in list(self._workers.values()):
            if worker.kill_at is not None and worker.kill_at <= now:
                worker.killed = True
                os.kill(worker.pid, signal.SIGKILL)
                worker.kill_at = now + 1.0
        for slot in [slot for slot, due in self._due.items() if due <= now]:
            self._replace(slot)
        pending = self._relief and not self._relieved(self._relief)
        due = [*self._due.values(), *(w.kill_at for w in self._workers.values() if w.kill_at is not None)]
        if pending:
            due.append(now + _LOOK_SECONDS)
        return max(0.0, min(due) - time.monotonic()) if due else None

    def relieve(self, pid: int) -> None:
        """Start a worker for the place of the one with *pid*, which has asked for it and may ask again: one such at a
        time, and none while as many drain as serve."""
        old = self._workers.get(pid)
        draining = sum(worker.retired for worker in self._workers.values())
        if old is None or old.retired or self._relief or 2 * draining >= len(self._workers):
            return
        if time.monotonic() < self._no_relief_before:
            return
        try:
            self._relief = _Relief(old, *self._fork(old.slot))
        except OSError as error:
            self._events.failed("fork", error)
            self._put_relief_off()
        else:
            _parents_ends.add(self._relief.ready)

    def stop(self) -> None:
        """Let every worker finish the messages in hand and end. :meth:`reap` and :meth:`tend` go on."""
        self._due.clear()
        self._serve = _nothing
        for worker in self._workers.values():
            self._retire(worker, drain=False)
        self._count()

    def kill(self) -> None:
        """End every worker now, with what it has in hand."""
        for pid, worker in self._workers.items():
            worker.killed = True
            os.kill(pid, signal.SIGKILL)

    def _ended(self, worker: Worker, exitcode: int) -> None:
        del self._workers[worker.pid]
        _cut(worker)
        mend_files(worker.name)
        if not worker.retired or (exitcode and not worker.killed):
            if self._kind is WorkerKind.WORKER:
                metrics.WORKER_DEATHS.inc()
            self._events.worker_died(worker.pid, exitcode, self._kind)
        if not worker.retired and not self._has_a_stand_in(worker):
            self._schedule(worker)
        self._count()

    def _has_a_stand_in(self, worker: Worker) -> bool:
        """Whether another has, or will have, the place of one that died while relief was on its way."""
        relief = self._relief
        if relief and worker is relief.new:
            self._close_relief(relief)
            self._put_relief_off()
            return relief.old.pid in self._workers
        return bool(relief and worker is relief.old)

    def _schedule(self, worker: Worker) -> None:
        """Another shall take the place of *worker*, which has died."""
        now = time.monotonic()
        self._due[worker.slot] = now + self._backoff.delay(worker.slot, now - worker.started)

    def _relieved(self, relief: _Relief) -> bool:
        """Let the new worker take over, or give it up; ``False`` while it may still get ready."""
        new, ready = relief.new, _said_ready(relief.ready)
        if ready is None and not new.retired and time.monotonic() < new.started + _READY_SECONDS:
            return False
        old = self._close_relief(relief)
        if new.retired:  # with all of its generation
            return True
        if ready:
            self._relief_delay = 0.0
            if old.pid in self._workers:
                self._retire(old, drain=True, patient=True)
                self._events.worker_relieved(old.pid)
        else:
            error = WorkersError("a worker cannot be started", f"worker {new.pid} did not get ready")
            self._events.failed("relief", error)
            self._put_relief_off()
            self._retire(new, drain=False)
            new.kill_at = time.monotonic()
            if old.pid not in self._workers:
                self._due[new.slot] = time.monotonic()
        self._count()
        return True

    def _put_relief_off(self) -> None:
        """One has failed: what was short may be so for long, and forking makes it no better."""
        self._relief_delay = min(_LONGEST_RELIEF_DELAY, self._relief_delay * 2 or _FIRST_RELIEF_DELAY)
        self._no_relief_before = time.monotonic() + self._relief_delay

    def _close_relief(self, relief: _Relief) -> Worker:
        _parents_ends.discard(relief.ready)
        os.close(relief.ready)
        self._relief = None
        return relief.old

    def _count(self) -> None:
        if self._kind is WorkerKind.WORKER:
            serving = sum(not worker.retired for worker in self._workers.values())
            relief = self._relief
            if relief and not relief.new.retired and relief.old.pid in self._workers:
                serving -= 1  # the new one does not yet
            metrics.WORKERS.set(serving)

    def _replace(self, slot: int) -> None:
        try:
            _, ready = self._fork(slot)
        except OSError as error:
            self._events.failed("fork", error)
            self._due[slot] = time.monotonic() + LONGEST_DELAY
            return
        os.close(ready)
        del self._due[slot]
        self._count()

    def _retire(self, worker: Worker, *, drain: bool, patient: bool = False) -> None:
        worker.retired = True
        if drain:
            with contextlib.suppress(OSError):  # it died in this moment
                os.write(worker.lifeline, PATIENT if patient else DRAIN)
        else:
            _cut(worker)
        if not patient and (worker.kill_at is None or not drain):
            worker.kill_at = time.monotonic() + self._drain_seconds + _GRACE_SECONDS

    def _fork(self, slot: int) -> tuple[Worker, int]:
        """The new worker, and a descriptor on which it says that it is ready."""
        name = self._free_name()
        ends: list[int] = []
        try:
            ends += os.pipe()
            ends += os.pipe()
            pid = os.fork()
        except OSError:
            for fd in ends:
                os.close(fd)
            raise
        line_read, line_write, ready_read, ready_write = ends
        if pid == 0:
            self._in_child(name, line_read, ready_write, (line_write, ready_read))
        os.close(line_read)
        os.close(ready_write)
        worker = Worker(pid, self._generation, slot, name, line_write, time.monotonic())
        self._workers[pid] = worker
        _parents_ends.add(line_write)
        self._events.worker_started(pid, self._generation, self._kind)
        return worker, ready_read

    def _free_name(self) -> str:
        taken = {worker.name for worker in self._workers.values()}
        names = (f"{os.getpid()}-{self._kind}-{number}" for number in count(1))
        return next(name for name in names if name not in taken)

    def _in_child(self, name: str, line: int, ready: int, parents_ends: Iterable[int]) -> NoReturn:
        """The life of a worker. Never returns into the parent's code."""
        exitcode = 1
        try:
            count_as(name)
            os.setsid()  # a terminal's ^C is for the parent, which lets us finish
            for fd in (*parents_ends, *_parents_ends):
                os.close(fd)
            signals.leave_to_parent()
            lifeline = Lifeline(line, self._drain_seconds)
            self._serve(lifeline, lambda: say_ready(ready))
            exitcode = 0
        except BaseException as error:  # the parent is told by the exit code, the log why
            self._events.failed(self._kind, error)
        finally:
            os._exit(exitcode)


def _nothing(_lifeline: Lifeline, _ready: Callable[[], None]) -> None:
    """Before the first generation and after the last there is nothing to serve."""


def _cut(worker: Worker) -> None:
    """Close the parent's end of the lifeline of *worker*; again is harmless."""
    if worker.lifeline in _parents_ends:
        _parents_ends.remove(worker.lifeline)
        os.close(worker.lifeline)
        worker.lifeline = -1


def _said_ready(fd: int) -> bool | None:
    """``None`` as long as nothing was said; ``False`` when nothing will be."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return os.read(fd, 1) == READY if poll.poll(0) else None


def _wait_until_ready(descriptors: Iterable[int]) -> None:
    end = time.monotonic() + _READY_SECONDS
    for fd in descriptors:
        if not select.select([fd], [], [], max(0.0, end - time.monotonic()))[0]:
            raise WorkersError("the workers cannot be started", f"not ready after {_READY_SECONDS:.0f} s")
        if os.read(fd, 1) != READY:
            raise WorkersError("the workers cannot be started", "one ended while it started")
