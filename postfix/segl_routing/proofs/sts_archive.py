"""Keeps MTA-STS policies in the store: a policy in force must outlive a restart (RFC 8461 §3.3).

A store that is slow counts as empty, and one that fails costs a repeated fetch
(:mod:`segl_routing.store_thread`). What has run out is taken away now and then.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from segl.clock import Clock
from segl.days import DAY_SECONDS
from segl.events import Events
from segl.tables.domains import domain_knowledge, mta_sts_policy
from segl_routing.newest import keep_newest
from segl_routing.proofs.sts_policy import MAX_AGE, StsMode, StsPolicy, parse_policy
from segl_routing.skew import NODES_SKEW
from segl_routing.store_thread import Transactions

REFRESH_SECONDS = DAY_SECONDS  # a policy is fetched anew at least so often (RFC 8461 §10.2)
PRUNE_SECONDS = 3600.0
ASKED_SECONDS = 30 * DAY_SECONDS  # a domain nobody has written to for so long is not kept fresh
_ENFORCED = "".join(f"{line}\n" for line in StsPolicy(StsMode.ENFORCE, 0).lines[:2])


@dataclass(frozen=True, slots=True)
class KeptStsPolicy:
    """A policy that was fetched at *fetched_at* (Unix seconds, before the fetch began) under *id*. *authorities*: by
    which its web server was proven (:class:`segl_routing.proofs.checking.CheckedWith`)."""

    domain: str
    id: str
    fetched_at: float
    policy: StsPolicy
    authorities: str = ""

    @property
    def life(self) -> float:
        """For how many seconds after it was fetched it is in force."""
        return min(self.policy.max_age, MAX_AGE)

    @property
    def ends_at(self) -> float:
        return self.fetched_at + self.life

    def holds(self, now: float) -> bool:
        """Whether it is in force at *now*. So is one from the future, where a clock was set back by less than its life:
        without it mail hosts from forged DNS would do."""
        return self.fetched_at - max(self.life, NODES_SKEW) <= now < self.ends_at

    def due(self, now: float) -> bool:
        """Whether it is time to fetch it anew, whatever its id: at half its life, or after a day; at once when it is
        from the future."""
        young = self.fetched_at + min(self.policy.max_age / 2, REFRESH_SECONDS)
        return not self.fetched_at - NODES_SKEW <= now < young


class StsArchive(Protocol):
    """Where policies are kept between restarts."""

    async def read(self, domain: str) -> KeptStsPolicy | None:
        """The policy kept of *domain*, of whatever age; ``None`` also when it cannot be read."""

    def write(self, kept: KeptStsPolicy) -> None:
        """Keep it, soon."""

    async def due(self, now: float, most: int) -> tuple[str, ...]:
        """Domains, at most *most*, whose policy in force is due to be fetched anew; first those it ends for first."""


class NoStsArchive:
    """Keeps nothing."""

    async def read(self, _domain: str) -> KeptStsPolicy | None:
        return None

    def write(self, _kept: KeptStsPolicy) -> None:
        return

    async def due(self, _now: float, _most: int) -> tuple[str, ...]:
        return ()


class StoreStsArchive:
    """The table ``mta_sts_policy`` of the store."""

    def __init__(
        self, engine: Engine, events: Events, *, writable: bool = True, clock: Callable[[], float] = time.time
    ) -> None:
        """*clock* gives Unix seconds. The engine is not ours to close."""
        self._writable = writable
        self._clock = clock
        self._trusted = Clock()
        self._looked_at = 0.0  # when it was last seen whether any has run out
        self._thread = Transactions(engine, events, "policies")

    async def read(self, domain: str) -> KeptStsPolicy | None:
        return await self._thread.read(lambda connection: _read(connection, domain))

    def write(self, kept: KeptStsPolicy) -> None:
        if self._writable:
            self._thread.write(lambda connection: self._write(connection, kept))

    async def due(self, now: float, most: int) -> tuple[str, ...]:
        return await self._thread.read(lambda connection: _due(connection, now, most)) or ()

    def close(self) -> None:
        """Wait until what was to be written is written."""
        self._thread.close()

    def _write(self, connection: Connection, kept: KeptStsPolicy) -> None:
        now = self._clock()
        if self._looked_at <= now < self._looked_at + PRUNE_SECONDS:
            _write(connection, kept)
            return
        self._looked_at = now
        last = connection.scalar(sa.select(sa.func.max(mta_sts_policy.c.fetched_at)))
        _write(connection, kept)
        if self._trusted.believes(now, last):  # by a clock that is ahead all of them would have run out
            ended = mta_sts_policy.c.fetched_at + mta_sts_policy.c.max_age < now
            connection.execute(mta_sts_policy.delete().where(ended))


def _read(connection: Connection, domain: str) -> KeptStsPolicy | None:
    row = connection.execute(sa.select(mta_sts_policy).where(mta_sts_policy.c.domain == domain)).one_or_none()
    if row is None:
        return None
    policy = parse_policy(row.policy.encode("utf-8", "replace"))
    if not isinstance(policy, StsPolicy) or policy.max_age != row.max_age:
        return None  # not written by us
    return KeptStsPolicy(domain, row.id, row.fetched_at, policy, row.authorities)


def _due(connection: Connection, now: float, most: int) -> tuple[str, ...]:
    kept = mta_sts_policy.c
    ends_at = kept.fetched_at + kept.max_age
    asked = domain_knowledge.c
    wanted = (
        sa.select(kept.domain)
        .where(
            ends_at > now,
            sa.or_(
                kept.fetched_at <= now - REFRESH_SECONDS,
                kept.fetched_at + kept.max_age / 2.0 <= now,
                kept.fetched_at > now + NODES_SKEW,  # a clock was set back
            ),
            kept.policy.startswith(_ENFORCED),
            sa.exists().where(asked.domain == kept.domain, asked.checked_at > now - ASKED_SECONDS),
        )
        .order_by(ends_at)
        .limit(most)
    )
    return tuple(connection.scalars(wanted))


def _write(connection: Connection, kept: KeptStsPolicy) -> None:
    row = {
        "domain": kept.domain,
        "id": kept.id,
        "fetched_at": kept.fetched_at,
        "max_age": kept.policy.max_age,
        "policy": str(kept.policy),
        "authorities": kept.authorities,
    }
    keep_newest(connection, mta_sts_policy, row, by="fetched_at")
