"""How far long work has come: a bar on standard error, where that is a terminal. Apart from
:mod:`segl.cli.progress`, which takes a tenth of a second to load."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from typing import Final, Protocol, TypeVar

from segl.cli.output import coloured

_AT_ONCE: Final = 500

Thing = TypeVar("Thing")


class Bar(Protocol):
    """What shows how far the work has come."""

    def advance(self, amount: float) -> None: ...


class _NoBar:
    def advance(self, amount: float) -> None:
        pass


def bar(total: float, *, counted: bool = False) -> AbstractContextManager[Bar]:
    """*total* is in bytes, or *counted* in things."""
    if not (total and coloured(sys.stderr)):
        return nullcontext(_NoBar())
    from segl.cli.progress import Progress

    return Progress(total, counted=counted)


def told(things: Iterable[Thing], total: int) -> Iterator[Thing]:
    """*things* as they come, some *total* of them, with a bar."""
    left = iter(things)
    with bar(total, counted=True) as shown:
        while some := list(islice(left, _AT_ONCE)):
            yield from some
            shown.advance(len(some))
