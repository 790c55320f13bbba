"""The template process: loads the libraries of one kind of work once, then forks a worker for each request.

Started with ``python -m segl.confined.template MODULE`` and a socket as descriptor 3. MODULE has ``load``,
which imports what the work needs, a piece at a time, and ``work``, the life of a worker. Each request on the
socket is one JSON datagram and one descriptor, the worker's end of the line to whoever asked. Over that same
line goes the answer: a pidfd (pidfd_open(2)) with which the worker can be killed, and nothing else could be
by mistake. From then on the line is the worker's.

It is started by execution, not by forking the process that asks: nothing of a message, a rule or a connection is
in it, and processes with threads may start it too. It has one thread itself and ends when the last process that
could ask has gone.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import suppress
from select import select
from typing import NoReturn, Protocol

CONTROL = 3  # the descriptor of the socket that requests come on
READY = b"\x01"
_LARGEST = 4096


class Work(Protocol):
    """What a module offers whose work is done in workers."""

    def load(self) -> Iterator[bool]:
        """Import something at each step, and yield true."""
        ...

    def work(self, line: socket.socket, *, memory_bytes: int, programs: bool, parent: int) -> None:
        """Shut this process in, then do what comes over *line*."""
        ...


def main() -> None:
    """Serve until nobody is left to ask."""
    os.closerange(CONTROL + 1, os.sysconf("SC_OPEN_MAX") if os.sysconf("SC_OPEN_MAX") < 1 << 20 else 1 << 20)
    warnings.simplefilter("ignore")  # one may quote what is read: the name of a file in an archive, say
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's ^C is for whoever started us
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the workers
    control = socket.socket(fileno=CONTROL)
    module: Work = importlib.import_module(sys.argv[1])
    libraries = _load(module)
    loading = next(libraries, False)  # what every worker needs, before there is one
    while True:
        if loading and not select([control], [], [], 0)[0]:
            loading = next(libraries, False)  # between requests, so that the first need not wait
            continue
        request, lines, _, _ = socket.recv_fds(control, _LARGEST, 1)
        if not request:
            return
        for line in lines:
            with socket.socket(fileno=line) as end:
                _fork(module, control, end, request)


def _load(module: Work) -> Iterator[bool]:
    """What the work needs, and then the end of loading."""
    yield from module.load()
    gc.collect()
    gc.freeze()  # what is loaded stays shared with the workers
    yield False


def _fork(module: Work, control: socket.socket, line: socket.socket, request: bytes) -> None:
    parent = os.getpid()
    try:
        pid = os.fork()
    except OSError:
        return  # closing the line tells the client
    if pid == 0:
        _become_worker(module, control, line, request, parent)
    with suppress(OSError):  # it has ended already, or the client has gone
        pidfd = os.pidfd_open(pid)
        try:
            socket.send_fds(line, [READY], [pidfd])
        finally:
            os.close(pidfd)


def _become_worker(
    module: Work, control: socket.socket, line: socket.socket, request: bytes, parent: int
) -> NoReturn:
    code = 1
    try:
        control.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        order = json.loads(request)
        module.work(line, memory_bytes=order["memory"], programs=order["programs"], parent=parent)
        code = 0
    except BaseException:  # noqa: S110 - there is nobody to tell but the client, who sees the line close
        pass
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
