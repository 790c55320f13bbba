"""Canaries in the store. Raises :class:`~segl.errors.StoreError` where it opens a transaction itself.

What was seen comes twice, in any order and from two processes. Of several words the worst counts: what was encrypted
and handed on may still come back, and what went in clear has gone.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from segl.canary.standing import CanaryStanding, HostLook, Sent, standing_of
from segl.clock import AHEAD_SECONDS
from segl.days import DAY_SECONDS
from segl.settings.canary import Canary
from segl.store.engine import transaction
from segl.tables.canary import canary_leak, canary_look, canary_sent
from segl.tables.hold import held_look
from segl.tables.nodes import node
from segl.vocabulary import CanaryOutcome

KEPT_SECONDS = 30 * DAY_SECONDS
# A host that looks no longer has no canaries either: that is an alarm of its own.
LOOK_KEPT = 3600.0
_LONGEST = 255
_RANK = (CanaryOutcome.SECURE, CanaryOutcome.FAILED, CanaryOutcome.CLEAR)


def sent(connection: Connection, canary: Sent) -> None:
    """Before it is handed in: one that is lost on the way must be missed."""
    connection.execute(
        canary_sent.insert().values(
            id=canary.id,
            sink=canary.sink,
            host=canary.host[:_LONGEST],
            envelope_id=canary.envelope_id,
            sent_at=canary.sent_at,
        )
    )


def refused(connection: Connection, ident: str, why: str) -> None:
    connection.execute(
        canary_sent.update().where(canary_sent.c.id == ident).values(refused=why[:_LONGEST] or "refused")
    )


def seen(
    connection: Connection,
    ident: str,
    came: CanaryOutcome,
    at: float,
    *,
    read: bool | None,
    way: str = "",
    detail: str = "",
) -> bool:
    """Write down that a canary was seen. ``False`` when there is nothing new in it, or none of that name. *read*:
    ``None`` where that is for another to say (:func:`read_by_milter`)."""
    weaker = [other.value for other in _RANK[: _RANK.index(came)]]
    before = sa.or_(canary_sent.c.came.is_(None), canary_sent.c.came.in_(weaker))
    query = canary_sent.update().where(canary_sent.c.id == ident, before)
    values: dict[str, object] = {
        "came": came.value,
        "came_at": at,
        "way": way or None,
        "detail": detail[:_LONGEST] or None,
    }
    if read is not None:
        values["read"] = read
    return connection.execute(query.values(**values)).rowcount > 0


def read_by_milter(connection: Connection, ident: str, read: bool) -> None:
    """Write down whether a milter had read it, where nobody knew yet."""
    unknown = (canary_sent.c.id == ident, canary_sent.c.read.is_(None))
    connection.execute(canary_sent.update().where(*unknown).values(read=read))


def envelope_id(connection: Connection, ident: str) -> str | None:
    """The envelope id that the canary was handed in with; ``None``: there is no such canary."""
    return connection.scalar(sa.select(canary_sent.c.envelope_id).where(canary_sent.c.id == ident))


def recent(connection: Connection, since: float) -> list[Sent]:
    """Canaries sent since then, the oldest first."""
    query = sa.select(canary_sent).where(canary_sent.c.sent_at >= since).order_by(canary_sent.c.sent_at)
    return [
        Sent(
            id=row.id,
            sink=row.sink,
            sent_at=row.sent_at,
            host=row.host,
            envelope_id=row.envelope_id,
            refused=row.refused,
            came=None if row.came is None else CanaryOutcome(row.came),
            came_at=row.came_at,
            read=row.read,
            way=row.way,
            detail=row.detail,
        )
        for row in connection.execute(query)
    ]


def last_sent(connection: Connection, host: str) -> dict[str, float]:
    """When the last canary was sent from *host*, by sink."""
    query = sa.select(canary_sent.c.sink, sa.func.max(canary_sent.c.sent_at).label("at")).where(
        canary_sent.c.host == host
    )
    return {row.sink: row.at for row in connection.execute(query.group_by(canary_sent.c.sink))}


def looked(connection: Connection, host: str, at: float, look: HostLook) -> None:
    """What the look at Postfix's settings on *host* said."""
    name = host[:_LONGEST]
    here, values = canary_look.c.host == name, {"at": at, "fault": look.milter}
    if not connection.execute(canary_look.update().where(here).values(**values)).rowcount:
        connection.execute(canary_look.insert().values(host=name, **values))
    connection.execute(canary_leak.delete().where(canary_leak.c.host == name))
    if look.leaks is not None:
        connection.execute(canary_leak.insert().values(host=name, found=look.leaks))


def looks(connection: Connection, since: float) -> dict[str, HostLook]:
    """What each host that looked since then found."""
    query = (
        sa.select(canary_look.c.host, canary_look.c.fault, canary_leak.c.found)
        .outerjoin(canary_leak, canary_leak.c.host == canary_look.c.host)
        .where(canary_look.c.at >= since)
    )
    return {row.host: HostLook(milter=row.fault, leaks=row.found) for row in connection.execute(query)}


def set_right(connection: Connection, now: float) -> None:
    """What was sent by a clock that was ahead was sent *now*: else the next is due when that time has come, and until
    then the last one arrived."""
    sent_at, came_at = canary_sent.c.sent_at, canary_sent.c.came_at
    came = sa.case((came_at > now, now), else_=came_at)
    ahead = canary_sent.update().where(sent_at > now + AHEAD_SECONDS)
    connection.execute(ahead.values(sent_at=now, came_at=came))


def forget(connection: Connection, now: float) -> None:
    connection.execute(canary_sent.delete().where(canary_sent.c.sent_at < now - KEPT_SECONDS))
    connection.execute(canary_look.delete().where(canary_look.c.at < now - KEPT_SECONDS))
    connection.execute(canary_leak.delete().where(canary_leak.c.host.not_in(sa.select(canary_look.c.host))))


def hosts(connection: Connection, now: float) -> set[str]:
    """Whose canaries are waited for: the nodes heard of within a day (:mod:`segl.nodes`), and who sent any in it."""
    nodes = connection.scalars(sa.select(node.c.name).where(node.c.seen_at >= now - DAY_SECONDS))
    senders = sa.select(canary_sent.c.host).where(canary_sent.c.sent_at >= now - DAY_SECONDS).distinct()
    return {name[:_LONGEST] for name in (*nodes, *connection.scalars(senders))}


def forget_host(connection: Connection, host: str) -> int:
    """No more is waited for of *host*, which was taken out of service, unless it is heard of again; how much was known
    of it."""
    looks = (canary_look.c.host, canary_leak.c.host, held_look.c.host)
    places = (canary_sent.c.host, *looks, node.c.name)
    return sum(connection.execute(sa.delete(place.table).where(place == host)).rowcount for place in places)


def standings(engine: Engine, canary: Canary, now: float, since: float) -> list[CanaryStanding]:
    """How it stands with each sink of the settings, from each host; *since* is when watching began."""
    with transaction(engine) as connection:
        found, senders = recent(connection, now - DAY_SECONDS), hosts(connection, now)
    return [
        standing_of(
            sink.name, host, found, every=sink.every, late_after=canary.late_after, now=now, since=since
        )
        for sink in canary.sinks
        for host in sorted(senders) or [""]
    ]
