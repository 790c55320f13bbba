"""Which sent messages are whose, where several organisations share an installation."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from segl.scope import Scope
from segl.settings.organisation import Owner, Owners
from segl.tables.receipts import sent_message


def messages_of(connection: Connection, owner: Owner, owners: Owners) -> sa.Select[tuple[str]]:
    """The ids of the messages that *owner*'s senders sent."""
    return _sent_from(_domains(connection, owner, owners))


def of_scope(connection: Connection, scope: Scope) -> sa.Select[tuple[str]] | None:
    """The ids of the messages that *scope* shows; ``None``: all."""
    if scope.chosen is None:
        return None
    return _sent_from(
        tuple(domain for owner in scope.chosen for domain in _domains(connection, owner, scope.owners))
    )


def _sent_from(domains: tuple[str, ...]) -> sa.Select[tuple[str]]:
    return sa.select(sent_message.c.id).where(sent_message.c.domain.in_(domains))


def _domains(connection: Connection, owner: Owner, owners: Owners) -> tuple[str, ...]:
    if not owner.subdomains:
        return owner.domains
    every = connection.scalars(sa.select(sent_message.c.domain).distinct())
    return tuple(domain for domain in every if owners.find(domain) is owner)  # one may be somebody else's
