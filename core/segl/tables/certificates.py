"""Certificates of single recipients and what authorities said of certificates. Times are Unix seconds."""

from __future__ import annotations

import sqlalchemy as sa

from segl.tables.base import metadata

# Certificates of single recipients; segl.certificates.records says what is in them and who may rely on it.
recipient_certificate = sa.Table(
    "recipient_certificate",
    metadata,
    sa.Column("address", sa.String(512), primary_key=True),  # segl.certificates.names.mail_key
    sa.Column("fingerprint", sa.String(64), primary_key=True),  # SHA-256, hex
    sa.Column("kept", sa.Boolean, primary_key=True),  # imported or harvested; else found by a search
    sa.Column("der", sa.LargeBinary, nullable=False),
    sa.Column("chain", sa.LargeBinary, nullable=False),
    sa.Column("source", sa.String(255), nullable=False),
    sa.Column("bound", sa.Boolean, nullable=False),
    sa.Column("vouched", sa.Boolean, nullable=False),
    sa.Column("found_at", sa.Float, nullable=False),
    sa.Column("checked_at", sa.Float, nullable=False),
    sa.Column("good_until", sa.Float, nullable=False),
    sa.Column("standing", sa.String(8), nullable=False),  # what its authority said: good, unknown, revoked
)

recipient_lookup = sa.Table(
    "recipient_lookup",
    metadata,
    sa.Column("address", sa.String(512), primary_key=True),
    sa.Column("known", sa.String(8), nullable=False),  # segl.vocabulary.Known
    sa.Column("reason", sa.String(255), nullable=False),
    sa.Column("checked_at", sa.Float, nullable=False),
    sa.Column("expires_at", sa.Float, nullable=False),
    sa.Column("unknown_since", sa.Float),
)

# What an authority says of a signer's chain (segl.signer_standings): wanted by segl-deliver, answered by segl-map.
signer_standing = sa.Table(
    "signer_standing",
    metadata,
    sa.Column("chain_id", sa.String(64), primary_key=True),  # SHA-256 over the chain, hex
    sa.Column("chain", sa.LargeBinary, nullable=False),
    sa.Column("wanted_at", sa.Float),  # null: answered
    sa.Column("standing", sa.String(8), nullable=False),
    sa.Column("reason", sa.String(255), nullable=False),
    sa.Column("until", sa.Float, nullable=False),
)

# What an authority said is revoked (segl.certificates.revoked), by the fingerprints of both.
revoked_certificate = sa.Table(
    "revoked_certificate",
    metadata,
    sa.Column("certificate", sa.String(64), primary_key=True),
    sa.Column("issuer", sa.String(64), primary_key=True),
    sa.Column("reason", sa.String(255), nullable=False),
    sa.Column("said_at", sa.Float),  # by the authority; null: it gave no time
    sa.Column("ends", sa.Float, nullable=False),  # the certificate runs out by itself
)

# What a signer says he reads, in mail of his that was verified (segl.seen_capabilities).
seen_capability = sa.Table(
    "seen_capability",
    metadata,
    sa.Column("holder", sa.String(512), primary_key=True),  # a mail key, or "@" and a domain
    sa.Column("algorithms", sa.String(1024), nullable=False),  # object identifiers, a blank between two
    sa.Column("signed_at", sa.Float, nullable=False),  # as the signer says
    sa.Column("seen_at", sa.Float, nullable=False),
)
