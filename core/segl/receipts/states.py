"""What is known of one recipient's copy, and how pieces of news about it become one.

News come in any order and twice, from two Postfix instances, and from two copies when a message was handed over
twice. What one instance says is joined by taking the maximum of an order, so it does not matter what came first, or how
often (a hypothesis test holds it to that):

    pending < delayed < failed < sealed < sent

*Failed* is below *sent* because of one recipient both can only be said of two copies, and one arrived. What the two
instances say is kept apart, and put together when it is told (:meth:`Line.of`): the secure instance knows the way, and
the front what became of that which goes on behind the return port: ciphertext, notices, mail to colleagues.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from segl.vocabulary import Way


class State(StrEnum):
    """Where a recipient's copy is."""

    PENDING = "pending"  # nothing was heard
    DELAYED = "delayed"  # tried, will be tried again
    FAILED = "failed"  # it will not be tried again
    SEALED = "sealed"  # it waits in the portal, and the notice is on its way
    # The next server has it: the recipient's own, or for tunnel and certificate ours, encrypted.
    SENT = "sent"

    @property
    def final(self) -> bool:
        return self in (State.SENT, State.SEALED, State.FAILED)


_RANK = {state: rank for rank, state in enumerate(State)}


class Stage(StrEnum):
    """Which of our two Postfix instances said so."""

    SECURE = "secure"
    FRONT = "front"  # behind the return port


@dataclass(frozen=True, slots=True)
class News:
    """One instance's word on one recipient. Times are Unix seconds.

    ``recipient`` is whom it was for, ``original`` whom the sender named. ``status`` is RFC 3463's code, ``detail`` what
    was said (one line, digits masked), ``host`` which server outside said it (empty: our own mail system did).
    ``evidence`` tells how it was encrypted (tunnel, certificate); ``sealed_id`` is the sealed message (portal).
    """

    recipient: str
    original: str
    stage: Stage
    state: State
    at: float
    way: Way | None = None
    status: str = ""
    detail: str = ""
    host: str = ""
    queue_id: str = ""
    evidence: str = ""
    sealed_id: str = ""
    retry_until: float = 0.0

    @property
    def weight(self) -> tuple[int, float, tuple[str, ...]]:
        """Of delays the latest tells most, of all else the first; the rest makes the order total."""
        when = self.at if self.state is State.DELAYED else -self.at
        words = (self.original, self.way or "", self.status, self.detail, self.host, self.queue_id)
        return _RANK[self.state], when, (*words, self.evidence, self.sealed_id, str(self.retry_until))


def joined(one: News, other: News) -> News:
    """The weightier of two, for the same recipient and stage."""
    return one if one.weight >= other.weight else other


@dataclass(frozen=True, slots=True)
class Line:
    """All that is known of one recipient: what a receipt's line is written from."""

    recipient: str
    original: str
    state: State
    at: float = 0.0
    way: Way | None = None
    status: str = ""
    detail: str = ""
    host: str = ""
    queue_id: str = ""
    evidence: str = ""
    sealed_id: str = ""
    retry_until: float = 0.0
    behind: bool = False  # said by the front: it was on its way from there

    @classmethod
    def unheard(cls, recipient: str) -> Line:
        return cls(recipient, recipient, State.PENDING)

    @classmethod
    def of(cls, news: Iterable[News]) -> Line:
        """From one recipient's news, at most one of each stage, at least one."""
        said = {one.stage: one for one in news}
        secure, front = said.get(Stage.SECURE), said.get(Stage.FRONT)
        last = secure or front
        assert last is not None  # noqa: S101 - the caller's promise
        behind = front is not None and (secure is None or _outweighs(front, secure))
        if behind and front is not None:
            last = front
        first = secure or last
        return cls(
            recipient=last.recipient,
            original=first.original or last.original,
            state=last.state,
            at=last.at,
            way=first.way,
            status=last.status,
            detail=last.detail,
            host=last.host,
            queue_id=first.queue_id,
            evidence=first.evidence,
            sealed_id=first.sealed_id,
            retry_until=last.retry_until,
            behind=behind,
        )


def _outweighs(front: News, secure: News) -> bool:
    """What had been handed on came back, or waits. (What went by TLS meanwhile did not pass the front; of two copies by
    the other ways which of them came back cannot be told, so the bad news count.)"""
    handed_on = secure.state in (State.SENT, State.SEALED) and secure.way is not Way.TLS
    return handed_on and front.state in (State.FAILED, State.DELAYED)
