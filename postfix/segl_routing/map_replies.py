"""Answers the two maps of ``segl-map``: ``transport`` by recipient address, ``tlspolicy`` by next hop.

The rules of answering are in ``docs/decisions/0003-map-answers.md``. In short: an address is never answered
``NOTFOUND``; what cannot be decided is ``TEMP``; a policy always makes TLS mandatory, and also authenticates
the server, except for a domain for which the postmaster set ``least = "encrypt"``.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import replace

from segl.demand_tag import TLS_DEMANDS, UnknownDemand, untagged
from segl.errors import RoutingError
from segl.events import Events
from segl.metric_labels import MapName, MemoryResult
from segl.metrics import MAP_MEMORY, MAP_REQUESTS, MAP_SECONDS, ROUTES, TLS_PROOFS
from segl.vocabulary import Proof, Way
from segl_routing.certificates.knowledge import NOT_LOOKED_FOR, CertificateKnowledge
from segl_routing.fallback.marking import Fallback
from segl_routing.lookups import Lookups
from segl_routing.outcome import Outcome, Refused, Routed, Undecided
from segl_routing.proofs.facts import DomainFacts
from segl_routing.proofs.knowledge import Knowledge
from segl_routing.routes import Proven, RouteTable
from segl_routing.socketmap import Reply, Status
from segl_routing.states import CertificateState, no_certificate
from segl_routing.tunnels import Tunnels
from segl_routing.wait_budget import WaitBudget

_NOT_FOUND = Reply(Status.NOTFOUND)
_TOLD = 10_000  # recipients whose route is remembered as logged
_LONGEST_ADDRESS = 320  # characters; RFC 5321 §4.5.3.1 allows 64 + 1 + 255

# The policy maps of the transports for copies with a demand (postfix/conf/secure.demand-tls.cf).
_DEMANDING = {f"tlspolicy-{least}": least for least in TLS_DEMANDS}

_COUNTERS = {
    (name, status): MAP_REQUESTS.labels(name, status.value.lower()) for name in MapName for status in Status
}
_MEMORY = {
    missed: MAP_MEMORY.labels(MemoryResult.MISS if missed else MemoryResult.HIT) for missed in (False, True)
}
_ROUTES = {way: ROUTES.labels(way.value) for way in Way}


class MapReplies:
    """What ``segl-map`` says. Call it with map and key; the reply comes at once when memory has it."""

    def __init__(
        self,
        table: RouteTable,
        tunnels: Tunnels,
        knowledge: Knowledge,
        events: Events,
        *,
        answer_seconds: float,
        certificates: CertificateKnowledge | None = None,
        clock: Callable[[], float] = time.time,
        wait_budget: WaitBudget | None = None,
        fallback: Fallback | None = None,
        given: Callable[[str, Proof | None], None] = lambda _next_hop, _proof: None,
        knows_sts: bool = True,
    ) -> None:
        """*answer_seconds* is how long a look-up may hold a reply back; *clock* gives Unix seconds. Without
        *certificates* that way is not taken. *given* is told of each TLS policy which proof it rests on;
        *knows_sts*: whether Postfix understands what is told of MTA-STS."""
        self._table = table
        self._certificates = certificates
        self._tunnels = tunnels
        self._knowledge = knowledge
        self._events = events
        self._answer_seconds = answer_seconds
        self._clock = clock
        self._wait_budget = wait_budget or WaitBudget()
        self._fallback = fallback or Fallback(table.routing)
        self._given = given
        self._knows_sts = knows_sts
        self._logged: OrderedDict[str, str] = OrderedDict()
        self._present = self._lookups(knowledge.recall, self._certificate)
        self._last_known = self._lookups(knowledge.last, self._known_certificate)

    def __call__(self, name: str, key: str) -> Reply | Awaitable[Reply]:
        begun = time.perf_counter()
        match name:
            case MapName.TRANSPORT:
                return self._transport(key, begun)
            case MapName.TLS_POLICY:
                proven = self._table.proven(key, self._knowledge.last)
                if not key.startswith("."):  # what Postfix asks next when it was told of none, label by label
                    self._given(key, None if proven is None else proven.proof)
                reply = _NOT_FOUND if proven is None else self._policy(proven)
                return _counted(MapName.TLS_POLICY, reply, begun)
            case _ if name in _DEMANDING:
                return self._demanded_policy(key, _DEMANDING[name], begun)
            case _:
                return _counted(MapName.OTHER, Reply(Status.PERM, "there is no such map"), begun)

    def _demanded_policy(self, key: str, least: Proof, begun: float) -> Reply:
        """For a copy that demands *least*. Without a policy that meets it the copy waits: the level of master.cf
        says nothing about demands."""
        proven = self._table.proven(key, self._knowledge.last, least)
        if proven is None:
            return _counted(
                MapName.TLS_POLICY, Reply(Status.TEMP, f"no TLS policy meets the demand {least}"), begun
            )
        self._given(key, proven.proof)
        return _counted(MapName.TLS_POLICY, self._policy(proven), begun)

    def _policy(self, proven: Proven) -> Reply:
        return Reply(Status.OK, proven.policy.told(knows_sts=self._knows_sts))

    def awaits_certificate(self, address: str) -> bool:
        """Whether the way of *address* hangs on a search for its certificate: not with a pin, a tunnel, or what is
        known."""
        outcome = self._decide(address, Proof.ENCRYPT)
        return isinstance(outcome, Undecided) and bool(outcome.unfound)

    def goes_by_tls(self, address: str, least: Proof) -> bool:
        """Whether the copy of *address* with the demand *least* takes forced TLS, by what was found out last. Nobody is
        asked."""
        outcome = self._table.decide(address, self._last_known, now=self._clock(), least=least)
        return isinstance(outcome, Routed) and outcome.route.way is Way.TLS

    def _transport(self, key: str, begun: float) -> Reply | Awaitable[Reply]:
        if _is_partial(key):
            return _counted(MapName.TRANSPORT, _NOT_FOUND, begun)
        try:
            address, least = untagged(key)
        except UnknownDemand as error:
            return self._reply(Undecided(key, str(error)), Proof.SEALED, begun)
        least = least or Proof.ENCRYPT
        outcome = self._decide(address, least)
        missed = isinstance(outcome, Undecided) and bool(outcome.unchecked or outcome.unfound)
        _MEMORY[missed].inc()
        if isinstance(outcome, Undecided) and missed:
            return self._after_look(address, outcome, least, begun)
        return self._reply(outcome, least, begun)

    async def _after_look(self, key: str, outcome: Undecided, least: Proof, begun: float) -> Reply:
        """The reply once what was missing has been looked for: first a certificate, and, where there is none,
        what the domain proves. Both together hold the reply back for ``answer_seconds`` at most."""
        latest = begun + min(self._answer_seconds, self._wait_budget.left())
        facts: DomainFacts | None = None
        state: CertificateState | None = None
        decided: Outcome = outcome
        try:
            while isinstance(decided, Undecided):
                within = latest - time.perf_counter()
                if decided.unfound and state is None and self._certificates is not None:
                    state = await self._certificates.find(decided.unfound, within)
                elif decided.unchecked and facts is None:
                    facts = await self._knowledge.find(decided.unchecked, within)
                else:
                    break
                decided = self._decide(key, least, facts, state)
        except RoutingError as error:
            return self._reply(Undecided(key, error.private), least, begun)
        finally:
            self._wait_budget.spend(time.perf_counter() - begun)
        return self._reply(decided, least, begun)

    def _decide(
        self,
        key: str,
        least: Proof,
        facts: DomainFacts | None = None,
        state: CertificateState | None = None,
    ) -> Outcome:
        """By what memory holds; *facts* and *state* are what was just looked for."""
        known = self._present
        if facts is not None:
            known = replace(known, facts=lambda _: facts)
        if state is not None:
            known = replace(known, certificate=lambda _: state)
        return self._table.decide(key, known, now=self._clock(), least=least)

    def _lookups(
        self,
        facts: Callable[[str], DomainFacts | None],
        certificate: Callable[[str], CertificateState],
    ) -> Lookups:
        return Lookups(
            lambda domain: self._tunnels.state(domain, self._clock()), facts, certificate, self._fallback.mark
        )

    def _certificate(self, recipient: str) -> CertificateState:
        if self._certificates is None:
            return no_certificate(recipient)
        return self._certificates.recall(recipient) or NOT_LOOKED_FOR

    def _known_certificate(self, recipient: str) -> CertificateState:
        found = self._certificate(recipient)
        return no_certificate(recipient) if found is NOT_LOOKED_FOR else found

    def _reply(self, outcome: Outcome, least: Proof, begun: float) -> Reply:
        ms = (time.perf_counter() - begun) * 1000
        if isinstance(outcome, Undecided):
            self._events.route_undecided(outcome.recipient, RoutingError("undecided", outcome.reason))
            return _counted(MapName.TRANSPORT, Reply(Status.TEMP, outcome.reason), begun)
        repeated = self._is_repeated(outcome)
        if isinstance(outcome, Routed):
            if outcome.to_another_server:
                by_tls = outcome.route.way is Way.TLS
                self._fallback.asked(outcome.route.recipient, least, by_tls=by_tls)
            watched = self._table.is_sink(outcome.route.recipient)
            _ROUTES[outcome.route.way].inc()
            if not repeated and not watched and outcome.proof is not None:
                TLS_PROOFS.labels(outcome.proof.value).inc()
            self._events.routed(outcome.route, ms=ms, repeated=repeated)
        elif isinstance(outcome, Refused):
            self._events.route_refused(outcome.recipient, outcome.status, outcome.reason, repeated=repeated)
        return _counted(MapName.TRANSPORT, Reply(Status.OK, outcome.transport), begun)

    def _is_repeated(self, outcome: Routed | Refused) -> bool:
        """Whether the same was logged for this recipient lately: Postfix asks several times for each, and
        for the sender's address too."""
        recipient = outcome.route.recipient if isinstance(outcome, Routed) else outcome.recipient
        if len(recipient) > _LONGEST_ADDRESS:
            return False
        before = self._logged.get(recipient)
        self._logged[recipient] = outcome.transport
        self._logged.move_to_end(recipient)
        if len(self._logged) > _TOLD:
            self._logged.popitem(last=False)
        return before == outcome.transport


def _is_partial(key: str) -> bool:
    """Keys that are no addresses: ``*``, ``.example.org``, ``example.org``. They belong to tables that hold
    whole domains; ours answers by address, so they are not in it."""
    return "@" not in key and (key == "*" or "." in key)


def _counted(name: MapName, reply: Reply, begun: float) -> Reply:
    _COUNTERS[name, reply.status].inc()
    MAP_SECONDS.observe(time.perf_counter() - begun)
    return reply
