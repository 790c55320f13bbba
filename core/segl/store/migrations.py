"""Brings a store of an older schema up to the present one, forwards only.

Each step is the SQL between two versions, written out: it must mean the same when the tables of
:mod:`segl.store.engine` have long moved on. All steps of one upgrade are one transaction, which also holds the lock
against other processes that start at the same moment: whoever comes second finds the work done.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from segl.addresses import domain_of


def migrate(engine: Engine) -> str:
    """Take the steps that are missing; the version reached. Raises SQLAlchemy's errors."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # Python's sqlite3 opens a transaction only before INSERT and the like: DDL would stand alone
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            found = _version(connection, "")
        else:
            found = _version(connection, " FOR UPDATE")
        while (step := _STEPS.get(found)) is not None:
            step(connection)
            found = str(int(found) + 1)
            connection.execute(
                sa.text("UPDATE meta SET value = :version WHERE key = 'schema'"), {"version": found}
            )
        connection.commit()
    return found


def _version(connection: Connection, lock: str) -> str:
    return str(connection.exec_driver_sql(f"SELECT value FROM meta WHERE key = 'schema'{lock}").scalar())  # noqa: S608


def _evidence(connection: Connection) -> None:
    """1 → 2: each proof's evidence in place of one answer.

    What was found out concerned certificates alone, and says nothing of proofs that would bar them: it is kept
    as run out, so that every domain is looked at anew, but a domain that has long been in doubt stays so.
    """
    connection.exec_driver_sql("ALTER TABLE domain_knowledge RENAME TO domain_knowledge_1")
    connection.exec_driver_sql(
        "CREATE TABLE domain_knowledge (domain VARCHAR(253) NOT NULL, evidence TEXT NOT NULL, "
        "checked_at FLOAT NOT NULL, expires_at FLOAT NOT NULL, PRIMARY KEY (domain))"
    )
    rows = connection.exec_driver_sql(
        "SELECT domain, tls, reason, checked_at, unknown_since FROM domain_knowledge_1"
    ).all()
    kept = [
        {
            "domain": row.domain,
            "evidence": json.dumps(
                [
                    {
                        "proof": "pkix",
                        "known": row.tls,
                        "reason": row.reason,
                        "checked_at": row.checked_at,
                        "ends": row.checked_at,
                        "unknown_since": row.unknown_since,
                    }
                ]
            ),
            "at": row.checked_at,
        }
        for row in rows
    ]
    if kept:
        connection.execute(
            sa.text(
                "INSERT INTO domain_knowledge (domain, evidence, checked_at, expires_at) "
                "VALUES (:domain, :evidence, :at, :at)"
            ),
            kept,
        )
    connection.exec_driver_sql("DROP TABLE domain_knowledge_1")


def _life_of_sealed_messages(connection: Connection) -> None:
    """2 → 3: what became of a sealed message. Tables that are new are made by the store itself."""
    columns = {
        "sealed_message": ("envelope_id VARCHAR(100)", f"revoke_hash {_bytes(connection)}"),
        "sealed_recipient": (
            "phone VARCHAR(32)",
            "phrase_hash VARCHAR(255)",
            *(
                f"{name} FLOAT"
                for name in (
                    *("opened_at", "opened_told_at", "answered_at"),
                    *("reminded_at", "revoked_at", "ended_told_at"),
                )
            ),
        ),
    }
    for table, definitions in columns.items():
        for definition in definitions:
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {definition}")


def _one_source_of_statistics(connection: Connection) -> None:
    """3 → 4: what was delivered is counted from sent messages alone, by domain; the journal has its copies apart."""
    for table in ("domain_traffic", "domain_delivery"):
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
    _add(
        connection,
        "sent_message",
        "told_print VARCHAR(64) NOT NULL DEFAULT ''",
        "journal_print VARCHAR(64) NOT NULL DEFAULT ''",
        "digest_copied_at FLOAT",
    )
    _add(connection, "sent_recipient", "domain VARCHAR(253) NOT NULL DEFAULT ''")
    # until now a digest went to both at once
    connection.exec_driver_sql("UPDATE sent_message SET digest_copied_at = digested_at")
    # no index of the table begins with the recipient: without one each of them costs a look at every row
    connection.exec_driver_sql("CREATE INDEX of_recipient ON sent_recipient (recipient)")
    every = connection.exec_driver_sql("SELECT DISTINCT recipient FROM sent_recipient").scalars().all()
    if every:
        connection.execute(
            sa.text("UPDATE sent_recipient SET domain = :domain WHERE recipient = :recipient"),
            [{"domain": domain_of(recipient), "recipient": recipient} for recipient in every],
        )
    connection.exec_driver_sql("DROP INDEX of_recipient")


def _who_delivered_when(connection: Connection) -> None:
    """4 → 5: by which node a delivery was made, and when it was taken up."""
    _add(connection, "tls_evidence", "begun FLOAT", "node VARCHAR(100) NOT NULL DEFAULT ''")


def _what_it_was_checked_with(connection: Connection) -> None:
    """5 → 6: what was found out about a domain bears what it was found with. Of what stands there nobody knows."""
    _add(connection, "domain_knowledge", "checked_with VARCHAR(64) NOT NULL DEFAULT ''")
    _add(connection, "mta_sts_policy", "authorities VARCHAR(64) NOT NULL DEFAULT ''")


def _add(connection: Connection, table: str, *definitions: str) -> None:
    """Columns, unless *table* is newer than the version stepped from: then it was made with them."""
    standing = {column["name"] for column in sa.inspect(connection).get_columns(table)}
    for definition in definitions:
        if definition.partition(" ")[0] not in standing:
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {definition}")


def _bytes(connection: Connection) -> str:
    return "BYTEA" if connection.dialect.name == "postgresql" else "BLOB"


_STEPS: dict[str, Callable[[Connection], None]] = {
    "1": _evidence,
    "2": _life_of_sealed_messages,
    "3": _one_source_of_statistics,
    "4": _who_delivered_when,
    "5": _what_it_was_checked_with,
}
