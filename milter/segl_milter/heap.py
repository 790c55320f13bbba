"""One heap for all threads of a worker.

libmilter runs each connection in a thread of its own, and the C library gives threads up to eight heaps a core
(mallopt(3), ``M_ARENA_MAX``). What the encoder borrows for a message then stays behind in each of them: a worker had
over 100 MB of its own after a thousand messages, and went on growing; with one heap it has 30. Threads of Python wait
for one another anyway.
"""

from __future__ import annotations

import ctypes

_M_TRIM_THRESHOLD, _M_ARENA_MAX = -1, -8  # of glibc's malloc.h
_TRIM_BYTES = 1_000_000


def share_one_heap() -> None:
    """For this process and those it forks. Another C library than glibc is left as it is."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES)
