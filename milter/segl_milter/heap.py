"""What a worker has of its own is kept small: one heap for all its threads, and the parent's objects left shared.

Each connection has a thread of its own, and the C library gives threads up to eight heaps a core
(mallopt(3), ``M_ARENA_MAX``). What the encoder borrows for a message then stays behind in each of them: a worker had
over 100 MB of its own after a thousand messages, and went on growing; with one heap it has 30. Threads of Python wait
for one another anyway.

Unless told otherwise the library also takes every piece of 128 KB or more from the kernel and gives it back at once,
and gives back whatever lies free at the end of the heap. The next large message then has its pages made and blanked
anew, again at every copy: 48 page faults a message, of which 7 are left. So some megabytes are kept.

What is freed between pieces that live on is kept too, and is not always what the next piece wants: after some thousand
messages a worker had a tenth more memory than it used. So now and then it gives back the whole pages among it
(malloc_trim(3)); that takes some milliseconds, and a worker in which nothing has happened does nothing.

A forked process shares the parent's memory until one of them writes to it, and Python's cyclic garbage collector writes
to every object it looks at. So what is there before the fork is put aside from it (``gc.freeze``).
"""

from __future__ import annotations

import ctypes
import gc
import time
from collections.abc import Callable
from typing import NoReturn

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # of glibc's malloc.h
_KEPT_BYTES = 8_000_000
_EVERY_SECONDS = 15.0
_OWN_PIECE_BYTES = 4_000_000  # from here on a piece is taken from the kernel


def share_one_heap() -> None:
    """For this process and those it forks. Another C library than glibc is left as it is."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        mallopt(_M_MMAP_THRESHOLD, _OWN_PIECE_BYTES)


def give_back() -> None:
    """Give whole pages that nothing lies on back to the kernel."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def stay_small(messages: Callable[[], int], seconds: float = _EVERY_SECONDS) -> NoReturn:
    """Give back what is free from time to time, for as long as this process lives. *messages* tells how many there
    have been."""
    before = 0
    while True:
        time.sleep(seconds)
        if (now := messages()) != before:
            before = now
            give_back()


def set_aside() -> None:
    """Before forking: no collection in the children looks at what is loaded now. What the last generation was given
    and is no longer used (rules read anew) goes first, and what is free, so that no child takes it for its own page by
    page."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    give_back()
