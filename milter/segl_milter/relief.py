"""When a worker asks its parent for another in its place, as servers that fork have always done.

What a worker has of its own grows for as long as it lives, ever more slowly: caches fill, pieces that stay lie a few to
a page, and each object of the parent's that is looked at for the first time is copied (Python counts references in the
objects themselves). So it asks after a number of messages, and before that when it keeps more than it should, whatever
its mail is.

What it keeps is the least of what it was seen to have at several looks, free pages given back: a message in hand may
take any number of megabytes for a moment, and is no reason. Nor is one relieved that has read too few messages to have
been worth its start: in a house with many rules of its own, the first thousand may take more than is usual.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from segl_milter.heap import give_back

# Bytes of its own. What a busy worker borrows between two looks comes on top: some 10 MB, as it was measured.
MOST_KEPT = 40 << 20
# Of the messages after which relief is asked for anyway: never sooner. What a new worker learns anew with its first
# messages takes some .2 s of processor time.
LEAST_SHARE = 0.2
# To give back takes .6 ms, and as much again until the 700 pages are made anew that were free then, as measured.
_EVERY_SECONDS = 1.0
_LOOK_EVERY = 3  # times: a look takes the kernel 2 ms
_LOOKS = 5  # in a row
_ROLLUP = Path("/proc/self/smaps_rollup")
_OWN = ("Private_Clean:", "Private_Dirty:")


def own_bytes() -> int:
    """What would come back if this process alone ended (proc(5)): the pages that no other has. It takes the kernel some
    milliseconds, in which other threads run. 0 where it does not tell."""
    with suppress(OSError, ValueError):
        lines = map(str.split, _ROLLUP.read_text("ascii").splitlines()[1:])
        return sum(int(line[1]) * 1024 for line in lines if line[0] in _OWN)
    return 0


def stay_small(
    messages: Callable[[], int],
    most: int,
    ask_for_relief: Callable[[], object],
    seconds: float = _EVERY_SECONDS,
    look_every: int = _LOOK_EVERY,
) -> NoReturn:
    """Give back what is free every so many *seconds* in which a message came, for as long as this process lives.
    *messages* tells how many there have been. From *most* on (0: never), or when more is kept than :data:`MOST_KEPT`,
    relief is asked for, until somebody ends this process."""
    times = given = looked = 0
    seen: deque[int] = deque(maxlen=_LOOKS)
    while True:
        time.sleep(seconds)
        times += 1
        if (now := messages()) != given:
            given = now
            give_back()
        if not most or times % look_every:
            continue
        if now != looked and now >= most * LEAST_SHARE:
            looked = now
            seen.append(own_bytes())
        keeps_much = len(seen) == _LOOKS and min(seen) > MOST_KEPT
        if now >= most or keeps_much:
            ask_for_relief()
