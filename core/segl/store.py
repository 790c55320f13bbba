"""The store: what the processes remember together. SQLAlchemy Core; SQLite in WAL mode as installed.

Nothing in it is message content: facts about domains, and for sealed messages the half of the key that
is not in the recipient's link. SQLite runs with ``synchronous = FULL``: when a commit returns, it is on
disk, which is what lets ``segl-deliver`` answer 250.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.schema import CreateIndex, CreateTable

from segl.errors import StoreError
from segl.migrations import migrate

SCHEMA_VERSION = 2

_metadata = sa.MetaData()

meta = sa.Table(
    "meta",
    _metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("value", sa.String(255), nullable=False),
)

# What live checks found out about recipient domains; times are Unix seconds.
domain_knowledge = sa.Table(
    "domain_knowledge",
    _metadata,
    sa.Column("domain", sa.String(253), primary_key=True),
    sa.Column("evidence", sa.Text, nullable=False),  # of each proof, as segl_routing.archive writes it
    sa.Column("checked_at", sa.Float, nullable=False),
    sa.Column("expires_at", sa.Float, nullable=False),
)

# MTA-STS policies in force (RFC 8461 §3.3). The text is written anew by us and at most some 100 KB.
mta_sts_policy = sa.Table(
    "mta_sts_policy",
    _metadata,
    sa.Column("domain", sa.String(253), primary_key=True),
    sa.Column("id", sa.String(32), nullable=False),
    sa.Column("fetched_at", sa.Float, nullable=False),
    sa.Column("max_age", sa.Integer, nullable=False),
    sa.Column("policy", sa.Text, nullable=False),
)

# Domains whose forced TLS failed at delivery (segl_routing.fallback); times are Unix seconds.
domain_mark = sa.Table(
    "domain_mark",
    _metadata,
    sa.Column("domain", sa.String(253), primary_key=True),
    sa.Column("failure", sa.String(16), nullable=False),  # segl_routing.failures.Failure
    sa.Column("reason", sa.String(255), nullable=False),
    sa.Column("since", sa.Float, nullable=False),
    sa.Column("until", sa.Float, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("healed_at", sa.Float),  # null while the mark stands
)

# Recipients of secure mail by domain, day and way, as segl-map answered for them (segl.traffic): no address.
domain_traffic = sa.Table(
    "domain_traffic",
    _metadata,
    sa.Column("domain", sa.String(253), primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),  # ISO 8601, local time
    sa.Column("way", sa.String(16), primary_key=True),  # segl.vocabulary.Way
    sa.Column("recipients", sa.Integer, nullable=False),
    sa.Index("domain_traffic_day", "day"),
)

# When mail to a domain last got through by a way; Unix seconds.
domain_delivery = sa.Table(
    "domain_delivery",
    _metadata,
    sa.Column("domain", sa.String(253), primary_key=True),
    sa.Column("way", sa.String(16), primary_key=True),
    sa.Column("last_at", sa.Float, nullable=False),
)

sealed_message = sa.Table(
    "sealed_message",
    _metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("sender", sa.String(512), nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("expires_at", sa.Float, nullable=False),
    sa.Column("removed_at", sa.Float),  # set when no recipient can open it any more: the file goes
)

# One row a recipient: the server's half of the key and the wrapped content key.
sealed_recipient = sa.Table(
    "sealed_recipient",
    _metadata,
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
    sa.Column("notified_at", sa.Float),  # null until the notice with the link is on its way
)

# Certificates of single recipients; segl.certificate_records says what is in them and who may rely on it.
recipient_certificate = sa.Table(
    "recipient_certificate",
    _metadata,
    sa.Column("address", sa.String(512), primary_key=True),  # segl.certificate_names.mail_key
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
    _metadata,
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
    _metadata,
    sa.Column("chain_id", sa.String(64), primary_key=True),  # SHA-256 over the chain, hex
    sa.Column("chain", sa.LargeBinary, nullable=False),
    sa.Column("wanted_at", sa.Float),  # null: answered
    sa.Column("standing", sa.String(8), nullable=False),
    sa.Column("reason", sa.String(255), nullable=False),
    sa.Column("until", sa.Float, nullable=False),
)


def open_store(url: str) -> Engine:
    """Connect, create missing tables, bring an older schema up to date. Raises :class:`StoreError`."""
    try:
        engine = sa.create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
        if engine.dialect.name == "sqlite":
            sa.event.listen(engine, "connect", _sqlite_pragmas)
        try:
            found = _create_and_version(engine)
            if found.isdecimal() and int(found) < SCHEMA_VERSION:
                found = migrate(engine)
        except SQLAlchemyError:
            engine.dispose()
            raise
    except SQLAlchemyError as error:
        hint = "is it there, is it a database, and may this user (root may) read and write it?"
        raise StoreError("the store cannot be reached", f"store {_bare(url)}: {_kind(error)}", hint) from None
    if found != str(SCHEMA_VERSION):
        engine.dispose()
        raise StoreError(
            "the store was made by another version",
            f"store {_bare(url)} has schema {found}, this Segl needs {SCHEMA_VERSION}",
        )
    return engine


def _create_and_version(engine: Engine) -> str:
    """Make what is missing; several processes may do so at the same moment."""
    with engine.begin() as connection:
        for table in _metadata.sorted_tables:
            connection.execute(CreateTable(table, if_not_exists=True))
            for index in table.indexes:
                connection.execute(CreateIndex(index, if_not_exists=True))
    with suppress(IntegrityError), engine.begin() as connection:
        connection.execute(meta.insert().values(key="schema", value=str(SCHEMA_VERSION)))
    with engine.connect() as connection:
        return str(connection.scalar(sa.select(meta.c.value).where(meta.c.key == "schema")))


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction; faults of the database come out as :class:`StoreError`."""
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise StoreError("the store cannot be reached", f"store: {_kind(error)}") from None


def forget_deleted(engine: Engine) -> None:
    """Make deleted secrets unreadable in the database's files too: call after a commit that deleted some.

    SQLite overwrites them in the database (``secure_delete``) but keeps older pages in its write-ahead
    log until a checkpoint empties it. PostgreSQL keeps dead rows until VACUUM; docs/sealed-format.md says
    what that means."""
    if engine.dialect.name != "sqlite":
        return
    try:  # a checkpoint cannot run inside a transaction
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()
    except SQLAlchemyError as error:
        raise StoreError("the store cannot be reached", f"store: {_kind(error)}") from None


def _sqlite_pragmas(connection: Any, _record: Any) -> None:
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=5000",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _bare(url: str) -> str:
    return sa.engine.make_url(url).render_as_string(hide_password=True)


def _kind(error: SQLAlchemyError) -> str:
    cause = getattr(error, "orig", None)
    return f"{type(error).__name__}: {cause}" if cause else type(error).__name__
