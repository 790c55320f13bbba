"""The audit trail: what was decided, opened, revoked and changed, each entry chained to the one before."""

from __future__ import annotations

import sqlalchemy as sa

from segl.tables.base import metadata

audit_entry = sa.Table(
    "audit_entry",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),  # 1, 2, 3 … without a gap
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("act", sa.String(32), nullable=False),  # segl.audit.Act
    sa.Column("subject", sa.String(128), nullable=False),  # the id of what it was done to
    # Who did it: an address, a process, a person's login name.
    sa.Column("actor", sa.String(512), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),  # JSON: facts, never content
    sa.Column("hash", sa.LargeBinary(32), nullable=False),
    sa.Index("audit_entry_subject", "subject"),
)
