"""What is known of one recipient domain, and for how long it may be believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from segl.settings import Routing
from segl.vocabulary import Known
from segl_routing.live import Checked
from segl_routing.mx import NoMail

UNKNOWN_SECONDS = 30.0  # "could not be found out" is asked again after this
ON_THE_SAFE_WAY_SECONDS = 600.0  # the same, once the domain takes the next way meanwhile
NO_MAIL_SECONDS = 300.0  # "does not exist" bounces mail, so it is not believed for long
CLOCK_SKEW = 60.0  # by which the clocks of nodes may differ


@dataclass(frozen=True, slots=True)
class DomainFacts:
    """The outcome of the last check. Times are Unix seconds.

    ``unknown_since`` is when the present run of checks without a result began.
    """

    domain: str
    tls: Known
    reason: str
    checked_at: float
    expires_at: float
    unknown_since: float | None = None
    no_mail: NoMail | None = None

    def fresh(self, now: float) -> bool:
        """Whether it may be believed at *now*; facts from the future (a clock set back) may not."""
        return self.checked_at - CLOCK_SKEW <= now < self.expires_at

    def unknown_for(self, now: float) -> float:
        """For how many seconds nothing could be found out; 0 when something was."""
        return 0.0 if self.unknown_since is None else max(0.0, now - self.unknown_since)

    def old(self, now: float) -> bool:
        """Whether the last tenth of its life has begun: time to check again before it ends."""
        return now >= self.expires_at - (self.expires_at - self.checked_at) / 10


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
    do not all end together."""
    since = _unknown_since(checked, previous, routing, now)
    if checked.no_mail:
        life = min(NO_MAIL_SECONDS, routing.known_seconds)
    elif since is None:
        life = routing.known_seconds
    elif now - since < routing.undecided_seconds:
        life = min(UNKNOWN_SECONDS, routing.known_seconds)
    else:
        life = min(ON_THE_SAFE_WAY_SECONDS, routing.known_seconds)
    return DomainFacts(
        domain=domain,
        tls=checked.tls,
        reason=checked.reason[:255],
        checked_at=now,
        expires_at=now + life * jitter(0.9, 1.1),
        unknown_since=since,
        no_mail=checked.no_mail,
    )


def _unknown_since(
    checked: Checked, previous: DomainFacts | None, routing: Routing, now: float
) -> float | None:
    """A run goes on while somebody looks now and then: a try last year and one today are no run."""
    if checked.tls is not Known.UNKNOWN:
        return None
    if previous is None or previous.unknown_since is None:
        return now
    if now - previous.checked_at > routing.undecided_seconds + routing.known_seconds:
        return now
    return min(previous.unknown_since, now)
