"""Work whose time may grow with what is given to it, and no faster."""

from __future__ import annotations

import gc
from collections.abc import Callable
from time import process_time
from typing import TypeVar

T = TypeVar("T")


def seconds(work: Callable[[T], object], given: T) -> float:
    """Of processor time, without the collector of garbage: among so many tests it may take half a second."""
    gc.disable()
    try:
        begun = process_time()
        work(given)
        return process_time() - begun
    finally:
        gc.enable()


def in_proportion(make: Callable[[int], T], work: Callable[[T], object], size: int = 300) -> None:
    """*work* on ten times *size* of what *make* makes takes less than twenty times as long: not its square. What is too
    slow is tried again: a neighbour on the same core may have come between."""
    given, ten_times = make(size), make(10 * size)
    seconds(work, make(size // 5))  # what is made once is made

    def too_slow() -> str:
        small, large = seconds(work, given), seconds(work, ten_times)
        told = f"{small:.3f} s for {size}, {large:.3f} s for {10 * size}"
        return told if large >= 20 * max(small, 0.025) else ""

    assert not (too_slow() and (told := too_slow())), told


def of_many(unit: str, work: Callable[[str], object], size: int = 8_000) -> None:
    """*work* on a text of *unit* again and again takes less than ten times as long where the text is four times as
    long."""
    small, large = (seconds(work, unit * (length // len(unit))) for length in (size, 4 * size))
    assert large < 10 * small + 0.25, f"{small:.3f} s for {size} characters, {large:.3f} s for {4 * size}"
