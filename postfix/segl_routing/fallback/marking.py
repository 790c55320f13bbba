"""When forced TLS fails at delivery: the domain is marked, and its recipients take the next way.

What was proven a moment ago may not hold when Postfix connects: a certificate was changed, a firewall takes
STARTTLS off, a server is gone. Postfix then keeps the copy and tries again for a day, and a person waits. So the queue
is looked at (:mod:`segl_routing.fallback.queue_watch`), and a domain is marked

* for TLS that fails, at the second failed try or after ``fallback_seconds`` in the queue, whichever comes first;
* for connections that fail, when both have come: servers are restarted;
* for a server that takes TLS and then puts everything off ("later"), after ``fallback_later_seconds`` in which it took
  nothing: greylisting is over by then, and one mailbox that is full is nothing to the others.

A mark ends by itself when a check made after its time finds a proof again. A domain marked again within a day
stays marked twice as long each time: what a check finds is plainly not what Postfix finds.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from segl.addresses import domain_of
from segl.days import DAY_SECONDS
from segl.settings.canary import is_own_sink
from segl.settings.routing import Routing
from segl.vocabulary import Proof
from segl_routing.fallback.failures import Failure, clause, failure_of
from segl_routing.fallback.queue_watch import Waiting
from segl_routing.fallback.retries import Retries
from segl_routing.skew import NODES_SKEW
from segl_routing.states import Mark

HOLD_SECONDS = 600.0  # a first mark, at least
LONGEST_HOLD = DAY_SECONDS
AGAIN_SECONDS = DAY_SECONDS  # a mark within this after the last one ended is a further one
_MOST_COPIES = 100_000
_MOST_ABSENT = 10_000  # of those that failed and do not wait: they are tried, or have gone
_TRIED_SECONDS = 600.0  # a copy that does not wait so long after its way was asked for has been taken
_MANY = 3  # domains that put off whatever comes while nobody takes anything: it is our own fault
_FAILED = "forced TLS failed at delivery: "


@dataclass(frozen=True, slots=True)
class Marked:
    """A domain's mark. Times are Unix seconds; ``times`` counts marks in a row; ``healed_at`` is set when it has
    ended, and the rest is kept to know a further one by."""

    domain: str
    failure: Failure
    reason: str
    since: float
    until: float
    times: int = 1
    healed_at: float | None = None

    @property
    def stands(self) -> bool:
        return self.healed_at is None

    @property
    def words(self) -> str:
        """Postfix's own words, of which ``reason`` is made."""
        return self.reason.removeprefix(_FAILED)

    @property
    def changed(self) -> tuple[float, bool]:
        """Grows with each thing that becomes of a domain's mark: drawn, prolonged, ended. So of two nodes' words on one
        domain the later is known; of an end and a prolonging at the same time the prolonging counts."""
        return max(self.until, self.healed_at or 0.0), not self.stands


@dataclass(slots=True)
class _Copy:
    """What is known of one copy that fails: ``since`` when (a look saw it), whether by the server's word (``later``);
    tries that failed so, how often a way had been asked for its like by then, and when it will have been tried
    ``again`` for certain. While it is tried it does not wait."""

    later: bool
    tries: int
    asked: int
    since: float
    again: float
    waits: bool = True


@dataclass(slots=True)
class _Told:
    """What Postfix was told of copies to one address with one demand: how often to take forced TLS, and whether that
    was the last word; ``at``: the look before it."""

    times: int = 0
    by_tls: bool = False
    at: float = 0.0


@dataclass(slots=True)
class _Trouble:
    """The failures of one domain that a look at the queue shows; those of a server that says "later" by themselves."""

    failure: Failure
    reason: str = ""
    tries: int = 0
    oldest: float = float("inf")
    copies: list[_Copy] = field(default_factory=list)

    @property
    def since(self) -> float:
        """When a look first saw one of them: what went before a restart of ours nobody knows."""
        return min(copy.since for copy in self.copies)


@dataclass(slots=True)
class Look:
    """What one look at the queue, which was over at ``now`` (Unix time), shows. It is gone through in pieces, for it
    may be of fifty thousand copies: between two of them others have their turn."""

    now: float
    trouble: dict[tuple[str, bool], _Trouble] = field(default_factory=dict)
    queue_ids: dict[str, dict[str, None]] = field(default_factory=dict)
    copies: dict[tuple[str, str], _Copy] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Fallen:
    """A domain newly marked, and the messages that can go by the next way now."""

    marked: Marked
    queue_ids: tuple[str, ...]
    waited: float  # seconds in the queue of the copy that waited longest


class Fallback:
    """The marks of all domains, and what they are drawn from. For the event loop's thread."""

    def __init__(
        self, routing: Routing, known: Iterable[Marked] = (), retries: Retries | None = None
    ) -> None:
        self.routing = routing
        self.retries = retries or Retries()
        self._looked_at = 0.0
        self._marked = {one.domain: one for one in known}
        self._told: OrderedDict[tuple[str, Proof], _Told] = OrderedDict()
        self._copies: dict[tuple[str, str], _Copy] = {}

    def mark(self, domain: str) -> Mark | None:
        """What the route table is told of *domain* (normal form)."""
        marked = self._marked.get(domain)
        return Mark(marked.reason, marked.until) if marked is not None and marked.stands else None

    def adopt(self, others: Iterable[Marked]) -> list[Marked]:
        """What other nodes' maps found out since (all of the store's marks may be given); those that stand newly."""
        fallen = []
        for one in others:
            mine = self._marked.get(one.domain)
            if mine is None or one.changed > mine.changed:
                self._marked[one.domain] = one
                if one.stands and (mine is None or not mine.stands):
                    fallen.append(one)
        return fallen

    def standing(self) -> list[Marked]:
        return [one for one in self._marked.values() if one.stands]

    def asked(self, address: str, least: Proof = Proof.ENCRYPT, *, by_tls: bool = True) -> None:
        """Postfix was told to send *address*'s copy, which demands *least*, by forced TLS: a try begins. Or (not
        *by_tls*) to another server, whose failures say nothing of the address's domain."""
        told = self._told.setdefault((address, least), _Told())
        told.times += by_tls
        told.by_tls = by_tls
        told.at = self._looked_at
        self._told.move_to_end((address, least))
        if len(self._told) > _MOST_COPIES:
            self._told.popitem(last=False)

    def see(self, look: Look, waiting: Iterable[Waiting], is_tls: Callable[[Waiting], bool]) -> None:
        """Take some of the copies that wait into *look*. *is_tls* tells whether a copy's way is ``tls`` now."""
        for one in waiting:
            look.seen.add((one.queue_id, one.address))
            failure = failure_of(one.reason)
            domain = domain_of(one.address)
            if failure is Failure.OTHER or not domain or self._went_elsewhere(one) or not is_tls(one):
                continue
            later = failure is Failure.LATER
            copy = look.copies[one.queue_id, one.address] = self._counted(one, later, look.now)
            look.queue_ids.setdefault(domain, {})[one.queue_id] = None
            found = look.trouble.setdefault((domain, later), _Trouble(failure))
            # not the sum: a network that is away for a moment fails every copy on its way, once
            found.tries = max(found.tries, copy.tries)
            found.oldest = min(found.oldest, one.arrived)
            found.copies.append(copy)
            if failure is Failure.TLS or not found.reason:
                found.failure, found.reason = failure, clause(one.reason)

    def conclude(self, look: Look) -> list[Fallen]:
        """Draw conclusions from *look*, when all that wait were taken into it."""
        now = look.now
        self._remember(look.copies, look.seen)
        self._looked_at = now
        falls = {key: found for key, found in look.trouble.items() if self._falls(found, now)}
        fallen = {domain: found for (domain, later), found in falls.items() if not later}
        late = {domain: found for (domain, later), found in falls.items() if later and domain not in fallen}
        if late:
            fallen |= self._taking_nothing(late, {address for _, address in look.seen}, now)
        return [self._fall(domain, found, look.queue_ids[domain], now) for domain, found in fallen.items()]

    def _remember(self, copies: dict[tuple[str, str], _Copy], seen: set[tuple[str, str]]) -> None:
        """What is being tried right now does not wait: a silent server keeps it for minutes, and its tries go on."""
        absent = [(key, copy) for key, copy in self._copies.items() if key not in seen][-_MOST_ABSENT:]
        for _, copy in absent:
            copy.waits = False
        self._copies = dict(absent) | copies

    def due(self, now: float) -> list[Marked]:
        """The marks whose time has come to be tried by a check; those set in the future (by a clock since set back)
        too, which would stand until then."""
        return [
            one
            for one in self._marked.values()
            if one.stands and not one.since - NODES_SKEW <= now < one.until
        ]

    def heal(self, domain: str, now: float) -> Marked | None:
        """A check found a proof again."""
        marked = self._marked.get(domain)
        if marked is None or not marked.stands:
            return None
        healed = self._marked[domain] = replace(marked, healed_at=now)
        return healed

    def wait_longer(self, domain: str, now: float) -> Marked:
        """A check found none: the mark stands for as long again as a first one."""
        marked = self._marked[domain]
        longer = replace(marked, since=min(marked.since, now), until=now + HOLD_SECONDS)
        self._marked[domain] = longer
        return longer

    def forget(self, now: float) -> list[str]:
        """The domains whose last mark ended so long ago that it says nothing any more."""
        gone = [
            one.domain
            for one in self._marked.values()
            if one.healed_at is not None and now - one.healed_at > AGAIN_SECONDS
        ]
        for domain in gone:
            del self._marked[domain]
        return gone

    def _went_elsewhere(self, one: Waiting) -> bool:
        """After a restart nobody knows: then its way now decides."""
        told = self._told.get((one.address, one.least))
        return told is not None and not told.by_tls

    def _counted(self, one: Waiting, later: bool, now: float) -> _Copy:
        """The copy, with a try that was its own: for other messages its address is asked for, too, and nobody tells for
        which. So a try counts once the queue manager must have come to the copy, or where it was away to be tried."""
        told = self._told.get((one.address, one.least))
        asked = 0 if told is None else told.times
        before = self._copies.get((one.queue_id, one.address))
        again = self.retries.surely(now, one.arrived)
        if before is None or now < before.since:
            return _Copy(later, 1, asked, now, again)
        if before.later is not later:  # a server that answers can be connected to
            return _Copy(later, 1, asked, before.since, again)
        if asked > before.asked and (now >= before.again or not before.waits):
            return _Copy(later, before.tries + 1, asked, before.since, again)
        before.waits = True
        return before

    def _falls(self, found: _Trouble, now: float) -> bool:
        often = found.tries >= self.routing.fallback_failures
        long = now - found.oldest >= self.routing.fallback_seconds
        match found.failure:
            case Failure.TLS:
                return often or long
            case Failure.LATER:
                return found.tries >= 2 and now - found.since >= self.routing.fallback_later_seconds
            case _:
                return found.tries >= max(2, self.routing.fallback_failures) and long

    def _taking_nothing(self, late: dict[str, _Trouble], waits: set[str], now: float) -> dict[str, _Trouble]:
        """Those of the domains in *late* to which nothing went since; for the others it is counted anew. *waits* are
        all addresses that wait."""
        since = min(found.since for found in late.values())
        went: dict[str, float] = {}  # when it last did
        for (address, _), told in reversed(self._told.items()):
            if told.at < since:
                break
            taken = told.by_tls and told.at <= now - _TRIED_SECONDS and address not in waits
            if taken and not is_own_sink(address):
                went.setdefault(domain_of(address), told.at)
        left = {domain: found for domain, found in late.items() if went.get(domain, 0.0) < found.since}
        for domain in late.keys() - left.keys():
            for copy in late[domain].copies:
                copy.since = max(copy.since, went[domain] + _TRIED_SECONDS)
        return left if went or len(left) < _MANY else {}

    def _fall(self, domain: str, found: _Trouble, queue_ids: Iterable[str], now: float) -> Fallen:
        before = self._marked.get(domain)
        again = (
            before is not None and before.healed_at is not None and now - before.healed_at <= AGAIN_SECONDS
        )
        times = before.times + 1 if before is not None and again else 1
        # no check sees what comes after TLS, so each mail would wait as long once more
        first = self.routing.fallback_later_seconds if found.failure is Failure.LATER else 0.0
        hold = min(max(HOLD_SECONDS, first) * 2 ** min(times - 1, 20), LONGEST_HOLD)
        reason = f"{_FAILED}{found.reason}"
        marked = self._marked[domain] = Marked(domain, found.failure, reason, now, now + hold, times)
        return Fallen(marked, tuple(queue_ids), max(0.0, now - found.oldest))
