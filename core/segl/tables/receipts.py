"""What became of messages that went the secure way. Facts only: no content, no subject. Times are Unix seconds."""

from __future__ import annotations

import sqlalchemy as sa

from segl.tables.base import metadata

# One row a message, made when the first delivery report about it comes in.
sent_message = sa.Table(
    "sent_message",
    metadata,
    sa.Column("id", sa.String(100), primary_key=True),  # X-Segl-Id, the ENVID of its reports
    sa.Column("sender", sa.String(512), nullable=False),
    sa.Column("domain", sa.String(253), nullable=False),  # the sender's, normal form
    # Its Message-ID field, with angle brackets, or "".
    sa.Column("message_id", sa.String(512), nullable=False),
    sa.Column("at", sa.Float, nullable=False),  # when the milter had it; until the facts are in: its arrival
    sa.Column("facts", sa.Boolean, nullable=False),  # whether the milter's facts are in
    sa.Column("reasons", sa.Text, nullable=False),  # JSON: those of the verdict
    # JSON: outside recipients as the sender named them; of very many their number and marks (segl.receipts.facts)
    sa.Column("expected", sa.Text, nullable=False),
    sa.Column("changed_at", sa.Float, nullable=False),  # the latest news
    sa.Column("due_at", sa.Float),  # when to see what the sender is to be told; null: nothing to do
    sa.Column("told", sa.Integer, nullable=False),  # receipts that have gone
    sa.Column("told_final", sa.Boolean, nullable=False),
    # What the sender was told last and what the journal address has, as fingerprints (segl.receipts.due): while they
    # differ, the journal is owed a copy.
    sa.Column("told_print", sa.String(64), nullable=False),
    sa.Column("journal_print", sa.String(64), nullable=False),
    sa.Column("digested_at", sa.Float),  # it stood in a daily digest
    sa.Column("digest_copied_at", sa.Float),  # and in the journal's copy of one
    sa.Column("delete_at", sa.Float, nullable=False),
    sa.Index("sent_message_due", "due_at"),
    sa.Index("sent_message_message_id", "message_id"),
    sa.Index("sent_message_changed", "changed_at"),
    sa.Index("sent_message_delete", "delete_at"),
)

# What one of our two Postfix instances said of one recipient (segl.receipts.states).
sent_recipient = sa.Table(
    "sent_recipient",
    metadata,
    sa.Column(
        "message_id", sa.String(100), sa.ForeignKey("sent_message.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("recipient", sa.String(512), primary_key=True),
    sa.Column("stage", sa.String(8), primary_key=True),
    sa.Column("domain", sa.String(253), nullable=False),  # the recipient's, normal form; "" when it has none
    sa.Column("original", sa.String(512), nullable=False),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("way", sa.String(16)),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("detail", sa.String(255), nullable=False),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("queue_id", sa.String(32), nullable=False),
    sa.Column("evidence", sa.String(255), nullable=False),
    sa.Column("sealed_id", sa.String(64), nullable=False),
    sa.Column("retry_until", sa.Float, nullable=False),
    sa.Column("told", sa.String(8), nullable=False),  # the state the sender was told last, or ""
    sa.Index("sent_recipient_at", "at"),
)

# Recipients of whom the secure instance's log says that their copy waits, before any report does: how it is known that
# an address which the front expanded has more recipients than were heard of (segl_delivery.receipts.evidence).
waiting_copy = sa.Table(
    "waiting_copy",
    metadata,
    sa.Column("queue_id", sa.String(32), primary_key=True),
    sa.Column("recipient", sa.String(512), primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Index("waiting_copy_at", "at"),
)

# The messages whose deliveries stand in a log that was read: what it names nobody for, of these, nobody waits for.
logged_queue = sa.Table(
    "logged_queue",
    metadata,
    sa.Column("queue_id", sa.String(32), primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Index("logged_queue_at", "at"),
)

# Who refused a daily digest how many times in a row (segl.receipts.digests).
digest_refusal = sa.Table(
    "digest_refusal",
    metadata,
    sa.Column("sender", sa.String(512), primary_key=True),
    sa.Column("reader", sa.String(8), primary_key=True),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
)

# How a delivery by forced TLS was protected, as Postfix's log has it (segl_delivery.receipts.evidence).
tls_evidence = sa.Table(
    "tls_evidence",
    metadata,
    sa.Column("queue_id", sa.String(32), primary_key=True),
    sa.Column("recipient", sa.String(512), primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("level", sa.String(16), nullable=False),  # Verified, Trusted, Untrusted, Anonymous
    sa.Column("version", sa.String(16), nullable=False),
    sa.Column("cipher", sa.String(64), nullable=False),
    sa.Column("begun", sa.Float),  # when the delivery was taken up; null: not known
    sa.Column("node", sa.String(100), nullable=False, server_default=""),  # whose log it stands in
    sa.Index("tls_evidence_at", "at"),
)

# How far a log was read; moved on in the transaction that writes what was found there.
log_position = sa.Table(
    "log_position",
    metadata,
    sa.Column("log", sa.String(255), primary_key=True),
    sa.Column("position", sa.Text, nullable=False),
)

# Until when each of several nodes has read its own log (segl.receipts.read_logs).
log_read = sa.Table(
    "log_read",
    metadata,
    sa.Column("node", sa.String(100), primary_key=True),
    sa.Column("until", sa.Float, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
)
