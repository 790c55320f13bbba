"""The signals that move the parent process. It blocks them and fetches them one by one (sigtimedwait(2))."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import NamedTuple

RELIEF = signal.SIGUSR1  # a worker asks for it
AWAITED = frozenset((signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, RELIEF))
STOPPING = frozenset((signal.SIGTERM, signal.SIGINT))


def block() -> None:
    """From now on they wait to be fetched. Call it first: one that comes while we start is not lost."""
    signal.pthread_sigmask(signal.SIG_BLOCK, AWAITED)


class Fetched(NamedTuple):
    """A signal that was waiting, and the process that sent it."""

    number: int
    sender: int


def fetch(seconds: float) -> Fetched | None:
    """The next of them, ``None`` when none came within *seconds*. Of one kind only one waits, whoever sent more."""
    info = signal.sigtimedwait(AWAITED, seconds)
    return Fetched(info.si_signo, info.si_pid) if info else None


def ask_for_relief(parent: int) -> None:
    """In a worker: tell *parent*. If that is no more, the lifeline says so."""
    if os.getppid() == parent:
        with suppress(OSError):
            os.kill(parent, RELIEF)


def leave_to_parent() -> None:
    """In a child: what is sent to it by name (``pkill -HUP segl-milter``) is for its parent, which will tell it. No
    handler outlives exec(2)."""
    for number in AWAITED - {signal.SIGCHLD}:
        signal.signal(number, lambda _number, _frame: None)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, AWAITED)
