"""Sealed messages. Nothing here is content; times are Unix seconds."""

from __future__ import annotations

import sqlalchemy as sa

from segl.tables.base import metadata

sealed_message = sa.Table(
    "sealed_message",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("sender", sa.String(512), nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("expires_at", sa.Float, nullable=False),
    sa.Column("removed_at", sa.Float),  # set when no recipient can open it any more: the file goes
    sa.Column("envelope_id", sa.String(100), index=True),  # X-Segl-Id: what receipts know the message by
    sa.Column("revoke_hash", sa.LargeBinary(32)),  # SHA-256 of the secret in the sender's link that revokes
)

# One row a recipient: the server's half of the key and the wrapped content key.
sealed_recipient = sa.Table(
    "sealed_recipient",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column(
        "message_id",
        sa.String(32),
        sa.ForeignKey("sealed_message.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("recipient", sa.String(512), nullable=False),
    sa.Column("server_secret", sa.LargeBinary(32)),  # null once expired or revoked: crypto-shredded
    sa.Column("wrapped_key", sa.LargeBinary(128), nullable=False),
    sa.Column("notified_at", sa.Float),  # null until the notice with the link is about to go
    sa.Column("phone", sa.String(32)),  # E.164; codes go there by text message instead of by mail
    # Argon2id (PHC form) of a phrase the sender gave by another way.
    sa.Column("phrase_hash", sa.String(255)),
    sa.Column("opened_at", sa.Float),  # the content was shown for the first time
    sa.Column("opened_told_at", sa.Float),  # … and the sender was told
    sa.Column("answered_at", sa.Float),  # the latest answer
    sa.Column("reminded_at", sa.Float),  # the recipient was reminded that it ends soon
    sa.Column("revoked_at", sa.Float),
    sa.Column("ended_told_at", sa.Float),  # the sender was told that it ended unopened
)

# A second wrap of a message's content key, so that a new link can be made (`portal.resend_key`; segl.sealed.spare).
# Deleting the row shreds it.
sealed_spare = sa.Table(
    "sealed_spare",
    metadata,
    sa.Column(
        "message_id",
        sa.String(32),
        sa.ForeignKey("sealed_message.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("server_secret", sa.LargeBinary(32), nullable=False),
    sa.Column("wrapped_key", sa.LargeBinary(128), nullable=False),
)

# A browser that asked for a code, for one recipient's copy. The token is only in the browser's cookie; the link
# secret is wrapped, and the code hashed, under keys derived from it (segl_portal).
portal_visit = sa.Table(
    "portal_visit",
    metadata,
    sa.Column("browser", sa.LargeBinary(32), primary_key=True),  # SHA-256 of the token
    sa.Column("recipient_id", sa.String(32), primary_key=True),  # as in the link; need not exist
    sa.Column("wrapped_link", sa.LargeBinary(128), nullable=False),
    sa.Column("reference", sa.String(8), nullable=False),  # shown on the page and in the mail with the code
    sa.Column("code_mac", sa.LargeBinary(32)),  # null: no code is out, or it is used up
    sa.Column("code_until", sa.Float, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("open_until", sa.Float),  # set when the right code was given
    sa.Index("portal_visit_created", "created_at"),
)

# What was asked of the portal lately, for its limits: by scope, hashed key, and window of time.
portal_count = sa.Table(
    "portal_count",
    metadata,
    sa.Column("scope", sa.String(16), primary_key=True),
    sa.Column("key", sa.LargeBinary(32), primary_key=True),
    sa.Column("window", sa.Integer, primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
)

# Answers to a sealed message, each sealed as a file of its own under its id: the mail to the sender, ready to go.
sealed_answer = sa.Table(
    "sealed_answer",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column(
        "recipient_id",
        sa.String(32),
        sa.ForeignKey("sealed_recipient.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("wrapped_key", sa.LargeBinary(128), nullable=False),
    # Keyed digest of the form's one-time word and all that was filled in: the same form sent twice is one answer.
    sa.Column("once", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("sending_until", sa.Float),  # a process is at work handing it on, and gives up by then
    sa.Column("handed_on_at", sa.Float),  # null until the sender's Postfix has it
)
