"""The side of those who ask: takes workers from the template process, and ends those that take too long.

A process has one :class:`ConfinedPool` for each kind of work, whatever number of threads ask it. Workers are
forked by the template process on demand and kept for the next job. Processes forked from one that has such a
pool share its template, not its workers."""

from __future__ import annotations

import array
import json
import os
import select
import signal
import socket
import sys
import threading
import time
import weakref
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from segl.confined.frames import Broken, Late

AT_ONCE = 4  # jobs of one process, so that memory stays bounded whatever is sent
_READY_SECONDS = 4.0  # for a worker to come, each time it is tried
_TRIES = 3
_PAUSE_SECONDS = 1.0  # between two starts of a template that does not live
_LOOK_SECONDS = 0.1  # how often it is looked whether the template lives, while one waits for it
_CONTROL = 3
_PROGRAM = (sys.executable, "-I", "-m", "segl.confined.template")
# Nothing of our environment goes into the template; the libraries are told to keep to one thread, and the C library
# not to give back to the kernel, after each copy of a file, what the next will need.
_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "HOME": "/nonexistent",
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": "4000000",
    "MALLOC_TRIM_THRESHOLD_": "8000000",
    "OMP_THREAD_LIMIT": "1",
    "OMP_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "LIBARCHIVE": "libarchive.so.13",
}


class NoWorker(Exception):
    """No worker could be had."""


@dataclass(slots=True)
class ConfinedWorker:
    """A worker process: the line to it, and the pidfd that can end it."""

    line: socket.socket
    pidfd: int

    def has_spoken_or_ended(self) -> bool:
        """Of one that is idle: whether it speaks unasked, or has ended. Its line alone does not tell that for certain:
        what another thread of ours forked in the moment in which the line was made may hold its other end open."""
        return bool(_readable((self.line, self.pidfd), 0))

    def dismiss(self) -> None:
        """Let it end by itself; it does when it sees the line closed."""
        self.line.close()
        os.close(self.pidfd)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        self.dismiss()


class _Template:
    """The template process as seen from outside. ``far`` is kept open so that a successor can be put at the
    same socket: those who share it by a fork then need not be told."""

    def __init__(self, module: str) -> None:
        self._module = module
        self.control, self.far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.owner = os.getpid()
        self.pid = 0
        self.started = 0.0
        self.start()

    @property
    def owned(self) -> bool:
        return self.owner == os.getpid()

    def start(self) -> None:
        self.started = time.monotonic()
        silent = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
        self.pid = os.posix_spawn(
            _PROGRAM[0],
            [*_PROGRAM, self._module],
            _ENVIRONMENT,
            file_actions=[(os.POSIX_SPAWN_DUP2, self.far.fileno(), _CONTROL), *silent],
            setsid=True,
            setsigmask=(),
            setsigdef=(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE),
        )

    def has_ended(self) -> bool:
        """Whether it has; only its owner can tell."""
        if self.owned and self.pid:
            try:
                self.pid = 0 if os.waitpid(self.pid, os.WNOHANG)[0] else self.pid
            except ChildProcessError:
                self.pid = 0
        return self.owned and not self.pid

    def close(self, *, kill: bool) -> None:
        self.control.close()
        self.far.close()
        if kill and not self.has_ended() and self.owned:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


class ConfinedPool:
    """The workers of this process that do the work of one module (:mod:`segl.confined.template`)."""

    def __init__(
        self, module: str, memory_bytes: int, *, programs: bool = False, at_once: int = AT_ONCE
    ) -> None:
        self._module = module
        self._order = json.dumps({"memory": memory_bytes, "programs": programs}).encode()
        self._at_once = at_once
        self._template: _Template | None = None
        self._begin()
        _pools.add(self)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(self._at_once)
        self._idle: list[ConfinedWorker] = []

    def start(self) -> None:
        """Start the template now, for this process and those it will fork. Without it the first job does."""
        with self._lock:
            self._started()

    def tend(self) -> float | None:
        """Put a new template in the place of one that has ended, but not time and again without a pause. For
        the process that started it. Gives the seconds until something is due again."""
        _let_go[:] = [template for template in _let_go if not template.has_ended()]
        with self._lock:
            template = self._template
            if template is None or not template.has_ended():
                return None
            pause = template.started + _PAUSE_SECONDS - time.monotonic()
            if pause <= 0:
                template.start()
            return pause if pause > 0 else None

    def let_go(self) -> None:
        """Ask no more. The template ends when nobody is left who shares it."""
        with self._lock:
            if self._template is not None:
                self._template.close(kill=False)
                if self._template.owned:
                    _let_go.append(self._template)
                self._template = None

    def stop(self) -> None:
        """End the template and all workers, in this process and in those that share it."""
        with self._lock:
            for worker in self._idle:
                worker.kill()
            self._idle.clear()
            if self._template is not None:
                self._template.close(kill=True)
                self._template = None

    def take(self, seconds: float) -> ConfinedWorker:
        """A worker that is free, within *seconds*. Raises :class:`Late` when all are at work so long, and
        :class:`NoWorker`. It must go to :meth:`give_back`."""
        deadline = time.monotonic() + seconds
        if not self._free.acquire(timeout=seconds):
            raise Late
        try:
            return self._worker(deadline)
        except BaseException:
            self._free.release()
            raise

    def give_back(self, worker: ConfinedWorker, *, good: bool) -> None:
        """Keep *worker* for the next job if it is *good* for one, else end it."""
        try:
            if good:
                with self._lock:
                    self._idle.append(worker)
            else:
                worker.kill()
        finally:
            self._free.release()

    def _worker(self, deadline: float) -> ConfinedWorker:
        """An idle worker, or a new one."""
        while True:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            if worker is None:
                return self._new_worker(deadline)
            if not worker.has_spoken_or_ended():
                return worker
            worker.kill()

    def _new_worker(self, deadline: float) -> ConfinedWorker:
        """The template may die in any moment of this, so there is a second try and a third."""
        for attempt in range(1, _TRIES + 1):
            ours, theirs = socket.socketpair()
            try:
                with theirs, self._lock:
                    template = self._started(own=attempt == _TRIES)
                    # Of our own template we know that it lives; it may be slow. Another's we would replace.
                    until = deadline if template.owned else min(deadline, time.monotonic() + _READY_SECONDS)
                    template.control.settimeout(max(0.001, until - time.monotonic()))
                    socket.send_fds(template.control, [self._order], [theirs.fileno()])
                self._await(ours, template, until)
                return ConfinedWorker(ours, _receive_pidfd(ours))
            except (OSError, Broken):
                ours.close()
            if time.monotonic() >= deadline:
                break
        raise NoWorker

    def _await(self, line: socket.socket, template: _Template, deadline: float) -> None:
        """Wait for the template's answer on *line*, as long as there is a template."""
        while not _readable((line,), _LOOK_SECONDS):
            with self._lock:
                ended = template.has_ended()
            if ended or time.monotonic() >= deadline:
                raise Broken("no answer")

    def _started(self, *, own: bool = False) -> _Template:
        """The template, alive as far as can be told. With *own* it is none that another process started."""
        template = self._template
        if template is not None and own and not template.owned:
            template.close(kill=False)
            template = None
        if template is None:
            template = self._template = _Template(self._module)
        elif template.has_ended():
            template.start()
        return template

    def after_fork(self) -> None:
        """In a child: the parent's workers are not ours, and its threads hold none of our locks."""
        for worker in self._idle:
            worker.dismiss()
        self._begin()


def _readable(any_of: Iterable[socket.socket | int], seconds: float) -> bool:
    poll = select.poll()  # unlike select(2) it knows descriptors beyond 1024
    for one in any_of:
        poll.register(one, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _receive_pidfd(line: socket.socket) -> int:
    message, ancillary, _, _ = line.recvmsg(1, socket.CMSG_SPACE(4))
    fds = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(data[: len(data) - len(data) % fds.itemsize])
    if not message or len(fds) != 1:
        raise Broken("no worker")
    os.set_inheritable(fds[0], False)
    return fds[0]


_pools: weakref.WeakSet[ConfinedPool] = weakref.WeakSet()
_let_go: list[_Template] = []  # of this process, to be buried when they end


def _after_fork() -> None:
    for pool in list(_pools):
        pool.after_fork()


os.register_at_fork(after_in_child=_after_fork)
