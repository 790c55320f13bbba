"""What is remembered of decisions (segl.decisions), and what people said of them. Times are Unix seconds."""

from __future__ import annotations

import sqlalchemy as sa

from segl.tables.base import metadata

# One row a decision. `form` is the record in its canonical form; the columns before it are there to be searched by.
decision = sa.Table(
    "decision",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("batch", sa.String(32), nullable=False),  # written together: one entry of the audit trail
    sa.Column("place", sa.Integer, nullable=False),  # in its batch, from 0 on
    sa.Column("written_at", sa.Float, nullable=False),  # of the batch; what it is deleted by
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("queue_id", sa.String(32), nullable=False),
    sa.Column("domain", sa.String(253), nullable=False),  # the sender's, normal form
    sa.Column("verdict", sa.String(8), nullable=False),
    sa.Column("form", sa.Text, nullable=False),
    sa.Index("decision_at", "at"),
    sa.Index("decision_batch", "batch", "place"),
    sa.Index("decision_written", "written_at"),
    sa.Index("decision_queue_id", "queue_id"),
)

# What somebody said of a message that went the secure way: the latest word counts.
decision_feedback = sa.Table(
    "decision_feedback",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),  # of the decision
    sa.Column("says", sa.String(8), nullable=False),  # segl.decisions.feedback.Says
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("by", sa.String(255), nullable=False),  # a person's login name, or "sender"
    sa.Column("note", sa.String(500), nullable=False),
    sa.Index("decision_feedback_at", "at"),
)
