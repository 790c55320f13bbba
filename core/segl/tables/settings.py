"""The settings and rule files that were in force last, as digests: what tells that they have changed."""

from __future__ import annotations

import sqlalchemy as sa

from segl.tables.base import metadata

settings_state = sa.Table(
    "settings_state",
    metadata,
    sa.Column("host", sa.String(255), primary_key=True),
    # The settings file; "rules": what segl-milter loaded.
    sa.Column("file", sa.String(255), primary_key=True),
    sa.Column("salt", sa.LargeBinary(16), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("keys", sa.Text, nullable=False),  # JSON: each key or file with its digest
    sa.Column("at", sa.Float, nullable=False),
)
