"""Which sent messages are whose, where several organisations share an installation."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from segl.settings_organisation import Owner, Owners
from segl.tables.receipts import sent_message


def messages_of(connection: Connection, owner: Owner, owners: Owners) -> sa.Select[tuple[str]]:
    """The ids of the messages that *owner*'s senders sent."""
    domains: tuple[str, ...] = owner.domains
    if owner.subdomains:  # one of them may be somebody else's
        every = connection.scalars(sa.select(sent_message.c.domain).distinct())
        domains = tuple(domain for domain in every if owners.find(domain) is owner)
    return sa.select(sent_message.c.id).where(sent_message.c.domain.in_(domains))
