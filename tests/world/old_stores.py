"""Stores as earlier versions left them, for tests of upgrades: ``python -m world.old_stores FILE`` writes one of this
version, with a row in what must not be lost. Run it before the schema changes, and keep the file as ``full-N.db``
beside its elders in ``tests/unit/core/store/old``; what a later version makes of it is tried in test_upgrade.py.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from sqlalchemy.engine import Connection

from segl import audit
from segl.audit import Act
from segl.store.engine import forget_deleted, open_store, transaction
from segl.store.status import SCHEMA_VERSION
from segl.tables.receipts import sent_message, sent_recipient, tls_evidence
from segl.tables.sealed import sealed_message, sealed_recipient

STORES = Path(__file__).parent.parent / "unit" / "core" / "store" / "old"
# Those this module wrote, and of the time before it those that there are.
_FILES = {
    int(file.stem.rpartition("-")[2]): file
    for kind in ("schema", "full")
    for file in STORES.glob(f"{kind}-*.db")
}
SCHEMAS = tuple(sorted(_FILES))
AT = 1_790_000_000.0


def old_store(schema: int, directory: Path) -> Path:
    """A copy of the store of *schema* as ``segl.db`` in *directory*."""
    return Path(shutil.copy(_FILES[schema], directory / "segl.db"))


def write(file: Path) -> None:
    """A store of this version. Raises :class:`FileExistsError`."""
    file.touch(exist_ok=False)
    engine = open_store(f"sqlite:///{file}")
    with transaction(engine) as connection:
        _rows(connection)
    forget_deleted(engine)  # all of it into the one file
    engine.dispose()


def _rows(connection: Connection) -> None:
    message, copy, sent = "a" * 32, "b" * 32, "c" * 64
    sealed: dict[str, object] = {
        "id": message,
        "sender": "anna@nordby.example",
        "size": 10,
        "envelope_id": sent,
        "created_at": AT,
        "expires_at": AT + 3e9,
    }
    one: dict[str, object] = {
        "id": copy,
        "message_id": message,
        "recipient": "bo@x.example",
        "phone": "+4512345678",
        "server_secret": b"s" * 32,
        "wrapped_key": b"w" * 60,
        "notified_at": AT + 1,
        "opened_at": AT + 2,
    }
    told: dict[str, object] = {
        "id": sent,
        "sender": "anna@nordby.example",
        "domain": "nordby.example",
        "message_id": "<1@x>",
        "at": AT,
        "facts": True,
        "reasons": "[]",
        "expected": "[]",
        "changed_at": AT,
        "told": 1,
        "told_final": True,
        "told_print": "",
        "journal_print": "",
        "delete_at": AT + 3e9,
    }
    texts = ("original", "status", "detail", "host", "queue_id", "evidence", "sealed_id")
    line: dict[str, object] = {
        **dict.fromkeys(texts, ""),
        "message_id": sent,
        "recipient": "bo@x.example",
        "domain": "x.example",
        "stage": "secure",
        "state": "sealed",
        "at": AT,
        "way": "portal",
        "retry_until": 0.0,
        "told": "sealed",
    }
    delivery: dict[str, object] = {
        "queue_id": "4jZ1",
        "recipient": "bo@x.example",
        "at": AT,
        "host": "mx.x.example",
        "level": "Verified",
        "version": "TLSv1.3",
        "cipher": "TLS_AES_256_GCM_SHA384",
        "begun": AT - 1,
        "node": "mail",
    }
    for table, row in (
        (sealed_message, sealed),
        (sealed_recipient, one),
        (sent_message, told),
        (sent_recipient, line),
        (tls_evidence, delivery),
    ):
        connection.execute(table.insert().values({k: v for k, v in row.items() if k in table.c}))
    audit.append(connection, Act.CREATED, message, "anna@nordby.example", at=AT, recipients=1)
    audit.append(connection, Act.OPENED, copy, "bo@x.example", at=AT + 2)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
    print(f"schema {SCHEMA_VERSION}: {sys.argv[1]}")
