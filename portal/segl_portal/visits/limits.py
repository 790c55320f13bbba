"""How often something was asked lately, counted in the store for all processes and nodes together.

Time is cut into windows of the rule's length, an hour or a day (:func:`segl.sealed.life.sweep_portal` tells the two
apart when it takes old ones away); a count belongs to one scope, one key and one window, so a limit may
be passed up to twice around a window's edge. Keys are hashed: the table tells no address. One statement counts and
tells the count, so that two processes cannot both be the last one let through.

What may be counted under which key is what keeps a stranger from locking a recipient out: see
:mod:`segl_portal.visits.service`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from segl.sealed.keys import SECRET, Secret
from segl.settings.portal import PortalLimits
from segl.store.engine import insert_into
from segl.tables.sealed import portal_count

HOUR: Final = 3600
DAY: Final = 86400


_KEPT: Final = 2
"""Of a link's codes so many are kept for each network, a day: programs that try links in mail, in a computing centre
somewhere, must not use up those of the person whom the mail is for."""


class Scope(StrEnum):
    """What is counted."""

    NETWORK_CODES = "network-codes"
    NETWORK_TRIES = "network-tries"
    LINK_HOUR = "link-hour"
    LINK_DAY = "link-day"
    LINK_NETWORK = "link-network"  # codes for one link that one network asked for
    ADDRESS = "address"
    ALL = "all"
    FAILURES = "failures"  # wrong codes for one recipient's copy with this end, in the window of that day
    UNNAMED = "unnamed"  # codes asked for by those whose address is not known (segl_portal.visits.unnamed)
    NOTHING = "nothing"  # counted for what does not exist, so that it costs the same


@dataclass(frozen=True, slots=True)
class Rule:
    """At most ``most`` in ``seconds``."""

    scope: Scope
    most: int
    seconds: int

    def window(self, now: float) -> int:
        return int(now // self.seconds)


@dataclass(frozen=True, slots=True)
class Rules:
    """The limits of the settings as rules."""

    network_codes: Rule
    network_tries: Rule
    link_hour: Rule
    link_day: Rule
    link_network: Rule
    address: Rule
    everything: Rule
    failures: Rule

    @classmethod
    def of(cls, limits: PortalLimits, failures: int) -> Rules:
        return cls(
            network_codes=Rule(Scope.NETWORK_CODES, limits.network_codes_an_hour, HOUR),
            network_tries=Rule(Scope.NETWORK_TRIES, limits.network_tries_an_hour, HOUR),
            link_hour=Rule(Scope.LINK_HOUR, limits.codes_an_hour, HOUR),
            link_day=Rule(Scope.LINK_DAY, limits.codes_a_day, DAY),
            link_network=Rule(Scope.LINK_NETWORK, min(_KEPT, limits.codes_an_hour, limits.codes_a_day), DAY),
            address=Rule(Scope.ADDRESS, limits.address_an_hour, HOUR),
            everything=Rule(Scope.ALL, limits.all_an_hour, HOUR),
            failures=Rule(Scope.FAILURES, failures, DAY),
        )


def count(connection: Connection, rule: Rule, key: str, now: float) -> bool:
    """Count one more, and say whether it is still within the rule."""
    table = portal_count
    statement = (
        insert_into(connection, table)
        .values(scope=rule.scope.value, key=hashed(key), window=rule.window(now), count=1)
        .on_conflict_do_update(
            index_elements=[table.c.scope, table.c.key, table.c.window], set_={"count": table.c.count + 1}
        )
    )
    reached = connection.execute(statement.returning(table.c.count)).scalar_one()
    return bool(reached <= rule.most)


def passes(connection: Connection, rule: Rule, key: str, now: float) -> bool:
    """The same, but who has used his up already costs no write: on SQLite each waits for the disk, and whoever asks
    without end would keep those who seal mail waiting."""
    return within(connection, rule, key, now) and count(connection, rule, key, now)


def within(connection: Connection, rule: Rule, key: str, now: float) -> bool:
    """Whether one more would be within the rule; counts nothing."""
    return _counted(connection, rule, key, now) < rule.most


def is_counted(connection: Connection, rule: Rule, key: str, now: float) -> bool:
    """Whether any was counted in the window of *now*."""
    return _counted(connection, rule, key, now) > 0


def _counted(connection: Connection, rule: Rule, key: str, now: float) -> int:
    table = portal_count
    query = sa.select(table.c.count).where(
        table.c.scope == rule.scope.value, table.c.key == hashed(key), table.c.window == rule.window(now)
    )
    return connection.scalar(query) or 0


def of_link(connection: Connection, rules: Rules, by_link: str, network: str, now: float) -> bool:
    """Count a code that *network* asks for by a link, and say whether it may have it: within the link's hour and day,
    or, when others used these up, of what is kept for each network."""
    within_both = count(connection, rules.link_hour, by_link, now) and count(
        connection, rules.link_day, by_link, now
    )
    kept = count(connection, rules.link_network, f"{by_link} {network}", now)
    return within_both or kept


def take_back(connection: Connection, rule: Rule, key: str, now: float) -> None:
    """Count one less: what was counted before it was known turned out well."""
    table = portal_count
    connection.execute(
        table.update()
        .where(
            table.c.scope == rule.scope.value,
            table.c.key == hashed(key),
            table.c.window == rule.window(now),
            table.c.count > 0,
        )
        .values(count=table.c.count - 1)
    )


def hashed(key: str) -> bytes:
    return sha256(key.encode("utf-8", "surrogateescape")).digest()


def network_of(address: str) -> str:
    """The network a client is counted by: its /24 (IPv4) or /48 (IPv6, what one customer gets at most). What is no
    address, for example that of a unix socket's peer, is a network of its own."""
    try:
        client = unmapped(address.partition("%")[0])
    except ValueError:
        return address[:64]
    return str(ip_network((client, 24 if client.version == 4 else 48), strict=False))


def unmapped(address: str) -> IPv4Address | IPv6Address:
    """The address that *address* is; of ``::ffff:192.0.2.7``, as a socket for both calls a client of IPv4 (RFC 4291
    §2.5.5.2), the one that it has. Raises :class:`ValueError`."""
    found = ip_address(address)
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def by_link(place: str, link: Secret | None) -> str:
    """The key of what only the holder of a link may use up."""
    return f"{place} {(link or Secret(bytes(SECRET))).text()}"


def life_of(by_link: str, ends: float | None) -> str:
    """The key of wrong codes: of one copy as long as it lives. *ends* is when it ends, ``None`` where the link is
    wrong; a copy that was given another end (``segl sealed extend``) has its tries anew."""
    return by_link if ends is None else f"{by_link} {ends!r}"
