"""The signals that move the parent process. It blocks them and fetches them one by one (sigtimedwait(2))."""

from __future__ import annotations

import signal

AWAITED = frozenset((signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD))
STOPPING = frozenset((signal.SIGTERM, signal.SIGINT))


def block() -> None:
    """From now on they wait to be fetched. Call it first: one that comes while we start is not lost."""
    signal.pthread_sigmask(signal.SIG_BLOCK, AWAITED)


def fetch(seconds: float) -> int | None:
    """The next of them, ``None`` when none came within *seconds*."""
    info = signal.sigtimedwait(AWAITED, seconds)
    return info.si_signo if info else None


def leave_to_parent() -> None:
    """In a child: what is sent to it by name (``pkill -HUP segl-milter``) is for its parent, which will tell it. No
    handler outlives exec(2)."""
    for number in AWAITED - {signal.SIGCHLD}:
        signal.signal(number, lambda _number, _frame: None)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, AWAITED)
