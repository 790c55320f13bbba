"""Canaries: each one that was sent, and what was seen of it. Times are Unix seconds."""

from __future__ import annotations

import sqlalchemy as sa

from segl.tables.base import metadata

canary_sent = sa.Table(
    "canary_sent",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("sink", sa.String(32), nullable=False),  # its name in the settings
    sa.Column("host", sa.String(255), nullable=False),  # whose front it was handed to
    # As handed in; the milter puts another in its place.
    sa.Column("envelope_id", sa.String(100), nullable=False),
    sa.Column("sent_at", sa.Float, nullable=False),
    sa.Column("refused", sa.String(255)),  # why it could not be handed in
    sa.Column("came", sa.String(8)),  # segl.canary.standing.CanaryOutcome; null: not seen again yet
    sa.Column("came_at", sa.Float),
    sa.Column("read", sa.Boolean),  # whether the milter had read it
    sa.Column("way", sa.String(16)),
    sa.Column("detail", sa.String(255)),
    sa.Index("canary_sent_sink", "sink", "sent_at"),
)

# What the last look of each host at its front's settings said: whether the milter stands in them.
canary_look = sa.Table(
    "canary_look",
    metadata,
    sa.Column("host", sa.String(255), primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("fault", sa.Text),  # null: all is well
)

# The hosts whose Postfix settings, at the last look, let mail out that no verdict let out, or kept it from passing.
canary_leak = sa.Table(
    "canary_leak",
    metadata,
    sa.Column("host", sa.String(255), primary_key=True),
    sa.Column("found", sa.Text, nullable=False),
)
