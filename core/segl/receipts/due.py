"""When a sender is to be told what. Pure.

One receipt a message, when all recipients have a last word. Before that, at once when a copy failed or waits, since
the sender may have to act: of each copy once, whatever he was told before; else one, when the patience of
``wait_seconds`` is over. A last word that changes afterwards (what had been handed on came back) is told too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from segl.addresses import mailbox_key
from segl.receipts.states import Line, State
from segl.vocabulary import Way

SETTLE: Final = 0.5  # seconds: the log's lines come along
SETTLE_BAD: Final = 3.0  # a report of the same moment that makes the message complete may be on its way
RARELY: Final = 600.0  # between looks where there is nothing to tell under the sender's terms
SETTLE_MANY: Final = 60.0  # a message to very many comes in several parts, each with a report of its failures
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


def all_lines(
    expected: Sequence[str], heard: Sequence[Line], waiting: Sequence[str] = ()
) -> tuple[Line, ...]:
    """A line for everyone, first as the sender named them: *heard*; those *waiting* in the secure instance's queue
    of whom nothing was heard; those of *expected* (whom the sender named) of whom nothing is known.

    An address that the front expanded is known by its expansions. One that was named itself speaks for nobody else,
    whatever original a client gave it.
    """
    place = {mailbox_key(address): number for number, address in enumerate(expected)}
    finals = {mailbox_key(line.recipient) for line in heard}
    more = [Line.unheard(address) for address in waiting if mailbox_key(address) not in finals]
    finals |= {mailbox_key(line.recipient) for line in more}
    expanded = {mailbox_key(line.original) for line in heard if mailbox_key(line.recipient) not in place}
    known = finals | expanded
    unheard = [Line.unheard(address) for address in expected if mailbox_key(address) not in known]
    return tuple(
        sorted(
            [*heard, *more, *unheard],
            key=lambda line: (place.get(mailbox_key(line.original), len(place)), line.recipient),
        )
    )


def is_expanded(line: Line) -> bool:
    """Whether the front made this recipient of another that the sender named; then there may be more of them."""
    return line.way is not Way.INTERNAL and mailbox_key(line.original) != mailbox_key(line.recipient)


def complete(lines: Sequence[Line], facts: bool) -> bool:
    """Whether everyone has a last word; never while the milter's *facts*, which say who everyone is, are not in."""
    return facts and all(line.state.final for line in lines)


def next_look(
    lines: Sequence[Line],
    told: Told,
    *,
    facts: bool,
    at: float,
    wait_seconds: float,
    now: float,
    unheard: int = 0,
) -> float | None:
    """When to see again whether there is something to tell; ``None``: when news come. *unheard*: so many are not among
    the *lines*, since a message to very many names nobody."""
    news = {line.state for line in lines if line.state is not told.of(line)}
    if complete(lines, facts) and not unheard:
        return None if told.final and not news else now + SETTLE
    if unheard and news & set(_BAD):
        return now + SETTLE_MANY
    if news & set(_BAD):
        return now + SETTLE_BAD
    return None if told.receipts else _patiently(at + wait_seconds, now)


def _patiently(at: float, now: float) -> float:
    """When patience is over, at *at*; afterwards, when there was nothing to tell, ever more rarely."""
    return max(now + SETTLE, at, now + min((now - at) / 4, RARELY))


def fingerprint(lines: Sequence[Line]) -> str:
    """By which two receipts of one message are known to say the same of everybody."""
    said = sorted((line.recipient, line.state.value) for line in lines)
    return sha256(json.dumps(said).encode()).hexdigest()


def is_bad(line: Line) -> bool:
    return line.state in _BAD
