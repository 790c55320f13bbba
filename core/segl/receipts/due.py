"""When a sender is to be told what. Pure.

One receipt a message, when all recipients have a last word. Before that, one at most: at once when a copy failed or
waits, since the sender may have to act; else when the patience of ``wait_seconds`` is over. A last word that changes
afterwards (what had been handed on came back) is told too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from segl.receipts.states import Line, State

SETTLE: Final = 0.5  # seconds: the log's lines come along
SETTLE_BAD: Final = 3.0  # a report of the same moment that makes the message complete may be on its way
_BAD: Final = (State.FAILED, State.DELAYED)


@dataclass(frozen=True, slots=True)
class Told:
    """What the sender was told so far: how many receipts, whether the last was final, and of each recipient which
    state."""

    receipts: int = 0
    final: bool = False
    states: Mapping[str, State] | None = None

    def of(self, line: Line) -> State | None:
        return (self.states or {}).get(line.recipient)


def all_lines(expected: Sequence[str], heard: Sequence[Line]) -> tuple[Line, ...]:
    """A line for everyone: *heard*, and those of *expected* (originals) of whom nothing was, first as the sender named
    them."""
    named = {line.original.lower() for line in heard} | {line.recipient.lower() for line in heard}
    unheard = [Line.unheard(address) for address in expected if address.lower() not in named]
    place = {address.lower(): number for number, address in enumerate(expected)}
    return tuple(
        sorted(
            [*heard, *unheard],
            key=lambda line: (place.get(line.original.lower(), len(place)), line.recipient),
        )
    )


def complete(lines: Sequence[Line], facts: bool) -> bool:
    """Whether everyone has a last word; never while the milter's *facts*, which say who everyone is, are not in."""
    return facts and all(line.state.final for line in lines)


def next_look(
    lines: Sequence[Line], told: Told, *, facts: bool, at: float, wait_seconds: float, now: float
) -> float | None:
    """When to see again whether there is something to tell; ``None``: when news come."""
    news = {line.state for line in lines if line.state is not told.of(line)}
    if complete(lines, facts):
        return None if told.final and not news else now + SETTLE
    if State.FAILED in news or (State.DELAYED in news and not told.receipts):
        return now + SETTLE_BAD
    return max(now + SETTLE, at + wait_seconds) if not told.receipts else None


def fingerprint(lines: Sequence[Line]) -> str:
    """By which two receipts of one message are known to say the same of everybody."""
    said = sorted((line.recipient, line.state.value) for line in lines)
    return sha256(json.dumps(said).encode()).hexdigest()


def is_bad(line: Line) -> bool:
    return line.state in _BAD
