"""What is known of one recipient domain, and for how long it may be believed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from segl.settings.routing import Routing
from segl.vocabulary import Known, Proof
from segl_routing.dns.no_mail import NoMail
from segl_routing.proofs.defects import Defect
from segl_routing.proofs.evidence import Evidence
from segl_routing.proofs.tls_policy import TlsPolicy
from segl_routing.skew import NODES_SKEW

UNKNOWN_SECONDS = 30.0  # "could not be found out" is asked again after this
DOUBTFUL_SECONDS = 300.0  # the same, where mail goes by a weaker proof meanwhile
NEW_NO_SECONDS = 300.0  # a "no" that was none before is asked again after this, then twice as long each time
ON_THE_SAFE_WAY_SECONDS = 600.0  # the same, once the domain takes the next way meanwhile
NO_MAIL_SECONDS = 300.0  # "does not exist" bounces mail, so it is not believed for long
SHORTEST_SECONDS = 60.0  # whatever a TTL says: Postfix looks up for itself at delivery


@dataclass(frozen=True, slots=True)
class Checked:
    """What a live check found. ``evidence`` is meaningful when ``no_mail`` is ``None``."""

    evidence: tuple[Evidence, ...] = ()
    no_mail: NoMail | None = None
    reason: str = ""  # of no_mail


@dataclass(frozen=True, slots=True)
class KeptEvidence:
    """One proof's evidence as it is kept. Times are Unix seconds.

    ``ends`` is until when it may be believed; ``unknown_since`` is when the present run of checks in which
    this proof could not be found out began.
    """

    proof: Proof
    known: Known
    reason: str
    checked_at: float
    ends: float
    bars: bool = False
    policy: TlsPolicy | None = None
    unknown_since: float | None = None
    defect: Defect | None = None

    def holds(self, now: float) -> bool:
        """Whether it may be believed at *now*; what is from the future (a clock set back) may not."""
        return self.checked_at - NODES_SKEW <= now < self.ends


@dataclass(frozen=True, slots=True)
class DomainFacts:
    """What the checks of one domain have found out, each proof once, the strongest first. ``checked_with``: see
    :class:`segl_routing.proofs.checking.CheckedWith`."""

    domain: str
    evidence: tuple[KeptEvidence, ...]
    checked_at: float
    expires_at: float
    no_mail: NoMail | None = None
    reason: str = ""  # of no_mail
    checked_with: str = ""

    def fresh(self, now: float) -> bool:
        """Whether it may be believed at *now*; facts from the future (a clock set back) may not."""
        return self.checked_at - NODES_SKEW <= now < self.expires_at

    def is_of_last(self, seconds: float, now: float) -> bool:
        """Whether it was found out within the last *seconds*, however long it may be believed."""
        return self.checked_at - NODES_SKEW <= now < self.checked_at + seconds

    def old(self, now: float) -> bool:
        """Whether the last tenth of its life has begun: time to check again before it ends."""
        return now >= self.expires_at - (self.expires_at - self.checked_at) / 10

    def unknown_for(self, now: float) -> float:
        """For how many seconds nothing could be found out; 0 when something was."""
        since = self.doubt_since
        return 0.0 if since is None else max(0.0, now - since)

    @property
    def doubt_since(self) -> float | None:
        """Since when what the domain's way hangs on cannot be found out; ``None`` when a proof holds, or when
        none does for certain."""
        doubts = [one.unknown_since for one in self.evidence if one.unknown_since is not None]
        return None if self._has_proof else min(doubts, default=None)

    @property
    def doubtful(self) -> bool:
        """Whether a stronger proof may hold than the strongest that does, or one that is promised may fail."""
        for one in self.evidence:
            if one.known is Known.YES:
                return False
            if one.known is Known.UNKNOWN:
                return True
        return False

    @property
    def _has_proof(self) -> bool:
        for one in self.evidence:
            if one.known is Known.YES and one.proof is not Proof.ENCRYPT:
                return True
            if one.bars:
                return False
        return False


def judge(
    domain: str,
    checked: Checked,
    previous: DomainFacts | None,
    *,
    routing: Routing,
    now: float,
    jitter: Callable[[float, float], float],
) -> DomainFacts:
    """The facts after a check. *jitter(a, b)* gives a number between the two, so that domains learnt together
    do not all end together.

    A proof that could not be found out this time keeps what was found before, as long as that may be believed.
    """
    if checked.no_mail is not None:
        life = min(NO_MAIL_SECONDS, routing.known_seconds) * jitter(0.9, 1.1)
        return DomainFacts(domain, (), now, now + life, checked.no_mail, checked.reason[:255])
    before = {one.proof: one for one in previous.evidence} if previous is not None else {}
    stretch = jitter(0.9, 1.1)
    kept = strongest_first(
        _kept_evidence(evidence, before.get(evidence.proof), routing, now, stretch)
        for evidence in checked.evidence
    )
    facts = DomainFacts(domain, kept, now, now)
    life = _life(facts, routing, now) * stretch
    ends = (one.ends for one in kept if one.known is not Known.UNKNOWN)
    return replace(facts, expires_at=min((now + life, *ends)))


def strongest_first(kept: Iterable[KeptEvidence]) -> tuple[KeptEvidence, ...]:
    return tuple(sorted(kept, key=lambda one: -one.proof.rank))


def _kept_evidence(
    evidence: Evidence, before: KeptEvidence | None, routing: Routing, now: float, stretch: float
) -> KeptEvidence:
    if evidence.known is Known.UNKNOWN:
        if before is not None and before.known is not Known.UNKNOWN and before.holds(now):
            return before
        since = _unknown_since(before, routing, now)
        ends = now + UNKNOWN_SECONDS
    else:
        since = None
        life = routing.known_seconds if evidence.holds_for is None else evidence.holds_for
        if evidence.known is Known.NO and before is not None:
            life = min(life, _until_asked_again(before))
        life = max(min(life, routing.known_seconds), min(SHORTEST_SECONDS, routing.known_seconds))
        ends = now + life * stretch
    return KeptEvidence(
        evidence.proof,
        evidence.known,
        evidence.reason[:255],
        now,
        ends,
        evidence.bars,
        evidence.policy if evidence.known is Known.YES else None,
        since,
        evidence.defect,
    )


def _until_asked_again(before: KeptEvidence) -> float:
    """How long a "no" holds at most: a server that is started anew, or is too busy, offers no TLS for some minutes."""
    lasted = 2 * (before.ends - before.checked_at) if before.known is Known.NO else 0.0
    return max(NEW_NO_SECONDS, lasted)


def _life(facts: DomainFacts, routing: Routing, now: float) -> float:
    since = facts.doubt_since
    if since is not None:
        waiting = now - since < routing.undecided_seconds
        return min(UNKNOWN_SECONDS if waiting else ON_THE_SAFE_WAY_SECONDS, routing.known_seconds)
    return min(DOUBTFUL_SECONDS if facts.doubtful else routing.known_seconds, routing.known_seconds)


def _unknown_since(before: KeptEvidence | None, routing: Routing, now: float) -> float:
    """A run goes on while somebody looks now and then: a try last year and one today are no run."""
    if before is None or before.unknown_since is None:
        return now
    if now - before.checked_at > routing.undecided_seconds + routing.known_seconds:
        return now
    return min(before.unknown_since, now)
