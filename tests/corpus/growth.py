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
    """*work* on twenty times *size* of what *make* makes takes less than forty times as long: not its square."""
    seconds(work, make(size // 5))  # what is made once is made
    small, large = seconds(work, make(size)), seconds(work, make(20 * size))
    assert large < 40 * max(small, 0.05), f"{small:.3f} s for {size}, {large:.3f} s for {20 * size}"


def of_many(unit: str, work: Callable[[str], object], size: int = 8_000) -> None:
    """*work* on a text of *unit* again and again takes less than ten times as long where the text is four times as
    long."""
    small, large = (seconds(work, unit * (length // len(unit))) for length in (size, 4 * size))
    assert large < 10 * small + 0.25, f"{small:.3f} s for {size} characters, {large:.3f} s for {4 * size}"
