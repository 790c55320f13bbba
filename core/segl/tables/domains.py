"""What is known of recipient domains. Times are Unix seconds."""

from __future__ import annotations

import sqlalchemy as sa

from segl.tables.base import metadata

# What live checks found out about recipient domains; times are Unix seconds.
domain_knowledge = sa.Table(
    "domain_knowledge",
    metadata,
    sa.Column("domain", sa.String(253), primary_key=True),
    sa.Column("evidence", sa.Text, nullable=False),  # of each proof, as segl_routing.proofs.archive writes it
    sa.Column("checked_at", sa.Float, nullable=False),
    sa.Column("expires_at", sa.Float, nullable=False),
    # A digest of what the check hung on (segl_routing.proofs.checking.CheckedWith); empty: by a version that kept none.
    sa.Column("checked_with", sa.String(64), nullable=False, server_default=""),
)

# MTA-STS policies in force (RFC 8461 §3.3). The text is written anew by us and at most some 100 KB.
mta_sts_policy = sa.Table(
    "mta_sts_policy",
    metadata,
    sa.Column("domain", sa.String(253), primary_key=True),
    sa.Column("id", sa.String(32), nullable=False),
    sa.Column("fetched_at", sa.Float, nullable=False),
    sa.Column("max_age", sa.Integer, nullable=False),
    sa.Column("policy", sa.Text, nullable=False),
    # A digest of those that proved the web server; empty: the system's, or by a version that kept none.
    sa.Column("authorities", sa.String(64), nullable=False, server_default=""),
)

# Domains whose forced TLS failed at delivery (segl_routing.fallback.marking); times are Unix seconds.
domain_mark = sa.Table(
    "domain_mark",
    metadata,
    sa.Column("domain", sa.String(253), primary_key=True),
    sa.Column("failure", sa.String(16), nullable=False),  # segl_routing.fallback.failures.Failure
    sa.Column("reason", sa.String(255), nullable=False),
    sa.Column("since", sa.Float, nullable=False),
    sa.Column("until", sa.Float, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("healed_at", sa.Float),  # null while the mark stands
)

# On which proof's word segl-map gave Postfix the TLS policies of a next hop (segl.given_proofs): from `begun` to
# `until` all that one process gave for it rested on `proof`; "": there was none to give.
given_proof = sa.Table(
    "given_proof",
    metadata,
    sa.Column("node", sa.String(100), primary_key=True),
    sa.Column("next_hop", sa.String(255), primary_key=True),  # as Postfix asks for it, small letters
    sa.Column("begun", sa.Float, primary_key=True),
    sa.Column("proof", sa.String(16), primary_key=True),
    sa.Column("until", sa.Float, nullable=False),
    sa.Index("given_proof_until", "until"),
)

# From `since` to `until` all that segl-map of that node gave stands in `given_proof`.
given_noted = sa.Table(
    "given_noted",
    metadata,
    sa.Column("node", sa.String(100), primary_key=True),
    sa.Column("since", sa.Float, primary_key=True),  # a start of the process, or when it last lost a note
    sa.Column("until", sa.Float, nullable=False),
    sa.Index("given_noted_until", "until"),
)
