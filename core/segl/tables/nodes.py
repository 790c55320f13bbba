"""The nodes that share the store. Times are Unix seconds."""

from __future__ import annotations

import sqlalchemy as sa

from segl.tables.base import metadata

# Each node's segl-deliver writes its row when it starts and once an hour (segl.nodes).
node = sa.Table(
    "node",
    metadata,
    sa.Column("name", sa.String(100), primary_key=True),  # store.node, or the host's name
    sa.Column("seen_at", sa.Float, nullable=False),
    sa.Column("version", sa.String(32), nullable=False),
    sa.Column("marks", sa.Text, nullable=False),  # JSON: of what must be the same on all nodes, a digest each
)
