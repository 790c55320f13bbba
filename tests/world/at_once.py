"""Several at the same moment, as the threads of a process or the processes of several hosts are."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


def at_once(work: Callable[[_Given], _Made], each: Iterable[_Given], seconds: float = 120.0) -> list[_Made]:
    """*work* with one of *each*, each in a thread of its own and all begun together; what they gave, in that order.
    Raises what the first of them raised, and :class:`AssertionError` when one is still at work after *seconds*."""
    made: dict[int, _Made] = {}
    faults: list[BaseException] = []

    def one(number: int, given: _Given) -> None:
        try:
            made[number] = work(given)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=one, args=case, daemon=True) for case in enumerate(each)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    assert not any(thread.is_alive() for thread in threads), "still at work"
    if faults:
        raise faults[0]
    return [made[number] for number in range(len(threads))]
