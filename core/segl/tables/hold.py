"""Messages on hold, as each node saw them last. Times are Unix seconds."""

from __future__ import annotations

import sqlalchemy as sa

from segl.tables.base import metadata

# Each node's `segl hold tell` writes its row (segl.held): Postfix's hold queue is a node's own.
held_look = sa.Table(
    "held_look",
    metadata,
    sa.Column("host", sa.String(255), primary_key=True),  # the node's name
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("messages", sa.Integer, nullable=False),  # those that could not be read among them
    sa.Column("oldest_at", sa.Float),  # when the one came in that has waited longest; null: none waits
)
