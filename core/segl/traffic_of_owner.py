"""How much secure mail one organisation of several sends to which domain: from what receipts know of its messages.

segl-map counts recipients without their senders (:mod:`segl.traffic`), so its counts are those of the installation.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from segl.addresses import domain_of
from segl.receipts.of_owner import messages_of
from segl.receipts.states import Stage, State
from segl.settings_organisation import Owner, Owners
from segl.tables.receipts import sent_recipient
from segl.traffic import DomainTraffic
from segl.vocabulary import Way

_TAKEN = (State.SENT.value, State.SEALED.value)


def traffic_of(connection: Connection, owner: Owner, owners: Owners, since: float) -> list[DomainTraffic]:
    """As :func:`segl.traffic.traffic_since`, of *owner*'s senders alone, since Unix seconds: recipients outside whose
    copy was taken, once for each message. Of what is older than the receipts are kept, nothing is known."""
    found: dict[str, DomainTraffic] = {}
    query = sa.select(sent_recipient.c.recipient, sent_recipient.c.way, sent_recipient.c.at).where(
        sent_recipient.c.at >= since,
        sent_recipient.c.stage == Stage.SECURE.value,
        sent_recipient.c.state.in_(_TAKEN),
        sent_recipient.c.message_id.in_(messages_of(connection, owner, owners)),
    )
    for row in connection.execute(query):
        domain = domain_of(row.recipient)
        if not domain or row.way is None or row.way == Way.INTERNAL:
            continue
        way = Way(row.way)
        one = found.setdefault(domain, DomainTraffic(domain))
        one.recipients[way] = one.recipients.get(way, 0) + 1
        one.last[way] = max(one.last.get(way, 0.0), row.at)
    return sorted(found.values(), key=lambda one: (-one.total, one.domain))
